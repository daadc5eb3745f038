"""The notebook's pictures, in one style. Each function returns its Figure; accuracies are shown in percent."""

from collections.abc import Callable, Mapping, Sequence
from statistics import mean

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor, nn

from course_utils.few_labels.files import Calls
from course_utils.few_labels.joint import Points
from course_utils.figures import COLORS, GRAY, listed, new_axes, told, told_each

LABEL_COLORS = (COLORS[0], COLORS[1])


def _percent(values: Sequence[float]) -> list[float]:
    return [100 * value for value in values]


def plot_robust(
    calls: Calls, undisturbed: Tensor, lines: Mapping[str, tuple[float, float]], influence: Callable[..., Tensor]
) -> Figure:
    """The calls by year, those of false years open, with lines {name: (slope, intercept)}; and the three influences."""
    figure, axes = new_axes(
        1,
        2,
        10.6,
        3.6,
        alt=f"Left: telephone calls by year, rising slowly but for false years far above, and lines through them; slopes in millions a year: {told(lines, [slope for slope, _ in lines.values()])}. Right: influence by residual: a straight line for half the square, a step from -1 to 1 for the absolute value, a line that is flat beyond 1 for Huber.",
    )
    left, right = axes[0]
    ends = torch.tensor([1949.5, 1973.5], dtype=torch.float64)
    for (name, (slope, intercept)), color in zip(
        lines.items(), (*COLORS[3:4], *COLORS[:1], *COLORS[2:3], GRAY), strict=False
    ):
        style = "--" if color == GRAY else "-"
        left.plot(
            ends, slope * ends + intercept, style, color=color, label=f"{name}: {slope:.2f} a year", linewidth=1.5
        )
    left.plot(
        calls.years[undisturbed], calls.millions[undisturbed], "o", color="black", markersize=4, label="as recorded"
    )
    rest = ~undisturbed
    left.plot(
        calls.years[rest],
        calls.millions[rest],
        "o",
        color="black",
        fillstyle="none",
        markersize=5,
        label="1964 to 1970",
    )
    left.set(title="Telephone calls from Belgium", xlabel="year", ylabel="calls, millions", ylim=(-15, 225))
    left.legend(frameon=False, fontsize=8, loc="upper left")
    r = torch.linspace(-4, 4, 401)
    for (loss, label), color in zip(
        (("mse", "½ r²"), ("mae", "|r|"), ("huber", "Huber, δ = 1")), (COLORS[3], COLORS[0], COLORS[2]), strict=True
    ):
        right.plot(r, influence(r, loss), color=color, label=label)
    right.set(title="How hard a point pulls", xlabel="residual r", ylabel="influence, dloss / dr")
    right.legend(frameon=False, fontsize=8)
    return figure


def plot_adaptation(worth: Mapping[str, Mapping[int, float]], chance: float) -> Figure:
    """Test accuracy over labels a class: {method: {labels a class: accuracy}}."""
    figure, axes = new_axes(
        1,
        1,
        7.4,
        3.6,
        alt=f"Test accuracy rises with the labels a class, for {listed(worth)}. In percent, by labels a class: {told_each({m: {str(n): v for n, v in c.items()} for m, c in worth.items()}, 100, 1)}. Chance is {100 * chance:.0f}.",
    )
    ax = axes[0, 0]
    for (method, curve), color, marker in zip(worth.items(), COLORS, "os^D", strict=False):
        ax.plot(list(curve), _percent(list(curve.values())), color=color, marker=marker, markersize=5, label=method)
    ax.axhline(100 * chance, color=GRAY, linewidth=1, linestyle="--", label="chance")
    ticks = list(next(iter(worth.values())))
    ax.set_xscale("log")
    ax.set_xticks(ticks, [str(n) for n in ticks])
    ax.minorticks_off()
    ax.set(title="Four uses of the same labels", xlabel="labels a class", ylabel="test accuracy, %")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=8.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_shift(
    shifted: Mapping[str, Tensor],
    image: Tensor,
    accuracies: Mapping[str, Mapping[str, float]],
    linear: Mapping[str, Sequence[Mapping[str, float]]],
) -> Figure:
    """One picture as each camera shows it; accuracy of each method there {method: {"home" or corruption: accuracy}}; the linear world."""
    figure, _ = new_axes(
        1,
        1,
        11.4,
        5.2,
        alt=f"Above, one picture as it is and in seven corruptions. Below left, accuracy at home and under each of them, in percent: {told_each(accuracies, 100, 0)}. Below right, errors in the linear world away from home, in the mean: {told(linear, [mean(e['away'] for e in errors) for errors in linear.values()], 3)}.",
    )
    figure.clear()
    rows = figure.add_gridspec(2, 1, height_ratios=(1, 2.4))
    top, bottom = (figure.add_subfigure(rows[row]) for row in (0, 1))
    pictures = {"home": image[0].float() / 255, **{name: images[3] for name, images in shifted.items()}}
    for ax, (name, picture) in zip(top.subplots(1, len(pictures)), pictures.items(), strict=True):
        ax.imshow(picture.permute(1, 2, 0).numpy(), interpolation="nearest")
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=9)
        ax.spines[:].set_visible(False)
    bars, world = bottom.subplots(1, 2, width_ratios=(5, 2.6))
    width = 0.8 / len(accuracies)
    for i, ((method, found), color) in enumerate(zip(accuracies.items(), COLORS, strict=False)):
        places = np.arange(len(found)) + (i - (len(accuracies) - 1) / 2) * width
        bars.bar(places, _percent(list(found.values())), width, color=color, label=method)
    names = list(next(iter(accuracies.values())))
    bars.set_xticks(range(len(names)), [name.replace(" ", "\n", 1) for name in names], fontsize=8)
    bars.set(title="Real pictures, most labels", ylabel="test accuracy, %")
    for i, ((method, errors), color) in enumerate(zip(linear.items(), COLORS, strict=False)):
        for j, place in enumerate(("home", "away")):
            shown = [max(error[place], 1e-6) for error in errors]
            world.plot(
                [j + 0.12 * (i - 1)] * len(shown), shown, "o", color=color, markersize=4, label=None if j else method
            )
    world.set_yscale("log")
    world.set_xticks([0, 1], ["home", "away"])
    world.set(title="Linear world", ylabel="error / variance (below 1e-6: at 1e-6)", xlim=(-0.5, 1.5))
    world.yaxis.label.set_fontsize(8.5)
    for ax in (bars, world):
        _plain(ax)
    bars.legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
    bars.set_ylim(top=1.25 * bars.get_ylim()[1])
    return figure


def _plain(ax: Axes) -> None:
    """The course's style for axes that were added later."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="#DDDDDD", linewidth=0.7)
    ax.set_axisbelow(True)


def _points(ax: Axes, x: Tensor, labels: Tensor, known: Tensor, title: str) -> None:
    """Points (n, 2 or more) in their labels' colours, the known ones large."""
    for c, color in enumerate(LABEL_COLORS):
        ax.scatter(x[labels == c, 0], x[labels == c, 1], s=7, color=color, alpha=0.55, linewidths=0)
        ax.scatter(
            x[known & (labels == c), 0],
            x[known & (labels == c), 1],
            s=55,
            color=color,
            edgecolors="black",
            linewidths=1.2,
            zorder=3,
        )
    ax.set(title=title, xticks=[], yticks=[])
    ax.title.set_fontsize(9.5)
    ax.grid(False)


def plot_joint(
    swept: Mapping[str, Mapping[str, Mapping[float, Sequence[float]]]],
    drawn: Mapping[str, tuple[Points, Mapping[str, nn.Module]]],
    draw: int = 0,
) -> Figure:
    """For each world: what the network says without and with much unlabelled data (one draw), and accuracy over lambda."""
    figure, axes = new_axes(
        len(swept),
        3,
        11.0,
        3.1 * len(swept),
        alt="For each world of points the boundary from eight labels alone, that with heavy consistency, and accuracy over the weight. "
        + " ".join(
            f"{name}, percent without and at the largest weight: {_ends(methods)}." for name, methods in swept.items()
        ),
    )
    for row, (name, methods) in zip(axes, swept.items(), strict=True):
        points, networks = drawn[name]
        known = torch.zeros(points.x.shape[1], dtype=torch.bool)
        known[points.labelled[draw]] = True
        for ax, title in zip(row, (next(iter(networks)), list(networks)[-1]), strict=False):
            x = points.x[draw]
            _boundary(ax, networks[title], len(points.x), draw, x)
            _points(ax, x, points.labels[draw], known, f"{name}: {title}")
        ax = row[2]
        for (method, curve), color, marker in zip(methods.items(), COLORS[2:], "os^", strict=False):
            lambdas = [weight if weight else 0.1 for weight in curve]
            ax.plot(
                lambdas,
                _percent([mean(v) for v in curve.values()]),
                color=color,
                marker=marker,
                markersize=4,
                label=method,
            )
        ax.set_xscale("log")
        ax.set_xticks([0.1, 1, 10, 100], ["0", "1", "10", "100"])
        ax.minorticks_off()
        ax.set(title=f"{name}: accuracy", xlabel="weight λ of the unlabelled points", ylabel="test accuracy, %")
        ax.legend(frameon=False, fontsize=8)
    return figure


def _ends(methods: Mapping[str, Mapping[float, Sequence[float]]]) -> str:
    """ "FixMatch 90 and 72, ..." of {method: {weight: accuracies}}."""
    ends = {name: (mean(curve[min(curve)]), mean(curve[max(curve)])) for name, curve in methods.items()}
    return ", ".join(f"{name} {100 * first:.0f} and {100 * last:.0f}" for name, (first, last) in ends.items())


def _boundary(ax: Axes, network: nn.Module, draws: int, draw: int, x: Tensor) -> None:
    """Shade where one of the networks says class 1."""
    (low_x, low_y), (high_x, high_y) = x.amin(0) - 0.4, x.amax(0) + 0.4
    across, up = torch.linspace(float(low_x), float(high_x), 120), torch.linspace(float(low_y), float(high_y), 120)
    grid = torch.cartesian_prod(across, up)
    with torch.no_grad():
        p = network(grid.expand(draws, -1, -1))[draw].softmax(dim=1)[:, 1].view(120, 120).T
    ax.contourf(across, up, p, levels=[0, 0.5, 1], colors=LABEL_COLORS, alpha=0.16)
    ax.contour(across, up, p, levels=[0.5], colors="black", linewidths=1)
    ax.set(xlim=(float(low_x), float(high_x)), ylim=(float(low_y), float(high_y)))


def plot_worlds(
    shown: Mapping[str, tuple[Tensor, Tensor, Tensor, Tensor]],
    spread: Mapping[str, Sequence[float]],
    nearest: Mapping[str, Sequence[float]],
    rough: Mapping[str, Sequence[float]],
) -> Figure:
    """For each world its classes with the known labels large, what spreading makes of them, and the numbers of all draws."""
    figure, axes = new_axes(
        2,
        len(shown) + 1,
        12.6,
        5.0,
        alt=f"Points of {listed(shown)}, in the colours of their classes and of what spreading says. Accuracy of spreading in percent: {told(spread, [100 * mean(v) for v in spread.values()], 0)}; of the nearest label: {told(nearest, [100 * mean(v) for v in nearest.values()], 0)}.",
    )
    for column, (name, (x, y, known, found)) in enumerate(shown.items()):
        more = f" (2 of {x.shape[1]} coordinates)" if x.shape[1] > 2 else ""
        _points(axes[0, column], x, y, known >= 0, name + more)
        _points(axes[1, column], x, found, known >= 0, f"roughness {mean(rough[name]):.2f}")
    axes[0, 0].set_ylabel("classes")
    axes[1, 0].set_ylabel("what spreading says")
    grid = axes[0, 0].get_gridspec()
    for ax in axes[:, -1]:
        ax.remove()
    ax = figure.add_subplot(grid[:, -1])
    for offset, shares, label, color in (
        (-0.15, spread, "spreading", COLORS[2]),
        (0.15, nearest, "nearest label", COLORS[3]),
    ):
        for place, name in enumerate(shown):
            values = _percent(shares[name])
            ax.plot(
                values,
                [place + offset] * len(values),
                "o",
                color=color,
                markersize=4,
                alpha=0.8,
                label=None if place else label,
            )
    ax.axvline(50, color=GRAY, linewidth=1, linestyle="--")
    ax.set_yticks(range(len(shown)), [name.replace(" ", "\n") for name in shown], fontsize=8.5)
    ax.invert_yaxis()
    ax.set(xlabel="accuracy, % (dashed: chance)", xlim=(5, 102))
    _plain(ax)
    ax.legend(
        title="All draws",
        frameon=False,
        fontsize=8,
        loc="lower center",
        bbox_to_anchor=(0.45, 1.0),
        ncols=2,
        columnspacing=1,
        handletextpad=0,
    )
    return figure


def plot_zero_shot(named: Mapping[tuple[str, str], Mapping[str, float]], leaked: Mapping[str, float]) -> Figure:
    """Accuracy on two unseen classes, for each pair: between the two, and among all ten; and what a leak makes of the first pair."""
    figure, axes = new_axes(
        1,
        2,
        10.4,
        3.5,
        alt=f"Left: accuracy between two unseen classes, in percent, chance 50: {told([' or '.join(pair) for pair in named], [100 * found['of the two'] for found in named.values()], 0)}. Right: the first pair without a leak and with one, in percent: {told_each({'without': next(iter(named.values())), 'leaked': leaked}, 100, 0)}.",
    )
    left, right = axes[0]
    names = [" or ".join(pair) for pair in named]
    bars = left.barh(names, _percent([found["of the two"] for found in named.values()]), color=COLORS[0])
    left.bar_label(bars, fmt="%.0f", padding=2, fontsize=8.5)
    left.axvline(50, color=GRAY, linewidth=1, linestyle="--", label="chance")
    left.invert_yaxis()
    left.set(title="Which of the two? Neither was seen", xlabel="test accuracy, %", xlim=(0, 100))
    left.legend(frameon=False, fontsize=8, loc="lower right")
    first = next(iter(named.values()))
    kinds = {
        "unseen, of all ten": "of all ten",
        "seen, of all ten": "seen classes, of all ten",
        "of the two": "of the two",
    }
    for offset, found, label, color in ((-0.2, first, "without leaks", COLORS[0]), (0.2, leaked, "leaked", COLORS[3])):
        shown = right.bar(
            np.arange(3) + offset, _percent([found[kind] for kind in kinds.values()]), 0.4, color=color, label=label
        )
        right.bar_label(shown, fmt="%.0f", padding=2, fontsize=8.5)
    for place, chance in ((0, 10), (1, 10), (2, 50)):
        right.plot([place - 0.42, place + 0.42], [chance, chance], color=GRAY, linewidth=1, linestyle="--")
    right.set_xticks(range(3), list(kinds))
    right.set(title=f"{names[0]}, and a leak", ylabel="test accuracy, % (dashed: chance)", ylim=(0, 100))
    right.legend(frameon=False, fontsize=8, loc="upper left")
    return figure
