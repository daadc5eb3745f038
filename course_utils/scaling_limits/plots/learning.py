"""Pictures of the bounds and of the learning curves."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, GRAY, course, listed, new_axes, told
from course_utils.scaling_limits.plots.axes import plain_log

LEARNERS = {"naive Bayes": COLORS[0], "perceptron": COLORS[1], "winnow": COLORS[2], "memory": COLORS[3]}


def plot_rademacher(counts: Sequence[int], drawn: Sequence[float], closed: Sequence[float]) -> Figure:
    """Complexity from draws and in closed form, against the number of examples."""
    figure, axes = new_axes(
        1,
        1,
        5.6,
        3.0,
        alt=f"Complexity by examples, both axes logarithmic, falling in a straight line. Means over draws: {told(counts, drawn, 3)}. The closed form lies on or just above them: {told(counts, closed, 3)}.",
    )
    ax = axes[0, 0]
    ax.plot(counts, closed, color=GRAY, linestyle="--", label="closed form (Jensen)")
    ax.plot(counts, drawn, color=COLORS[0], marker="o", label="mean over draws")
    ax.set(xscale="log", yscale="log", xlabel="examples n", ylabel="complexity, |w| ≤ 1")
    ax.set_title("More examples, less room for coin flips")
    for axis in (ax.xaxis, ax.yaxis):
        plain_log(axis)
    ax.legend(frameon=False)
    return figure


def plot_shares(shares: Mapping[int, Sequence[float]]) -> Figure:
    """Share of the labellings of n = 1, 2, ... points that a hyperplane realises: {dimension: shares}."""
    figure, axes = new_axes(
        1,
        1,
        5.6,
        3.0,
        alt=f"Share of labellings by points, for {listed(shares)} dimensions: 1 up to one point more than dimensions, then falling in an S to 0 through one half at twice that.",
    )
    ax = axes[0, 0]
    for (dimension, values), color in zip(shares.items(), COLORS, strict=False):
        ax.plot(range(1, len(values) + 1), values, color=color, label=f"{dimension} dimensions")
        ax.plot([2 * (dimension + 1)], [0.5], color=color, marker="o", linestyle="none")
    ax.set(xlabel="points n", ylabel="share of the 2ⁿ labellings", ylim=(-0.03, 1.08))
    ax.set_title("All labellings up to d + 1 points, half at 2(d + 1)")
    ax.legend(frameon=False)
    return figure


def plot_silence(
    true_curve: Sequence[float],
    lots_curve: Sequence[float],
    true_test: float,
    lots_test: float,
    features: Sequence[int],
    train_error: Tensor,
    test_error: Tensor,
    examples: int,
) -> Figure:
    """True and random labels learned by heart; double descent."""
    figure, axes = new_axes(
        1,
        2,
        9.6,
        3.2,
        alt=f"Left: training accuracy by step rises to {100 * true_curve[-1]:.0f}% with true labels and to {100 * lots_curve[-1]:.0f}% with labels drawn by lot; on the test set they reach {100 * true_test:.0f}% and {100 * lots_test:.0f}%. Right: errors in percent by random features; training falls to {100 * float(train_error[-1]):.0f}; test: {told(features, (100 * test_error).tolist(), 0)}, with its peak near {examples} examples.",
    )
    left, right = axes[0]
    for curve, test, color, name in (
        (true_curve, true_test, COLORS[0], "true labels"),
        (lots_curve, lots_test, COLORS[1], "labels drawn by lot"),
    ):
        left.plot(range(1, len(curve) + 1), [100 * a for a in curve], color=color, label=f"{name}, training")
        left.axhline(100 * test, color=color, linestyle="--", linewidth=1.2, label=f"{name}, test")
    left.set(title="A network learns coin flips by heart", xlabel="step", ylabel="accuracy, %", ylim=(0, 104))
    left.legend(frameon=False, fontsize=8.5, loc="center right", bbox_to_anchor=(1.0, 0.6))
    right.plot(features, 100 * train_error, color=COLORS[1], marker="o", markersize=4, label="training")
    right.plot(features, 100 * test_error, color=COLORS[0], marker="o", markersize=4, label="test")
    right.axvline(examples, color=GRAY, linestyle="--", linewidth=1)
    right.text(examples * 1.08, 30, f"{examples} examples", color=GRAY, fontsize=9)
    right.set(xscale="log", title="Double descent", xlabel="random features", ylabel="error, %", ylim=(-3, 100))
    plain_log(right.xaxis, (1, 3))
    right.legend(frameon=False, loc="lower left")
    return figure


def plot_pairs(
    counts: Sequence[int],
    curves: Mapping[int, tuple[Tensor, Tensor]],
    forecasts: Mapping[int, Sequence[float]],
    seen: int,
) -> Figure:
    """Training (thin) and test errors, and the fitted pair: {components: curves}, {components: limit, exponent, forecast}."""
    figure, axes = new_axes(
        1,
        1,
        6.4,
        3.6,
        alt=f"Training errors rise and test errors fall with the examples, towards a limit of their own. Test errors by components, first and last: {course({str(c): test.tolist() for c, (_, test) in curves.items()})}. The dashed fits, made up to {seen} examples, end at {told(forecasts, [one[2] for one in forecasts.values()], 3)}.",
    )
    ax = axes[0, 0]
    for (components, (train, test)), color in zip(curves.items(), COLORS, strict=False):
        limit, exponent, forecast = forecasts[components]
        scale = (forecast - limit) * counts[-1] ** exponent
        line = [counts[0] * (counts[-1] / counts[0]) ** (i / 60) for i in range(61)]
        ax.plot(line, [limit + scale * n**-exponent for n in line], color=color, linestyle="--", linewidth=1.2)
        ax.plot(counts, test, color=color, marker="o", linestyle="none", label=f"{components} components, test")
        ax.plot(
            counts, train, color=color, marker="o", linestyle="none", fillstyle="none",
            label=f"{components} components, training",
        )  # fmt: skip
    ax.axvline(seen, color=GRAY, linewidth=1)
    ax.text(seen * 1.05, ax.get_ylim()[0] + 0.02, "forecast →", color=GRAY, fontsize=9)
    ax.set(xscale="log", xlabel="examples n", ylabel="mean squared error")
    ax.set_title("A pair of curves foresees who will win (dashed: fitted test error)")
    plain_log(ax.xaxis)
    ax.legend(frameon=False, fontsize=8.5)
    return figure


def plot_banko(counts: Sequence[int], mean: Mapping[str, Tensor], single: Mapping[str, Tensor]) -> Figure:
    """Errors of the learners: mean over confusion sets, and on the largest set alone."""
    figure, axes = new_axes(
        1,
        2,
        9.8,
        3.6,
        alt=f"Error by examples, both axes logarithmic: the lines of the learners fall and cross. Mean errors in percent: {course({name: (100 * v[~v.isnan()]).tolist() for name, v in mean.items()})}; on to, too and two alone: {course({name: (100 * v[~v.isnan()]).tolist() for name, v in single.items()})}.",
    )
    for ax, errors, title in zip(
        axes[0], (mean, single), ("Mean of five confusion sets", "to / too / two"), strict=True
    ):
        for name, values in errors.items():
            guess = name not in LEARNERS
            style = {"color": GRAY, "linestyle": "--"} if guess else {"color": LEARNERS[name], "marker": "o"}
            known = ~values.isnan()
            ax.plot(
                [n for n, k in zip(counts, known.tolist(), strict=True) if k], 100 * values[known],
                label=name, markersize=4, **style,
            )  # fmt: skip
        ax.set(xscale="log", yscale="log", title=title, xlabel="examples", ylabel="error, %")
        plain_log(ax.xaxis, (1,))
        plain_log(ax.yaxis)
    axes[0, 0].legend(frameon=False, fontsize=8.5)
    return figure
