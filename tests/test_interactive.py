"""`explore`: a widget for people, a picture for headless runs."""

import ipywidgets
import pytest

from course_utils import interactive, progress
from course_utils.figures import new_axes


def draw(width=1, height=1):
    return new_axes(1, 1, width, height)[0]


def static():
    return new_axes(2, 2, 4, 4)[0]


@pytest.mark.parametrize("variable", ["COURSE_METRICS", "NBGRADER_EXECUTION"])
def test_headless_gives_the_static_picture(monkeypatch, variable):
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setenv(variable, "x")
    assert len(interactive.explore(draw, {"width": [1, 2]}, static).axes) == 4


def test_outside_a_notebook_gives_the_static_picture():
    assert len(interactive.explore(draw, {"width": [1, 2]}, static).axes) == 4


def test_live_gives_one_slider_for_each_name(monkeypatch):
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.delenv("COURSE_METRICS", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    shown = interactive.explore(draw, {"width": [1, 2, 3], "height": [4, 5]}, static)
    assert isinstance(shown, ipywidgets.interactive)
    assert shown.auto_display, "the figure that draw returns is shown"
    assert shown.kwargs_widgets[0].value == 2
    shown.children[0].value = 3
    shown.update()
    assert shown.result.get_size_inches().tolist() == [3, 5]
