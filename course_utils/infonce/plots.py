"""The notebook's pictures, in the language that is spoken. Each function returns its Figure; information and losses are in nats."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, GRAY, listed, new_axes, told, words
from course_utils.infonce.gaussian import Estimate
from course_utils.infonce.reference import Reference
from course_utils.language import shown


def plot_hinges(difference: Tensor, curves: Mapping[str, Tensor]) -> Figure:
    """Losses of one triplet against how much closer the negative is: {name: (n,)} over (n,) differences."""
    figure, axes = new_axes(
        1,
        1,
        6.0,
        3.2,
        alt=words(
            "The loss of one triplet against the score of the negative minus that of the positive, for {}. The triplet losses are zero up to a corner and then rise in a straight line; the N-pair loss rounds the corner.",
            listed(curves),
        ),
    )
    for (name, values), color in zip(curves.items(), COLORS, strict=False):
        axes[0, 0].plot(difference, values, color=color, label=shown(name))
    axes[0, 0].set(
        title=words("A corner, and the same corner rounded"),
        xlabel=words("score of the negative minus score of the positive"),
        ylabel=words("loss of one triplet"),
    )
    axes[0, 0].legend(frameon=False)
    return figure


def plot_masses(masses: Mapping[str, Mapping[int, float]]) -> Figure:
    """What a model fitted by NCE sums to, against the noise samples per data point: {name: {k: sum}}."""
    figure, axes = new_axes(
        1,
        1,
        6.0,
        3.2,
        alt=words(
            "The sum of the fitted model over noise samples per data point. At the most noise: {}. A dashed line falls as 1/k.",
            told(masses, [list(curve.values())[-1] for curve in masses.values()]),
        ),
    )
    ax = axes[0, 0]
    for (name, curve), color in zip(masses.items(), COLORS, strict=False):
        ax.plot(list(curve), list(curve.values()), color=color, marker="o", label=shown(name))
    ks = sorted({k for curve in masses.values() for k in curve})
    ax.plot(ks, [1 / k for k in ks], color=GRAY, linewidth=1, linestyle="--", label="1/k")
    ax.set(title=words("What the fitted model sums to"))
    ax.set(xlabel=words("noise samples per data point, k"), ylabel=words("sum of φ(x)"))
    ax.set(xscale="log", ylim=(0, 1.1))
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.minorticks_off()
    ax.legend(frameon=False)
    return figure


def plot_bounds(
    estimates: Mapping[tuple[float, int], Estimate], reference: Mapping[tuple[float, int], Reference]
) -> Figure:
    """Left: the bound against K for each information, under its two ceilings, with the reference table. Right: what the table lacks of I, and log(1 + (e^2I - 1)/K), which it cannot exceed."""
    figure, axes = new_axes(
        1,
        2,
        10.4,
        4.4,
        alt=words(
            "Left: the bound over the number of candidates K, a curve for each true information. It rises along log K and flattens below the information. Right, on logarithmic axes: what is missing falls as K grows, and stays below its dashed guarantee."
        ),
    )
    left, right = axes[0]
    ks = sorted({k for _, k in estimates})
    left.plot(ks, [math.log(k) for k in ks], color="#000000", linestyle="--", label="log K")
    for information, color in zip(sorted({i for i, _ in estimates}), COLORS, strict=False):
        ours = [estimates[information, k] for k in ks]
        cells = [reference[information, k] for k in ks]
        bounds = np.array([cell.bound for cell in cells])
        errors = [4 * cell.term_sd / our.terms**0.5 for cell, our in zip(cells, ours, strict=True)]
        left.axhline(information, color=color, linewidth=0.8, linestyle=":")
        left.plot(ks, [our.value for our in ours], color=color, label=f"I = {information:g}")
        left.errorbar(ks, bounds, errors, color=color, fmt="o", markersize=4, markerfacecolor="white", capsize=2)
        right.plot(ks, information - bounds, color=color, marker="o", markersize=4, label=f"I = {information:g}")
        right.plot(
            ks, [math.log1p(math.expm1(2 * information) / k) for k in ks], color=color, linewidth=1, linestyle="--"
        )
    left.set(title=words("The bound, under log K and I"), ylabel=words("log K - L, nats"))
    right.set(title=words("What is missing, and its guarantee (dashed)"), ylabel=words("I - bound, nats"))
    right.set(yscale="log", ylim=(5e-3, 20))
    for ax in (left, right):
        ax.set(xlabel=words("candidates, K"), xscale="log")
        ax.set_xticks(ks, [str(k) for k in ks])
        ax.minorticks_off()
    left.legend(frameon=False, fontsize=8.5)
    return figure


def plot_bias_variance(draws: Mapping[str, Mapping[float, Tensor]], ceiling: float) -> Figure:
    """Two estimators beside the truth: {name: {information: (batches,) estimates}}; dots are medians, bars hold 90% of the batches."""
    figure, axes = new_axes(
        1,
        2,
        10.4,
        4.0,
        alt=words(
            "Left: medians and the middle 90 percent of estimates by {}, over the true information, beside the diagonal of truth and the ceiling log K = {:.2f}. Right: the width of that middle, on a logarithmic axis.",
            listed(draws),
            ceiling,
        ),
    )
    left, right = axes[0]
    informations = np.array(sorted(next(iter(draws.values()))))
    left.plot(informations, informations, color="#000000", linewidth=1, label=words("the truth"))
    left.axhline(ceiling, color=GRAY, linewidth=1, linestyle="--", label="log K")
    for offset, (name, color) in enumerate(zip(draws, COLORS, strict=False)):
        values = torch.stack([draws[name][information] for information in informations])
        low, middle, high = values.quantile(torch.tensor([0.05, 0.5, 0.95]), dim=1).numpy()
        places = informations + (offset - 0.5) * 0.35
        left.errorbar(places, middle, [middle - low, high - middle], color=color, fmt="o", capsize=3, label=shown(name))
        right.plot(informations, high - low, color=color, marker="o", label=shown(name))
    left.set(title=words("Median and middle 90% of the batches"), ylabel=words("estimate, nats"))
    right.set(title=words("Width of the middle 90%"), ylabel=words("nats"), yscale="log")
    for ax in (left, right):
        ax.set(xlabel=words("true I, nats"))
    left.legend(frameon=False, fontsize=8.5)
    return figure


def plot_temperatures(
    temperatures: Sequence[float],
    bounds: Mapping[int, Sequence[float]],
    counts: Mapping[int, Sequence[float]],
    information: float,
) -> Figure:
    """The best critic read at other temperatures: {K: bounds} and {K: effective number of negatives}, each over the temperatures."""
    figure, axes = new_axes(
        1,
        2,
        10.4,
        3.6,
        alt=words(
            "Left: the bound against the temperature at which the critic is read, one curve for each K of {}; all are highest at temperature 1. Right: the effective number of negatives, which grows with the temperature.",
            listed(bounds),
        ),
    )
    for (k, values), color in zip(bounds.items(), COLORS, strict=False):
        axes[0, 0].plot(temperatures, values, color=color, marker="o", markersize=3, label=f"K = {k}")
        axes[0, 1].plot(temperatures, counts[k], color=color, marker="o", markersize=3, label=f"K = {k}")
    axes[0, 0].axhline(information, color=GRAY, linestyle=":", linewidth=1, label="I")
    axes[0, 0].set(
        title=words("The bound"),
        ylabel=words("log K - L, nats"),
        ylim=(min(0, 1.05 * min(map(min, bounds.values()))), None),
    )
    axes[0, 1].set(
        title=words("Negatives that share the push"), ylabel=words("effective number of negatives"), yscale="log"
    )
    for ax in axes[0]:
        ax.axvline(1, color=GRAY, linestyle="--", linewidth=1)
        ax.set(xlabel=words("temperature τ"), xscale="log")
        ax.set_xticks(temperatures[::2], [f"{t:g}" for t in temperatures[::2]])
        ax.minorticks_off()
    axes[0, 0].legend(frameon=False, fontsize=8.5)
    return figure


def plot_learning(losses: Mapping[str, Sequence[float]], num_candidates: int, best: float, window: int = 25) -> Figure:
    """log K - loss while critics train: {name: losses}; `best` is what the best critic reaches."""
    figure, axes = new_axes(
        1,
        1,
        6.4,
        3.8,
        alt=words(
            "The bound by training step, in nats, under the dashed {:.2f} of the best critic. At the end: {}.",
            best,
            told(losses, [math.log(num_candidates) - float(np.mean(values[-window:])) for values in losses.values()]),
        ),
    )
    ax = axes[0, 0]
    for (name, values), color in zip(losses.items(), COLORS, strict=False):
        width = min(window, len(values))
        smooth = math.log(num_candidates) - np.convolve(values, np.ones(width) / width, mode="valid")
        ax.plot(np.arange(width, len(values) + 1), smooth, color=color, label=shown(name))
    ax.axhline(best, color="#000000", linewidth=1, linestyle="--", label=words("the log density ratio"))
    ax.set(
        title=words("Critics learn the density ratio, if they can"),
        xlabel=words("step"),
        ylabel=words("log K - L, nats (mean of {} steps)", window),
    )
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, loc="lower right")
    return figure


def plot_game(posterior: Tensor, bound: float, information: float, num_candidates: int, title: str) -> Figure:
    """One setting of the game: how sure the critic is of the positive, and what that is worth. posterior: (n,) probabilities."""
    figure, axes = new_axes(
        1,
        2,
        9.0,
        3.0,
        alt=words(
            "Left: how often the critic gives the positive which probability, beside a guess of 1/{}; the mean is {:.2f}. Right, bars in nats: information {:.2f}, log K {:.2f}, bound {:.2f}.",
            num_candidates,
            float(posterior.mean()),
            information,
            math.log(num_candidates),
            bound,
        ),
    )
    left, right = axes[0]
    left.hist(posterior.cpu().numpy(), bins=np.linspace(0, 1, 26), color=COLORS[0], density=True)
    left.axvline(1 / num_candidates, color=GRAY, linestyle="--", linewidth=1, label=words("a guess, 1/K"))
    left.set(title=title, xlabel=words("probability given to the positive"), ylabel=words("density"))
    left.legend(frameon=False)
    names, values = ["I", "log K", words("bound")], [information, math.log(num_candidates), bound]
    bars = right.barh(names, values, color=[COLORS[7], GRAY, COLORS[0]], height=0.6)
    right.bar_label(bars, fmt="%.2f", padding=4)
    right.set(xlabel=words("nats"), title=words("What it is worth"))
    right.margins(x=0.15)
    right.invert_yaxis()
    right.grid(False, axis="y")
    return figure


def plot_panels(
    draw_values: Callable[[float, int], Sequence[float]],
    rhos: Sequence[float],
    ks: Sequence[int],
    temperatures: Sequence[float],
) -> Figure:
    """The slider's static face: the bound against the temperature, one panel for each rho, one line for each K."""
    figure, axes = new_axes(
        1,
        len(rhos),
        3.6 * len(rhos),
        3.2,
        alt=words(
            "The bound against the temperature in {} panels, for correlations {}; in each a curve for K of {}. Every curve is highest at temperature 1, and higher for stronger correlation and for more candidates.",
            len(rhos),
            listed(f"{rho:.2f}" for rho in rhos),
            listed(ks),
        ),
    )
    for ax, rho in zip(axes[0], rhos, strict=True):
        for k, color in zip(ks, COLORS, strict=False):
            ax.plot(temperatures, draw_values(rho, k), color=color, marker="o", markersize=3, label=f"K = {k}")
        ax.axvline(1, color=GRAY, linestyle="--", linewidth=1)
        ax.set(title=f"ρ = {rho:.2f}", xlabel=words("temperature τ"), xscale="log", ylabel=words("log K - L, nats"))
        ax.set_xticks(temperatures[::2], [f"{t:g}" for t in temperatures[::2]])
        ax.minorticks_off()
    axes[0, 0].legend(frameon=False, fontsize=8.5)
    return figure
