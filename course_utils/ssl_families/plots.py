"""The notebook's pictures, in one style. Each function returns its Figure; accuracies are shown in percent."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, GRAY, listed, new_axes, told
from course_utils.ssl_families import jigsaw
from course_utils.ssl_families.evaluate import Worth
from course_utils.ssl_families.train import History

HEALTHY, BROKEN, THIRD = COLORS[0], COLORS[3], COLORS[2]  # told apart on dark pages, too


def _show(axes: Axes, image: Tensor) -> None:
    """One image (3, h, w), uint8 or float in [0, 1], without ticks."""
    pixels = image.float() / 255 if image.dtype == torch.uint8 else image
    axes.imshow(pixels.clamp(0, 1).permute(1, 2, 0).cpu().numpy(), interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)


def _curve(axes: Axes, values: Sequence[float], color: str, label: str) -> None:
    """A loss by step, faint, under its running mean."""
    steps, y = np.arange(1, len(values) + 1), np.asarray(values)
    window = max(1, len(y) // 20)
    smooth = np.convolve(y, np.ones(window) / window, mode="valid")
    axes.plot(steps, y, color=color, linewidth=0.6, alpha=0.3)
    axes.plot(steps[window // 2 : window // 2 + len(smooth)], smooth, color=color, label=label)


def plot_jigsaw(images: Tensor, orders: Tensor, solved: Mapping[int, float], chance: float) -> Figure:
    """Images (n, 3, s, s) as puzzles in the orders (n, 4), without and with a gap; and {gap: share solved by seams alone}."""
    figure, axes = new_axes(
        2,
        len(images) + 2,
        1.15 * len(images) + 4.2,
        2.9,
        alt=f"{len(images)} images cut into four shuffled pieces, without and with a gap between them. Beside them, bars of the puzzles that seams alone solve, in percent, by gap in pixels: {told(solved, [100 * share for share in solved.values()], 0)}; chance is {100 * chance:.2g}.",
    )
    for column in range(len(images)):
        for row, gap in enumerate((0, 4)):
            _show(axes[row, column], jigsaw.shuffled(images[column : column + 1], orders[column : column + 1], gap)[0])
    for row, gap in enumerate((0, 4)):
        axes[row, 0].set_ylabel(f"gap {gap}")
    grid = axes[0, 0].get_gridspec()
    for ax in axes[:, len(images) :].ravel():
        ax.remove()
    ax = figure.add_subplot(grid[:, len(images) :])
    bars = ax.bar([str(gap) for gap in solved], [100 * share for share in solved.values()], color=COLORS[0])
    ax.bar_label(bars, fmt="%.0f", padding=2, fontsize=8.5)
    ax.axhline(100 * chance, color=GRAY, linewidth=1, linestyle="--", label=f"chance, {100 * chance:.2g}%")
    ax.set(
        title="Solved without learning",
        xlabel="gap between the pieces, pixels",
        ylabel="puzzles solved, %",
        ylim=(0, 100),
    )
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#DDDDDD", linewidth=0.7)
    ax.set_axisbelow(True)
    ax.legend(frameon=False)
    return figure


def plot_shortcut(stamped: Tensor, runs: Mapping[str, tuple[History | None, Worth]]) -> Figure:
    """Nine stamped images (n, 3, h, w); pretext accuracy by step; and what the features are worth. {name: (record or None, worth)}."""
    figure, axes = new_axes(
        1,
        3,
        11.4,
        2.9,
        alt=f"Nine images with a stamp in the corner. Beside them, how often the rotation is found, by step, and what the features are worth to nearest neighbours, in percent: {told(runs, [100 * worth.knn for _, worth in runs.values()], 1)}.",
    )
    sheet = torch.cat([torch.cat(list(row), dim=2) for row in stamped[:9].split(3)], dim=1)
    _show(axes[0, 0], sheet)
    axes[0, 0].set_title("A date in the corner")
    for (name, (history, _)), color in zip(runs.items(), COLORS, strict=False):
        if history is not None:
            axes[0, 1].plot(
                *zip(*((s, 100 * v) for s, v in history.health["pretext accuracy"]), strict=True),
                color=color,
                label=name,
            )
    axes[0, 1].axhline(25, color=GRAY, linewidth=1, linestyle="--", label="chance")
    axes[0, 1].set(title="Which way up?", xlabel="step", ylabel="rotation found, %", ylim=(0, 104))
    axes[0, 1].legend(frameon=False, fontsize=8, loc="center right", bbox_to_anchor=(1.0, 0.77))
    _bars(axes[0, 2], {name: worth for name, (_, worth) in runs.items()}, "What the features are worth")
    return figure


def _bars(ax: Axes, worths: Mapping[str, Worth], title: str) -> None:
    places = np.arange(len(worths))
    for offset, kind, label, color in ((-0.2, "knn", "20-NN", COLORS[0]), (0.2, "probe", "linear probe", COLORS[1])):
        values = [100 * getattr(worth, kind) for worth in worths.values()]
        bars = ax.barh(places + offset, values, 0.4, color=color, label=label)
        ax.bar_label(bars, fmt="%.1f", padding=2, fontsize=8)
    ax.set_yticks(places, list(worths))
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.margins(x=0.15)
    ax.set(title=title, xlabel="test accuracy, %")
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def plot_momentum(alike: Mapping[str, Mapping[int, float]], found: Mapping[float, Sequence[float]]) -> Figure:
    """What a stale key costs: {name: {age in steps: mean cosine of a key with its renewed self}}; {m: 20-NN accuracy of each recorded seed}."""
    figure, axes = new_axes(
        1,
        2,
        8.6,
        3.0,
        alt=f"Left: the cosine of a key with its renewed self falls with its age, for {listed(alike)}. Right: accuracy of each recorded seed, by momentum of the teacher; means in percent: {told(found, [100 * float(np.mean(values)) for values in found.values()], 1)}.",
    )
    for (name, values), color in zip(alike.items(), (HEALTHY, BROKEN, THIRD, COLORS[1]), strict=False):
        axes[0, 0].plot(list(values), list(values.values()), color=color, marker="o", markersize=3, label=name)
    axes[0, 0].set(
        title="How stale is an old key?", xlabel="age of the key, steps", ylabel="cosine with the key of today"
    )
    axes[0, 0].set_xticks(list(next(iter(alike.values()))))
    axes[0, 0].legend(frameon=False)
    for place, accuracies in enumerate(found.values()):
        shown = [100 * v for v in accuracies]
        axes[0, 1].scatter([place] * len(shown), shown, color=COLORS[0], s=16, zorder=3)
        axes[0, 1].plot([place - 0.2, place + 0.2], [np.mean(shown)] * 2, color=COLORS[0])
    axes[0, 1].set_xticks(range(len(found)), [f"{m:g}" for m in found])
    axes[0, 1].set(title="What it costs (recorded)", xlabel="momentum m of the teacher", ylabel="20-NN accuracy, %")
    axes[0, 1].margins(x=0.15)
    return figure


def plot_entropies(runs: Mapping[str, History], classes: int) -> Figure:
    """DINO's three numbers by step for several trainings: {name: record}. The dashed line is log K."""
    names = ("entropy of one image", "entropy of the mean", "KL(teacher, student)")
    figure, axes = new_axes(
        1,
        3,
        10.4,
        2.9,
        alt=f"Three panels by step, for {listed(runs)}: the entropy of one image, the entropy of the mean, both under log {classes}, and the divergence of teacher and student. At the end the entropy of the mean is {told(runs, [run.health['entropy of the mean'][-1][1] for run in runs.values()])}.",
    )
    for ax, name in zip(axes[0], names, strict=True):
        for (label, history), color in zip(runs.items(), (HEALTHY, BROKEN, THIRD), strict=False):
            ax.plot(*zip(*history.health[name], strict=True), color=color, label=label)
        ax.set(title=name[:1].upper() + name[1:], xlabel="step", ylabel="nats")
        ax.set_ylim(bottom=0)
    for ax in axes[0, :2]:
        ax.axhline(np.log(classes), color=GRAY, linewidth=1, linestyle="--")
        ax.annotate(
            f"log {classes}",
            (1.0, np.log(classes)),
            xytext=(0, 2),
            textcoords="offset points",
            xycoords=("axes fraction", "data"),
            fontsize=8,
            color=GRAY,
            ha="right",
            va="bottom",
        )
        ax.set_ylim(0, 1.12 * np.log(classes))
    axes[0, 2].legend(frameon=False, fontsize=8)
    return figure


def plot_codes(codes: Mapping[str, Tensor]) -> Figure:
    """Codes (images, prototypes) as pictures, each above the sums of its prototypes: {name: codes}."""
    figure, axes = new_axes(
        2,
        len(codes),
        3.4 * len(codes),
        3.8,
        alt=f"Codes of images over prototypes as shades of blue, above the sums of each prototype, for {listed(codes)}. The largest prototype holds {told(codes, [float(q.sum(0).max()) for q in codes.values()], 0)} of the images; equal use would be {len(next(iter(codes.values()))) / next(iter(codes.values())).shape[1]:.1f}.",
    )
    for column, (name, q) in enumerate(codes.items()):
        axes[0, column].imshow(q.numpy(), aspect="auto", cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        axes[0, column].set(title=name, ylabel="image" if column == 0 else "")
        axes[0, column].grid(False)
        axes[1, column].bar(range(q.shape[1]), q.sum(0).numpy(), color=COLORS[0])
        axes[1, column].axhline(len(q) / q.shape[1], color=GRAY, linewidth=1, linestyle="--", label="equal use")
        axes[1, column].set(xlabel="prototype", ylabel="images" if column == 0 else "")
    top = max(float(q.sum(0).max()) for q in codes.values())
    for ax in axes[1]:
        ax.set_ylim(0, 1.1 * top)
    axes[1, 0].legend(frameon=False, fontsize=8)
    return figure


def plot_clusters(counts: Mapping[str, Tensor]) -> Figure:
    """Images of each cluster, largest first, for several trainings: {name: (clusters,)}."""
    figure, axes = new_axes(
        1,
        1,
        6.4,
        3.0,
        alt=f"Share of the test images in each cluster, largest first. The largest holds, in percent: {told(counts, [100 * float(count.max() / count.sum()) for count in counts.values()], 1)}.",
    )
    for (name, count), color in zip(counts.items(), (HEALTHY, BROKEN, THIRD), strict=False):
        share = 100 * count.double().sort(descending=True).values / count.sum()
        axes[0, 0].step(range(1, len(share) + 1), share, where="mid", color=color, label=name)
    axes[0, 0].set(title="Where the images land", xlabel="cluster, by size", ylabel="test images, %", yscale="symlog")
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].legend(frameon=False)
    return figure


def plot_members(rows: Sequence[Tensor], names: Sequence[str]) -> Figure:
    """Images of each cluster in a row of its own: (n, 3, h, w) each, n may differ."""
    width = max(map(len, rows))
    figure, axes = new_axes(
        len(rows),
        width,
        0.62 * width + 1.1,
        0.66 * len(rows) + 0.2,
        alt=f"Images of {listed(names)}, a row for each. Those of one cluster share a colour or a layout more often than a kind of object.",
    )
    for row, (images, name) in enumerate(zip(rows, names, strict=True)):
        for column in range(width):
            if column < len(images):
                _show(axes[row, column], images[column])
            else:
                axes[row, column].set_axis_off()
        axes[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    return figure


def plot_reconstructions(images: Tensor, masked: Tensor, filled: Tensor) -> Figure:
    """Images, what the encoder sees, and what comes out, three rows of (n, 3, h, w) in [0, 1]."""
    figure, axes = new_axes(
        3,
        len(images),
        0.95 * len(images) + 0.7,
        3.1,
        alt=f"{len(images)} images in three rows: whole, with the hidden patches gray, and as the model fills them in: blurred, but with colours and shapes that continue what is seen.",
    )
    for row, (label, batch) in enumerate((("image", images), ("seen", masked), ("filled in", filled))):
        for column in range(len(images)):
            _show(axes[row, column], batch[column])
        axes[row, 0].set_ylabel(label)
    return figure


def plot_cost(flops: Mapping[str, float], seconds: Mapping[str, float]) -> Figure:
    """Cost of the encoder on all patches and on the visible ones, relative to all: FLOPs counted and seconds measured."""
    figure, axes = new_axes(
        1,
        1,
        5.0,
        1.9,
        alt=f"Bars of the encoder's cost relative to all patches. FLOPs: {told(flops, [value / next(iter(flops.values())) for value in flops.values()])}. Seconds: {told(seconds, [value / next(iter(seconds.values())) for value in seconds.values()])}.",
    )
    names, ax = list(flops), axes[0, 0]
    places = np.arange(len(names))
    for offset, values, label, color in (
        (-0.2, flops, "FLOPs, counted", COLORS[0]),
        (0.2, seconds, "seconds, measured", COLORS[1]),
    ):
        shares = [values[name] / values[names[0]] for name in names]
        ax.bar_label(ax.barh(places + offset, shares, 0.4, color=color, label=label), fmt="%.2f", padding=2, fontsize=8)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.set(title="Cost of the encoder", xlabel="relative to all patches", xlim=(0, 1.15))
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_table(
    live: Mapping[str, Worth], baseline: Mapping[str, Worth], recorded: Mapping[str, Sequence[Worth]]
) -> Figure:
    """20-NN and probe of each family: this run's points, the recorded seeds as a bar of mean -+ standard deviation, and its untrained network."""
    figure, axes = new_axes(
        1,
        2,
        9.4,
        0.42 * len(live) + 1.4,
        alt=f"Test accuracy of each family in percent, of this run, of recorded seeds and untrained. This run, nearest neighbours: {told(live, [100 * worth.knn for worth in live.values()], 1)}. Untrained: {told(baseline, [100 * worth.knn for worth in baseline.values()], 1)}.",
    )
    places = np.arange(len(live))
    for ax, kind, title in ((axes[0, 0], "knn", "20-NN"), (axes[0, 1], "probe", "Linear probe")):
        for place, name in enumerate(live):
            values = [100 * getattr(w, kind) for w in recorded.get(name, ())]
            if values:
                spread = np.std(values, ddof=1) if len(values) > 1 else 0.0
                ax.errorbar(
                    np.mean(values), place, xerr=spread, fmt="s", color=COLORS[0], capsize=4, markersize=5,
                    label="recorded: mean, sd of the seeds" if place == 0 else None,
                )  # fmt: skip
            ax.plot(
                100 * getattr(live[name], kind), place, "o", color=COLORS[1], label="this run" if place == 0 else None
            )
            ax.plot(
                100 * getattr(baseline[name], kind),
                place,
                "x",
                color=GRAY,
                label="its untrained network" if place == 0 else None,
            )
        ax.set_yticks(places, list(live) if kind == "knn" else [""] * len(live))
        ax.invert_yaxis()
        ax.set(title=title, xlabel="test accuracy, %")
        ax.margins(x=0.08, y=0.12)
    axes[0, 1].legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_health(rows: Sequence[tuple[str, Mapping[str, History], str]]) -> Figure:
    """The lasting picture: for each (family, {name: record}, name of the number), its losses above its diagnostic.

    The first record of each is the healthy one.
    """
    figure, axes = new_axes(
        2,
        len(rows),
        2.55 * len(rows),
        5.2,
        alt=f"For each family the loss by step above the number that warns. Its last values: {'; '.join(f'{family}, {number}: {told(records, [record.health[number][-1][1] for record in records.values()])}' for family, records, number in rows)}.",
    )
    for column, (family, records, number) in enumerate(rows):
        for (name, history), color in zip(records.items(), (HEALTHY, BROKEN, THIRD), strict=False):
            _curve(axes[0, column], history.losses, color, name)
            axes[1, column].plot(*zip(*history.health[number], strict=True), color=color, label=name)
        axes[0, column].set(title=f"{family}\nloss", ylim=(0, None))
        axes[1, column].set(title=number, xlabel="step")
        low, high = axes[1, column].get_ylim()
        axes[1, column].set_ylim(min(0.0, low), max(0.0, high))
        axes[1, column].legend(frameon=False, fontsize=7.5)
    return figure
