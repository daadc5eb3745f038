"""The pictures of a class, each with what is to be seen on it."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from course_tools.grading.overview.item_response import Fit
from course_tools.grading.overview.items import Item
from course_utils.figures import COLORS, GRAY, Picture, new_axes

WIDTH = 5.6  # inches, so that letters can be read on a phone
DAYS = 21


def points(given: Sequence[float], maximum: float) -> Picture:
    """How many students have how many points."""
    low, middle, high = np.percentile(given, [25, 50, 75])
    words = f"Points of {len(given)} students, of {maximum:g}: half of them between {low:.1f} and {high:.1f}, the median {middle:.1f}."
    figure, axes = new_axes(1, 1, WIDTH, 2.4, alt=words)
    axes[0, 0].hist(given, bins=np.linspace(min(0, *given), max(maximum, *given), 21).tolist(), color=COLORS[0])
    axes[0, 0].axvline(middle, color=GRAY, linestyle="--", label=f"median {middle:.1f}")
    axes[0, 0].legend(frameon=False)
    axes[0, 0].set(xlabel=f"points of {maximum:g}", ylabel="students")
    return figure


def hand_in(times: Sequence[datetime], due: date | None) -> Picture:
    """Last submissions a day, the last weeks of them."""
    counts = Counter(when.date() for when in times)
    last = max(counts)
    days = [last - timedelta(days=n) for n in range(min(DAYS, (last - min(counts)).days + 1))][::-1]
    most = max(counts, key=lambda day: counts[day])
    words = f"Last submissions a day, {days[0]} to {last}: most, {counts[most]}, on {most}."
    if due:
        words += f" {sum(n for day, n in counts.items() if day > due)} came on a day after the deadline, {due}."
    figure, axes = new_axes(1, 1, WIDTH, 2.4, alt=words)
    late = [bool(due and day > due) for day in days]
    axes[0, 0].bar(range(len(days)), [counts[day] for day in days], color=[COLORS[3 if one else 0] for one in late])
    every = -(-len(days) // 7)
    axes[0, 0].set_xticks(range(0, len(days), every), [f"{day:%d %b}" for day in days[::every]], fontsize=9)
    if due in days:
        axes[0, 0].axvline(days.index(due) + 0.5, color=GRAY, linestyle="--", label="deadline")
        axes[0, 0].legend(frameon=False)
    axes[0, 0].set(ylabel="students")
    return figure


def difficulty(found: Sequence[Item]) -> Picture:
    """The mean share of the points of each item, the hardest first."""
    ranked = sorted(found, key=lambda item: item.difficulty)
    ends = f"{ranked[0].name} ({ranked[0].difficulty:.2f}) to {ranked[-1].name} ({ranked[-1].difficulty:.2f})"
    words = f"Mean share of the points of {len(ranked)} items, from {ends}. The table has the numbers."
    figure, axes = new_axes(1, 1, WIDTH, 0.9 + 0.24 * len(ranked), alt=words)
    place = np.arange(len(ranked))[::-1]
    axes[0, 0].barh(place, [item.difficulty for item in ranked], color=COLORS[0], height=0.7)
    axes[0, 0].set_yticks(place, [item.name for item in ranked], fontsize=9)
    axes[0, 0].set(xlim=(0, 1), ylim=(-0.6, len(ranked) - 0.4), xlabel="mean share of the points (short: hard)")
    axes[0, 0].grid(axis="y", visible=False)
    return figure


def agreement(pairs: Sequence[tuple[Item, Fit]], rank: float) -> Picture:
    """Discrimination under the model, with its standard error, against the item-total correlation. rank: Spearman's correlation."""
    words = (
        f"A point for each of {len(pairs)} items: discrimination with its standard error, from {min(fit.a for _, fit in pairs):.2f} to "
        f"{max(fit.a for _, fit in pairs):.2f}, over the item-total correlation. Rank correlation {rank:.2f}."
    )
    figure, axes = new_axes(1, 1, WIDTH, 3.2, alt=words)
    x, y = [item.r for item, _ in pairs], [fit.a for _, fit in pairs]
    axes[0, 0].errorbar(x, y, [fit.a_error for _, fit in pairs], fmt="o", color=COLORS[0], ecolor=GRAY, markersize=4)
    ranked = sorted(pairs, key=lambda pair: pair[1].a)
    for item, fit in (ranked[0], ranked[-1]):
        axes[0, 0].annotate(item.name, (item.r, fit.a), (5, -4), textcoords="offset points", fontsize=9)
    axes[0, 0].set(xlabel="r, item with the rest of the points", ylabel="discrimination a")
    axes[0, 0].set_ylim(bottom=0)
    return figure
