"""The notebook's pictures, in one style. Each function returns its Figure."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from torch import Tensor

from course_utils.data.recordings import Row
from course_utils.figures import COLORS, GRAY, course, label_short_log, listed, new_axes, pattern, told, told_each

DASHES = ((), (9, 3), (5, 5), (2, 6))  # of curves that lie on each other
OBJECTIVES = {"causal": COLORS[0], "masked": COLORS[1], "prefix": COLORS[2], "ELECTRA": COLORS[3], "untrained": GRAY}


def plot_effective_keys(widths: Sequence[int], keys: Mapping[str, Sequence[float]], total: int) -> Figure:
    """How many keys a query looks at, exp of the entropy of its weights, against the width of a head."""
    figure, axes = new_axes(
        1,
        1,
        5.6,
        3.0,
        alt=f"Keys looked at over the width of a head, out of {total}: {course(keys)}. A dashed line at {total}, all keys alike.",
    )
    ax = axes[0, 0]
    for (name, values), color in zip(keys.items(), COLORS, strict=False):
        ax.plot(widths, values, color=color, marker="o", label=name)
    ax.axhline(total, color=GRAY, linestyle="--", linewidth=1, label=f"all {total} keys alike")
    ax.set(
        xscale="log", ylim=(0, 1.12 * total), xlabel="width d of query and key", ylabel="keys looked at, exp(entropy)"
    )
    ax.set_title("Unscaled attention looks at one key")
    ax.set_xticks(widths, [str(d) for d in widths])
    ax.minorticks_off()
    ax.legend(frameon=False, fontsize=9, loc="center right", bbox_to_anchor=(1.0, 0.73))
    return figure


def plot_matrices(matrices: Mapping[str, Tensor]) -> Figure:
    """Which output depends on which input: {mask: (T, T) bool, [output, input]}."""
    figure, axes = new_axes(
        1,
        len(matrices),
        2.6 * len(matrices),
        2.9,
        alt=f"Squares of which output depends on which input. {pattern(matrices)}.",
    )
    for ax, (name, matrix) in zip(axes[0], matrices.items(), strict=True):
        ax.imshow(matrix.numpy(), cmap=ListedColormap(["#EEEEEE", COLORS[0]]), vmin=0, vmax=1)
        ax.set(title=name[:1].upper() + name[1:], xlabel="input j", ylabel="output i")
        ax.grid(False)
    return figure


def plot_losses(curves: Mapping[str, Sequence[float]], title: str, unit: str) -> Figure:
    """Training losses against the step, smoothed over a fortieth of the run."""
    figure, axes = new_axes(1, 1, 6.0, 3.0, alt=f"Training loss by step, smoothed, in {unit}: {course(curves)}.")
    ax = axes[0, 0]
    for name, losses in curves.items():
        width = max(1, len(losses) // 40)
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        ax.plot(np.arange(len(smooth)) + width, smooth, color=OBJECTIVES[name], label=name)
    ax.set(title=title, xlabel="step", ylabel=f"loss, {unit}")
    ax.legend(frameon=False)
    return figure


def plot_abilities(results: Mapping[str, Mapping[str, float]]) -> Figure:
    """What each model can do: {objective: {"continue" and "fill": nats per byte, "represent": share right}}."""
    abilities = list(next(iter(results.values())))
    figure, axes = new_axes(
        1,
        len(abilities),
        3.0 * len(abilities),
        2.7,
        alt=f"Bars for what each model can do: continue and fill in nats per byte, less is better; represent as a share of letters right. {told_each(results)}.",
    )
    for ax, ability in zip(axes[0], abilities, strict=True):
        share = ability == "represent"
        values = [found[ability] * (100 if share else 1) for found in results.values()]
        bars = ax.bar(list(results), values, color=[OBJECTIVES[name] for name in results], width=0.6)
        ax.bar_label(bars, fmt="%.1f" if share else "%.2f", padding=2)
        ax.set(title=f"{ability[:1].upper()}{ability[1:]} ({'more' if share else 'less'} is better)")
        ax.set_ylabel("letters right, %" if share else "nats per byte")
        ax.margins(y=0.15)
        ax.grid(False, axis="x")
    axes[0, -1].set_ylim(50, 100)
    return figure


def plot_recorded(rows: Sequence[Row]) -> Figure:
    """The recorded longer run: columns objective, step, continue, fill (nats per byte) and represent (share right)."""
    last = {
        str(row["objective"]): {name: float(row[name]) for name in ("continue", "fill", "represent")} for row in rows
    }
    figure, axes = new_axes(
        1,
        3,
        9.6,
        2.9,
        alt=f"A recorded longer run in three panels over the step, for {listed(last)}. At the last step: {told_each(last)}.",
    )
    for ax, ability in zip(axes[0], ("continue", "fill", "represent"), strict=True):
        for name in dict.fromkeys(str(row["objective"]) for row in rows):
            mine = [row for row in rows if row["objective"] == name]
            scale = 100 if ability == "represent" else 1
            values = [scale * float(row[ability]) for row in mine]
            ax.plot([row["step"] for row in mine], values, color=OBJECTIVES[name], marker=".", label=name)
        ax.set(title=f"Recorded: {ability}", xlabel="step", xscale="log")
        label_short_log(ax.xaxis)
        ax.set_ylabel("letters right, %" if ability == "represent" else "nats per byte")
    axes[0, 0].legend(frameon=False, fontsize=9)
    return figure


def plot_character(character: Mapping[str, tuple[float, float]]) -> Figure:
    """Likelihood and liveliness: {how it was made: (nats per token, share of 4-grams that occur once)}; the real text in its own colour."""
    figure, axes = new_axes(
        1,
        2,
        9.2,
        0.34 * len(character) + 1.0,
        alt=f"Two rows of bars. Mean log-likelihood of a token in nats: {told(character, [one for one, _ in character.values()])}. Share of 4-grams that occur once, in percent: {told(character, [100 * share for _, share in character.values()], 1)}.",
    )
    shades = [COLORS[3] if name.startswith("the real") else COLORS[0] for name in character]
    likelihood, liveliness = zip(*character.values(), strict=True)
    for ax, values, label, form in (
        (axes[0, 0], likelihood, "likelihood: mean log p of a new token, nats", "%.2f"),
        (axes[0, 1], [100 * share for share in liveliness], "liveliness: 4-grams that occur once, %", "%.1f"),
    ):
        bars = ax.barh(list(character), values, height=0.6, color=shades)
        ax.bar_label(bars, fmt=form, padding=3)
        ax.set(xlabel=label)
        ax.margins(x=0.15)
        ax.invert_yaxis()
        ax.grid(False, axis="y")
    axes[0, 1].set_yticklabels([])
    axes[0, 0].set_title("The likeliest text is not the most human one")
    return figure


def plot_cache(cached: Sequence[float], places: Sequence[int], whole: Sequence[float]) -> Figure:
    """Seconds per token against its position, with a cache (every position) and without (some)."""
    figure, axes = new_axes(
        1,
        1,
        5.6,
        3.0,
        alt=f"CPU milliseconds for the next token over its position. With a cache it stays near {1000 * float(np.median(cached)):.1f}; from the start each time it grows to {1000 * float(whole[-1]):.1f}.",
    )
    ax = axes[0, 0]
    width = max(1, len(cached) // 16)
    cut = len(cached) // width * width
    medians = np.median(np.reshape(cached[:cut], (-1, width)), axis=1)
    ax.plot(np.arange(len(medians)) * width + width / 2, 1000 * medians, color=COLORS[0], label="with a cache")
    ax.plot(places, 1000 * np.array(whole), color=COLORS[1], marker="o", label="from the start each time")
    ax.set(title="What the next token costs", xlabel="position in the text", ylabel="CPU milliseconds", ylim=(0, None))
    ax.legend(frameon=False)
    return figure


def plot_compression(compressed: Mapping[str, float]) -> Figure:
    """Bits per byte of some compressors, less is better."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        0.42 * len(compressed) + 1.0,
        alt=f"Bars of bits per byte, less is better: {told(compressed, compressed.values())}.",
    )
    ax = axes[0, 0]
    bars = ax.barh(
        list(compressed), list(compressed.values()), height=0.6, color=[GRAY] * (len(compressed) - 1) + [COLORS[0]]
    )
    ax.bar_label(bars, fmt="%.2f", padding=3)
    ax.set(title="Held-out speeches, compressed", xlabel="bits per byte (less is better)")
    ax.margins(x=0.12)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    return figure


def plot_surprise(surprise: Mapping[str, Tensor], areas: Mapping[str, float]) -> Figure:
    """Mean surprise of single sentences, (n,) nats per token each; `areas` are AUCs against the first kind."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        3.0,
        alt=f"Histograms of the mean surprise of single sentences, in nats per token. Means: {told(surprise, [float(values.mean()) for values in surprise.values()])}; area under the ROC curve against the first: {told(areas, areas.values(), 3)}.",
    )
    ax = axes[0, 0]
    bins = np.linspace(
        min(v.min().item() for v in surprise.values()), max(v.max().item() for v in surprise.values()), 40
    )
    for (name, values), color in zip(surprise.items(), COLORS, strict=False):
        label = f"{name}, AUC {areas[name]:.3f}" if name in areas else name
        ax.hist(values.numpy(), bins, color=color, alpha=0.55, label=label)
    ax.set(title="Surprise finds what does not belong", xlabel="mean $-\\log p$ of a token, nats", ylabel="sentences")
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_completions(originals: Tensor, completed: Sequence[Tensor], colors: Tensor, side: int) -> Figure:
    """Originals (n, side^2) above; below, each completion of their upper halves. colors: (K, 3), 0 to 255."""
    n = len(originals)
    rows = {"original": originals} | {f"completion {i + 1}": found for i, found in enumerate(completed)}
    figure, axes = new_axes(
        len(rows),
        n,
        1.0 * n + 1.0,
        1.0 * len(rows) + 0.4,
        alt=f"{n} small pictures, and below each {len(completed)} completions of its upper half. The lower halves continue colours across the line, and differ from each other.",
    )
    for line, (name, found) in zip(axes, rows.items(), strict=True):
        for ax, ids in zip(line, found, strict=True):
            ax.imshow(colors[ids].view(side, side, 3).numpy() / 255)
            if name != "original":
                ax.axhline(side / 2 - 0.5, color="white", linewidth=1)
            ax.set(xticks=[], yticks=[])
            ax.grid(False)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
    figure.suptitle("The lower half is the model's", fontsize=11)
    return figure


def plot_layers(probes: Mapping[str, Sequence[float]]) -> Figure:
    """Accuracy of a linear probe on each layer: {objective: shares right, from before the first block on}."""
    return _by_block(probes, "What frozen features of pixels know", "classes right, %")


def plot_contest(contest: Mapping[str, Sequence[float]]) -> Figure:
    """The letter probe on each layer of models that were trained in different ways."""
    return _by_block(contest, "Equal compute: function word or not?", "letters right, %")


def _by_block(probes: Mapping[str, Sequence[float]], title: str, unit: str) -> Figure:
    figure, axes = new_axes(
        1,
        1,
        5.6,
        3.1,
        alt=f"Accuracy of a linear probe on each block, {unit}: {course({name: [100 * value for value in values] for name, values in probes.items()})}.",
    )
    ax = axes[0, 0]
    for name, values in probes.items():
        ax.plot(range(len(values)), 100 * np.array(values), color=OBJECTIVES[name], marker="o", label=name)
    ax.set(title=title, xlabel="block (0: before the first)", ylabel=unit)
    ax.set_xticks(range(len(next(iter(probes.values())))))
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_sentence_encoders(
    quality: Mapping[str, Mapping[str, float]], spectra: Mapping[str, Tensor], order: Mapping[str, float]
) -> Figure:
    """Alignment against uniformity, singular values (D,), neighbours found, and similarity to the sentence in another order."""
    figure, axes = new_axes(
        2,
        2,
        9.4,
        6.2,
        alt=f"Four panels on {listed(quality)}. Uniformity and alignment; singular values, falling; the next sentence among the nearest ten in percent: {told(quality, [100 * found['neighbour among the nearest 10'] for found in quality.values()], 1)}; similarity to the sentence in another order: {told(order, order.values())}.",
    )
    shades = dict(zip(quality, COLORS, strict=False))
    for (name, found), dashes in zip(quality.items(), itertools.cycle(DASHES), strict=False):
        axes[0, 0].plot(found["uniformity"], found["alignment"], "o", color=shades[name], markersize=9, label=name)
        axes[0, 1].plot(
            range(1, len(spectra[name]) + 1), spectra[name].numpy(), color=shades[name], dashes=dashes, label=name
        )
    axes[0, 0].set(title="Both: less is better", xlabel="uniformity", ylabel="alignment of two dropout views")
    axes[0, 0].margins(0.15)
    axes[0, 0].legend(frameon=False, fontsize=9)
    axes[0, 1].set(title="Singular values", xlabel="rank", ylabel="share of the sum", xscale="log", yscale="log")
    shares = {name: 100 * found["neighbour among the nearest 10"] for name, found in quality.items()}
    for ax, values, title, unit in (
        (axes[1, 0], shares, "The next sentence is among the nearest 10", "sentences, %"),
        (axes[1, 1], order, "Similarity to itself in another order", "cosine"),
    ):
        bars = ax.barh(list(values), list(values.values()), height=0.6, color=[shades[name] for name in values])
        ax.bar_label(bars, fmt="%.1f" if unit.endswith("%") else "%.2f", padding=3)
        ax.set(title=title, xlabel=unit)
        ax.margins(x=0.15)
        ax.invert_yaxis()
        ax.grid(False, axis="y")
    return figure
