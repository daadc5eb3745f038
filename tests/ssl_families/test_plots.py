"""The pictures: that they show the numbers they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from course_utils.ssl_families import History, Worth, plots


@pytest.fixture(autouse=True)
def leaves_no_figure_open() -> None:
    yield
    assert plt.get_fignums() == []


def history(*values: float, **health: float) -> History:
    return History(list(values), {k.replace("_", " "): [(1, v), (5, v / 2)] for k, v in health.items()})


def test_jigsaw_shows_puzzles_and_shares() -> None:
    orders = torch.tensor([[0, 1, 2, 3], [3, 2, 1, 0]])
    figure = plots.plot_jigsaw(torch.rand(2, 3, 8, 8), orders, {0: 0.8, 4: 0.2}, chance=1 / 24)
    assert len(figure.axes) == 5
    assert [bar.get_height() for bar in figure.axes[-1].patches] == pytest.approx([80, 20])


def test_shortcut_shows_curves_and_worth() -> None:
    runs = {"stamped": (history(1.0, pretext_accuracy=0.9), Worth(0.2, 0.3)), "untrained": (None, Worth(0.25, 0.35))}
    images, curve, bars = plots.plot_shortcut(torch.rand(9, 3, 8, 8), runs).axes
    assert images.images[0].get_array().shape == (24, 24, 3)
    assert list(curve.lines[0].get_ydata()) == [90, 45]
    assert [bar.get_width() for bar in bars.patches] == pytest.approx([20, 25, 30, 35])


def test_momentum_shows_cosines_and_every_seed() -> None:
    left, right = plots.plot_momentum({"m = 0": {1: 0.9, 4: 0.5}}, {0.0: [0.3, 0.4], 0.99: [0.5]}).axes
    assert list(left.lines[0].get_xdata()) == [1, 4] and list(left.lines[0].get_ydata()) == [0.9, 0.5]
    assert sorted(y for dots in right.collections for y in dots.get_offsets()[:, 1]) == pytest.approx([30, 40, 50])
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["0", "0.99"]


def test_entropies_show_three_numbers_and_log_k() -> None:
    names = ("entropy of one image", "entropy of the mean", "KL(teacher, student)")
    runs = {"healthy": History([1.0], {name: [(1, 2.0), (9, 1.0)] for name in names})}
    axes = plots.plot_entropies(runs, classes=8).axes
    assert [ax.get_title().lower() for ax in axes] == [name.lower() for name in names]
    assert axes[0].lines[1].get_ydata()[0] == pytest.approx(2.0794, abs=1e-3)


def test_codes_show_the_sums_of_the_prototypes() -> None:
    codes = torch.tensor([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    figure = plots.plot_codes({"a": codes, "b": codes.flip(1)})
    assert [bar.get_height() for bar in figure.axes[2].patches] == [1.5, 1.5]
    assert figure.axes[0].images[0].get_array().shape == (3, 2)


def test_clusters_are_sorted_by_size() -> None:
    (ax,) = plots.plot_clusters({"one": torch.tensor([1, 3, 0])}).axes
    assert list(ax.lines[0].get_ydata()) == [75, 25, 0]


def test_members_may_differ_in_number() -> None:
    figure = plots.plot_members([torch.rand(3, 3, 4, 4), torch.rand(1, 3, 4, 4)], ["a", "b"])
    assert sum(bool(ax.images) for ax in figure.axes) == 4


def test_reconstructions_have_three_rows() -> None:
    x = torch.rand(2, 3, 4, 4)
    figure = plots.plot_reconstructions(x, x / 2, x)
    assert [ax.get_ylabel() for ax in figure.axes[::2]] == ["image", "seen", "filled in"]
    assert abs(figure.axes[2].images[0].get_array() * 2 - figure.axes[0].images[0].get_array()).max() < 1e-6


def test_cost_is_relative_to_all() -> None:
    (ax,) = plots.plot_cost({"all": 8.0, "quarter": 2.0}, {"all": 0.5, "quarter": 0.1}).axes
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([1, 0.25, 1, 0.2])


def test_table_shows_live_recorded_and_untrained() -> None:
    live = {"MoCo": Worth(0.4, 0.5)}
    knn, probe = plots.plot_table(live, {"MoCo": Worth(0.2, 0.3)}, {"MoCo": [Worth(0.5, 0.6), Worth(0.7, 0.8)]}).axes
    assert [line.get_xdata()[0] for line in knn.lines if len(line.get_xdata()) == 1][:1] == pytest.approx([60])
    assert {round(float(line.get_xdata()[0])) for line in probe.lines if len(line.get_xdata()) == 1} >= {50, 30, 70}


def test_health_shows_losses_above_the_diagnostic() -> None:
    rows = [
        (
            "BYOL",
            {"well": history(4.0, 2.0, spread_of_z=0.8), "bare": history(1.0, 0.0, spread_of_z=0.1)},
            "spread of z",
        )
    ]
    loss, number = plots.plot_health(rows).axes
    assert list(loss.lines[0].get_ydata()) == [4.0, 2.0]
    assert list(number.lines[1].get_ydata()) == [0.1, 0.05]
    assert [text.get_text() for text in number.get_legend().get_texts()] == ["well", "bare"]
