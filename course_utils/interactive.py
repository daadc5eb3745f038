"""Sliders where somebody can move them, and a picture that says the same where nobody can."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from course_utils.progress import live


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
