"""Pictures of sizes, of laws over one variable, and of forecasts."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, GRAY, new_axes

BLUE, ORANGE, GREEN, RED, PINK, SKY = COLORS[:6]
Law = tuple[Tensor, Tensor, Tensor]  # E, A, alpha


def plot_sizes(counted: Mapping[str, tuple[int, int, float]]) -> Figure:
    """{model: (parameters without embeddings, in all, counted FLOPs / 6ND)}: shares of the parameters, and what the rule forgets."""
    names = [name.removeprefix("pythia-") for name in counted]
    body, total, ratio = np.array(list(counted.values())).T
    figure, axes = new_axes(
        1,
        2,
        10.8,
        3.4,
        alt=f"Left: stacked bars of each Pythia; the embeddings are {100 * (1 - body[0] / total[0]):.0f} percent of the smallest and {100 * (1 - body[-1] / total[-1]):.0f} percent of the largest. Right: counted FLOPs over 6ND, {ratio[0]:.2f} for the smallest and {ratio[-1]:.2f} for the largest.",
    )
    left, right = axes[0]
    left.bar(names, 100 * body / total, color=BLUE, label="layers")
    left.bar(names, 100 * (1 - body / total), bottom=100 * body / total, color=ORANGE, label="embeddings")
    left.set(title="Where the parameters are", ylabel="share, %", xlabel="Pythia")
    left.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)
    bars = right.bar(names, ratio, color=BLUE)
    right.bar_label(bars, fmt="%.2f", fontsize=8, padding=2)
    right.axhline(1, color=GRAY, linestyle="--", linewidth=1)
    right.set(title="Counted FLOPs / 6ND without embeddings", ylabel="ratio", xlabel="Pythia")
    for ax in (left, right):
        ax.grid(False, axis="x")
        ax.tick_params("x", labelsize=8)
    return figure


def plot_trap(n: Tensor, loss: Tensor, scale: Tensor, alpha: Tensor, law: Mapping[str, float]) -> Figure:
    """Points of a law with a floor, the straight line through them, and both beyond the points."""
    far = np.geomspace(float(n[0]) / 3, float(n[-1]) * 1e4, 200)
    figure, axes = new_axes(
        1,
        1,
        6.6,
        3.6,
        alt=f"Both axes logarithmic: a curve that bends towards its floor of {law['E']:g} nats, and a straight line through the measured points that leaves it far to the right and falls below the floor.",
    )
    ax = axes[0, 0]
    ax.plot(
        far,
        law["E"] + law["A"] * far ** -law["alpha"],
        color=BLUE,
        label=f"the truth: exponent {law['alpha']:.2f}, floor {law['E']:g}",
    )
    ax.plot(
        far,
        float(scale) * far ** -float(alpha),
        color=ORANGE,
        linestyle="--",
        label=f"straight line: exponent {float(alpha):.3f}",
    )
    ax.axhline(law["E"], color=GRAY, linewidth=1, linestyle=":", label="the floor")
    ax.scatter(n, loss, color=BLUE, zorder=3, label="what was measured")
    ax.set(title="A floor in disguise", xlabel="parameters", ylabel="loss, nats per token", xscale="log", yscale="log")
    _plain_ticks(ax, [1.5, 1.7, 2, 2.5, 3])
    ax.legend(frameon=False)
    return figure


def plot_forecast(
    n: Tensor,
    loss: Tensor,
    fit: Callable[[Tensor, Tensor], Law],
    line: tuple[Tensor, Tensor],
    n_new: float,
    forecast: tuple[Tensor, Tensor, Tensor],
    actual: Tensor,
) -> Figure:
    """Fits to what was seen, the forecast with its interval, and what came out of the box."""
    low, middle, high = (float(value) for value in forecast)
    floor, scale, alpha = fit(n, loss)
    at = torch.logspace(np.log10(float(n[0]) / 1.5), np.log10(n_new * 4), 100, dtype=torch.float64)
    figure, axes = new_axes(
        1,
        2,
        9.8,
        3.7,
        alt=f"Left: two fits to what was seen, with the forecast for the largest model and the truth as a star. Right, close up: the 90 percent interval from {low:.3f} to {high:.3f}, the straight line's forecast {float(line[0] * n_new ** -line[1]):.3f}, and the truth {float(actual):.3f} nats per byte.",
    )
    left, right = axes[0]
    left.plot(at, floor + scale * at**-alpha, color=BLUE, label="with a floor")
    left.plot(at, line[0] * at ** -line[1], color=ORANGE, linestyle="--", label="straight line")
    left.scatter(n, loss, color=BLUE, zorder=3, label="seen")
    left.errorbar(
        n_new, middle, [[middle - low], [high - middle]], color=BLUE, capsize=5, fmt="_", label="forecast, 90%"
    )
    left.scatter(n_new, float(actual), marker="*", s=140, color=RED, zorder=4, label="out of the box")
    left.set(
        title="The forecast and the truth",
        xlabel="parameters without embeddings",
        ylabel="loss, nats per byte",
        xscale="log",
        yscale="log",
    )
    ticks = np.linspace(0.97 * min(low, float(actual)), 1.02 * float(loss.max()), 6).round(1)
    _plain_ticks(left, np.unique(ticks))
    left.legend(frameon=False)
    straight = float(line[0] * n_new ** -line[1])
    right.barh([1], [high - low], left=[low], height=0.3, color=SKY, label="90% interval, with a floor")
    right.plot([middle], [1], "|", color=BLUE, markersize=22, label="its middle")
    right.plot([straight], [0], "D", color=ORANGE, label="straight line")
    right.axvline(float(actual), color=RED, label="the truth")
    right.set(
        title="The same, close up", xlabel="loss of the largest model, nats per byte", yticks=[], ylim=(-0.6, 1.6)
    )
    right.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    right.grid(False, axis="y")
    return figure


def plot_training(
    tokens: Tensor,
    loss: Tensor,
    slopes: Tensor,
    late: Tensor,
    end: tuple[float, float],
    forecast: tuple[Tensor, Tensor, Tensor],
) -> Figure:
    """Loss along one run with the forecast of its end, and the local exponent."""
    low, middle, high = (float(value) for value in forecast)
    figure, axes = new_axes(
        1,
        2,
        9.8,
        3.5,
        alt=f"Left: the loss along one run falls from {float(loss[0]):.2f} to {end[1]:.2f} nats per byte; the forecast of its end is {middle:.2f}, from {low:.2f} to {high:.2f}. Right: the local exponent over tokens seen, which rises and falls instead of being constant.",
    )
    left, right = axes[0]
    left.plot(tokens, loss, color=SKY, marker="o", markersize=4, label="checkpoints")
    left.scatter(tokens[late], loss[late], color=BLUE, zorder=3, label="used for the forecast")
    left.errorbar(
        end[0], middle, [[middle - low], [high - middle]], color=BLUE, capsize=5, fmt="_", label="forecast, 90%"
    )
    left.scatter(*end, marker="*", s=140, color=RED, zorder=4, label="the last checkpoint")
    left.set(title="Loss along one run", xlabel="tokens seen", ylabel="loss, nats per byte", xscale="log", yscale="log")
    _plain_ticks(left, [1.5, 2, 2.5, 3, 4, 5.5])
    left.legend(frameon=False)
    middles = (tokens[1:] * tokens[:-1]).sqrt()
    right.plot(middles, slopes, color=BLUE, marker="o", markersize=4)
    right.axhline(0, color=GRAY, linewidth=1)
    right.set(title="Exponent, place by place", xlabel="tokens seen", ylabel="local exponent", xscale="log")
    return figure


def _plain_ticks(ax: object, ticks: object) -> None:
    """Label a logarithmic loss axis with plain numbers, where they lie inside its limits."""
    low, high = ax.get_ylim()  # type: ignore[attr-defined]
    kept = [float(tick) for tick in ticks if low <= tick <= high]  # type: ignore[attr-defined]
    ax.set_yticks(kept, [f"{tick:g}" for tick in kept])  # type: ignore[attr-defined]
    ax.minorticks_off()  # type: ignore[attr-defined]
