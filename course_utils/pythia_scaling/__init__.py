"""What the Pythia scaling notebook imports: sizes and published figures, fits, the ladder and its curves, the budget game, pictures."""

from course_utils.pythia_scaling.curves import Curves, interpolate_isoflop, load_curves
from course_utils.pythia_scaling.family import held_out_text, score_checkpoints
from course_utils.pythia_scaling.fits import bootstrap, fit_parametric, fit_power_law, fit_power_law_with_floor
from course_utils.pythia_scaling.game import SimulatedLab
from course_utils.pythia_scaling.learning import mixture_error, nearest_neighbour_error, random_feature_errors
from course_utils.pythia_scaling.profiles import PROFILES
from course_utils.pythia_scaling.published import (
    BESIROGLU,
    HOFFMANN,
    HOFFMANN_UNROUNDED,
    KAPLAN_EXPONENT,
    PORIAN,
    choose,
    load_zeroshot,
)
from course_utils.pythia_scaling.sizes import CONTEXT, STEPS, TOKENS, TOKENS_PER_STEP, pythia_size, pythia_sizes
from course_utils.pythia_scaling.synthetic import isoflop_runs, parametric_loss

__all__ = [
    "BESIROGLU",
    "CONTEXT",
    "HOFFMANN",
    "HOFFMANN_UNROUNDED",
    "KAPLAN_EXPONENT",
    "PORIAN",
    "PROFILES",
    "STEPS",
    "TOKENS",
    "TOKENS_PER_STEP",
    "Curves",
    "SimulatedLab",
    "bootstrap",
    "choose",
    "fit_parametric",
    "fit_power_law",
    "fit_power_law_with_floor",
    "held_out_text",
    "interpolate_isoflop",
    "isoflop_runs",
    "load_curves",
    "load_zeroshot",
    "mixture_error",
    "nearest_neighbour_error",
    "parametric_loss",
    "pythia_size",
    "pythia_sizes",
    "random_feature_errors",
    "score_checkpoints",
]
