"""The notebook's pictures, in one style. Each function returns its Figure."""

from course_utils.scaling_limits.plots.after import plot_coverage, plot_frontier
from course_utils.scaling_limits.plots.learning import (
    plot_banko,
    plot_pairs,
    plot_rademacher,
    plot_shares,
    plot_silence,
)
from course_utils.scaling_limits.plots.training import (
    plot_coordinates,
    plot_noise,
    plot_repeated,
    plot_shapes,
    plot_sweep,
)

__all__ = [
    "plot_banko",
    "plot_coordinates",
    "plot_coverage",
    "plot_frontier",
    "plot_noise",
    "plot_pairs",
    "plot_rademacher",
    "plot_repeated",
    "plot_shapes",
    "plot_shares",
    "plot_silence",
    "plot_sweep",
]
