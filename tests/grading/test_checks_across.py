"""Our checks across two processes: every answer earns what the check gives it in one process, and reads the same words."""

import contextlib
import io
import json
import re

import pytest

from course_utils.checks import bank, check, fingerprints
from course_utils.grading.engines import grade_all
from course_utils.grading.records import Job
from course_utils.paths import SOLUTIONS
from tests.grading.students import answers

TASK = "simclr"
PLACE = re.compile(r" \(line \d+: `.*`\)")  # known for code of a notebook, not for the bank's
pytestmark = pytest.mark.usefixtures("zygote")


def short(source, chosen=None):
    """The instructor's notebook without its demonstrations; with other answers, a submission."""
    cells = [
        cell
        for cell in source["cells"]
        if "nbgrader" in cell["metadata"] and cell["metadata"]["nbgrader"]["grade_id"] != "preflight"
    ]
    for cell in cells:
        mark = cell["metadata"]["nbgrader"]
        if chosen and mark["solution"]:
            cell["source"] = (
                chosen[mark["grade_id"]].source or f"def {mark['grade_id']}(*_, **__):\n    raise NotImplementedError"
            )
        elif chosen and mark["grade"]:
            cell["source"] = "the student's copy is not run"
    return source | {"cells": cells}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, zygote):
    """Notebook -> (chosen answers, record). The n-th wrong notebook holds the n-th wrong answer to every exercise."""
    folder = tmp_path_factory.mktemp("across")
    text = (SOLUTIONS / TASK / f"{TASK}.ipynb").read_text()
    (folder / "source").mkdir()
    source = folder / "source" / f"{TASK}.ipynb"
    source.write_text(json.dumps(short(json.loads(text))))
    known = answers(TASK)
    kinds = {
        exercise: {
            kind: [a for a in found if a.kind == kind] for kind in ("reference", "alternative", "misconception", "stub")
        }
        for exercise, found in known.items()
    }
    plans = [
        ("reference", 0),
        ("alternative", 1),
        ("misconception", 0),
        ("misconception", 2),
        ("misconception", 4),
        ("stub", 0),
    ]
    chosen = {
        f"{kind}{n}": {exercise: found[kind][n % len(found[kind])] for exercise, found in kinds.items()}
        for kind, n in plans
    }
    jobs = []
    for name, picked in chosen.items():
        path = folder / f"{name}.ipynb"
        path.write_text(json.dumps(short(json.loads(text), picked)))
        jobs.append(Job(name, TASK, TASK, str(path), str(source), "key", str(folder / "executed" / f"{name}.ipynb")))
    records = {record.student: record for record in grade_all(jobs, workers=2)}
    return {name: (picked, records[name]) for name, picked in chosen.items()}


@pytest.mark.parametrize(
    "name", ["reference0", "alternative1", "misconception0", "misconception2", "misconception4", "stub0"]
)
def test_points_are_those_of_one_process(graded, name):
    chosen, record = graded[name]
    assert record.outcome == "graded", record.reason
    expected = {cell: points for answer in chosen.values() for cell, points in answer.points(TASK).items()}
    assert {cell.grade_id: cell.points for cell in record.cells} == expected
    if name.startswith(("reference", "alternative")):
        assert record.points == record.max_points == 44


@pytest.mark.parametrize("exercise", fingerprints.load(TASK))
def test_the_words_are_those_of_one_process(graded, exercise):
    chosen, record = graded["misconception0"]
    answer, _ = bank.load(f"{TASK}/{exercise}").misconceptions[chosen[exercise].name]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        check(f"{TASK}/{exercise}", answer)
    cell = next(cell for cell in record.cells if cell.grade_id == f"{exercise}_check")
    assert PLACE.sub("", cell.message) == PLACE.sub("", out.getvalue()).rstrip()


def test_unwritten_is_said_and_hidden_tests_are_silent(graded):
    _, record = graded["stub0"]
    assert {cell.status for cell in record.cells} == {"unwritten"}
    for _, other in graded.values():
        assert not [cell.message for cell in other.cells if cell.grade_id.endswith("_hidden") and cell.message]
