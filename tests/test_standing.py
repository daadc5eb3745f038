"""Where a student stands: a small file beside the notebook that survives whatever happens to it, and what is read from it."""

import json
import re

import pytest

from course_utils import cli, standing
from course_utils.errors import CourseError
from course_utils.exercises import exercises
from course_utils.standing import DONE, UNTOUCHED, WORK
from course_utils.tasks import TASKS, tasks


def state(task, number, folder):
    found = standing.standing(task, folder)
    return next(found.state(one) for one in found.exercises if one.number == f"Exercise {number}")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_exercises_add_up_to_what_the_notebook_says(task):
    minutes, points = map(int, re.findall(r"\d+", task.sums))
    found = exercises(task.name)
    assert sum(sum(one.public.values()) + sum(one.hidden.values()) + one.by_hand for one in found) == points
    assert 0 < sum(one.minutes for one in found) <= minutes
    assert all(one.names >= {name for name in one.public if name in one.hidden} for one in found), (
        "answers have the name of their exercise"
    )


def test_untouched_in_work_done_and_what_is_next(tmp_path):
    assert state("simclr", "7.2", tmp_path) == UNTOUCHED
    standing.note("simclr", "alignment", 0, 1, False, tmp_path)
    assert not list(tmp_path.iterdir()), "a check of an answer that nobody has begun leaves no trace"
    standing.note("simclr", "alignment", 1, 1, True, tmp_path)
    assert state("simclr", "7.2", tmp_path) == WORK, "its second answer is still to come"
    assert str(standing.standing("simclr", tmp_path).next) == "Exercise 7.2: alignment and uniformity"
    standing.note("simclr", "uniformity", 1, 1, True, tmp_path)
    assert state("simclr", "7.2", tmp_path) == DONE
    found = standing.standing("simclr", tmp_path)
    assert found.summary() == "2 of 26 points of the checks · exercises: 1 done, 14 untouched"
    assert found.advice() == "next: Exercise 1.1: one coin per image (untouched, about 8 minutes)"
    assert found.rest() == "18 more points are decided by hidden tests at grading, 6 for written answers by a person"


def test_all_done_says_how_to_hand_in(tmp_path):
    for one in exercises("simclr"):
        for answer, worth in one.public.items():
            standing.note("simclr", answer, worth, worth, True, tmp_path)
    assert "hand it in" in standing.standing("simclr", tmp_path).advice()


def test_after_a_week_it_says_when_and_where_to_go_on(tmp_path):
    standing.note("simclr", "nt_xent", 0.75, 3, True, tmp_path)
    path = standing.progress_file("simclr", tmp_path)
    kept = json.loads(path.read_text())
    week_ago = standing._now() - standing.datetime.timedelta(days=7)
    kept["answers"]["nt_xent"]["when"] = week_ago.isoformat(timespec="seconds")
    path.write_text(json.dumps(kept))
    found = standing.standing("simclr", tmp_path)
    assert found.welcome().endswith("14 untouched (last check 7 days ago)")
    assert found.advice() == "next: Exercise 3.3: NT-Xent, vectorised (in work, about 20 minutes)"


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"version": 99, "answers": {}}', '{"version": 1, "answers": {"a": 3}}']
)
def test_a_file_that_cannot_be_read_is_named_and_left_alone(tmp_path, content):
    path = standing.progress_file("simclr", tmp_path)
    path.write_text(content)
    standing.note("simclr", "nt_xent", 3, 3, True, tmp_path)
    assert path.read_text() == content
    with pytest.raises(CourseError, match="delete it, and the next checks begin it anew"):
        standing.standing("simclr", tmp_path)
    path.unlink()
    standing.note("simclr", "nt_xent", 3, 3, True, tmp_path)
    assert standing.standing("simclr", tmp_path).points == 3


def test_a_crash_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    standing.note("simclr", "nt_xent", 1, 3, True, tmp_path)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(standing.os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        standing.note("simclr", "nt_xent", 3, 3, True, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".simclr.progress.json"]
    assert standing.standing("simclr", tmp_path).points == 1


def test_a_folder_that_cannot_be_written_costs_nothing(tmp_path):
    standing.note("simclr", "nt_xent", 1, 3, True, tmp_path / "is not there")


def test_text_and_card_say_the_same(tmp_path):
    standing.note("infonce", "nce_loss", 2, 2, True, tmp_path)
    bundle = standing.standing("infonce", tmp_path)._repr_mimebundle_()
    for line in ("Exercise 2.1: noise-contrastive estimation", "for written answers by a person", "next: Exercise 1.1"):
        assert line in bundle["text/plain"]
        assert line in bundle["text/html"]
    assert re.search(r"Exercise 5.5: the proof \(written\) +graded by hand", bundle["text/plain"])
    assert '<progress aria-label="points of the checks in infonce" value="2" max=' in bundle["text/html"]


def test_course_progress(tmp_path, monkeypatch, capsys):
    standing.note("simclr", "nt_xent", 3, 3, True, tmp_path)
    assert cli.main(["progress", "simclr", "--folder", str(tmp_path)]) == 0
    assert "simclr: 3 of 26 points of the checks" in capsys.readouterr().out
    monkeypatch.setattr("course_utils.paths.NOTEBOOKS", tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert cli.main(["progress"]) == 0
    assert "no check has been run yet" in capsys.readouterr().out
    assert set(tasks()) > {"simclr"}
