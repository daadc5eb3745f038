"""The notebook's pictures, in one style. Each function returns its Figure; accuracies are shown in percent."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, GRAY, course, listed, new_axes, told, told_each
from course_utils.simclr.train import History


def _show(axes: Axes, image: Tensor, frame: str | None = None) -> None:
    """One image (3, h, w), uint8 or float in [0, 1], without ticks; `frame` is the colour of its border."""
    pixels = image.float() / 255 if image.dtype == torch.uint8 else image
    axes.imshow(pixels.clamp(0, 1).permute(1, 2, 0).cpu().numpy(), interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(frame is not None)
    if frame is not None:
        axes.spines[:].set(color=frame, linewidth=3)


def show_views(images: Tensor, view_1: Tensor, view_2: Tensor, count: int = 10) -> Figure:
    """Images above their two views: three (n, 3, h, w) tensors, of which the first `count` are shown."""
    count = min(count, len(images))
    figure, axes = new_axes(
        3,
        count,
        0.85 * count + 0.6,
        2.8,
        alt=f"{count} images in the upper row; below each, two views of it, cropped, recoloured and sometimes gray or blurred.",
    )
    for row, (label, batch) in enumerate((("image", images), ("view 1", view_1), ("view 2", view_2))):
        for column in range(count):
            _show(axes[row, column], batch[column])
        axes[row, 0].set_ylabel(label)
    return figure


def plot_training(history: History) -> Figure:
    """Loss by step, with its smoothed course, and each monitor, two in a row."""
    names = list(history.monitors)
    rows = (len(names) + 2) // 2
    figure, axes = new_axes(
        rows,
        2,
        8.4,
        2.9 * rows,
        alt=f"The loss by training step goes from {history.losses[0]:.2f} to {history.losses[-1]:.2f}. Beside it, by step: {course(history.monitors)}.",
    )
    panels = axes.ravel()
    losses = np.array(history.losses)
    steps = np.arange(1, len(losses) + 1)
    window = max(1, len(losses) // 20)
    smooth = np.convolve(losses, np.ones(window) / window, mode="valid")
    panels[0].plot(steps, losses, color=COLORS[5], linewidth=0.8, alpha=0.6)
    panels[0].plot(
        steps[window // 2 : window // 2 + len(smooth)], smooth, color=COLORS[0], label=f"mean of {window} steps"
    )
    panels[0].set(title="Contrastive loss", xlabel="step", ylabel="loss, nats")
    panels[0].legend(frameon=False)
    for ax, name, color in zip(panels[1:], names, COLORS[1:], strict=False):
        ax.plot(*zip(*history.monitors[name], strict=True), color=color, marker="o", markersize=3)
        ax.set(title=name[:1].upper() + name[1:], xlabel="step")
    for ax in panels[1 + len(names) :]:
        ax.remove()
    return figure


def plot_temperature(similarities: Tensor, shares: Mapping[float, Tensor]) -> Figure:
    """How one anchor's push is shared among its negatives: {temperature: (n,) shares that add up to 1} over (n,) similarities."""
    figure, axes = new_axes(
        1,
        1,
        6.0,
        3.4,
        alt=f"Curves of the push on each negative against its similarity to the anchor, for temperatures {listed(shares)}. The smaller the temperature, the steeper the curve: the most similar negatives get nearly all of the push.",
    )
    for (temperature, share), color in zip(shares.items(), COLORS, strict=False):
        axes[0, 0].plot(similarities, share * len(share), color=color, label=f"τ = {temperature:g}")
    axes[0, 0].axhline(1, color=GRAY, linewidth=1, linestyle="--")
    axes[0, 0].set(
        title="Small temperatures listen to the hardest negatives",
        xlabel="cosine similarity of a negative to the anchor",
        ylabel="push (1 = its fair share)",
        yscale="log",
    )
    axes[0, 0].set_ylim(bottom=1e-4)
    axes[0, 0].legend(frameon=False)
    return figure


def plot_scores(
    scores: Mapping[str, Mapping[str, float]],
    chance: float,
    title: str = "What the representation is worth",
    xlabel: str = "test accuracy, %",
) -> Figure:
    """Shares of 1 side by side, in the order given: {name: {kind of score: share}}, one colour per kind."""
    kinds = list(dict.fromkeys(kind for score in scores.values() for kind in score))
    height = 0.8 / len(kinds)
    figure, axes = new_axes(
        1,
        1,
        6.6,
        0.3 * len(scores) * (1 + len(kinds)) + 1.0,
        alt=f"Bars, in percent. {told_each(scores, 100)}. A dashed line marks chance, {100 * chance:.2g}.",
    )
    ax = axes[0, 0]
    for i, kind in enumerate(kinds):
        places = np.arange(len(scores)) + (i - (len(kinds) - 1) / 2) * height
        bars = ax.barh(places, [100 * score[kind] for score in scores.values()], height, color=COLORS[i], label=kind)
        ax.bar_label(bars, fmt="%.1f", padding=3, fontsize=8.5)
    ax.set_yticks(range(len(scores)), list(scores))
    ax.axvline(100 * chance, color=GRAY, linewidth=1, linestyle="--", label=f"chance, {100 * chance:.2g}%")
    ax.set(title=title, xlabel=xlabel)
    ax.margins(x=0.12)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_lines(curves: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, title: str) -> Figure:
    """Values by step: {name: values}."""
    figure, axes = new_axes(1, 1, 6.0, 3.2, alt=f"Lines of {ylabel} by {xlabel}: {course(curves)}.")
    for (name, values), color in zip(curves.items(), COLORS, strict=False):
        axes[0, 0].plot(range(1, len(values) + 1), values, color=color, label=name)
    axes[0, 0].set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].legend(frameon=False)
    return figure


def plot_ablation(results: Mapping[str, tuple[float, float]]) -> Figure:
    """What the loss says against what the representation is worth: {name: (final loss, test accuracy)}, reference first."""
    names, values = list(results), np.array(list(results.values()))
    colors = [COLORS[0]] + [COLORS[1]] * (len(names) - 1)
    figure, axes = new_axes(
        1,
        2,
        8.6,
        0.5 * len(names) + 1.2,
        alt=f"Two rows of bars for the reference and for each thing taken away. Final loss: {told(names, [loss for loss, _ in results.values()])}. Test accuracy of nearest neighbours in percent: {told(names, [100 * share for _, share in results.values()], 1)}.",
    )
    for ax, column, title, unit in (
        (axes[0, 0], values[:, 0], "Final contrastive loss", "loss, nats (lower looks better)"),
        (axes[0, 1], 100 * values[:, 1], "20 nearest neighbours", "test accuracy, % (higher is better)"),
    ):
        bars = ax.barh(names, column, color=colors, height=0.62)
        ax.bar_label(bars, fmt="%.2f" if ax is axes[0, 0] else "%.1f", padding=4)
        ax.set(title=title, xlabel=unit, xlim=(0, 1.15 * column.max()))
        ax.invert_yaxis()
        ax.grid(False, axis="y")
    axes[0, 1].set_yticklabels([])
    return figure


def plot_label_curve(curves: Mapping[str, Mapping[int, Sequence[float]]]) -> Figure:
    """Test accuracy against labels per class: {name: {labels per class: accuracies of the draws}}; the band is their range."""
    figure, axes = new_axes(
        1,
        1,
        6.0,
        3.6,
        alt=f"Test accuracy in percent over labels per class, a line and the band of its draws for each of {listed(curves)}. At the most labels: {told(curves, [100 * float(np.mean(list(curve.values())[-1])) for curve in curves.values()], 1)}.",
    )
    ax = axes[0, 0]
    for (name, curve), color in zip(curves.items(), COLORS, strict=False):
        counts = list(curve)
        ax.plot(counts, [100 * np.mean(curve[n]) for n in counts], color=color, marker="o", markersize=4, label=name)
        low, high = ([100 * pick(curve[n]) for n in counts] for pick in (min, max))
        ax.fill_between(counts, low, high, color=color, alpha=0.18, linewidth=0)
    counts = sorted({n for curve in curves.values() for n in curve})
    ax.set(title="How many labels does it take?", xlabel="labels per class", ylabel="test accuracy, %", xscale="log")
    ax.set_xticks(counts, [str(n) for n in counts])
    ax.minorticks_off()
    ax.legend(frameon=False)
    return figure


def plot_neighbours(
    queries: Tensor, neighbours: Tensor, query_labels: Tensor, neighbour_labels: Tensor, classes: Sequence[str]
) -> Figure:
    """Each query image and its nearest neighbours, nearest first, framed in blue where the class is the same and orange where not.

    queries (n, 3, h, w), neighbours (n, k, 3, h, w), query_labels (n,), neighbour_labels (n, k) that index `classes`.
    """
    n, k = neighbour_labels.shape
    figure, axes = new_axes(
        n,
        k + 1,
        0.85 * (k + 1) + 1.0,
        0.9 * n + 0.3,
        alt=f"{n} test images, each in a row with its {k} nearest neighbours. {int((neighbour_labels == query_labels[:, None]).sum())} of the {n * k} neighbours are of the class of their query, framed in blue; the others in orange.",
    )
    for row in range(n):
        _show(axes[row, 0], queries[row])
        axes[row, 0].set_ylabel(classes[int(query_labels[row])], rotation=0, ha="right", va="center")
        for column in range(k):
            same = bool(neighbour_labels[row, column] == query_labels[row])
            _show(axes[row, column + 1], neighbours[row, column], frame=COLORS[0] if same else COLORS[1])
    axes[0, 0].set_title("query")
    axes[0, 1].set_title("nearest …", loc="left")
    return figure


def plot_map(xy: Tensor, labels: Tensor, classes: Sequence[str], title: str = "A map of the test images") -> Figure:
    """Points (n, 2) in the colour of their class (n,)."""
    figure, axes = new_axes(
        1,
        1,
        6.8,
        5.0,
        alt=f"A cloud of {len(xy)} test images in two dimensions, coloured by class: {listed(classes)}. Where the features are good, a class forms a region of its own.",
    )
    ax = axes[0, 0]
    for index, name in enumerate(classes):
        points = xy[labels == index].numpy()
        ax.scatter(
            points[:, 0], points[:, 1], s=12, color=COLORS[index % len(COLORS)], alpha=0.75, linewidths=0, label=name
        )
    ax.set(title=title, xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5), markerscale=2.5)
    return figure


def plot_crop_histograms(crops: Tensor, histograms: Tensor, names: Sequence[str]) -> Figure:
    """Crops above their colour histograms: the shortcut. crops (n, 3, h, w), histograms (n, 3, bins) that sum to 1 a channel."""
    figure, axes = new_axes(
        2,
        len(crops),
        1.9 * len(crops),
        3.0,
        alt=f"{len(crops)} crops, and below each the histogram of its red, green and blue values. Crops of one picture have nearly the same histogram, crops of different pictures another.",
    )
    edges = np.linspace(0, 1, histograms.shape[-1] + 1)
    for column, (crop, histogram) in enumerate(zip(crops, histograms, strict=True)):
        _show(axes[0, column], crop)
        axes[0, column].set_title(names[column])
        ax = axes[1, column]
        for channel, color in enumerate((COLORS[3], COLORS[2], COLORS[0])):
            ax.stairs(
                histogram[channel].numpy(), edges, color=color, linewidth=1.5, label=("red", "green", "blue")[channel]
            )
        ax.set(xticks=[0, 1], ylim=(0, 1.05 * float(histograms.max())))
        ax.tick_params(labelleft=column == 0)
    axes[1, 0].set(xlabel="value", ylabel="share of pixels")
    figure.legend(*axes[1, -1].get_legend_handles_labels(), loc="outside right lower", frameon=False, fontsize=8)
    return figure
