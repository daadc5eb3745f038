"""Pictures of published scores, other data, other learners, and of the game."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.figures import COLORS, GRAY, label_short_log, listed, new_axes, told
from course_utils.pythia_scaling.curves import Curves
from course_utils.pythia_scaling.game import SimulatedLab, Verdict

BLUE, ORANGE, GREEN, RED, PINK, SKY = COLORS[:6]
TASKS = {  # in the order of how clearly they scale
    "lambada_openai": "acc",
    "arc_easy": "acc",
    "sciq": "acc",
    "piqa": "acc",
    "winogrande": "acc",
    "arc_challenge": "acc_norm",
    "logiqa": "acc",
    "wsc": "acc",
}
CHANCE = {
    "arc_easy": 0.25,
    "sciq": 0.25,
    "piqa": 0.5,
    "winogrande": 0.5,
    "arc_challenge": 0.25,
    "logiqa": 0.25,
    "wsc": 38 / 104,
}


def plot_tasks(tasks: Mapping[tuple[str, bool], tuple[Tensor, Tensor, Tensor, Tensor]]) -> Figure:
    """Accuracy over size for {(task, deduplicated): (sizes, accuracies, standard errors, rank correlation)}."""
    names = list(dict.fromkeys(task for task, _ in tasks))
    figure, axes = new_axes(
        2,
        4,
        11.5,
        5.4,
        alt=f"Accuracy over size in {len(names)} panels, with and without deduplication. Rank correlation with size on the Pile: {told(names, [float(tasks[name, False][3]) for name in names])}.",
    )
    for ax, task in zip(axes.flat, names, strict=True):
        for deduped, color in ((False, BLUE), (True, ORANGE)):
            n, value, error, _ = tasks[task, deduped]
            label = "deduplicated" if deduped else "the Pile"
            ax.errorbar(n, 100 * value, 100 * error, color=color, marker="o", markersize=3, linewidth=1.2, label=label)
        if task in CHANCE:
            ax.axhline(100 * CHANCE[task], color=GRAY, linestyle="--", linewidth=1)
        pile, deduplicated = (float(tasks[task, deduped][3]) for deduped in (False, True))
        ax.set(xscale="log")
        ax.set_title(f"{task}\nrank correlation {pile:.2f}, {deduplicated:.2f}", fontsize=9)
    axes[0, 0].legend(frameon=False, fontsize=8)
    for ax in axes[:, 0]:
        ax.set_ylabel("accuracy, %")
    for ax in axes[1]:
        ax.set_xlabel("parameters without embeddings")
    return figure


def plot_late(course: Mapping[str, tuple[Tensor, Tensor]]) -> Figure:
    """LAMBADA perplexity over tokens for {model: (tokens, perplexities)}; a star at each best."""
    figure, axes = new_axes(
        1,
        1,
        7.6,
        4.0,
        alt=f"Perplexity on LAMBADA over tokens seen, both logarithmic, with a star at each best. The last over the best: {told([model.removeprefix('pythia-') for model in course], [float(values[-1] / values.min()) for _, values in course.values()])}.",
    )
    ax = axes[0, 0]
    for (model, (tokens, values)), color in zip(course.items(), COLORS, strict=False):
        ax.plot(
            tokens, values, color=color, marker="o", markersize=2.5, linewidth=1.3, label=model.removeprefix("pythia-")
        )
        best = int(values.argmin())
        ax.scatter(tokens[best], values[best], marker="*", s=90, color=color, zorder=3)
    ax.set(
        title="Pythia on LAMBADA: the small ones turn back",
        xlabel="tokens seen",
        ylabel="perplexity of the last word",
        xscale="log",
        yscale="log",
    )
    ax.legend(frameon=False, title="Pythia", loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_shift(finals: Curves) -> Figure:
    """Loss on another domain over the loss on the first, for the end of each run; with the best line, and one of slope 1."""
    figure, axes = new_axes(
        1,
        1,
        5.8,
        4.0,
        alt=f"Loss on a novel over loss on speeches for {len(finals.params)} runs: the points lie on a line, larger models at its lower end. Beside it a dashed line of slope 1, which is a constant offset.",
    )
    ax = axes[0, 0]
    dots = ax.scatter(finals.val_loss, finals.shift_val_loss, c=np.log10(finals.params), cmap="viridis", s=26)
    offset = float((finals.shift_val_loss - finals.val_loss).mean())
    ends = np.array([float(finals.val_loss.min()), float(finals.val_loss.max())])
    slope, start = np.polyfit(finals.val_loss, finals.shift_val_loss, 1)
    ax.plot(ends, start + slope * ends, color=RED, linewidth=1, label=f"best line: slope {slope:.2f}")
    ax.plot(ends, ends + offset, color=GRAY, linestyle="--", linewidth=1, label=f"a constant offset, {offset:.2f}")
    figure.colorbar(dots, ax=ax, label="log10 of parameters")
    ax.set(
        title="Two domains, one ladder", xlabel="speeches: loss, nats per byte", ylabel="a novel: loss, nats per byte"
    )
    ax.legend(frameon=False)
    return figure


def plot_mixture(counts: Tensor, mixtures: Mapping[float, Tensor]) -> Figure:
    """Excess error over examples, and over the share of the first source, for {share: errors by count}."""
    figure, axes = new_axes(
        1,
        2,
        9.4,
        3.4,
        alt=f"Left: excess error over examples, both logarithmic, in parallel lines, one for each share of the first source. Right: the error at {int(counts[-1]):,} examples against the share, lowest at {100 * min(mixtures, key=lambda share: float(mixtures[share][-1])):.0f} percent.",
    )
    left, right = axes[0]
    for (share, error), color in zip(mixtures.items(), COLORS, strict=False):
        left.plot(counts, error, color=color, marker="o", markersize=3, label=f"{share:.0%} from the first source")
    left.set(
        title="The slope is the same for all", xlabel="examples", ylabel="excess error", xscale="log", yscale="log"
    )
    left.legend(frameon=False, fontsize=8)
    label_short_log(left.xaxis)
    last = [float(error[-1]) for error in mixtures.values()]
    right.plot([100 * share for share in mixtures], last, color=BLUE, marker="o")
    right.set(
        title=f"The height is not ({int(counts[-1]):,} examples)",
        xlabel="share of the first source, %",
        ylabel="excess error",
    )
    right.set_ylim(bottom=0)
    return figure


def plot_learning(
    counts: Tensor, neighbours: Mapping[int, Tensor], features: Tensor, train: Tensor, test: Tensor, bound: Tensor
) -> Figure:
    """Nearest-neighbour error over examples by dimension; errors of a linear classifier over its number of features, with the bound."""
    figure, axes = new_axes(
        1,
        2,
        10.0,
        3.6,
        alt=f"Left: nearest-neighbour error over examples for dimensions {listed(neighbours)}, falling more slowly the more dimensions. Right: training and test error of a linear classifier over its features; the bound rises past 100 percent, where it says nothing, while the test error ends at {100 * float(test[-1]):.0f} percent.",
    )
    left, right = axes[0]
    for (dimension, error), color in zip(neighbours.items(), COLORS, strict=False):
        left.plot(counts, error, color=color, marker="o", markersize=4, label=f"{dimension} dimensions")
        middle = len(counts) // 2
        theory = float(error[middle]) * (counts / counts[middle]) ** (-2 / dimension)
        left.plot(counts, theory, color=color, linestyle=":", linewidth=1)
    left.set(
        title="Nearest neighbour: exponent 2/d (dotted)",
        xlabel="examples",
        ylabel="mean squared error",
        xscale="log",
        yscale="log",
    )
    left.legend(frameon=False)
    right.plot(features, 100 * train, color=SKY, marker="o", markersize=4, label="training error")
    right.plot(features, 100 * test, color=BLUE, marker="o", markersize=4, label="test error")
    right.plot(features, 100 * bound, color=RED, linestyle="--", label="√(d/n)")
    right.axhline(100, color=GRAY, linewidth=1, linestyle=":")
    right.set(title="Where the bound has nothing to say", xlabel="features d", ylabel="%", xscale="log", ylim=(-3, 150))
    right.legend(frameon=False)
    return figure


def plot_game(season: Sequence[SimulatedLab], verdicts: Sequence[Verdict]) -> Figure:
    """One laboratory's ledger with its forecast, and all forecasts against the truth, sorted by it; orange: missed."""
    figure, axes = new_axes(
        1,
        2,
        10.4,
        3.8,
        alt=f"Left: one laboratory's runs, its forecast from {verdicts[0].low:.2f} to {verdicts[0].high:.2f}, and the truth, {verdicts[0].actual:.2f}. Right: the intervals of {len(verdicts)} laboratories around their truths; {sum(v.inside for v in verdicts)} hold theirs, in blue, the others, in orange, miss.",
    )
    left, right = axes[0]
    first, verdict = season[0], verdicts[0]
    shares = np.array([run.flops for run in first.ledger]) / first.budget
    left.scatter(
        [run.params for run in first.ledger],
        [run.loss for run in first.ledger],
        s=20 + 300 * shares,
        color=BLUE,
        alpha=0.7,
        label="runs (area: share of the bill)",
    )
    left.errorbar(
        first.target_params,
        verdict.middle,
        [[verdict.middle - verdict.low], [verdict.high - verdict.middle]],
        color=BLUE,
        capsize=5,
        fmt="_",
        label="forecast",
    )
    left.scatter(first.target_params, verdict.actual, marker="*", s=140, color=RED, zorder=4, label="truth")
    left.set(title="One ledger", xlabel="parameters", ylabel="loss, nats per token", xscale="log")
    left.legend(frameon=False, fontsize=8.5)
    order = np.argsort([v.actual for v in verdicts])
    for place, i in enumerate(order):
        v = verdicts[i]
        right.plot(
            [place, place], [v.low - v.actual, v.high - v.actual], color=BLUE if v.inside else ORANGE, linewidth=3
        )
    right.axhline(0, color=RED, linewidth=1)
    held = sum(v.inside for v in verdicts)
    right.set(
        title=f"{held} of {len(verdicts)} truths inside",
        xlabel="laboratories, by the truth",
        ylabel="interval - truth, nats per token",
    )
    return figure
