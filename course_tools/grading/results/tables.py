"""The results of an assignment as CSV files and as the table that a grading run ends on."""

import csv
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from course_tools.grading.model.records import GRADED
from course_tools.grading.results.scores import Sheet
from course_utils.tables import text_table

ITEM_HEAD = (
    *(
        "student",
        "name",
        "assignment",
        "notebook",
        "item",
        "section",
        "points",
        "max_points",
        "auto",
        "manual",
        "extra",
    ),
    *("waits", "status", "reason", "seconds", "outcome", "tier", "submitted", "late_penalty"),
)
GRADE_HEAD = ("student", "name", "assignment", "points", "max_points", "late_penalty", "waits", "outcomes", "submitted")


def item_rows(found: Iterable[Sheet]) -> Iterable[tuple[Any, ...]]:
    """One row for each graded cell of each student."""
    for sheet in found:
        who = (sheet.student.id, sheet.student.name, sheet.record.assignment, sheet.record.notebook)
        end = (sheet.record.outcome, sheet.record.tier, sheet.record.submitted, sheet.penalty)
        for score in sheet.scores:
            seen = score.record
            run = (seen.status, seen.reason, round(seen.seconds, 4)) if seen else ("missing", sheet.record.reason, 0.0)
            cell = (score.cell.name, score.cell.section, score.points, score.cell.points)
            yield *who, *cell, score.auto, score.manual, score.extra, int(score.waits), *run, *end


def grade_rows(found: Iterable[Sheet]) -> Iterable[tuple[Any, ...]]:
    """One row for each student."""
    by_student: dict[str, list[Sheet]] = {}
    for sheet in found:
        by_student.setdefault(sheet.student.id, []).append(sheet)
    for student, mine in by_student.items():
        first = mine[0]
        yield (
            student,
            first.student.name,
            first.record.assignment,
            round(sum(sheet.points for sheet in mine), 4),
            sum(sheet.max_points for sheet in mine),
            sum(sheet.penalty for sheet in mine),
            int(any(sheet.waits for sheet in mine)),
            " ".join(f"{sheet.record.notebook}:{sheet.record.outcome}" for sheet in mine),
            first.record.submitted,
        )


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the file whole or not at all. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([_harmless(value) for value in row] for row in rows)
    os.replace(partial, path)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def summary(found: Sequence[Sheet], fresh: set[str]) -> str:
    """One line for each notebook. fresh: names of the records that this run made."""
    rows = []
    for notebook in sorted({sheet.record.notebook for sheet in found}):
        mine = [sheet for sheet in found if sheet.record.notebook == notebook]
        good = [sheet for sheet in mine if sheet.record.outcome == GRADED]
        ran = [sheet.record.seconds for sheet in good if sheet.record.name in fresh]
        mean = f"{fmean(sheet.points for sheet in good):.2f} of {good[0].max_points:g}" if good else "-"
        tiers = Counter(sheet.record.tier for sheet in good)
        rows.append(
            (
                notebook,
                str(len(mine)),
                str(len(good)),
                str(len(mine) - len(good)),
                str(sum(sheet.waits for sheet in mine)),
                str(sum(sheet.penalty > 0 for sheet in mine)),
                str(len(ran)),
                f"{fmean(ran):.2f} s" if ran else "-",
                mean,
                ", ".join(sorted(filter(None, tiers))) or "-",
            )
        )
    head = (
        "notebook",
        "students",
        "graded",
        "not graded",
        "to read",
        "late",
        "run now",
        "each",
        "mean points",
        "isolation",
    )
    return text_table(head, rows)
