"""The notebook's recall questions."""

import math

from course_utils.recall import Question

QUESTIONS = {
    "first_loss": Question(
        math.log(15),
        "All vectors are nearly alike, so the loss is a guess among the 2N - 1 = 15 candidates of each anchor: log 15 = 2.708 nats.",
        "exercise 3.1",
        {
            0: "A loss of 0 is that of a network that always knows. Equal vectors make partners equal, and all the others too.",
            15: "That is how many candidates there are. What does a guess among 15 cost, in nats?",
            math.log(16): "That is log 2N: each anchor would be a candidate of its own.",
            math.log(8): "That is log N. Both views of every image are in the batch.",
            math.log(14): "That is the logarithm of the negatives. The partner is a candidate too.",
        },
    ),
    "head": Question(
        "b",
        "Two views of a picture must get the same z, so z has to forget what tells them apart: colour, position, size. "
        "h comes before that, and a label may depend on it.",
        "section 5",
        {
            "a": "The size is ours to choose and settles nothing: z could be made as large as h. What does the loss ask of z?",
            "c": "It is the other way round: z is what the loss looks at, and that is the trouble with it.",
        },
    ),
    "shortcut": Question(
        "c",
        "Two crops of a frog are both green, and a histogram of colours finds the partner without having seen a frog. "
        "Jitter gives each view colours of its own, and takes most of that away.",
        "section 1: a shortcut",
        {
            "a": "Crops were what it was tried on: they take away the position, and leave the colours as they are.",
            "b": "A flip moves pixels. It leaves every histogram exactly as it was.",
            "d": "A blur mixes neighbours, and hardly changes which colours there are.",
        },
    ),
}
