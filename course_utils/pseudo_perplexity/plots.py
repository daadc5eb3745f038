"""The notebook's pictures, in one style. Each function returns its Figure."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, new_axes

GRAY = "#666666"


def plot_ranking(ranking: Mapping[str, Mapping[str, float]]) -> Figure:
    """Models side by side under two measures, less is better: {model: {measure: value}}."""
    measures = list(next(iter(ranking.values())))
    figure, axes = new_axes(1, len(measures), 4.3 * len(measures), 0.42 * len(ranking) + 1.0)
    for ax, measure in zip(axes[0], measures, strict=True):
        values = [scores[measure] for scores in ranking.values()]
        bars = ax.barh(list(ranking), values, height=0.6, color=[GRAY, *COLORS[: len(ranking) - 1]])
        ax.bar_label(bars, fmt="%.3f", padding=3)
        ax.set(
            title=measure[:1].upper() + measure[1:], xlabel="per token (less is better)", xlim=(1, 1.06 * max(values))
        )
        ax.invert_yaxis()
        ax.grid(False, axis="y")
    for ax in axes[0, 1:]:
        ax.set_yticklabels([])
    return figure


def plot_masked_entropies(losses: Tensor, entropy_rate: float) -> Figure:
    """The best loss for each number of hidden tokens: (T,) nats, with the mean, which is the entropy per token."""
    figure, axes = new_axes(1, 1, 6.2, 3.3)
    ax = axes[0, 0]
    k = np.arange(1, len(losses) + 1)
    bars = ax.bar(k, losses.numpy(), color=COLORS[0], width=0.6)
    bars[0].set_color(COLORS[1])
    ax.bar_label(bars, fmt="%.3f", padding=2, fontsize=8.5)
    ax.axhline(
        entropy_rate, color=GRAY, linestyle="--", linewidth=1.2, label=f"their mean = H(X) / T = {entropy_rate:.3f}"
    )
    ax.set(
        title="Orange is pseudo-likelihood; the mean of all is likelihood",
        xlabel="number of hidden tokens, k",
        ylabel="best loss $\\ell_k$, nats per hidden token",
        xticks=k,
    )
    ax.legend(frameon=False, loc="upper left")
    return figure


def plot_mask_rate(
    rates: Sequence[float], losses: Sequence[tuple[Tensor, Tensor]], pseudo: float, entropy_rate: float
) -> Figure:
    """Expected loss in both forms against the mask rate: (mean form, sum form) for each rate, nats."""
    figure, axes = new_axes(1, 1, 6.2, 3.3)
    ax = axes[0, 0]
    for name, values, color in zip(("mean form", "sum form / qT"), zip(*losses, strict=True), COLORS, strict=False):
        ax.plot(rates, [float(value) for value in values], color=color, label=name)
    ax.axhline(pseudo, color=COLORS[3], linestyle=":", label="pseudo-likelihood, NPLL / T")
    ax.axhline(entropy_rate, color=GRAY, linestyle="--", label="likelihood, H / T")
    ax.axvline(0.15, color=GRAY, linewidth=0.8)
    ax.annotate("BERT", (0.15, ax.get_ylim()[1]), xytext=(4, -10), textcoords="offset points", fontsize=9)
    ax.set(
        title="What a perfect model's masked-LM loss is",
        xlabel="mask rate q",
        ylabel="loss, nats per hidden token",
        xlim=(0, 1),
    )
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_chain(flips: Sequence[float], perplexities: Sequence[tuple[float, float]]) -> Figure:
    """(PPL, PPPL) of the chain for each flip rate, and their ratio beside it."""
    figure, axes = new_axes(1, 2, 8.6, 3.2)
    ppl, pppl = np.array(perplexities).T
    axes[0, 0].plot(flips, ppl, color=COLORS[0], label="perplexity")
    axes[0, 0].plot(flips, pppl, color=COLORS[1], label="pseudo-perplexity")
    axes[0, 0].set(title="The same distribution, two numbers", xlabel="flip rate", ylabel="per token")
    axes[0, 0].legend(frameon=False)
    axes[0, 1].plot(flips, ppl / pppl, color=COLORS[2])
    axes[0, 1].set(title="No factor converts them", xlabel="flip rate", ylabel="perplexity / pseudo-perplexity")
    return figure


def plot_gaussian_errors(squared_errors: Tensor, variances: Tensor) -> Figure:
    """Mean squared error of the best prediction of each coordinate (T,), and the conditional variance (T,) that it estimates."""
    figure, axes = new_axes(1, 1, 6.2, 3.0)
    ax = axes[0, 0]
    t = np.arange(1, len(variances) + 1)
    ax.bar(t, squared_errors.numpy(), color=COLORS[5], width=0.6, label="mean squared error of 500 draws")
    ax.plot(t, variances.numpy(), color=COLORS[3], marker="o", linestyle="", label="$1 / Q_{tt}$")
    ax.set(title="The ends of a sequence are harder to fill in", xlabel="position t", ylabel="squared error", xticks=t)
    ax.set_ylim(top=1.35 * float(squared_errors.max()))
    ax.legend(frameon=False, loc="upper center", ncols=2)
    return figure
