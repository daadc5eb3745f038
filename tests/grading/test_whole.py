"""The whole of `course grade`, with the real engine in processes of its own: killed again and again it ends as if nothing had happened."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from course_tools.grading.results.journal import Contents, read
from course_utils.paths import ROOT
from tests.grading import toy

pytestmark = pytest.mark.slow(40)

STUDENTS = 8
EXPECTED = {
    toy.RIGHT: (2.0, 1.0),
    toy.WRONG: (0.0, 0.0),
    toy.STUB: (0.0, 0.0),
    "double = lambda x: abs(2 * x)": (2.0, 0.0),
}


def command(folder: Path, *options: str) -> subprocess.Popen:
    """`course grade ps1`, in a session of its own, so that all of it can be killed."""
    arguments = [sys.executable, "-m", "course_utils.cli", "grade", "ps1", "--jobs", "2", *options]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        arguments,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def make(folder: Path) -> dict[str, tuple[float, float]]:
    """A class; student -> the points of both checks."""
    toy.make(folder)
    answers = [list(EXPECTED)[index % len(EXPECTED)] for index in range(STUDENTS)]
    for index, answer in enumerate(answers):
        toy.submit(folder, f"s{index:02d}", answer)
    return {f"s{index:02d}": EXPECTED[answer] for index, answer in enumerate(answers)}


def journal(folder: Path) -> Contents:
    return read(folder / "grading" / "ps1" / "journal.jsonl")


def settled(contents: Contents, folder: Path) -> dict:
    """The records without what a clock or a folder decides."""
    return {
        name: replace(
            record,
            seed=0,  # of the secret of a folder
            key=record.submission,
            seconds=0.0,
            executed=str(Path(record.executed).relative_to(folder)),
            cells=tuple(replace(cell, seconds=0.0) for cell in record.cells),
        )
        for name, record in contents.records.items()
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    expected = make(folder)
    run = command(folder)
    out, _ = run.communicate(timeout=600)
    assert run.returncode == 0, out
    assert "all graded" in out
    return folder, expected


def test_every_record_is_what_it_should_be(undisturbed):
    folder, expected = undisturbed
    found = journal(folder).records
    assert len(found) == 2 * STUDENTS
    for name, record in found.items():
        points = {cell.grade_id: cell.points for cell in record.cells}
        check, hidden = expected[record.student]
        assert points == {"double_check": check, "double_hidden": hidden, "why": None}, name
        assert "double(-3)" not in Path(record.executed).read_text() + "".join(cell.message for cell in record.cells)


def test_killed_again_and_again(undisturbed, tmp_path):
    make(tmp_path)
    luck = random.Random(0)
    kills = 0
    for _ in range(10):
        before = len(journal(tmp_path).records)
        run = command(tmp_path)
        start = time.monotonic()
        wanted = before + luck.randint(1, 5)
        while run.poll() is None and len(journal(tmp_path).records) < wanted and time.monotonic() - start < 120:
            time.sleep(luck.uniform(0.0, 0.05))
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            kills += 1
        run.communicate()
        assert journal(tmp_path).damaged == 0
        if len(journal(tmp_path).records) == 2 * STUDENTS:
            break
    run = command(tmp_path)
    out, _ = run.communicate(timeout=600)
    assert run.returncode == 0, out
    assert kills >= 3
    folder, _ = undisturbed
    assert settled(journal(tmp_path), tmp_path) == settled(journal(folder), folder)


def test_what_two_processes_cannot_grade_waits_for_a_person(tmp_path):
    """Its test uses a magic and eval; a right answer once had 0 of 2 for it. A task cell keeps nbgrader's mark."""
    course = toy.make(tmp_path, names=["one"])
    node = nbformat.read(course.sources["one"], 4)
    node.cells[2].source = "%precision 3\nassert eval('double(2)') == 4"
    node.cells.append(v4.new_markdown_cell("Discuss.", metadata=toy.mark("talk", 2, task=True, locked=True)))
    nbformat.write(node, course.sources["one"])
    node.cells[3].source = ""
    path = tmp_path / "submitted" / "ann" / "ps1" / "one.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(node, path)
    refused = command(tmp_path)
    out, _ = refused.communicate(timeout=600)
    assert refused.returncode == 2 and "cell 3 (double_check), line 2: uses eval" in out
    run = command(tmp_path, "--ungradable-by-hand")
    out, _ = run.communicate(timeout=600)
    assert run.returncode == 0, out
    (record,) = journal(tmp_path).records.values()
    assert {cell.grade_id: cell.points for cell in record.cells} == {
        "double_check": None,
        "double_hidden": 1.0,
        "why": None,
        "talk": None,
    }
    with sqlite3.connect(course.gradebook) as database:
        waiting = database.execute("SELECT count(*) FROM grade WHERE needs_manual_grade AND auto_score IS NULL")
        assert waiting.fetchone() == (3,)
    marks = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader for c in nbformat.read(record.executed, 4).cells[1:]}
    assert marks == {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader for cell in node.cells[1:]}
