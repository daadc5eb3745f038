"""A class of students in all tasks, graded in one go, the grader killed on the way: is every record the expected one?

    python -m benchmarks.whole_class [--students 250] [--kills 1] [--jobs 2] [--seed 0] [--keep FOLDER] [TASK ...]

Submissions are whole notebooks filled from the bank's right and wrong answers, so what each cell is worth is known. In each task the
grader and its workers get SIGKILL, `--kills` times at equal distances; the same command then goes on. Without kills the minutes are those of one command.
The last column are the seconds of `course class`, its page of the whole class. Ended itself, the same command goes on where it was if
there is a --keep; minutes are then those of its last run. Exits 1 on any difference, and on any record that was written twice.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course_tools.grading.model.records import Record, loads
from course_tools.grading.results.journal import read
from course_tools.paths import SOLUTIONS
from course_utils.paths import ROOT
from course_utils.tables import text_table
from course_utils.tasks import tasks
from tests.grading.students import write_class

SEED = 0  # of the gradings


def course(folder: Path, task: str) -> None:
    (folder / "solutions" / task).mkdir(parents=True, exist_ok=True)
    shutil.copy(SOLUTIONS / task / f"{task}.ipynb", folder / "solutions" / task)
    shutil.copy(ROOT / "nbgrader_config.py", folder)


def grade(folder: Path, task: str, jobs: int, kill_after: int = 0) -> None:
    """Run the command; with kill_after, until its journal has that many records."""
    command = [sys.executable, "-m", "course_utils.cli", "grade", task, "--jobs", str(jobs), "--seed", str(SEED)]
    run = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    journal = folder / "grading" / task / "journal.jsonl"
    while kill_after and run.poll() is None:
        if written(journal) >= kill_after:
            os.killpg(run.pid, signal.SIGKILL)
        time.sleep(1)
    if run.wait() != (-signal.SIGKILL if kill_after else 0):
        raise SystemExit(f"course grade {task} ended with {run.returncode}")


def written(journal: Path) -> int:
    return journal.read_bytes().count(b'"outcome"') if journal.exists() else 0


def class_page(folder: Path, task: str) -> float:
    """Seconds of `course class`."""
    command = [sys.executable, "-m", "course_utils.cli", "class", task]
    start = time.monotonic()
    subprocess.run(
        command, cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL, check=True
    )
    return time.monotonic() - start


def records(journal: Path) -> list[str]:
    """The student of each record, in the order in which they were written."""
    lines = (line for line in journal.read_bytes().split(b"\n")[:-1] if b'"outcome"' in line)
    return [record.student for line in lines if isinstance(record := loads(line.decode()), Record)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=tasks(), metavar="TASK")
    parser.add_argument("--students", type=int, default=250)
    parser.add_argument("--kills", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="work in there, and go on there")
    args = parser.parse_args()
    failed, rows = False, []
    for task in args.tasks:
        with tempfile.TemporaryDirectory(prefix="whole_class_") as scratch:
            folder = (args.keep or Path(scratch)).absolute() / task
            course(folder, task)
            expected = write_class(task, args.students, folder / "submitted", args.seed, graded=SEED)
            journal, start = folder / "grading" / task / "journal.jsonl", time.monotonic()
            for number in range(1, args.kills + 1):
                if written(journal) < (after := number * args.students // (args.kills + 1)):
                    grade(folder, task, args.jobs, kill_after=after)
            grade(folder, task, args.jobs)
            minutes = (time.monotonic() - start) / 60
            page_seconds = class_page(folder, task)
            found = read(journal)
            points = {r.student: {c.grade_id: c.points for c in r.cells} for r in found.records.values()}
            cells = [(student, cell) for student, worth in expected.items() for cell in worth]
            wrong = [
                (student, cell, points.get(student, {}).get(cell), expected[student][cell])
                for student, cell in cells
                if points.get(student, {}).get(cell) != expected[student][cell]
            ]
            twice = len(records(journal)) - len(found.records)
            counts = map(str, (len(expected), len(found.records), twice, len(cells), len(wrong)))
            rows.append((task, *counts, f"{minutes:.1f}", f"{page_seconds:.0f}"))
            print(f"{task}: {minutes:.1f} minutes", flush=True)
            for line in wrong[:5]:
                print("   student {}, {}: {} points, expected {}".format(*line))
            failed |= bool(wrong) or bool(twice) or len(found.records) != len(expected)
    head = ("", "students", "records", "twice", "cells", "different", "minutes", "class page, s")
    print(text_table(head, rows, right=range(1, 8)))
    sys.exit(failed)


if __name__ == "__main__":
    main()
