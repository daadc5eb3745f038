"""The notebook's recall questions."""

from course_utils.recall import Question

QUESTIONS = {
    "overlap": Question(
        "a",
        "With more overlap each token is scored with more before it, and more context makes it easier to guess. So a perplexity without its window and stride "
        "is half a number.",
        "the third notebook, section 7",
        {
            "b": "No token is scored twice, however much the windows overlap. What changes is how much each one has before it.",
            "c": "The model and the text are the same, but not what it may look at: without overlap, the first tokens of a window are guessed from almost nothing.",
        },
    ),
    "floor": Question(
        "b",
        "A floor flattens the curve on logarithmic paper, and a straight line takes that for a small exponent: 0.057 where the truth was 0.34.",
        "section 3",
        {
            "a": "Look at the right-hand end: the loss comes near its floor and hardly falls any more. Does that make a straight line steeper?",
            "c": "It would be without a floor. With one, the logarithm of the loss is no straight line.",
        },
    ),
    "schedule": Question(
        "b",
        "The learning rate comes down towards the end of a run, and the loss comes down with it. A checkpoint from the middle has not had that yet; "
        "a run of that many tokens, with a schedule of its own, has.",
        "section 5: along a training run",
        {
            "a": "The tokens are the same. What else does a shorter run have by its end, that a checkpoint from the middle has not?",
            "c": "A long run does plan for more, and that is why: its learning rate is still high there. Does that make the loss lower or higher?",
        },
    ),
}
