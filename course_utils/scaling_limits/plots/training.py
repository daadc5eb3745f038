"""Pictures of shapes, repeated bytes, batches and widths."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.data.recordings import Row
from course_utils.figures import COLORS, GRAY, course, new_axes, told, told_each
from course_utils.scaling_limits.plots.axes import plain_log

Numbers = Any  # a number of a recorded row
TITLES = {"standard": "Usual parametrisation", "muP": "muP"}


def plot_shapes(rows: Sequence[Row], pair: Mapping[tuple[int, int], float]) -> Figure:
    """Held-out loss against width over depth: the recorded ladder, and the two trained here."""
    names = [f"{row['layers']} x {row['width']}" for row in rows]
    losses, seconds = ([float(row[key]) for row in rows] for key in ("val_loss", "cpu_seconds"))
    here = told([f"{layers} x {width}" for layers, width in pair], pair.values())
    figure, axes = new_axes(
        1,
        2,
        9.6,
        3.3,
        alt=f"Left: held-out loss by width over depth for models of one size, layers by width: {told(names, losses)}; trained here: {here}. Right: their CPU seconds: {told(names, seconds, 0)}.",
    )
    left, right = axes[0]
    found: list[Numbers] = sorted(rows, key=lambda row: float(row["width"]) / float(row["layers"]))
    aspects = [row["width"] / row["layers"] for row in found]
    left.plot(aspects, [row["val_loss"] for row in found], color=COLORS[0], marker="o", label="recorded, 1 M bytes")
    for aspect, row in zip(aspects, found, strict=True):
        left.annotate(
            f"{row['layers']:.0f} x {row['width']:.0f}", (aspect, row["val_loss"]), xytext=(5, 8),
            textcoords="offset points", ha="right", fontsize=8,
        )  # fmt: skip
    left.plot(
        [w / n for n, w in pair],
        list(pair.values()),
        color=COLORS[1],
        marker="s",
        linestyle="none",
        label="trained here",
    )
    left.set(xscale="log", title="One size, many shapes", xlabel="width / layers", ylabel="held-out loss, nats/byte")
    left.margins(x=0.1, y=0.15)
    left.legend(frameon=False, fontsize=9, loc="center left")
    right.plot(aspects, [row["cpu_seconds"] for row in found], color=COLORS[3], marker="o")
    right.set(xscale="log", title="... and many prices", xlabel="width / layers", ylabel="CPU seconds, recorded")
    right.set_ylim(0)
    for ax in (left, right):
        plain_log(ax.xaxis)
    return figure


def plot_repeated(
    fresh: Sequence[tuple[float, float]],
    again: Sequence[tuple[float, float, float]],
    worth: Tensor,
    effective: Callable[[Tensor, Tensor, float], Tensor],
    scale: float,
    rows: Sequence[Row],
) -> Figure:
    """Losses of fresh and repeated bytes; what repeated ones are worth, and the fitted law; a run that overfits.

    again: (unique bytes, epochs, loss) of each run, worth: its fresh bytes.
    """
    falls = course({"it falls": [loss for _, loss in fresh]})
    figure, axes = new_axes(
        1,
        3,
        12.4,
        3.5,
        alt=f"Left: held-out loss by bytes read; with fresh bytes {falls}; repeated ones leave that line after some epochs and then rise. Middle: what repeated bytes are worth, in unique ones, by epochs: as much as fresh at first, then level, along a law with R* = {scale:.1f}. Right: in one run over few bytes training loss keeps falling while held-out loss turns and rises.",
    )
    left, middle, right = axes[0]
    left.plot(*zip(*fresh, strict=True), color=GRAY, marker="o", label="fresh")
    middle.plot([1, 32], [1, 32], color=GRAY, linewidth=1, label="as good as fresh")
    for unique, color in zip(sorted({u for u, *_ in again}), COLORS, strict=False):
        mine = [(e, loss, w) for (u, e, loss), w in zip(again, worth.tolist(), strict=True) if u == unique]
        epochs, losses, worths = zip(*sorted(mine), strict=True)
        name = f"{unique / 1000:.0f}k unique"
        left.plot([unique * e for e in epochs], losses, color=color, marker="o", label=name)
        middle.plot(epochs, [w / unique for w in worths], color=color, marker="o", linestyle="none", label=name)
    line = torch.logspace(0, 1.5, 60, dtype=torch.float64)
    middle.plot(line, effective(torch.ones(1, dtype=torch.float64), line, scale), color="black", linestyle="--",
                linewidth=1.2, label=f"R* = {scale:.1f}")  # fmt: skip
    left.set(xscale="log", title="The same bytes again", xlabel="bytes read", ylabel="held-out loss, nats/byte")
    plain_log(left.xaxis)
    middle.set(xscale="log", yscale="log", title="What they are worth", xlabel="epochs")
    middle.set_ylabel("fresh bytes / unique bytes")
    for axis in (middle.xaxis, middle.yaxis):
        plain_log(axis)
    fewest = min(u for u, *_ in again)
    most = max(u * e for u, e, _ in again if u == fewest)
    mine_rows: list[Numbers] = [row for row in rows if row["unique"] == fewest and row["budget"] == most]
    longest = [row for row in mine_rows if row["tokens"] >= row["unique"] and row["train_loss"] != ""]
    passes = [row["tokens"] / row["unique"] for row in longest]
    right.plot(passes, [row["train_loss"] for row in longest], color=COLORS[1], label="training")
    right.plot(passes, [row["val_loss"] for row in longest], color=COLORS[0], label="held out")
    right.set(xscale="log", title=f"One run on {fewest / 1000:.0f}k bytes", xlabel="epochs", ylabel="loss, nats/byte")
    plain_log(right.xaxis)
    right.legend(frameon=False)
    for ax in (left, middle):
        ax.legend(frameon=False, fontsize=8.5)
    return figure


def plot_noise(
    found: Mapping[int, Tensor],
    biased: Mapping[int, Tensor],
    large: int,
    runs: Sequence[Row],
    law: Callable[[Tensor, float, float], tuple[Tensor, Tensor]],
) -> Figure:
    """The noise scale along training, unbiased and from the large batch alone; recorded steps against examples, and the law through them."""
    scales = told(found, map(float, found.values()), 1)
    figure, axes = new_axes(
        1,
        2,
        9.8,
        3.5,
        alt=f"Left: the noise scale by step, both axes logarithmic, rises while the loss falls: {scales}; from one batch of {large} alone it comes out too small. Right: examples by steps for recorded batch sizes, scattered about a curve that is steep at few steps and level at many.",
    )
    left, right = axes[0]
    for values, color, style, name in (
        (found, COLORS[0], "-", "two batch sizes"),
        (biased, COLORS[3], "--", f"|G|² from one batch of {large}"),
    ):
        kept = [(max(step, 0.5), float(value)) for step, value in values.items() if value > 0]
        left.plot(*zip(*kept, strict=True), color=color, linestyle=style, marker="o", markersize=4, label=name)
    left.set(xscale="log", yscale="log", title="Noise grows while the loss falls", xlabel="step (0 drawn at 1/2)")
    left.set_ylabel("noise scale, windows of 128 bytes")
    left.legend(frameon=False, fontsize=9)
    size, steps = (torch.tensor([float(row[key]) for row in runs], dtype=torch.float64) for key in ("batch", "steps"))
    scale, fewest = fitted_batches(size, steps)
    line = torch.logspace(size.log10().min().item(), size.log10().max().item(), 60, dtype=torch.float64)
    at, examples = law(line, scale, fewest)
    right.plot(
        at, examples, color=GRAY, linestyle="--", label=f"law, noise scale {scale:.0f}, at least {fewest:.0f} steps"
    )
    right.plot(steps, size * steps, color=COLORS[0], marker="o", linestyle="none", label="recorded")
    for s, b in zip(steps.tolist(), size.tolist(), strict=True):
        right.annotate(f"{b:.0f}", (s, s * b), xytext=(6, 5), textcoords="offset points", fontsize=8.5)
    right.set(
        xscale="log", yscale="log", title="Steps against examples, by batch size", xlabel="steps", ylabel="examples"
    )
    right.margins(0.12)
    for axis in (left.yaxis, right.xaxis, right.yaxis):
        plain_log(axis)
    plain_log(left.xaxis, (1,))
    right.legend(frameon=False, fontsize=9)
    return figure


def fitted_batches(size: Tensor, steps: Tensor) -> tuple[float, float]:
    """Noise scale and fewest steps: least squares of log(steps) over a grid of noise scales."""
    grid = torch.logspace(0, 5, 501, dtype=torch.float64)
    offset = steps.log() - torch.log1p(grid[:, None] / size)
    best = int(offset.var(dim=1).argmin())
    return grid[best].item(), offset[best].mean().exp().item()


def plot_coordinates(
    widths: Sequence[int], changes: Mapping[str, tuple[Sequence[float], Sequence[Sequence[float]]]]
) -> Figure:
    """How much the typical output of each layer has changed, against the width: {parametrisation: (exponents, changes)}."""
    layers = ("first hidden", "second hidden", "output")
    powers = {TITLES[name]: dict(zip(layers, found, strict=True)) for name, (found, _) in changes.items()}
    figure, axes = new_axes(
        1,
        len(changes),
        4.6 * len(changes),
        3.2,
        alt=f"How much each layer's output changes by width, both axes logarithmic; exponents: {told_each(powers)}.",
    )
    for ax, (name, (exponents, sizes)) in zip(axes[0], changes.items(), strict=True):
        for layer, values, exponent, color in zip(layers, sizes, exponents, COLORS, strict=False):
            ax.plot(widths, values, color=color, marker="o", label=f"{layer}, exponent {exponent:.2f}")
        ax.set(xscale="log", yscale="log", title=TITLES[name], xlabel="width")
        ax.set_xticks(list(widths), [str(w) for w in widths])
        ax.minorticks_off()
        ax.legend(frameon=False, fontsize=8.5)
    axes[0, 0].set_ylabel("change after 4 steps")
    low, high = (f(ax.get_ylim()[i] for ax in axes[0]) for i, f in ((0, min), (1, max)))
    for ax in axes[0]:
        ax.set_ylim(low, 3 * high)  # room for the legend
        plain_log(ax.yaxis)
    return figure


def _bottoms(rows: Sequence[Row]) -> str:
    """Where the valleys of a sweep are lowest, in words."""
    best: dict[str, dict[str, Row]] = {}
    for row in rows:
        of = best.setdefault(TITLES[str(row["rule"])], {})
        width = f"width {row['width']}"
        if width not in of or float(row["loss"]) < float(of[width]["loss"]):
            of[width] = row
    found = (f"{rule}: {told(of, [float(row['log2_rate']) for row in of.values()], 0)}" for rule, of in best.items())
    return "Best log2 of the rate: " + "; ".join(found)


def plot_sweep(
    rows: Sequence[Row], live: Mapping[str, Mapping[int, Sequence[float]]], exponents: Sequence[int]
) -> Figure:
    """Held-out loss against the learning rate for several widths: recorded (solid) and trained here (dashed)."""
    figure, axes = new_axes(
        1,
        len(live),
        4.9 * len(live),
        3.7,
        alt=f"Held-out loss by learning rate, a valley for each width, its bottom starred; recorded, with runs trained here dotted. {_bottoms(rows)}.",
    )
    widths = sorted({int(row["width"]) for row in rows})
    for ax, (name, mine) in zip(axes[0], live.items(), strict=True):
        for width, color in zip(widths, COLORS, strict=False):
            curve = [
                (float(r["log2_rate"]), float(r["loss"])) for r in rows if r["rule"] == name and r["width"] == width
            ]
            ax.plot(*zip(*curve, strict=True), color=color, marker="o", markersize=3.5, label=f"width {width}")
            ax.plot(*min(curve, key=lambda point: point[1]), color=color, marker="*", markersize=13, linestyle="none")
            if width in mine:
                ax.plot(exponents, mine[width], color=color, linestyle=":", linewidth=1.4)
        ax.set(title=TITLES[name], xlabel="log2 of the learning rate", ylim=(1.8, 3.1))
    axes[0, 0].set_ylabel("held-out loss, nats/byte")
    axes[0, -1].legend(frameon=False, fontsize=8.5)
    return figure
