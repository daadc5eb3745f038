"""The notebook's pictures, in one style. Each function returns its Figure."""

from course_utils.pythia_scaling.plots.compute import (
    budgets,
    plot_budget,
    plot_kaplan,
    plot_ladder_valleys,
    plot_porian,
    plot_three,
    plot_valleys,
)
from course_utils.pythia_scaling.plots.evidence import (
    TASKS,
    plot_game,
    plot_late,
    plot_learning,
    plot_mixture,
    plot_shift,
    plot_tasks,
)
from course_utils.pythia_scaling.plots.laws import plot_forecast, plot_sizes, plot_training, plot_trap

__all__ = [
    "TASKS",
    "budgets",
    "plot_budget",
    "plot_forecast",
    "plot_game",
    "plot_kaplan",
    "plot_ladder_valleys",
    "plot_late",
    "plot_learning",
    "plot_mixture",
    "plot_porian",
    "plot_shift",
    "plot_sizes",
    "plot_tasks",
    "plot_three",
    "plot_training",
    "plot_trap",
    "plot_valleys",
]
