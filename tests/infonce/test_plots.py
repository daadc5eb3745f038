"""The pictures: that they show the numbers they are given."""

import math

import matplotlib.pyplot as plt
import pytest
import torch

from course_utils.infonce import optimal_bounds, plots
from course_utils.infonce.gaussian import Estimate


@pytest.fixture(autouse=True)
def leaves_no_figure_open():
    yield
    assert plt.get_fignums() == []


def figures():
    """Each of them, of a few numbers."""
    reference = optimal_bounds()
    t = torch.linspace(-1, 1, 5)
    yield plots.plot_hinges(t, {"triplet, margin 0": t.clamp(min=0), "N-pair, one negative": t})
    yield plots.plot_masses({"with log k": {1: 1.0, 4: 1.0}, "without": {1: 1.0, 4: 0.25}})
    yield plots.plot_bounds({key: Estimate(reference[key].bound, 100, 10) for key in reference}, reference)
    yield plots.plot_bias_variance({name: {2.0: t} for name in ("InfoNCE", "NWJ")}, ceiling=4.16)
    yield plots.plot_temperatures([0.5, 1.0], {8: [1, 2], 64: [2, 3]}, {8: [1, 2], 64: [4, 9]}, 4.0)
    yield plots.plot_learning({"bilinear": [math.log(8)] * 30, "two networks": [2.0] * 30}, 8, best=1.0)
    yield plots.plot_game(torch.rand(50), 1.5, 2.0, 8, "ρ = 0.5")
    yield plots.plot_panels(lambda rho, k: [rho, k], (0.4, 0.8), (8, 64), (1.0, 2.0))


def test_there_is_one_of_each():
    assert len(list(figures())) == sum(name.startswith("plot_") for name in dir(plots))


def test_hinges_are_drawn_by_name():
    t = torch.linspace(-1, 1, 5)
    (ax,) = plots.plot_hinges(t, {"hinge": t.clamp(min=0), "smooth": t.exp().log1p()}).axes
    assert [line.get_label() for line in ax.lines] == ["hinge", "smooth"]


def test_masses_are_shown_beside_one_over_k():
    (ax,) = plots.plot_masses({"with": {1: 1.0, 4: 1.0}, "without": {1: 1.0, 4: 0.25}}).axes
    assert list(ax.lines[2].get_ydata()) == [1.0, 0.25]


def test_bounds_show_estimates_ceiling_and_what_is_missing():
    reference = optimal_bounds()
    estimates = {key: Estimate(reference[key].bound, 100, 10) for key in reference}
    left, right = plots.plot_bounds(estimates, reference).axes
    assert list(left.lines[0].get_ydata()) == [math.log(k) for k in (2, 8, 32, 128, 512, 2048)]
    gaps, law = right.lines[0].get_ydata(), right.lines[1].get_ydata()
    assert gaps[-1] == pytest.approx(2 - reference[2, 2048].bound)
    assert law[-1] == pytest.approx(math.log(1 + (math.exp(4) - 1) / 2048))


def test_bias_and_variance_show_the_middle_of_the_batches():
    draws = {"InfoNCE": {2.0: torch.linspace(0, 1, 101)}, "NWJ": {2.0: torch.linspace(0, 4, 101)}}
    _, right = plots.plot_bias_variance(draws, ceiling=4.16).axes
    assert right.lines[0].get_ydata()[0] == pytest.approx(0.9)
    assert right.lines[1].get_ydata()[0] == pytest.approx(3.6)


def test_temperatures_show_every_k():
    axes = plots.plot_temperatures(
        [0.5, 1.0, 2.0], {8: [1, 2, 1], 64: [2, 3, 2]}, {8: [1, 2, 3], 64: [4, 9, 20]}, 4.0
    ).axes
    assert list(axes[1].lines[1].get_ydata()) == [4, 9, 20]


def test_learning_curves_are_bounds_not_losses():
    (ax,) = plots.plot_learning({"critic": [math.log(8)] * 30}, 8, best=1.0).axes
    assert abs(ax.lines[0].get_ydata()).max() < 1e-12
    assert len(ax.lines[0].get_ydata()) == 6


def test_one_game_shows_the_three_numbers():
    figure = plots.plot_game(torch.rand(50), 1.5, 2.0, 8, "a game")
    assert [bar.get_width() for bar in figure.axes[1].patches] == [2.0, math.log(8), 1.5]


def test_panels_ask_for_every_correlation_and_k():
    asked = []

    def values(rho, k):
        asked.append((rho, k))
        return [rho, k]

    figure = plots.plot_panels(values, (0.4, 0.8), (8, 64), (1.0, 2.0))
    assert asked == [(0.4, 8), (0.4, 64), (0.8, 8), (0.8, 64)]
    assert len(figure.axes) == 2
