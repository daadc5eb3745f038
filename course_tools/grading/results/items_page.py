"""The item analysis of an assignment as a CSV and as one HTML page with pictures, which fetches nothing."""

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from course_tools.grading.results import items
from course_tools.grading.results.items import HEAD, Item
from course_tools.grading.results.tables import write_csv
from course_tools.html.elements import table
from course_tools.html.pages import page
from course_utils.figures import COLORS, GRAY, Picture, new_axes


def write_items(found: Sequence[Item], folder: Path, title: str) -> Path:
    """item_analysis.csv and .html in `folder`; returns the page."""
    write_csv(folder / "item_analysis.csv", HEAD, [item.row() for item in found])
    body = [f"<h1>{escape(title)}: {len(found)} items</h1>", _grid(found)]
    for notebook in dict.fromkeys(item.notebook for item in found):
        mine = [item for item in found if item.notebook == notebook]
        body += [f"<h2>{escape(notebook)}</h2>", *map(_picture, (_bars(mine), _scatter(mine)))]
        body += ["<h3>How answers fail</h3>", _failures(mine)]
    body.append(f'<p class="quiet">{escape(items.__doc__ or "").strip()}</p>')
    path = folder / "item_analysis.html"
    path.write_text(page(title, "\n".join(body)), encoding="utf-8")
    return path


def _grid(found: Sequence[Item]) -> str:
    rows = []
    for item in found:
        cells = [item.notebook, item.name, item.students, f"{item.max_points:g}", f"{item.difficulty:.2f}"]
        rows.append(
            [*cells, _number(item.r), _number(item.discrimination), f"{item.seconds:.2f}\u00a0s", item.unwritten]
        )
    head = ("notebook", "item", "students", "points", "difficulty", "r", "discrimination", "time", "not written")
    return table(head, rows)


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _failures(found: Sequence[Item]) -> str:
    rows = [(item.name, often, reason) for item in found for reason, often in item.failures]
    return table(("item", "students", "what was wrong first"), rows)


def _bars(found: Sequence[Item]) -> Picture:
    """Difficulty of each item, hardest at a glance."""
    figure, axes = new_axes(
        1,
        1,
        8,
        1.2 + 0.24 * len(found),
        alt=f"A bar for each of {len(found)} items: the mean share of its points, from {min(item.difficulty for item in found):.2f} (hardest) to {max(item.difficulty for item in found):.2f}. The table above has the numbers.",
    )
    place = np.arange(len(found))[::-1]
    axes[0, 0].barh(place, [item.difficulty for item in found], color=COLORS[0], height=0.7)
    axes[0, 0].set_yticks(place, [item.name for item in found], fontsize=8)
    axes[0, 0].set(xlim=(0, 1), xlabel="mean share of the points", title="Difficulty (short: hard)")
    axes[0, 0].set_ylim(-0.6, len(found) - 0.4)
    axes[0, 0].grid(axis="y", visible=False)
    return figure


def _scatter(found: Sequence[Item]) -> Picture:
    """Difficulty against discrimination: low on the right is easy for all, low on the left is worth a look."""
    figure, axes = new_axes(
        1,
        1,
        8,
        4.5,
        alt=f"A point for each item: discrimination over difficulty. {sum(item.discrimination < 0.2 for item in found)} of {len(found)} lie below the dashed line of 0.2. The table above has the numbers.",
    )
    shown = [item for item in found if not np.isnan(item.discrimination)]
    x, y = [item.difficulty for item in shown], [item.discrimination for item in shown]
    axes[0, 0].scatter(x, y, color=COLORS[3], s=24)
    for item in shown:
        if item.discrimination < 0.2:
            place = (item.difficulty, item.discrimination)
            axes[0, 0].annotate(item.name, place, (4, 3), textcoords="offset points", fontsize=7)
    axes[0, 0].axhline(0.2, color=GRAY, linestyle="--", linewidth=1)
    axes[0, 0].set(
        xlim=(-0.02, 1.08),
        xlabel="difficulty (mean share of the points)",
        ylabel="discrimination, upper minus lower 27%",
    )
    axes[0, 0].set_title("Items below the dashed line (0.2) hardly tell strong from weak")
    return figure


def _picture(figure: Picture) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return (
        f'<img alt="{escape(figure.alt)}" src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
    )
