"""Pictures of compute: three laws in a row, valleys, and the way from Kaplan to Chinchilla."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter
from torch import Tensor

from course_utils.figures import COLORS, GRAY, label_short_log, listed, new_axes, told
from course_utils.pythia_scaling.curves import Curves
from course_utils.pythia_scaling.fits import Resamples, ScalingLaw

BLUE, ORANGE, GREEN, RED, PINK, SKY = COLORS[:6]
TITLES = {"parameters": "over size", "tokens": "over data", "compute": "over compute"}
UNITS = {"parameters": "parameters", "tokens": "tokens", "compute": "FLOPs"}


def plot_three(
    measured: Mapping[str, tuple[Tensor, Tensor]],
    fits: Mapping[str, tuple[ScalingLaw, Resamples]],
    rows: Curves,
    compute: Tensor,
) -> Figure:
    """Loss against parameters, tokens and compute in one row, each with its law and nine tenths of its refits."""
    figure, axes = new_axes(
        1,
        3,
        11.5,
        3.6,
        alt=f"Three panels with logarithmic axes: loss over parameters, tokens and compute. In each, points that fall along a fitted law with a narrow band of refits; exponents {told(fits, [law.parameters['alpha'] for law, _ in fits.values()])}.",
    )
    for run in rows.runs:
        late = run.tokens > run.schedule_tokens / 64
        axes[0, 1].plot(run.tokens[late], run.val_loss[late], color="#DDDDDD", linewidth=0.7)
        axes[0, 2].plot(
            run.flops[late], run.val_loss[late], color=_shade(run.params[0], rows.params), linewidth=0.7, alpha=0.6
        )
    for ax, (name, (x, loss)) in zip(axes[0], measured.items(), strict=True):
        law, refits = fits[name]
        at = np.geomspace(float(x.min()) / 1.5, float(x.max()) * 3, 80)
        low, high = np.quantile(refits.predict(at), [0.05, 0.95], axis=0)
        ax.fill_between(at, low, high, color=SKY, alpha=0.4, linewidth=0)
        ax.plot(at, law.predict(at), color=BLUE)
        ax.scatter(x, loss, color=BLUE, s=16, zorder=3)
        p = law.parameters
        ax.set(
            xscale="log",
            yscale="log",
            xlabel=UNITS[name],
            title=f"Loss {TITLES[name]}: {p['E']:.2f} + c · x^-{p['alpha']:.2f}",
        )
    bottom, top = float(rows.val_loss.min()) * 0.95, float(rows.val_loss.min()) * 2
    for ax in axes[0]:
        ax.set_ylim(bottom, top)
        _plain(ax)
    axes[0, 0].set_ylabel("loss, nats per byte")
    return figure


def budgets(compute: Tensor, count: int = 7) -> list[float]:
    """Round budgets that span the measured compute, for a slider."""
    low, high = compute.min().log10().item(), compute.max().log10().item()
    return [float(f"{10 ** (low + (high - low) * (i + 1) / count):.1e}") for i in range(count)]


def plot_budget(rows: Curves, compute: Tensor, envelope: Tensor, budget: float) -> Figure:
    """All runs over compute; what was affordable at `budget` in colour, and the best of it named."""
    figure, axes = new_axes(
        1,
        1,
        7.6,
        3.8,
        alt=f"Losses of all runs over compute, those affordable for {budget:.2g} FLOPs in colour, and the envelope below them. A red star on the envelope marks the best run that the budget pays for.",
    )
    ax = axes[0, 0]
    for run in rows.runs:
        ax.plot(run.flops, run.val_loss, color="#DDDDDD", linewidth=0.8)
        paid = run.flops <= budget
        ax.plot(run.flops[paid], run.val_loss[paid], color=_shade(run.params[0], rows.params), linewidth=1)
    order = compute[envelope].argsort()
    ax.plot(compute[envelope][order], rows.val_loss[envelope][order], color="black", linewidth=1, label="envelope")
    affordable = compute <= budget
    best = int(torch.where(affordable, rows.val_loss, torch.inf).argmin())
    ax.axvline(budget, color=RED, linewidth=1, linestyle="--")
    ax.scatter(compute[best], rows.val_loss[best], marker="*", s=150, color=RED, zorder=4)
    ax.set(
        title=f"Best for {budget:.2g} FLOPs: {rows.params[best]:,.0f} parameters, {rows.tokens[best]:.2g} tokens, loss {rows.val_loss[best]:.3f}",
        xlabel="FLOPs",
        ylabel="loss, nats per byte",
        xscale="log",
        yscale="log",
    )
    _plain(ax)
    scale = matplotlib.cm.ScalarMappable(
        matplotlib.colors.LogNorm(float(rows.params.min()), float(rows.params.max())), "viridis"
    )
    figure.colorbar(scale, ax=ax, label="parameters")
    ax.legend(frameon=False)
    return figure


def plot_valleys(
    at: Tensor, valleys: Sequence[tuple[Tensor, Tensor, Tensor]], bottoms: Tensor, exponent: Tensor
) -> Figure:
    """IsoFLOP valleys with their parabolas, and the best size over the budget."""
    figure, axes = new_axes(
        1,
        2,
        10.0,
        3.8,
        alt=f"Left: {len(at)} valleys of loss over parameters, one for each budget, with stars at their bottoms, which move right and down as the budget grows. Right: the best size over the budget on a line of exponent {float(exponent):.3f}.",
    )
    _draw_valleys(axes[0, 0], at, valleys, bottoms)
    ax = axes[0, 1]
    ax.scatter(at, bottoms[:, 0], color=RED, marker="*", s=80, zorder=3, label="bottoms of the valleys")
    scale = (bottoms[:, 0].log() - exponent * at.log()).mean().exp()
    ax.plot(at, scale * at**exponent, color=BLUE, label=f"N ∝ C^{float(exponent):.3f}")
    ax.set(
        title="The best size grows with the budget",
        xlabel="FLOPs",
        ylabel="best size, parameters",
        xscale="log",
        yscale="log",
    )
    ax.legend(frameon=False)
    return figure


def plot_ladder_valleys(
    at: Tensor, valleys: Sequence[tuple[Tensor, Tensor, Tensor]], bottoms: Tensor, inside: Tensor, law: ScalingLaw
) -> Figure:
    """Valleys cut out of the ladder's runs, and what one law for all runs says about them."""
    figure, axes = new_axes(
        1,
        2,
        10.0,
        3.8,
        alt=f"Left: {len(at)} valleys cut out of the ladder's runs, {int(inside.sum())} with their bottom inside, marked by a star. Right: measured against predicted loss, close to the diagonal.",
    )
    _draw_valleys(axes[0, 0], at, valleys, bottoms, inside)
    ax = axes[0, 1]
    n = np.concatenate([valley[0] for valley in valleys])
    d = np.concatenate([valley[1] for valley in valleys])
    measured = np.concatenate([valley[2] for valley in valleys])
    predicted = law.predict(n, d)
    ax.scatter(predicted, measured, c=[COLORS[i % 8] for i, valley in enumerate(valleys) for _ in valley[0]], s=22)
    ends = [measured.min(), measured.max()]
    ax.plot(ends, ends, color=GRAY, linewidth=1, linestyle="--")
    ax.set(title="One law for all runs", xlabel="E + A/N^α + B/D^β, nats per byte", ylabel="measured, nats per byte")
    return figure


def _draw_valleys(
    ax: Axes,
    at: Tensor,
    valleys: Sequence[tuple[Tensor, Tensor, Tensor]],
    bottoms: Tensor,
    inside: Tensor | None = None,
) -> None:
    for i, (budget, (n, _, loss)) in enumerate(zip(at, valleys, strict=True)):
        color = matplotlib.colormaps["viridis"](0.9 * i / max(len(at) - 1, 1))
        curve = np.poly1d(np.polyfit(np.log(n), loss, 2))
        wide = np.geomspace(float(n.min()), float(n.max()), 60)
        ax.plot(wide, curve(np.log(wide)), color=color, linewidth=1.2)
        ax.scatter(n, loss, color=color, s=14, label=f"{float(budget):.1e}")
        if inside is None or inside[i]:
            ax.scatter(bottoms[i, 0], bottoms[i, 1], marker="*", s=80, color=RED, zorder=4)
    ax.set(title="Valleys of equal compute", xlabel="parameters", ylabel="loss, nats", xscale="log")
    label_short_log(ax.xaxis)
    ax.legend(frameon=False, title="FLOPs", fontsize=7.5, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def plot_kaplan(seen: Mapping[str, tuple[Tensor, Tensor, Tensor]], kaplan: float) -> Figure:
    """Local exponent of the best size over compute, both without embeddings, for each {law: (FLOPs, exponent there, apparent exponent)}."""
    figure, axes = new_axes(
        1,
        1,
        7.0,
        3.6,
        alt=f"The exponent of the best size over compute, in one curve for each law; on average over the shaded range of Kaplan's models: {told(seen, [float(apparent) for _, _, apparent in seen.values()], 3)}. A dashed line at Kaplan's {kaplan:g}.",
    )
    ax = axes[0, 0]
    ax.axvspan(10**12.95, 10**20.7, color="#EEEEEE", label="Kaplan's models")
    for (name, (flops, local, apparent)), color in zip(seen.items(), COLORS, strict=False):
        ax.plot(flops, local, color=color, label=f"{name}: {float(apparent):.3f} on average there")
    ax.axhline(kaplan, color=RED, linestyle="--", linewidth=1, label=f"Kaplan et al.: {kaplan:g}")
    ax.set(
        title="One law, two conventions",
        xlabel="FLOPs without embeddings",
        ylabel="exponent of the best size",
        xscale="log",
        xlim=(1e10, 1e26),
        ylim=(0.4, 1.15),
    )
    ax.legend(frameon=False, fontsize=8.5)
    return figure


def plot_porian(
    steps: Mapping[str, Mapping[str, tuple[float, float, float]]], chinchilla: float, kaplan: float
) -> Figure:
    """Exponent of the best size after each correction, with its 95% interval, for each data set."""
    names = list(next(iter(steps.values())))
    figure, axes = new_axes(
        1,
        1,
        7.2,
        3.2,
        alt=f"Exponents with 95 percent intervals after each correction, for {listed(steps)}. They move from Kaplan's {kaplan:g}, a dashed line, to Hoffmann's {chinchilla:g}, another: {'; '.join(f'{name}, {told(values, [one[0] for one in values.values()])}' for name, values in steps.items())}.",
    )
    ax = axes[0, 0]
    for i, (data, values) in enumerate(steps.items()):
        middle, low, high = np.array(list(values.values())).T
        places = np.arange(len(names)) + 0.16 * (2 * i - 1)
        ax.errorbar(middle, places, xerr=[middle - low, high - middle], fmt="o", color=COLORS[i], capsize=3, label=data)
    ax.axvline(kaplan, color=RED, linestyle="--", linewidth=1, label=f"Kaplan et al., fixed batch: {kaplan:g}")
    ax.axvline(chinchilla, color=GREEN, linestyle="--", linewidth=1, label=f"Hoffmann et al.: {chinchilla:g}")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    ax.set(title="From Kaplan to Chinchilla in five steps", xlabel="exponent a of N ∝ C^a")
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _shade(size: Tensor, sizes: Tensor) -> tuple[float, float, float, float]:
    """A colour by the logarithm of the size."""
    place = matplotlib.colors.LogNorm(float(sizes.min()), float(sizes.max()))(float(size))
    return matplotlib.colormaps["viridis"](float(place))


def _plain(ax: Axes) -> None:
    """Plain numbers on a logarithmic loss axis."""
    ax.yaxis.set_major_formatter(ScalarFormatter())
    ax.yaxis.set_minor_formatter(NullFormatter())
    low, high = ax.get_ylim()
    ticks = [tick for tick in (0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6) if low <= tick <= high]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
