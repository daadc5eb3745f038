"""Our checks across two processes: every answer earns what the check gives it in one process, and reads the same words."""

import contextlib
import io
import json
import re

import pytest

from course_tools.checks import bank
from course_tools.checks.fresh import drawn_from
from course_tools.checks.variants import drawn, filled
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
    assert {cell.status for cell in record.cells} == {"unwritten", "manual"}, "a written answer waits for a person"
    for _, other in graded.values():
        assert not [cell.message for cell in other.cells if cell.grade_id.endswith("_hidden") and cell.message]


def test_the_answer_of_a_neighbour_earns_nothing_and_is_noted(tmp_path, fork_server):
    """Two students whose numbers differ, with one answer."""
    task, exercise = "simclr", "collapsed_loss"
    node = json.loads((SOLUTIONS / task / f"{task}.ipynb").read_text(encoding="utf-8"))
    wanted = ("imports", exercise, f"{exercise}_check")
    cells = [cell for cell in short(node)["cells"] if cell["metadata"]["nbgrader"]["grade_id"] in wanted]
    source = tmp_path / "source" / f"{task}.ipynb"
    source.parent.mkdir()
    source.write_text(json.dumps(node | {"cells": cells}), encoding="utf-8")
    keys = {"own": "a" * 32, "neighbour": "b" * 32}
    numbers = {student: drawn(task, key)[exercise] for student, key in keys.items()}
    assert numbers["own"] != numbers["neighbour"]
    jobs = []
    for student, key in keys.items():
        mine = filled(task, cells, drawn(task, key))
        mine[1] = mine[1] | {"source": f"{exercise} = {bank.reference(f'{task}/{exercise}', numbers['own'])}"}
        path, done = tmp_path / f"{student}.ipynb", tmp_path / "done" / f"{student}.ipynb"
        path.write_text(json.dumps(node | {"cells": mine}), encoding="utf-8")
        jobs.append(Job(student, task, task, str(path), str(source), "key", str(done), seed=SEED, variant=key))
    found = {record.student: record for record in grade_all(jobs)}
    assert {student: record.points for student, record in found.items()} == {"own": 1, "neighbour": 0}
    assert {student: record.variants[exercise] for student, record in found.items()} == numbers
    assert found["own"].others == {}
    assert found["neighbour"].others == {exercise: numbers["own"]}
    shown = json.loads((tmp_path / "done" / "own.ipynb").read_text(encoding="utf-8"))["cells"]
    assert f'variant="{numbers["own"]}"' in shown[2]["source"], "the check is the one that was released"
