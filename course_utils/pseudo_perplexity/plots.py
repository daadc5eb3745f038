"""The notebook's pictures, in one style. Each function returns its Figure."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from course_utils.figures import COLORS, GRAY, course, new_axes, pattern, told, told_each


def plot_ranking(ranking: Mapping[str, Mapping[str, float]]) -> Figure:
    """Models side by side under two measures, less is better: {model: {measure: value}}."""
    measures = list(next(iter(ranking.values())))
    figure, axes = new_axes(
        1,
        len(measures),
        4.3 * len(measures),
        0.42 * len(ranking) + 1.0,
        alt=f"Bars per token, less is better. {told_each(ranking)}.",
    )
    for ax, measure in zip(axes[0], measures, strict=True):
        values = [scores[measure] for scores in ranking.values()]
        bars = ax.barh(list(ranking), values, height=0.6, color=[GRAY, *COLORS[: len(ranking) - 1]])
        ax.bar_label(bars, fmt="%.3f", padding=3)
        ax.set(
            title=measure[:1].upper() + measure[1:], xlabel="per token (less is better)", xlim=(1, 1.06 * max(values))
        )
        ax.invert_yaxis()
        ax.grid(False, axis="y")
    for ax in axes[0, 1:]:
        ax.set_yticklabels([])
    return figure


def plot_masked_entropies(losses: Tensor, entropy_rate: float) -> Figure:
    """The best loss for each number of hidden tokens: (T,) nats, with the mean, which is the entropy per token."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        3.3,
        alt=f"Bars of the best loss for 1 to {len(losses)} hidden tokens, rising from {float(losses[0]):.3f} to {float(losses[-1]):.3f} nats per hidden token. A dashed line at their mean, {entropy_rate:.3f}; the first bar, in orange, is pseudo-likelihood.",
    )
    ax = axes[0, 0]
    k = np.arange(1, len(losses) + 1)
    bars = ax.bar(k, losses.numpy(), color=COLORS[0], width=0.6)
    bars[0].set_color(COLORS[1])
    ax.bar_label(bars, fmt="%.3f", label_type="center", color="white", fontsize=8.5)
    ax.axhline(
        entropy_rate, color=GRAY, linestyle="--", linewidth=1.2, label=f"their mean = H(X) / T = {entropy_rate:.3f}"
    )
    ax.set(
        title="Orange is pseudo-likelihood; the mean of all is likelihood",
        xlabel="number of hidden tokens, k",
        ylabel="best loss $\\ell_k$, nats per hidden token",
        xticks=k,
    )
    ax.legend(frameon=False, loc="upper left")
    return figure


def plot_mask_rate(
    rates: Sequence[float], losses: Sequence[tuple[Tensor, Tensor]], pseudo: float, entropy_rate: float
) -> Figure:
    """Expected loss in both forms against the mask rate: (mean form, sum form) for each rate, nats."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        3.3,
        alt=f"Expected loss against the mask rate from 0 to 1, in two forms. The mean form begins at the pseudo-likelihood, {pseudo:.3f} nats, and rises with the rate; dashed, the likelihood at {entropy_rate:.3f}. A thin line marks BERT's rate, 15 percent.",
    )
    ax = axes[0, 0]
    for name, values, color in zip(("mean form", "sum form / qT"), zip(*losses, strict=True), COLORS, strict=False):
        ax.plot(rates, [float(value) for value in values], color=color, label=name)
    ax.axhline(pseudo, color=COLORS[3], linestyle=":", label="pseudo-likelihood, NPLL / T")
    ax.axhline(entropy_rate, color=GRAY, linestyle="--", label="likelihood, H / T")
    ax.axvline(0.15, color=GRAY, linewidth=0.8)
    ax.annotate("BERT", (0.15, ax.get_ylim()[1]), xytext=(4, -10), textcoords="offset points", fontsize=9)
    ax.set(
        title="What a perfect model's masked-LM loss is",
        xlabel="mask rate q",
        ylabel="loss, nats per hidden token",
        xlim=(0, 1),
    )
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_chain(flips: Sequence[float], perplexities: Sequence[tuple[float, float]]) -> Figure:
    """(PPL, PPPL) of the chain for each flip rate, and their ratio beside it."""
    figure, axes = new_axes(
        1,
        2,
        8.6,
        3.2,
        alt="Left: perplexity and pseudo-perplexity of one chain over its flip rate; the second stays below the first. Right: their ratio, which is not constant.",
    )
    ppl, pppl = np.array(perplexities).T
    axes[0, 0].plot(flips, ppl, color=COLORS[0], label="perplexity")
    axes[0, 0].plot(flips, pppl, color=COLORS[1], label="pseudo-perplexity")
    axes[0, 0].set(title="The same distribution, two numbers", xlabel="flip rate", ylabel="per token")
    axes[0, 0].legend(frameon=False)
    axes[0, 1].plot(flips, ppl / pppl, color=COLORS[2])
    axes[0, 1].set(title="No factor converts them", xlabel="flip rate", ylabel="perplexity / pseudo-perplexity")
    return figure


def plot_gaussian_errors(squared_errors: Tensor, variances: Tensor) -> Figure:
    """Mean squared error of the best prediction of each coordinate (T,), and the conditional variance (T,) that it estimates."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        3.0,
        alt=f"Bars of the mean squared error of filling in each of {len(variances)} positions, with dots for the conditional variance on top of them. The first and the last position have the largest errors, {float(squared_errors[0]):.2f} and {float(squared_errors[-1]):.2f}.",
    )
    ax = axes[0, 0]
    t = np.arange(1, len(variances) + 1)
    ax.bar(t, squared_errors.numpy(), color=COLORS[5], width=0.6, label="mean squared error of 500 draws")
    ax.plot(t, variances.numpy(), color=COLORS[3], marker="o", linestyle="", label="$1 / Q_{tt}$")
    ax.set(title="The ends of a sequence are harder to fill in", xlabel="position t", ylabel="squared error", xticks=t)
    ax.set_ylim(top=1.35 * float(squared_errors.max()))
    ax.legend(frameon=False, loc="upper center", ncols=2)
    return figure


def plot_tokens(tokens: Sequence[str], scores: Mapping[str, Tensor]) -> Figure:
    """Surprise at each token, nats: {how it was asked: (n,) log-probabilities}."""
    figure, axes = new_axes(
        1,
        1,
        max(4.0, 0.3 * len(tokens) + 1.2),
        3.0,
        alt=f"Bars of the surprise at each of {len(tokens)} tokens, in nats. On average: {told(scores, [-float(found.mean()) for found in scores.values()])}.",
    )
    ax = axes[0, 0]
    places, width = np.arange(len(tokens)), 0.8 / len(scores)
    for i, (name, found) in enumerate(scores.items()):
        ax.bar(places + (i - (len(scores) - 1) / 2) * width, -found.numpy(), width, color=COLORS[i], label=name)
    ax.set_xticks(places, [token.replace("Ġ", "_") for token in tokens], rotation=60, ha="right", fontsize=8.5)
    ax.set(title="Surprise at each token", ylabel="$-\\log p$, nats", xlim=(-0.7, len(tokens) - 0.3))
    ax.grid(False, axis="x")
    ax.legend(frameon=False)
    return figure


def plot_sentence_perplexities(each: Mapping[str, Tensor]) -> Figure:
    """How pseudo-perplexities of single sentences are distributed: {text: (n,)}."""
    figure, axes = new_axes(
        1,
        1,
        6.4,
        3.2,
        alt=f"Histograms of the pseudo-perplexity of single sentences on a logarithmic axis. Medians: {told(each, [float(values.median()) for values in each.values()], 0)}.",
    )
    ax = axes[0, 0]
    everything = np.concatenate([values.numpy() for values in each.values()])
    bins = np.geomspace(everything.min(), everything.max(), 40)
    for (name, values), color in zip(each.items(), COLORS, strict=False):
        ax.hist(values.numpy(), bins, color=color, alpha=0.55, label=f"{name}, median {values.median():.0f}")
    ax.set(
        title="Pseudo-perplexity of single sentences", xlabel="per token (log scale)", ylabel="sentences", xscale="log"
    )
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_words(by_pieces: Mapping[int, Mapping[str, Tensor]]) -> Figure:
    """Mean surprise at whole words by the number of their pieces: {pieces: {metric: (n,) log-probabilities}}."""
    metrics = list(next(iter(by_pieces.values())))
    figure, axes = new_axes(
        1,
        1,
        6.0,
        3.2,
        alt=f"Bars of the mean surprise at whole words in nats, by their number of pieces, with standard errors. {told_each({f'words in {n}': {metric: -values.mean().item() for metric, values in found.items()} for n, found in by_pieces.items()}, digits=1)}.",
    )
    ax = axes[0, 0]
    places, width = np.arange(len(by_pieces)), 0.8 / len(metrics)
    for i, metric in enumerate(metrics):
        means = [-found[metric].mean().item() for found in by_pieces.values()]
        errors = [found[metric].std(correction=0).item() / len(found[metric]) ** 0.5 for found in by_pieces.values()]
        bars = ax.bar(
            places + (i - (len(metrics) - 1) / 2) * width, means, width, yerr=errors, color=COLORS[i], label=metric
        )
        ax.bar_label(bars, fmt="%.1f", padding=3, fontsize=8.5)
    last = max(by_pieces)
    names = [
        f"{n}{' or more' if n == last else ''}\n({len(found[metrics[0]]):,} words)" for n, found in by_pieces.items()
    ]
    ax.set_xticks(places, names)
    ax.set(
        title="Words in pieces look too likely", xlabel="pieces of the word", ylabel="mean $-\\log p$ of the word, nats"
    )
    ax.margins(y=0.12)
    ax.grid(False, axis="x")
    ax.legend(frameon=False, loc="upper left")
    return figure


def plot_strides(once: Mapping[int, float], repeatedly: Mapping[int, float], window: int) -> Figure:
    """Perplexity against the overlap of the windows: {stride: perplexity}, every token counted once, or as often as it is seen."""
    figure, axes = new_axes(
        1,
        1,
        6.0,
        3.2,
        alt=f"Perplexity over the tokens that two windows share. Each token counted once: {course({'perplexity': list(once.values())})}. Overlaps counted repeatedly, which is wrong: {course({'perplexity': list(repeatedly.values())})}.",
    )
    ax = axes[0, 0]
    for name, found, color in (
        ("each token counted once", once, COLORS[0]),
        ("overlaps counted repeatedly: wrong", repeatedly, COLORS[3]),
    ):
        ax.plot([window - stride for stride in found], list(found.values()), color=color, marker="o", label=name)
    ax.set(
        title=f"One model, one document, windows of {window} tokens",
        xlabel="tokens shared by two windows",
        ylabel="perplexity",
    )
    ax.legend(frameon=False)
    return figure


def plot_pairs(accuracy: Mapping[str, Mapping[str, float]], counts: Mapping[str, int]) -> Figure:
    """Share of pairs whose sound sentence is preferred: {kind of pair: {score: share of 1}}, with binomial standard errors."""
    scores = list(next(iter(accuracy.values())))
    figure, axes = new_axes(
        1,
        1,
        6.8,
        0.45 * len(accuracy) * len(scores) + 1.1,
        alt=f"Bars: how often the sound sentence of a pair is preferred, in percent, beside the 50 of a coin. {told_each(accuracy, 100, 0)}.",
    )
    ax = axes[0, 0]
    height = 0.8 / len(scores)
    for i, score in enumerate(scores):
        shares = np.array([found[score] for found in accuracy.values()])
        errors = np.sqrt(shares * (1 - shares) / np.array([counts[kind] for kind in accuracy]))
        places = np.arange(len(accuracy)) + (i - (len(scores) - 1) / 2) * height
        bars = ax.barh(places, 100 * shares, height, xerr=100 * errors, color=COLORS[i], label=score)
        ax.bar_label(bars, fmt="%.0f", padding=3, fontsize=8.5)
    ax.set_yticks(range(len(accuracy)), [f"{kind}\n({counts[kind]} pairs)" for kind in accuracy])
    ax.axvline(50, color=GRAY, linewidth=1, linestyle="--", label="a coin")
    ax.set(title="Which of two sentences is the real one?", xlabel="right, %", xlim=(0, 109))
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def plot_shares(nats: Mapping[float, float], levels: Mapping[str, float]) -> Figure:
    """A masked model's loss against the share of the other tokens that is hidden, and other losses as levels; nats per token."""
    figure, axes = new_axes(
        1,
        1,
        6.2,
        3.4,
        alt=f"The masked model's loss over the share of other tokens hidden rises from {next(iter(nats.values())):.2f} to {list(nats.values())[-1]:.2f} nats per token. Dashed levels: {told(levels, levels.values())}.",
    )
    ax = axes[0, 0]
    ax.plot(
        [100 * share for share in nats],
        list(nats.values()),
        color=COLORS[0],
        marker="o",
        label="masked, hidden at random",
    )
    for (name, value), color in zip(levels.items(), COLORS[1:], strict=False):
        ax.axhline(value, color=color, linestyle="--", label=f"{name}: PPL {np.exp(value):.0f}")
    ax.annotate(
        f"pseudo-perplexity {np.exp(nats[0.0]):.0f}",
        (0, nats[0.0]),
        xytext=(12, -4),
        textcoords="offset points",
        fontsize=9,
    )
    ax.set(title="The same weights, asked differently", xlabel="other tokens hidden, %", ylabel="loss, nats per token")
    ax.legend(frameon=False, fontsize=9)
    return figure


def plot_signal(
    tokenizer: PreTrainedTokenizerFast, original: Tensor, filled: Tensor, chosen: Tensor, replaced: Tensor, real: Tensor
) -> Figure:
    """One sentence as BERT's and as ELECTRA's question. All (T,): ids, ids, and True where chosen, replaced, not special."""
    places = real.nonzero().squeeze(1).tolist()[:14]
    figure, axes = new_axes(
        1,
        1,
        0.72 * len(places) + 1.6,
        1.5,
        alt=f"One sentence of {len(places)} tokens, twice. In BERT's row {int(chosen[places].sum())} tokens are coloured: only those have a loss. In ELECTRA's row all are, {int(replaced[places].sum())} of them as replaced.",
    )
    ax = axes[0, 0]
    for column, t in enumerate(places):
        for row, ids, asked, color in (
            (0, original, bool(chosen[t]), COLORS[1]),
            (1, filled, True, COLORS[3] if replaced[t] else COLORS[5]),
        ):
            token = tokenizer.convert_ids_to_tokens([int(ids[t])])[0].replace("Ġ", "_")
            ax.add_patch(Rectangle((column, -row), 0.96, 0.9, color=color if asked else "#EEEEEE"))
            ax.text(column + 0.48, -row + 0.45, token, ha="center", va="center", fontsize=8)
    ax.set(xlim=(0, len(places)), ylim=(-1.1, 1), xticks=[], yticks=[0.45, -0.55])
    ax.set_yticklabels(["BERT: which token?", "ELECTRA: original?"])
    ax.set_title("Positions with a loss (orange: to be predicted; red: replaced; blue: original)", fontsize=10)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    ax.grid(False)
    return figure


def plot_matrices(matrices: Mapping[str, Tensor]) -> Figure:
    """Which output depends on which input: {model: (T, T) bool, [output, input]}."""
    figure, axes = new_axes(
        1,
        len(matrices),
        3.2 * len(matrices),
        3.2,
        alt=f"Squares of which output depends on which input. {pattern(matrices)}.",
    )
    for ax, (name, matrix) in zip(axes[0], matrices.items(), strict=True):
        ax.imshow(matrix.numpy(), cmap=ListedColormap(["#EEEEEE", COLORS[0]]), vmin=0, vmax=1)
        ax.set(title=f"{name[:1].upper()}{name[1:]} model", xlabel="changed input j", ylabel="output i")
        ax.grid(False)
    return figure
