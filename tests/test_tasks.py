"""The registry of tasks: it names what is here, and nothing else lists tasks."""

import pytest

from course_tools.paths import BANK, SOLUTIONS
from course_utils.checks import fingerprints
from course_utils.errors import UsageError
from course_utils.paths import NOTEBOOKS, ROOT
from course_utils.tasks import TASKS, Task, chosen, tasks


@pytest.mark.parametrize(
    "found",
    [
        {path.stem for path in SOLUTIONS.glob("*.py")},
        {path.parent.name for path in SOLUTIONS.glob("*/*.ipynb")},
        {path.parent.name for path in NOTEBOOKS.glob("*/*.ipynb")},
        {path.parent.name for path in BANK.glob("*/*.py")},
        {path.parent.name for path in (ROOT / "course_utils").glob("*/checks.py")},
        {path.stem for path in (ROOT / "data/runs").glob("*.json")},
        {path.stem for path in fingerprints.FOLDER.glob("*.json")},
    ],
    ids=["sources", "solutions", "notebooks", "bank", "rooms", "runs", "fingerprints"],
)
def test_what_is_here_is_registered_and_the_other_way_round(found):
    assert found == set(tasks())


def test_tasks_are_numbered_in_their_order():
    assert [task.title.split(" · ")[0] for task in TASKS] == [str(number + 1) for number in range(len(TASKS))]


def test_extensions_come_after_the_core():
    cores = [task.core for task in TASKS]
    assert cores == sorted(cores, reverse=True)


def test_names_and_groups_of_tasks(monkeypatch):
    some = (Task("first", ""), Task("second", ""), Task("more", "", core=False))
    monkeypatch.setattr("course_utils.tasks.TASKS", some)
    assert chosen([]) == chosen(["all"]) == ["first", "second", "more"]
    assert chosen([], "core") == chosen(["core"]) == ["first", "second"]
    assert chosen(["more", "core", "more"]) == ["more", "first", "second"]
    with pytest.raises(UsageError, match="unknown task 'third'; the tasks are: first, second, more"):
        chosen(["first", "third"])
