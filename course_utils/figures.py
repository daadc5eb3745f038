"""One style for the pictures of all notebooks, and what they share."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

# Okabe & Ito's colours, distinct for colour-blind readers too, and two that keep ten classes apart (tests/test_figures.py)
COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000", "#7818D8", "#8B5A2B")
GRAY = "#666666"  # what curves are compared with: chance, a ceiling, the truth
STYLE: dict[Any, Any] = {
    "figure.dpi": 90,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "axes.prop_cycle": plt.cycler(color=COLORS[:8]),
}


def new_axes(rows: int, columns: int, width: float, height: float) -> tuple[Figure, np.ndarray]:
    """A figure of width x height inches in the course's style, closed, and its axes (rows, columns)."""
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False)
    plt.close(figure)  # the notebook shows the returned figure once, as the value of its cell
    return figure, axes


def label_short_log(axis: Axis) -> None:
    """Ticks at 1, 2 and 5 of each decade ("200k"), for a logarithmic axis over too few decades to have a label at each."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_tick_params(labelsize=8.5)
