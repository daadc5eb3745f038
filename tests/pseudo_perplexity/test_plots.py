"""The pictures: that they show the numbers they are given."""

import matplotlib.pyplot as plt
import pytest
import torch

from course_utils.pseudo_perplexity import plots


@pytest.fixture(autouse=True)
def leaves_no_figure_open():
    yield
    assert plt.get_fignums() == []


def widths(ax):
    return [bar.get_width() for bar in ax.patches]


def heights(ax):
    return [bar.get_height() for bar in ax.patches]


def test_ranking_has_a_panel_for_each_measure():
    ranking = {"A": {"perplexity": 1.5, "pseudo": 1.1}, "B": {"perplexity": 1.4, "pseudo": 1.4}}
    first, second = plots.plot_ranking(ranking).axes
    assert (first.get_title(), second.get_title()) == ("Perplexity", "Pseudo")
    assert widths(first) == pytest.approx([1.5, 1.4]) and widths(second) == pytest.approx([1.1, 1.4])


def test_masked_entropies_and_their_mean():
    (ax,) = plots.plot_masked_entropies(torch.tensor([0.2, 0.4]), 0.3).axes
    assert heights(ax) == pytest.approx([0.2, 0.4])
    assert ax.lines[0].get_ydata()[0] == 0.3


def test_mask_rate_shows_both_forms():
    losses = [(torch.tensor(0.1), torch.tensor(0.2)), (torch.tensor(0.3), torch.tensor(0.4))]
    (ax,) = plots.plot_mask_rate([0.1, 0.9], losses, 0.05, 0.35).axes
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.1, 0.3])
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([0.2, 0.4])


def test_chain_shows_the_ratio():
    both, ratio = plots.plot_chain([0.1, 0.5], [(1.5, 1.2), (2.0, 2.0)]).axes
    assert both.lines[1].get_ydata().tolist() == [1.2, 2.0]
    assert ratio.lines[0].get_ydata().tolist() == pytest.approx([1.25, 1.0])


def test_gaussian_errors_beside_their_expectation():
    (ax,) = plots.plot_gaussian_errors(torch.tensor([0.2, 0.1]), torch.tensor([0.19, 0.11])).axes
    assert heights(ax) == pytest.approx([0.2, 0.1])
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([0.19, 0.11])


def test_tokens_are_surprises_in_order():
    (ax,) = plots.plot_tokens(["Ġa", "b"], {"x": torch.tensor([-1.0, -2.0]), "y": torch.tensor([-3.0, -4.0])}).axes
    assert heights(ax) == [1, 2, 3, 4]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["_a", "b"]


def test_every_sentence_is_in_the_histogram():
    (ax,) = plots.plot_sentence_perplexities({"a": torch.tensor([2.0, 5.0, 9.0]), "b": torch.tensor([90.0])}).axes
    assert sum(heights(ax)) == 4


def test_words_by_pieces():
    found = {1: {"pll": torch.tensor([-1.0, -3.0])}, 2: {"pll": torch.tensor([-5.0])}}
    (ax,) = plots.plot_words(found).axes
    assert heights(ax) == [2, 5]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1\n(2 words)", "2 or more\n(1 words)"]


def test_strides_are_shown_as_overlap():
    (ax,) = plots.plot_strides({31: 40.0, 4: 35.0}, {31: 40.0, 4: 41.0}, window=32).axes
    assert ax.lines[0].get_xdata().tolist() == [1, 28]
    assert ax.lines[1].get_ydata().tolist() == [40, 41]


def test_pairs_in_percent():
    (ax,) = plots.plot_pairs({"swapped": {"pll": 0.9, "causal": 0.8}}, {"swapped": 100}).axes
    assert widths(ax) == pytest.approx([90, 80])


def test_shares_and_levels():
    (ax,) = plots.plot_shares({0.0: 2.0, 1.0: 5.0}, {"twin": 3.5}).axes
    assert ax.lines[0].get_xdata().tolist() == [0, 100]
    assert ax.lines[1].get_ydata()[0] == 3.5


def test_signal_colours_what_is_asked(tokenizer):
    ids = torch.tensor(tokenizer("peace and war").input_ids)
    real = torch.ones(len(ids), dtype=torch.bool)
    none = torch.zeros(len(ids), dtype=torch.bool)
    (ax,) = plots.plot_signal(tokenizer, ids, ids, none, none, real).axes
    colors = [patch.get_facecolor() for patch in ax.patches]
    assert len(colors) == 2 * len(ids)
    assert len(set(colors[0::2])) == 1 and len(set(colors[1::2])) == 1 and colors[0] != colors[1]


def test_matrices_are_shown_as_they_are():
    matrix = torch.ones(4, 4).tril().bool()
    (ax,) = plots.plot_matrices({"causal": matrix}).axes
    assert (ax.images[0].get_array() == matrix.numpy()).all()
