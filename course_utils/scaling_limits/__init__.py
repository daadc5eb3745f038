"""What the Scaling limits notebook imports."""

from course_utils.models.batches import byte_stream as corpus_bytes
from course_utils.scaling_limits import plots
from course_utils.scaling_limits.answers import next_tokens
from course_utils.scaling_limits.bounds import (
    double_descent,
    memorise,
    pixels,
    regression_curves,
    separable_labellings,
)
from course_utils.scaling_limits.learners import (
    bayes_learner,
    learning_curves,
    majority,
    memory,
    perceptron,
    winnow_learner,
)
from course_utils.scaling_limits.preference import divergence, learn_preferences, some_answers, tilted
from course_utils.scaling_limits.profiles import PROFILES
from course_utils.scaling_limits.recordings import recorded
from course_utils.scaling_limits.repeated import fresh_bytes
from course_utils.scaling_limits.shapes import train_shape, window_gradients
from course_utils.scaling_limits.widths import activations, standard, sweep

__all__ = [
    "PROFILES",
    "activations",
    "bayes_learner",
    "corpus_bytes",
    "divergence",
    "double_descent",
    "fresh_bytes",
    "learn_preferences",
    "learning_curves",
    "majority",
    "memorise",
    "memory",
    "next_tokens",
    "perceptron",
    "pixels",
    "plots",
    "recorded",
    "regression_curves",
    "separable_labellings",
    "some_answers",
    "standard",
    "sweep",
    "tilted",
    "train_shape",
    "window_gradients",
    "winnow_learner",
]
