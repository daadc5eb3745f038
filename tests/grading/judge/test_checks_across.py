"""Our checks across two processes: every answer earns what the check gives it in one process, and reads the same words."""

import contextlib
import io
import json
import re

import pytest

from course_tools.checks import bank
from course_tools.checks.fresh import drawn_from
from course_tools.grading.engines.dispatch import grade_all
from course_tools.grading.model.records import Job
from course_tools.paths import SOLUTIONS
from course_utils.checks import check, fingerprints
from course_utils.tasks import tasks
from tests.grading.students import answers

SEED = 7
MOST = ("reference0", "misconception0")
# of one task; the 14th wrong train_step leaves its trace in what a call does to a module
MORE = ("alternative1", "misconception2", "misconception4", "misconception13", "stub0")
PLACE = re.compile(r" \(line \d+: `.*`\)")  # known for code of a notebook, not for the bank's
pytestmark = [pytest.mark.slow(65), pytest.mark.usefixtures("fork_server")]


def short(source, chosen=None):
    """The instructor's notebook without its demonstrations; with other answers, a submission."""
    cells = [
        cell
        for cell in source["cells"]
        if "nbgrader" in cell["metadata"] and cell["metadata"]["nbgrader"]["grade_id"] != "preflight"
    ]
    for cell in cells:
        mark = cell["metadata"]["nbgrader"]
        if chosen and mark["solution"] and not mark["grade"]:
            cell["source"] = (
                chosen[mark["grade_id"]].source or f"def {mark['grade_id']}(*_, **__):\n    raise NotImplementedError"
            )
        elif chosen and mark["grade"]:
            cell["source"] = "the student's copy is not run"
    return source | {"cells": cells}


@pytest.fixture(scope="module")
def graded(tmp_path_factory, fork_server):
    """(task, notebook) -> (chosen answers, record). The n-th wrong notebook holds the n-th wrong answer to every exercise."""
    folder = tmp_path_factory.mktemp("across")
    chosen: dict[tuple[str, str], dict] = {}
    jobs = []
    for task in tasks():
        text = (SOLUTIONS / task / f"{task}.ipynb").read_text()
        source = folder / "source" / task / f"{task}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_text(json.dumps(short(json.loads(text))))
        known = answers(task)
        for name in [*MOST, *(MORE if task == "simclr" else ())]:
            kind = name.rstrip("0123456789")
            n = int(name.removeprefix(kind))
            of_kind = {exercise: [a for a in found if a.kind == kind] for exercise, found in known.items()}
            chosen[task, name] = {exercise: found[n % len(found)] for exercise, found in of_kind.items()}
            path = folder / f"{task}-{name}.ipynb"
            path.write_text(json.dumps(short(json.loads(text), chosen[task, name])))
            executed = folder / "executed" / path.name
            jobs.append(Job(f"{task}-{name}", task, task, str(path), str(source), "key", str(executed), seed=SEED))
    records = {record.student: record for record in grade_all(jobs, workers=2)}
    return {(task, name): (picked, records[f"{task}-{name}"]) for (task, name), picked in chosen.items()}


@pytest.mark.parametrize(
    ("task", "name"), [*((task, name) for task in tasks() for name in MOST), *(("simclr", name) for name in MORE)]
)
def test_points_are_those_of_one_process(graded, task, name):
    chosen, record = graded[task, name]
    assert record.outcome == "graded", record.reason
    expected = {cell: points for answer in chosen.values() for cell, points in answer.points(task, SEED).items()}
    assert {cell.grade_id: cell.points for cell in record.cells if cell.status != "manual"} == expected
    if name.startswith(("reference", "alternative")):
        assert record.points == sum(cell.max_points for cell in record.cells if cell.status != "manual") > 40


@pytest.mark.parametrize(("task", "exercise"), [(task, one) for task in tasks() for one in fingerprints.load(task)])
def test_the_words_are_those_of_one_process(graded, task, exercise):
    chosen, record = graded[task, "misconception0"]
    answer, _ = bank.load(f"{task}/{exercise}").misconceptions[chosen[exercise].name]
    with drawn_from(SEED), contextlib.redirect_stdout(io.StringIO()) as out:
        check(f"{task}/{exercise}", answer)
    cell = next(cell for cell in record.cells if cell.grade_id == f"{exercise}_check")
    assert PLACE.sub("", cell.message) == PLACE.sub("", out.getvalue()).rstrip()


def test_unwritten_is_said_and_hidden_tests_are_silent(graded):
    _, record = graded["simclr", "stub0"]
    assert {cell.status for cell in record.cells} == {"unwritten"}
    for _, other in graded.values():
        assert not [cell.message for cell in other.cells if cell.grade_id.endswith("_hidden") and cell.message]
