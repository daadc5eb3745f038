"""The pictures: that they show the numbers they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from course_utils.attention_objectives import plots


@pytest.fixture(autouse=True)
def leaves_no_figure_open():
    yield
    assert plt.get_fignums() == []


def lengths(ax):
    return [bar.get_width() for bar in ax.patches]


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def test_effective_keys():
    (ax,) = plots.plot_effective_keys((4, 64), {"a": [3.0, 2.0], "b": [2.0, 1.0]}, 32).axes
    assert ax.lines[1].get_ydata().tolist() == [2, 1] and ax.lines[2].get_ydata()[0] == 32


def test_matrices_have_a_panel_each():
    figure = plots.plot_matrices({"causal": torch.eye(3, dtype=torch.bool), "full": torch.ones(3, 3, dtype=torch.bool)})
    first, second = figure.axes
    assert first.images[0].get_array().tolist() == torch.eye(3, dtype=torch.bool).tolist()
    assert (first.get_title(), second.get_title()) == ("Causal", "Full")
    assert (first.get_xlabel(), first.get_ylabel()) == ("input j", "output i")


def test_losses_are_smoothed():
    (ax,) = plots.plot_losses({"causal": [2.0, 4.0] * 40}, "Training loss", "nats").axes
    assert ax.lines[0].get_ydata() == pytest.approx([3.0] * 79)


def test_abilities_in_nats_and_percent():
    results = {
        "causal": {"continue": 1.5, "fill": 1.5, "represent": 0.8},
        "masked": {"continue": 2, "fill": 1, "represent": 0.9},
    }
    axes = plots.plot_abilities(results).axes
    assert [heights(ax) for ax in axes] == [[1.5, 2], [1.5, 1], pytest.approx([80, 90])]


def test_recorded_curves():
    rows = [{"objective": "causal", "step": 100.0 * i, "continue": 2.0, "fill": 3.0, "represent": 0.7} for i in (1, 2)]
    first, second, third = plots.plot_recorded(rows).axes
    assert first.lines[0].get_xdata().tolist() == [100, 200]
    assert [ax.lines[0].get_ydata()[0] for ax in (first, second, third)] == pytest.approx([2, 3, 70])


def test_character_has_a_bar_for_every_setting():
    likelihood, liveliness = plots.plot_character({"greedy": (-1.0, 0.4), "the real speeches": (-3.0, 0.9)}).axes
    assert lengths(likelihood) == [-1, -3] and lengths(liveliness) == pytest.approx([40, 90])
    assert likelihood.patches[0].get_facecolor() != likelihood.patches[1].get_facecolor()


def test_cache_in_milliseconds():
    (ax,) = plots.plot_cache([0.002] * 32, [5, 20], [0.003, 0.006]).axes
    assert ax.lines[0].get_ydata() == pytest.approx([2.0] * 16)
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([3, 6])


def test_compression_bars():
    (ax,) = plots.plot_compression({"gzip": 3.0, "model": 1.4}).axes
    assert lengths(ax) == [3, 1.4]


def test_surprise_names_the_auc():
    (ax,) = plots.plot_surprise(
        {"speeches": torch.tensor([1.0, 2.0]), "other": torch.tensor([3.0])}, {"other": 0.987}
    ).axes
    assert "other, AUC 0.987" in [text.get_text() for text in ax.get_legend().get_texts()]
    assert sum(heights(ax)) == 3


def test_completions_show_colours():
    colors = torch.tensor([[0, 0, 0], [255, 0, 0]]).double()
    original, painted = torch.zeros(2, 4, dtype=torch.long), torch.ones(2, 4, dtype=torch.long)
    axes = plots.plot_completions(original, [painted], colors, 2).axes
    assert len(axes) == 4
    assert axes[0].images[0].get_array()[0, 0].tolist() == [0, 0, 0]
    assert axes[2].images[0].get_array()[1, 1].tolist() == [1, 0, 0]


@pytest.mark.parametrize("plot", [plots.plot_layers, plots.plot_contest])
def test_probes_layer_by_layer(plot):
    (ax,) = plot({"causal": [0.2, 0.3], "masked": [0.1, 0.4]}).axes
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([10, 40])


def test_sentence_encoders():
    measures = {"alignment": 0.1, "uniformity": -2.0, "neighbour among the nearest 10": 0.25}
    figure = plots.plot_sentence_encoders({"a": measures}, {"a": torch.tensor([0.6, 0.4])}, {"a": 0.9})
    plane, values, found, order = figure.axes
    assert (plane.lines[0].get_xdata()[0], plane.lines[0].get_ydata()[0]) == (-2.0, 0.1)
    assert values.lines[0].get_ydata() == pytest.approx([0.6, 0.4])
    assert lengths(found) == [25] and lengths(order) == [0.9]
