"""A class in which the numbers of questions vary, from its roster to its feedback: does everybody get what the own numbers are worth?

    python -m benchmarks.variants [--students 100] [--jobs 2] [--seed 0] [TASK ...]

`course release`, then submissions: each student's own notebook, filled from the bank's right and wrong answers; but every tenth hands in that of
the student before. Then `course grade`, `feedback` and `items`. What every cell is worth is known, and so is whose answer was copied: exits 1 on any
difference, on a copied right answer that is not named with its owner, and on a page without the student's own numbers.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path

from benchmarks.whole_class import SEED, course
from course_tools.checks.variants import drawn
from course_tools.grading.model.courses import Course, find_course
from course_tools.grading.results.journal import read
from course_tools.grading.results.seed import variant_keys
from course_utils.paths import ROOT
from course_utils.tables import text_table
from course_utils.tasks import TASKS
from tests.grading.students import Answer, answers, choice, submission, write

COPIES = 10  # one in so many hands in the notebook of the student before
HEAD = (
    "",
    "students",
    "release",
    "grade",
    "feedback",
    "cells",
    "different",
    "copied right",
    "earned",
    "same numbers",
    "named",
    "pages",
)


@dataclass(frozen=True)
class HandedIn:
    """By a student with the numbers `own`: the answers of `owner`, who may be somebody else."""

    own: dict[str, str]
    owner: str
    chosen: dict[str, Answer]

    def worth(self, task: str) -> dict[str, float]:
        """Cell -> points."""
        return {
            cell: points
            for exercise, answer in self.chosen.items()
            for cell, points in answer.points(task, SEED, self.own.get(exercise, "")).items()
        }


def command(folder: Path, verb: str, *arguments: str) -> float:
    """Run it; returns its seconds."""
    start = time.monotonic()
    words = [sys.executable, "-m", "course_utils.cli", verb, *arguments]
    subprocess.run(words, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
    return time.monotonic() - start


def hand_in(task: str, found: Course, released: Path, students: list[str], seed: int) -> dict[str, HandedIn]:
    """Write the submissions."""
    numbers = {student: drawn(task, key) for student, key in variant_keys(found, students).items()}
    chosen = {s: choice(task, answers(task, numbers[s]), index, seed) for index, s in enumerate(students)}
    handed = {}
    for index, student in enumerate(students):
        owner = students[index - 1] if index % COPIES == COPIES - 1 else student
        node = submission(task, chosen[owner], released=released / owner / f"{task}.ipynb")
        write(node, found.root / "submitted" / student / task / f"{task}.ipynb")
        handed[student] = HandedIn(numbers[student], owner, chosen[owner])
    return handed


def measured(task: str, students: list[str], jobs: int, seed: int) -> tuple[tuple[str, ...], bool]:
    """The row of a task, and whether all is as it should be."""
    with tempfile.TemporaryDirectory(prefix="variants_") as scratch:
        folder = Path(scratch)
        course(folder, task)
        found = find_course(folder, task)
        (folder / "roster.csv").write_text("student\n" + "\n".join(students), encoding="utf-8")
        release = command(folder, "release", task, "--roster", "roster.csv", "-o", "released")
        handed = hand_in(task, found, folder / "released", students, seed)
        grade = command(folder, "grade", task, "--jobs", str(jobs), "--seed", str(SEED))
        feedback = command(folder, "feedback", task)
        command(folder, "items", task)
        points = {r.student: {c.grade_id: c.points for c in r.cells} for r in read(found.journal).records.values()}
        with (found.results / "variants.csv").open(encoding="utf-8", newline="") as table:
            said = {(row["student"], row["question"]): row["numbers_of"].split() for row in csv.DictReader(table)}
        pages = sum(
            all(
                f"Your numbers: {escape(own)}." in found.feedback(s, task).read_text(encoding="utf-8")
                for own in one.own.values()
            )
            for s, one in handed.items()
        )
    cells = [(s, cell, worth) for s, one in handed.items() for cell, worth in one.worth(task).items()]
    different = [(s, cell) for s, cell, worth in cells if points[s].get(cell) != worth]
    copied = [
        (student, exercise)
        for student, one in handed.items()
        for exercise in one.own
        if one.owner != student and one.chosen[exercise].kind in ("reference", "alternative")
    ]
    same = {(s, e) for s, e in copied if handed[s].own[e] == handed[handed[s].owner].own[e]}
    earned = [(s, e) for s, e in copied if points[s][f"{e}_check"]]
    named = [(s, e) for s, e in copied if handed[s].owner in said[s, e]]
    good = not different and set(earned) == same and len(named) == len(copied) - len(same) and pages == len(students)
    seconds = (f"{spent:.1f} s" for spent in (release, grade, feedback))
    counts = map(str, (len(cells), len(different), len(copied), len(earned), len(same), len(named), pages))
    return (task, str(len(students)), *seconds, *counts), good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=[task.name for task in TASKS if task.core], metavar="TASK")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    students = [f"student{index:04d}" for index in range(args.students)]
    results = [measured(task, students, args.jobs, args.seed) for task in args.tasks]
    print(text_table(HEAD, [row for row, _ in results], right=range(1, len(HEAD))))
    sys.exit(not all(good for _, good in results))


if __name__ == "__main__":
    main()
