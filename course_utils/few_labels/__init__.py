"""What the notebook on few labels imports: a pretrained encoder, training loops, small worlds and pictures. Losses are the student's."""

from course_utils.encoders import features
from course_utils.few_labels.adapt import accuracy, adapt, choose, classify, set_head
from course_utils.few_labels.captions import describe, learn_shared_space, write_captions
from course_utils.few_labels.encoders import pretrained, untrained
from course_utils.few_labels.episodes import episodes
from course_utils.few_labels.files import telephone_calls
from course_utils.few_labels.joint import draw_points, train_jointly
from course_utils.few_labels.linear_world import best_weights, descend, linear_world
from course_utils.few_labels.profiles import PROFILES
from course_utils.few_labels.robust import fit_line
from course_utils.few_labels.views import corruptions, light_view, strong_view
from course_utils.few_labels.worlds import WORLDS, reveal

__all__ = [
    "PROFILES",
    "WORLDS",
    "accuracy",
    "adapt",
    "best_weights",
    "choose",
    "classify",
    "corruptions",
    "descend",
    "describe",
    "draw_points",
    "episodes",
    "features",
    "fit_line",
    "learn_shared_space",
    "light_view",
    "linear_world",
    "pretrained",
    "reveal",
    "set_head",
    "strong_view",
    "telephone_calls",
    "train_jointly",
    "untrained",
    "write_captions",
]
