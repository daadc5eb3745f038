"""The pictures: that they show, in lines and in words, the numbers they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from course_utils.few_labels import WORLDS, draw_points, plots, telephone_calls, train_jointly


@pytest.fixture(autouse=True)
def leaves_no_figure_open():
    yield
    assert plt.get_fignums() == []


def test_robust_shows_lines_and_influences():
    calls = telephone_calls()

    def influence(r, loss):
        return {"mse": r, "mae": r.sign(), "huber": r.clamp(-1, 1)}[loss]

    figure = plots.plot_robust(calls, calls.years < 1964, {"MSE": (5.0, -9800.0)}, influence)
    left, right = figure.axes
    assert list(left.lines[0].get_ydata()) == [5 * 1949.5 - 9800, 5 * 1973.5 - 9800]
    assert right.lines[2].get_ydata().max() == 1 and "MSE 5.00" in figure.alt


def test_adaptation_is_in_percent():
    figure = plots.plot_adaptation({"probe": {1: 0.2, 100: 0.5}}, chance=0.1)
    assert list(figure.axes[0].lines[0].get_ydata()) == pytest.approx([20, 50])
    assert "probe: 1 20.0, 100 50.0" in figure.alt


def test_shift_shows_every_camera_and_both_places():
    shifted = {"noise": torch.rand(4, 3, 8, 8), "dark": torch.rand(4, 3, 8, 8)}
    accuracies = {"probe": {"home": 0.5, "noise": 0.4, "dark": 0.3}}
    image = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    figure = plots.plot_shift(shifted, image, accuracies, {"probe": [{"home": 0.0, "away": 0.1}]})
    *pictures, bars, world = figure.axes
    assert [ax.get_title() for ax in pictures] == ["home", "noise", "dark"]
    assert [bar.get_height() for bar in bars.patches] == pytest.approx([50, 40, 30])
    assert [line.get_ydata()[0] for line in world.lines] == [1e-6, 0.1]


def test_joint_shows_boundaries_and_means():
    points = draw_points(WORLDS["no clusters"], draws=2, n=40)
    network, found = train_jointly(points, steps=1)
    figure = plots.plot_joint(
        {"w": {"FixMatch": {0.0: [0.8, 1.0], 3.0: found}}}, {"w": (points, {"a": network, "b": network})}
    )
    assert next(iter(figure.axes[2].lines[0].get_ydata())) == pytest.approx(90)
    assert "FixMatch 90 and" in figure.alt


def test_worlds_show_all_draws():
    x, y = torch.randn(20, 3), torch.arange(20) % 2
    figure = plots.plot_worlds(
        {"w": (x, y, torch.where(y == 0, y, -1), y)}, {"w": [0.9, 0.8]}, {"w": [0.7]}, {"w": [0.1]}
    )
    assert figure.axes[0].get_title() == "w (2 of 3 coordinates)"
    assert list(figure.axes[-1].lines[0].get_xdata()) == pytest.approx([90, 80])


def test_zero_shot_shows_pairs_and_the_leak():
    found = {"of the two": 0.8, "of all ten": 0.02, "seen classes, of all ten": 0.5}
    left, right = plots.plot_zero_shot({("cat", "dog"): found}, found | {"of all ten": 0.6}).axes
    assert left.patches[0].get_width() == pytest.approx(80)
    assert [bar.get_height() for bar in right.patches] == pytest.approx([2, 50, 80, 60, 50, 80])
