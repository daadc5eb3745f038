"""The notebook's recall questions."""

import math

from course_utils.recall import Question

QUESTIONS = {
    "blind_model": Question(
        2048,
        "Perplexity is the number of equally likely choices that would be as hard to guess: here all 2,048. Its logarithm, 7.62 nats, is the loss.",
        "section 1",
        {
            math.log(2048): "That is the cross-entropy, in nats: log 2,048. Perplexity is its exponential.",
            11: "That is the cross-entropy in bits. Perplexity is its exponential (2 to that power, in bits).",
            1: "A perplexity of 1 is that of a model that is never surprised.",
        },
    ),
    "never_above": Question(
        "a",
        "Every token is asked for with more in view: knowing more cannot make it harder on average. The gap is a property of the text, "
        "so it says nothing about which model is better.",
        "section 5",
        {
            "b": "More is in view when both sides are: can that make the average token harder?",
            "c": "Of two wrong models that is so (section 3). Here the model is the truth, and both numbers come from the same text.",
        },
    ),
    "likelihood_masks": Question(
        "c",
        "Reveal the tokens in a random order: on average the one revealed when k are hidden costs l_k. The sum over k is the entropy of the sequence, "
        "so every number of masks has to have its turn.",
        "section 4",
        {
            "a": "With one mask it is pseudo-likelihood: each token with all others in view. That is only the first term of the sum.",
            "b": "About 15% of the tokens is one stretch of the curve only: the few-mask and the many-mask questions are hardly ever asked.",
            "d": "With everything hidden each token is guessed without context: the last term of the sum.",
        },
    ),
}
