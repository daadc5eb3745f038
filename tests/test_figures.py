"""The palette, as colour-blind readers see it; pictures in words, for those who see none."""

import ast
from itertools import combinations

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.core.pylabtools import print_figure
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from course_utils.figures import COLORS, GRAY, course, listed, new_axes, pattern, told, told_each
from course_utils.paths import ROOT

# what the three kinds of dichromats see of linear RGB (Machado, Oliveira & Fernandes 2009, severity 1)
SEEN = {
    "everybody": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(color: str) -> np.ndarray:
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of a linear RGB colour; a distance of about 2 can just be told apart."""
    xyz = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def closest(colors, seen) -> float:
    places = [lab(np.array(seen) @ linear(color)) for color in colors]
    return min(np.linalg.norm(a - b) for a, b in combinations(places, 2))


@pytest.mark.parametrize("sight", SEEN)
def test_any_two_colors_can_be_told_apart(sight):
    assert closest(COLORS, SEEN[sight]) > 15


def test_red_and_green_would_not_pass():
    assert closest(["#d62728", "#2ca02c"], SEEN["everybody"]) > 100
    assert closest(["#d62728", "#2ca02c"], SEEN["deuteranopia"]) < 15


def test_gray_and_the_first_color_stand_out_from_white():
    """4.5 to 1 is what WCAG asks of text."""
    for color in (GRAY, COLORS[0]):
        assert 1.05 / (float(XYZ[1] @ linear(color)) + 0.05) > 4.5


# --- in words

ROOMS = [path.parent for path in (ROOT / "course_utils").glob("*/profiles.py")]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_plot_says_in_words_what_is_to_be_seen(room):
    bare = []
    for path in sorted({*room.glob("plots.py"), *room.glob("plots/*.py")}):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            for node in ast.walk(function):
                made = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "new_axes"
                if made and not any(keyword.arg == "alt" for keyword in node.keywords):
                    bare.append(f"{path.relative_to(ROOT)}: {function.name}: new_axes(..., alt=what is to be seen)")
    assert not bare, "\n".join(bare)


def test_a_notebook_keeps_the_words_with_the_picture():
    figure, axes = new_axes(1, 1, 2, 2, alt="a line that rises")
    axes[0, 0].plot([0, 1])
    formatter = DisplayFormatter()
    formatter.formatters["image/png"].for_type(Figure, lambda one: print_figure(one, "png"))  # as in a kernel
    data, metadata = formatter.format(figure)
    assert data["image/png"]
    assert data["text/plain"] == "a line that rises"
    assert metadata["image/png"] == {"alt": "a line that rises", "drawn": True}


def test_a_figure_without_words_is_shown_as_ever():
    data, metadata = DisplayFormatter().format(new_axes(1, 1, 2, 2)[0])
    assert data["text/plain"].startswith("<Picture size 180x180")
    assert metadata["image/png"] == {"drawn": True}


@pytest.mark.parametrize(("shape", "photographs"), [((4, 4), False), ((4, 4, 3), True)])
def test_a_dark_page_may_turn_around_what_is_drawn_and_no_photograph(shape, photographs):
    figure, axes = new_axes(1, 2, 2, 2)
    axes[0, 1].imshow(np.zeros(shape))
    assert figure.has_photographs() is photographs
    _, metadata = DisplayFormatter().format(figure)
    assert metadata.get("needs_background") == (None if photographs else "light")


def test_words_for_numbers():
    assert listed(["a"]) == "a"
    assert listed([0.05, "b", 3]) == "0.05, b and 3"
    assert told("ab", [0.123, 4]) == "a 0.12, b 4.00"
    assert told_each({"m": {"x": 0.5, "y": 0.25}}, 100, 0) == "m: x 50, y 25"
    assert course({"loss": [5, 4, 0.25], "rank": [(1, 30.0), (9, 2.0)]}) == "loss from 5 to 0.25, rank from 30 to 2"
    causal = np.tril(np.ones((3, 3)))
    assert pattern({"causal": causal}) == "causal: 6 of 9 pairs, none of them on a later input"
