"""gradebook.db: in nbgrader's own schema, read back by nbgrader's own code; what a person gave survives."""

import os
import shutil
import sqlite3
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook, get_alembic_version
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from course_tools.grading.intake.collect import take_in
from course_tools.grading.model.records import Policy, Record
from course_tools.grading.results.database import create, transaction
from course_tools.grading.results.gradebook import course_id, synchronize
from course_tools.grading.results.journal import Journal, read
from course_utils.errors import CourseError
from course_utils.paths import ROOT
from tests.grading import toy


@pytest.fixture
def course(tmp_path, blank):
    course = toy.make(tmp_path)
    shutil.copy(blank, course.gradebook)
    toy.submit(tmp_path, "ann")
    toy.submit(tmp_path, "ben", toy.WRONG)
    toy.submit(tmp_path, "cleo", toy.STUB, names=["one"])
    toy.answer(tmp_path / "submitted/dan/ps1/one.ipynb", text=toy.PLACEHOLDER)
    for student, day in (("ann", 20), ("ben", 24)):
        (tmp_path / "submitted" / student / "ps1" / "timestamp.txt").write_text(f"2026-11-{day} 12:00:00 UTC")
    return course


def grade(course, **policy):
    """What `course grade` does, with the stand-in."""
    intake = take_in(course, course.root / "submitted")
    with Journal(course.journal) as journal:
        if policy:
            journal.append(Policy(**policy))
        journal.append(*intake.students.values(), *intake.records)
        for job in intake.jobs:
            if not journal.contents.settles(job):
                journal.append(toy.graded(job))
        return synchronize(course, journal)


def opened(course):
    return Gradebook(f"sqlite:///{course.gradebook}")


def scores(course):
    with opened(course) as gradebook:
        return {one.student.id: one.score for one in gradebook.assignment_submissions("ps1")}


def grades(course, student, notebook="one"):
    with opened(course) as gradebook:
        found = gradebook.find_submission_notebook(notebook, "ps1", student).grades
        return {one.name: (one.auto_score, one.manual_score, one.needs_manual_grade) for one in found}


def by_hand(course, student, score, comment="well argued", notebook="one"):
    """What the formgrader's API does when a person types a score and a comment."""
    with opened(course) as gradebook:
        grade = gradebook.find_grade("why", notebook, "ps1", student)
        grade.manual_score, grade.needs_manual_grade = score, score is None and grade.auto_score is None
        gradebook.find_comment("why", notebook, "ps1", student).manual_comment = comment
        gradebook.db.commit()


def test_a_new_gradebook_has_the_version_that_nbgrader_would_give_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # where alembic is
    create(tmp_path / "new.db", "toy")
    ((version,),) = sqlite3.connect(tmp_path / "new.db").execute("SELECT version_num FROM alembic_version")
    assert version == get_alembic_version()


def test_a_gradebook_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("nbgrader.api.Gradebook", killed)
    with pytest.raises(KeyboardInterrupt):
        create(tmp_path / "new.db", "toy")
    assert not (tmp_path / "new.db").exists()
    monkeypatch.undo()
    create(tmp_path / "new.db", "toy")
    assert os.listdir(tmp_path) == ["new.db"]


@pytest.mark.parametrize(
    ("pragma", "advice"), [("max_page_count = 1", "free some space"), ("query_only = ON", "the right to write there")]
)
def test_a_disk_that_takes_no_more(tmp_path, pragma, advice):
    with pytest.raises(CourseError, match=advice), transaction(tmp_path / "new.db", "another program") as database:
        [database.execute(line) for line in (f"PRAGMA {pragma}", "CREATE TABLE a (x)", "CREATE TABLE b (x)")]


def test_the_course_is_that_of_the_config(tmp_path):
    assert course_id(tmp_path) == "default_course"
    assert course_id(ROOT) == "learning-at-scale"


def test_a_file_that_is_no_gradebook(course):
    course.gradebook.write_bytes(b"no database at all, but a text of some length")
    with pytest.raises(CourseError, match="nbgrader db upgrade"):
        grade(course)


def test_every_score_and_what_waits(course):
    grade(course)
    assert scores(course) == {"ann": 6, "ben": 0, "cleo": 0, "dan": 3}
    assert grades(course, "ann") == {
        "double_check": (2, None, False),
        "double_hidden": (1, None, False),
        "why": (None, None, True),
    }
    assert grades(course, "dan")["why"] == (0, None, False)
    assert set(grades(course, "cleo", "two").values()) == {(0, None, False)}
    with opened(course) as gradebook:
        assignment = gradebook.find_assignment("ps1")
        assert (assignment.max_score, assignment.max_code_score, assignment.max_written_score) == (12, 6, 6)
        assert gradebook.find_submission("ps1", "ann").needs_manual_grade
        assert not gradebook.find_submission("ps1", "dan").notebooks[1].needs_manual_grade
        assert gradebook.find_comment("why", "one", "ps1", "dan").comment == "No response."
        assert gradebook.find_submission_notebook("one", "ps1", "ben").failed_tests
        assert len(gradebook.submission_dicts("ps1")) == 4


def test_nbgraders_own_api_finds_everything(course):
    """What the formgrader's pages ask for."""
    grade(course)
    config = Config()
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.course_id = "default_course"
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    (assignment,) = [one for one in api.get_assignments() if one["name"] == "ps1"]
    assert assignment["num_submissions"] == 4
    assert assignment["max_score"] == 12
    submissions = {one["student"]: one for one in api.get_submissions("ps1")}
    assert submissions["ann"]["score"] == 6
    assert submissions["ann"]["autograded"]
    assert len(api.get_notebook_submissions("ps1", "one")) == 4
    assert api.get_autograded_students("ps1") == {"ann", "ben", "cleo", "dan"}


def test_what_a_person_gave_survives_and_goes_into_the_journal(course, blank):
    grade(course)
    ids = {one.student.id: one.id for one in opened(course).assignment_submissions("ps1")}
    by_hand(course, "ann", 2.5)
    grade(course)
    assert scores(course)["ann"] == 8.5
    shutil.copy(blank, course.gradebook)
    grade(course)
    assert scores(course)["ann"] == 8.5
    assert grades(course, "ann")["why"] == (None, 2.5, False)
    with opened(course) as gradebook:
        assert gradebook.find_comment("why", "one", "ps1", "ann").manual_comment == "well argued"
    before = {one.student.id: one.id for one in opened(course).assignment_submissions("ps1")}
    grade(course)
    assert before == {one.student.id: one.id for one in opened(course).assignment_submissions("ps1")}
    assert set(ids) == set(before)


def test_a_new_submission_asks_the_person_to_look_again(course):
    grade(course)
    by_hand(course, "ann", 2.5)
    toy.submit(course.root, "ann", toy.WRONG, names=["one"])
    grade(course)
    assert grades(course, "ann")["why"] == (None, 2.5, True)
    grade(course)
    assert grades(course, "ann")["why"] == (None, 2.5, True)
    by_hand(course, "ann", 2.5)
    grade(course)
    assert grades(course, "ann")["why"] == (None, 2.5, False)


def test_a_manual_grade_that_is_taken_back(course):
    grade(course)
    by_hand(course, "ann", 2.5)
    grade(course)
    by_hand(course, "ann", None, comment=None)
    grade(course)
    assert grades(course, "ann")["why"] == (None, None, True)
    assert scores(course)["ann"] == 6


def test_extra_credit_and_an_overridden_check(course):
    grade(course)
    with opened(course) as gradebook:
        given = gradebook.find_grade("double_check", "one", "ps1", "ben")
        given.manual_score, given.extra_credit = 1.5, 0.5
        gradebook.find_comment("double", "one", "ps1", "ben").manual_comment = "close"
        gradebook.db.commit()
    (sheet,) = [one for one in grade(course) if (one.student.id, one.record.notebook) == ("ben", "one")]
    assert sheet.points == 2
    assert sheet.comments == {"double": "close"}
    assert scores(course)["ben"] == 2
    assert grades(course, "ben")["double_check"] == (0, 1.5, False)


def test_an_edited_test_grades_only_its_notebook_again(course):
    grade(course)
    by_hand(course, "ann", 2.5)
    before = read(course.journal).records
    path = course.sources["one"]
    path.write_text(path.read_text().replace("assert double(2) == 4", "assert double(5) == 10"))
    ran = []
    intake = take_in(course, course.root / "submitted")
    with Journal(course.journal) as journal:
        for job in intake.jobs:
            if not journal.contents.settles(job):
                ran.append(job.notebook)
                journal.append(toy.graded(job))
        synchronize(course, journal)
    after = read(course.journal).records
    assert ran == ["one"] * 4
    assert {name for name in after if after[name] != before[name]} == {"ann/one", "ben/one", "cleo/one", "dan/one"}
    assert grades(course, "ann")["why"] == (None, 2.5, False), "the student's answer is the one that was read"


def test_a_test_that_the_instructor_adds_or_takes_out(course):
    grade(course)
    by_hand(course, "ann", 2.5)
    node = nbformat.read(course.sources["one"], 4)
    node.cells[3].metadata.nbgrader.grade_id = "another"
    node.cells[3].metadata.nbgrader.points = 4
    nbformat.write(node, course.sources["one"])
    grade(course)
    assert set(grades(course, "ann")) == {"double_check", "another", "why"}
    assert grades(course, "ann")["why"] == (None, 2.5, False)
    with opened(course) as gradebook:
        assert gradebook.find_notebook("one", "ps1").max_score == 9


def test_late_work_pays_and_an_extension_counts(course):
    policy = {"due": "2026-11-23T12:00:00+00:00", "late": "10%/day"}
    grade(course)
    by_hand(course, "ben", 3)
    found = {(one.student.id, one.record.notebook): one for one in grade(course, **policy)}
    assert found["ann", "one"].penalty == 0
    assert found["ben", "one"].penalty == pytest.approx(0.6)
    assert found["ben", "one"].points == pytest.approx(2.4)
    assert found["ben", "two"].penalty == 0, "there is nothing left to take"
    with opened(course) as gradebook:
        late = gradebook.find_submission("ps1", "ben")
        assert late.total_seconds_late == 86400
        assert late.late_submission_penalty == pytest.approx(0.6)
        gradebook.grant_extension("ps1", "ben", days=1)
    found = {(one.student.id, one.record.notebook): one for one in grade(course)}
    assert found["ben", "one"].penalty == 0
    with opened(course) as gradebook:
        assert gradebook.find_submission("ps1", "ben").extension == timedelta(days=1)
        assert not gradebook.find_submission("ps1", "ben").late_submission_penalty


def test_other_assignments_in_the_file_are_left_alone(course):
    with opened(course) as gradebook:
        gradebook.add_assignment("ps0")
        gradebook.add_notebook("old", "ps0")
        gradebook.add_grade_cell("q", "old", "ps0", max_score=1, cell_type="code")
        gradebook.add_student("ann", first_name="Ann", last_name="Lee")
        gradebook.add_submission("ps0", "ann")
        gradebook.find_grade("q", "old", "ps0", "ann").auto_score = 1
        gradebook.db.commit()
    grade(course)
    with opened(course) as gradebook:
        assert gradebook.find_submission("ps0", "ann").score == 1
        assert gradebook.find_student("ann").last_name == "Lee", "the layout gives no name; the instructor's stays"
        assert gradebook.find_student("ann").score == 7


def test_a_submission_that_could_not_be_graded_is_zero_and_can_be_overridden(course):
    grade(course)
    with Journal(course.journal) as journal:
        one: Record = replace(
            journal.contents.records["ann/one"], outcome="crashed", cells=(), reason="ran out of memory"
        )
        journal.append(one)
        synchronize(course, journal)
    assert set(grades(course, "ann").values()) == {(0, None, False)}
    by_hand(course, "ann", 3)
    with Journal(course.journal) as journal:
        synchronize(course, journal)
    assert scores(course)["ann"] == 6


def test_a_rebuild_cut_off_changes_nothing(course, monkeypatch):
    grade(course)
    before = list(sqlite3.connect(course.gradebook).iterdump())
    import course_tools.grading.results.gradebook as module

    settle, calls = module.settle, []

    def dies(*arguments, **options):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return settle(*arguments, **options)

    toy.submit(course.root, "ann", toy.WRONG)
    toy.submit(course.root, "eve")
    monkeypatch.setattr(module, "settle", dies)
    with pytest.raises(KeyboardInterrupt):
        grade(course)
    assert list(sqlite3.connect(course.gradebook).iterdump()) == before
    monkeypatch.undo()
    grade(course)
    assert scores(course) == {"ann": 0, "ben": 0, "cleo": 0, "dan": 3, "eve": 6}
