"""The notebook's recall questions."""

import math

from course_utils.recall import Question

QUESTIONS = {
    "candidates": Question(
        199,
        "There are 200 vectors. The anchor is no candidate of its own, so 199 are left: the partner and 198 negatives.",
        "the first notebook, section 3",
        {
            100: "That is the number of images. Both views of each are in the batch, so each anchor has more to choose from.",
            198: "These are the negatives. The partner is a candidate too, and K counts them all.",
            200: "That counts the anchor as a candidate of its own. It would always win: its similarity to itself is 1.",
        },
        rtol=1e-3,
    ),
    "ceiling": Question(
        math.log(8),
        "A cross-entropy is never below 0, so log K - L is never above log K = log 8 = 2.08 nats, and 2.08 is less than 6.",
        "section 5: the ceiling in the proof",
        {
            6: "That is what there is. The bound is below it, and below something else as well: what is the smallest loss there can be?",
            8: "That is the number of candidates. The loss is a logarithm, and the ceiling is one too.",
            3: "That is the logarithm to base 2: bits. Here everything is in nats.",
            math.log(7): "That is the logarithm of the negatives. K counts the positive too.",
        },
    ),
    "harmless": Question(
        "a",
        "All candidates of a game have the same context, so a function of x is added to all their scores, and a softmax does not notice. "
        "A critic may leave it out, and the loss is the same; a function of the candidate y it needs.",
        "exercise 4.4",
        {
            "b": "The candidates of one game differ in y. What is added to one score and not to the others changes the softmax.",
            "c": "That makes every guess surer, right or wrong. The softmax does notice: it is the temperature of section 7.",
        },
    ),
}
