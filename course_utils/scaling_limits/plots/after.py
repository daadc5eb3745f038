"""Pictures of what happens after pretraining."""

import math
from collections.abc import Callable, Mapping

import torch
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator
from torch import Tensor

from course_utils.figures import COLORS, GRAY, listed, new_axes, told
from course_utils.scaling_limits.plots.axes import plain_log


def plot_coverage(
    coverage: Mapping[int, float], exact: Mapping[int, float], plugged: Mapping[int, float], vote: Mapping[int, float]
) -> Figure:
    """Problems solved against the number of samples: by a verifier (estimated, exactly, plugged in), and by a vote."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        3.5,
        alt=f"Problems solved, in percent, by samples on a logarithmic axis. Your estimate of pass@k lies on the exact curve and rises: {told(coverage, [100 * v for v in coverage.values()], 0)}. The plugged-in formula lies beside it; the majority vote stays low: {told(vote, [100 * v for v in vote.values()], 0)}.",
    )
    ax = axes[0, 0]
    for values, style in (
        (exact, {"color": GRAY, "linewidth": 4, "alpha": 0.45, "label": "pass@k, exact"}),
        (coverage, {"color": COLORS[0], "marker": "o", "label": "pass@k, your estimate"}),
        (plugged, {"color": COLORS[3], "linestyle": "--", "label": "1 - (1 - c/n)^k"}),
        (vote, {"color": COLORS[1], "marker": "s", "label": "majority vote"}),
    ):
        ax.plot(list(values), [100 * v for v in values.values()], **style)
    ax.set(xscale="log", ylim=(0, 104), xlabel="samples k", ylabel="problems solved, %")
    ax.set_title("More samples help whoever can verify")
    plain_log(ax.xaxis, (1,))
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_frontier(
    reference: Tensor,
    reward: Tensor,
    best: Mapping[int, Tensor],
    learned: Mapping[float, Tensor],
    tilted: Callable[[Tensor, Tensor, float], Tensor],
    divergence: Callable[[Tensor, Tensor], Tensor],
) -> Figure:
    """Expected reward against the distance from the reference: best-of-n, DPO, and the most that is possible."""
    figure, axes = new_axes(
        1,
        2,
        9.8,
        3.5,
        alt=f"Left: the most reward that each distance from the reference can buy is a curve that rises and flattens; best of {listed(best)} lies just below it, rewards {told(best, [float(p @ reward) for p in best.values()])}; DPO lies on it, {told(learned, [float(p @ reward) for p in learned.values()])} by beta. Right: best-of-n's distance by n stays at or below log n - (n - 1)/n.",
    )
    left, right = axes[0]
    curve = [tilted(reference, reward, beta) for beta in torch.logspace(2, -1.2, 80, dtype=torch.float64).tolist()]
    left.plot(
        [divergence(p, reference) for p in curve], [p @ reward for p in curve], color=GRAY, label="the most possible"
    )
    points = [(divergence(p, reference).item(), (p @ reward).item()) for p in best.values()]
    left.plot(*zip(*points, strict=True), color=COLORS[0], marker="o", label="best of n")
    for n, point in zip(best, points, strict=True):
        left.annotate(f"{n}", point, xytext=(5, -11), textcoords="offset points", fontsize=8.5, color=COLORS[0])
    for beta, p in learned.items():
        at = (divergence(p, reference).item(), (p @ reward).item())
        left.plot(*at, color=COLORS[3], marker="*", markersize=13, linestyle="none")
        left.annotate(f"DPO, β = {beta:g}", at, xytext=(-8, 9), textcoords="offset points", fontsize=8.5, ha="right",
                      color=COLORS[3])  # fmt: skip
    left.set_xlim(left=-0.4)
    left.margins(y=0.1)
    left.xaxis.set_major_locator(FixedLocator([x / 2 for x in range(8)]))  # no distance is negative
    left.set(title="What a nat buys", xlabel="KL from the reference, nats", ylabel="expected reward")
    left.legend(frameon=False, fontsize=9, loc="lower right")
    numbers = [2**i for i in range(7)]
    right.plot(numbers, [math.log(n) - (n - 1) / n for n in numbers], color=GRAY, linestyle="--",
               label="log n - (n - 1)/n")  # fmt: skip
    right.plot(list(best), [kl for kl, _ in points], color=COLORS[0], marker="o", label="best of n, these answers")
    right.set(xscale="log", title="How far best-of-n moves", xlabel="n", ylabel="KL, nats")
    right.set_xticks(numbers, [str(n) for n in numbers])
    right.minorticks_off()
    right.legend(frameon=False, fontsize=9)
    return figure
