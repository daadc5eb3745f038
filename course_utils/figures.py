"""One style for the pictures of all notebooks, and what they share."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from course_utils.language import Sentence, shown

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


class Picture(Figure):
    """A figure and, in `alt`, what is to be seen on it, in one sentence or two. A notebook keeps the words with the picture.

    It also keeps whether the picture is drawn, so that a dark page may turn its light around, or shows photographs. To JupyterLab a drawn
    one says that it needs a light background; what that means in a dark theme, `course_utils.session` says.
    """

    alt = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        said, drawn = {"alt": self.alt} if self.alt else {}, not self.has_photographs()
        theme = {"needs_background": "light"} if drawn else {}
        return {"text/plain": self.alt} if said else {}, {"image/png": said | {"drawn": drawn}, **theme}

    def has_photographs(self) -> bool:
        """Whether any of its images has colours of its own, (H, W, 3 or 4), rather than those of a colour map."""
        return any(np.ndim(np.asarray(image.get_array())) == 3 for axes in self.axes for image in axes.images)


def new_axes(rows: int, columns: int, width: float, height: float, alt: str = "") -> tuple[Picture, np.ndarray]:
    """A figure of width x height inches in the course's style, closed, and its axes (rows, columns).

    alt: what is to be seen on it, for those who cannot see it.
    """
    with plt.rc_context(STYLE):
        made, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, FigureClass=Picture)
    figure = cast(Picture, made)
    figure.alt = alt
    plt.close(figure)  # the notebook shows the returned figure once, as the value of its cell
    return figure, axes


def words(template: str, *values: object) -> str:
    """What stands on a picture, or is said of it, in the language that is spoken: `words("mean of {} steps", 25)`."""
    return shown(Sentence(template).format(*values))


def listed(names: Iterable[object]) -> str:
    """ "a, b and c"."""
    *most, last = [f"{name:g}" if isinstance(name, float) else shown(str(name)) for name in names]
    return words("{} and {}", ", ".join(most), last) if most else last


def told(names: Iterable[object], values: Iterable[float], digits: int = 2) -> str:
    """ "a 0.12, b 3.40"."""
    return ", ".join(f"{shown(str(name))} {float(value):.{digits}f}" for name, value in zip(names, values, strict=True))


def told_each(table: Mapping[Any, Mapping[str, float]], scale: float = 1, digits: int = 2) -> str:
    """ "a: x 0.12, y 3.40; b: ..." of {"a": {"x": 0.12, "y": 3.4}, ...}."""
    rows = {name: [scale * float(value) for value in row.values()] for name, row in table.items()}
    return "; ".join(f"{shown(str(name))}: {told(table[name], row, digits)}" for name, row in rows.items())


def course(curves: Mapping[str, Sequence[Any]]) -> str:
    """ "a from 5.1 to 0.3, b from ..." of {name: values}; of (place, value) pairs the values."""

    def number(point: Any) -> str:
        return f"{float(point[-1] if isinstance(point, tuple | list) else point):.3g}"

    spans = ((name, number(values[0]), number(values[-1])) for name, values in curves.items())
    return ", ".join(words("{} from {} to {}", *span) for span in spans)


def pattern(matrices: Mapping[str, Any]) -> str:
    """ "causal: 36 of 64 pairs, none above the diagonal; ..." of {name: (T, T) bool, [output, input]}."""
    parts = []
    for name, matrix in matrices.items():
        filled = np.asarray(matrix, dtype=bool)
        ahead = int(np.triu(filled, 1).sum())
        above = words("{} of them on later inputs", ahead) if ahead else words("none of them on a later input")
        parts.append(words("{}: {} of {} pairs, {}", name, int(filled.sum()), filled.size, above))
    return "; ".join(parts)


def label_short_log(axis: Axis) -> None:
    """Ticks at 1, 2 and 5 of each decade ("200k"), for a logarithmic axis over too few decades to have a label at each."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(EngFormatter(sep=""))
    axis.set_tick_params(labelsize=8.5)
