"""Notebooks that only remember: worth most of the public points at home, and nothing when they are graded."""

import json

import pytest

from course_tools.grading.engines.dispatch import grade_all
from course_tools.grading.model.records import Job
from course_tools.paths import SOLUTIONS
from course_utils.tasks import tasks
from tests.grading.attacks import memorising


@pytest.mark.parametrize(("task", "form"), [(task, form) for task in tasks() for form in memorising.FORMS])
def test_what_is_remembered_is_worth_nothing(task, form):
    """An identity, say, may be right by itself on some input: an answer keeps what it is worth, but here none is an answer."""
    assert sum(memorising.remembered(task, form).values()) > 0.4 * memorising.at_stake(task), "no attack"
    assert {key: value for key, value in memorising.remembered(task, form, seed=11).items() if value} == {}


@pytest.fixture(scope="module")
def records(tmp_path_factory, fork_server):
    folder = tmp_path_factory.mktemp("memory")
    jobs = []
    for task in ("simclr", "infonce"):
        source = SOLUTIONS / task / f"{task}.ipynb"
        for form in memorising.FORMS:
            path = folder / f"{task}-{form}.ipynb"
            path.write_text(json.dumps(memorising.notebook(task, form)))
            executed = str(folder / "autograded" / form / task / f"{task}.ipynb")
            jobs.append(Job(form, task, task, str(path), str(source), "key", executed, seed=23))
    return list(grade_all(jobs, workers=2))


def test_graded_in_the_sandbox_they_earn_nothing(records):
    assert len(records) == 2 * len(memorising.FORMS)
    for record in records:
        assert record.outcome == "graded" and not record.reason
        assert {cell.grade_id: cell.points for cell in record.cells if cell.points} == {}, record.name
        assert {cell.status for cell in record.cells} <= {"graded", "unwritten", "manual"}
        assert record.seed == 23


def test_they_did_run(records):
    """They answered: what is wrong is the number, not the call."""
    for record in records:
        assert sum("expected" in cell.message for cell in record.cells) > 5, record.name
