"""The pictures: that they show the numbers they are given."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from course_utils.figures import COLORS
from course_utils.simclr import plots
from course_utils.simclr.train import History


@pytest.fixture(autouse=True)
def leaves_no_figure_open() -> None:
    yield
    assert plt.get_fignums() == []


def test_views_show_images_of_either_kind() -> None:
    images = torch.randint(0, 256, (3, 3, 8, 8), dtype=torch.uint8)
    figure = plots.show_views(images, images / 255, images / 255)
    assert len(figure.axes) == 9
    shown = [ax.images[0].get_array() for ax in figure.axes]
    assert abs(shown[0] - shown[3]).max() < 1e-6


def test_training_shows_the_loss_and_each_monitor() -> None:
    history = History(2, losses=[3.0, 2.0, 1.0], monitors={"rank of the positive": [(1, 9.0), (3, 4.0)]})
    loss, rank = plots.plot_training(history).axes
    assert loss.lines[0].get_ydata().tolist() == [3.0, 2.0, 1.0]
    assert rank.get_title() == "Rank of the positive"
    assert list(rank.lines[0].get_ydata()) == [9.0, 4.0]


def test_temperature_shows_shares_of_the_mean() -> None:
    similarities = torch.linspace(-1, 1, 101)
    shares = {t: torch.softmax(similarities / t, 0) for t in (0.1, 1.0)}
    (ax,) = plots.plot_temperature(similarities, shares).axes
    for line in ax.lines[:2]:
        assert line.get_ydata().mean().item() == pytest.approx(1, abs=1e-5)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["τ = 0.1", "τ = 1"]


def test_scores_show_percent_of_each_kind() -> None:
    scores = {"pixels": {"linear": 0.37, "kNN": 0.34}, "SimCLR": {"linear": 0.46, "kNN": 0.42}}
    (ax,) = plots.plot_scores(scores, chance=0.1).axes
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([37, 46, 34, 42])
    assert [text.get_text() for text in ax.texts] == ["37.0", "46.0", "34.0", "42.0"]
    assert ax.lines[0].get_xdata()[0] == 10


def test_lines_show_values_by_step() -> None:
    (ax,) = plots.plot_lines({"with": [0.9, 0.8], "without": [0.5, 0.0]}, "step", "spread of z", "Collapse").axes
    assert list(ax.lines[1].get_xdata()) == [1, 2]
    assert list(ax.lines[1].get_ydata()) == [0.5, 0.0]


def test_ablation_sets_loss_beside_accuracy() -> None:
    loss, probe = plots.plot_ablation({"SimCLR": (4.1, 0.46), "no colour": (2.5, 0.36)}).axes
    assert [bar.get_width() for bar in loss.patches] == pytest.approx([4.1, 2.5])
    assert [bar.get_width() for bar in probe.patches] == pytest.approx([46, 36])


def test_label_curve_draws_means() -> None:
    (ax,) = plots.plot_label_curve({"SimCLR": {1: [0.1, 0.3], 10: [0.4, 0.4]}}).axes
    assert ax.lines[0].get_ydata() == pytest.approx([20, 40])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "10"]


def test_neighbours_of_the_same_class_are_framed_in_another_colour() -> None:
    images = torch.rand(1, 2, 3, 4, 4)
    figure = plots.plot_neighbours(images[:, 0], images, torch.tensor([1]), torch.tensor([[1, 0]]), ["cat", "dog"])
    frames = [to_hex(ax.spines["left"].get_edgecolor()) for ax in figure.axes]
    assert frames[1:] == [COLORS[0].lower(), COLORS[1].lower()]
    assert figure.axes[0].get_ylabel() == "dog"


def test_map_has_all_points_of_each_class() -> None:
    (ax,) = plots.plot_map(torch.rand(30, 2), torch.arange(30) % 3, ["a", "b", "c"]).axes
    assert [len(points.get_offsets()) for points in ax.collections] == [10, 10, 10]


def test_crop_histograms_stand_below_their_crops() -> None:
    histograms = torch.rand(2, 3, 8)
    axes = plots.plot_crop_histograms(torch.rand(2, 3, 4, 4), histograms, ["crop 1", "crop 2"]).axes
    assert len(axes) == 4
    values = axes[3].patches[1].get_data().values
    assert torch.allclose(torch.tensor(values), histograms[1, 1])
