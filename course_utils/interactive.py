"""Sliders where somebody can move them, and a picture that says the same where nobody can."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from course_utils.progress import in_notebook


def live() -> bool:
    """Whether a person may be looking: a notebook that is not executed headless (`course run`, nbgrader)."""
    return in_notebook() and not (os.environ.get("COURSE_METRICS") or os.environ.get("NBGRADER_EXECUTION"))


def explore(draw: Callable[..., Figure], choices: Mapping[str, Sequence[Any]], static: Callable[[], Figure]) -> Any:
    """`draw(name=value, ...)` behind one slider for each name; `static()` in a headless run.

    choices: {argument of draw: its values in order}; each slider starts in the middle. The value of a cell's last line.
    """
    if not live():
        return static()
    import ipywidgets

    sliders = {
        name: ipywidgets.SelectionSlider(
            options=list(values), value=values[len(values) // 2], description=name, continuous_update=False
        )
        for name, values in choices.items()
    }
    return ipywidgets.interactive(draw, {"auto_display": True}, **sliders)  # else the returned figure is not shown
