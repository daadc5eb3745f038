"""What is given at the desk: in nbgrader's gradebook and in the journal, kept by later gradings, never over another's unseen."""

import shutil

import pytest
from nbgrader.api import Gradebook

from course_tools.desk.answers import Sample
from course_tools.desk.command import take_requests
from course_tools.desk.desk import Desk, Wanted
from course_tools.grading.results.journal import Journal, read
from course_utils.errors import CourseError, UsageError
from tests.grading import toy

from .conftest import grade


def shown(desk):
    """student -> answer."""
    found = desk.answers(desk.questions[0], desk.contents()).shown
    return {one.student.id: one for one in found}


def give(desk, student, score, comment="", met=(), version=None):
    answer = shown(desk)[student]
    return desk.give(desk.questions[0], [Wanted(answer.key, version or answer.version, score, comment, met)])


def in_gradebook(course, student):
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        grade = gradebook.find_grade("why", "one", "ps1", student)
        comment = gradebook.find_comment("why", "one", "ps1", student)
        return grade.manual_score, grade.needs_manual_grade, comment.manual_comment


def by_formgrader(course, student, score):
    with Gradebook(f"sqlite:///{course.gradebook}") as gradebook:
        grade = gradebook.find_grade("why", "one", "ps1", student)
        grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()


def test_the_question_with_its_rubric(desk):
    (question,) = desk.questions
    assert (question.path, question.points, question.title) == ("one/why", 3, "one")
    assert "Write `double`" in question.statement and question.rubric.sample.startswith("**A full answer.** Twice")
    assert [(one.points, one.text) for one in question.rubric.criteria] == [
        (1, "twice $x$ is a sum of two terms."),
        (2, "the law is named."),
    ]
    assert question.rubric.remark == "Half points are fine."


def test_who_wrote_nothing_is_not_read(desk):
    found = desk.answers(desk.questions[0], desk.contents())
    assert (len(found.shown), found.blank, found.waiting) == (10, 1, 10)


def test_a_grade_is_in_both_files_and_stays(course, desk, blank):
    assert in_gradebook(course, "s00") == (None, True, None)
    (answer,), conflicts = give(desk, "s00", 2.5, "well argued", (2,))
    assert (answer.given.score, answer.given.comment, answer.given.met, answer.given.reader) == (
        2.5,
        "well argued",
        (2,),
        "ann",
    )
    assert not conflicts and not answer.waits
    assert in_gradebook(course, "s00") == (2.5, False, "well argued")
    grade(course)
    shutil.copy(blank, course.gradebook)
    grade(course)
    assert in_gradebook(course, "s00") == (2.5, False, "well argued"), "the journal alone brings it back"
    assert shown(desk)["s00"].given.met == (2,)
    give(desk, "s00", None)
    assert in_gradebook(course, "s00") == (None, True, None)


def test_many_at_once_and_one_of_them_meanwhile_another_readers(course, desk):
    other = Desk.open(course, "ben")
    before = shown(desk)
    give(other, "s03", 1, "mine", (1,))
    wanted = [Wanted(before[s].key, before[s].version, 3, "", (1, 2)) for s in ("s00", "s03", "s06")]
    good, conflicts = desk.give(desk.questions[0], wanted)
    assert {one.student.id for one in good} == {"s00", "s06"}
    assert [(one.student.id, one.given.score, one.given.reader) for one in conflicts] == [("s03", 1, "ben")]
    assert in_gradebook(course, "s03") == (1, False, "mine")
    give(desk, "s03", 3, version=conflicts[0].version)
    assert shown(desk)["s03"].given.score == 3, "whoever has seen it may change it"


def test_what_the_formgrader_did_meanwhile_is_a_conflict_too(course, desk):
    version = shown(desk)["s00"].version
    by_formgrader(course, "s00", 2)
    _, conflicts = give(desk, "s00", 3, version=version)
    assert [(one.given.score, one.given.reader) for one in conflicts] == [(2, "the formgrader")]
    assert in_gradebook(course, "s00")[0] == 2


def test_a_new_submission_is_to_be_read_again(course, desk):
    give(desk, "s00", 3, "", (1, 2))
    version = shown(desk)["s00"].version
    toy.answer(course.root / "submitted/s00/ps1/one.ipynb", text="It is so.")
    grade(course)
    answer = shown(desk)["s00"]
    assert (answer.text, answer.given.score, answer.given.stale, answer.waits) == ("It is so.", 3, True, True)
    assert give(desk, "s00", 3, version=version)[1], "the page showed another answer"
    give(desk, "s00", 0)
    assert (shown(desk)["s00"].waits, in_gradebook(course, "s00")) == (False, (0, False, None))


@pytest.mark.parametrize("score", [-1, 3.5, float("nan"), float("inf")])
def test_no_such_score(desk, score):
    with pytest.raises(UsageError, match="no score between 0 and 3"):
        give(desk, "s00", score)
    assert read(desk.course.journal).manual == {}


def test_while_another_run_writes_it_says_so_and_still_shows(desk, monkeypatch):
    monkeypatch.setattr("course_tools.desk.desk.PATIENCE", 0.1)
    with Journal(desk.course.journal):
        assert len(shown(desk)) == 10
        with pytest.raises(CourseError, match="is being written by another run"):
            give(desk, "s00", 3)
    give(desk, "s00", 3)
    assert shown(desk)["s00"].given.score == 3


def test_killed_between_the_two_files_nothing_is_lost(course, desk, monkeypatch):
    def dies(*entries):
        raise KeyboardInterrupt

    answer = shown(desk)["s00"]
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "_first", dies)
        with pytest.raises(KeyboardInterrupt):
            desk.give(desk.questions[0], [Wanted(answer.key, answer.version, 2, "half", ())])
    assert not read(course.journal).manual
    assert (shown(desk)["s00"].given.score, shown(desk)["s00"].given.comment) == (2, "half")
    grade(course)
    assert read(course.journal).manual["s00", "one", "why"].score == 2


def test_a_blind_second_reading_changes_no_grade(course, desk):
    for student, score in zip(("s00", "s01", "s02", "s03"), (3, 0, 1, 3), strict=True):
        give(desk, student, score)
    second = Desk.open(course, "zoe", Sample("zoe", 1))
    found = second.answers(second.questions[0], second.contents())
    assert (len(found.shown), found.ahead) == (4, 6)
    assert {one.given.score for one in found.shown} == {None}, "blind"
    give(second, "s00", 2, "not named", (1,))
    assert in_gradebook(course, "s00")[0] == 3
    assert shown(second)["s00"].given.score == 2
    give(desk, "s00", 2)
    give(second, "s00", 1)
    (reading,) = shown(desk)["s00"].second
    assert (reading.reader, reading.score, reading.beside) == ("zoe", 1, 3), (
        "beside the score that stood at the first look"
    )


def test_the_sample_is_the_same_for_all_and_of_its_size(course, desk):
    for student in shown(desk):
        give(desk, student, 1)
    samples = [set(shown(Desk.open(course, name, Sample(name, 0.35)))) for name in ("yan", "zoe")]
    assert samples[0] == samples[1] and len(samples[0]) == 4


def test_requests_come_from_a_csv_and_are_settled_once(course, desk, tmp_path):
    give(desk, "s00", 1)
    path = tmp_path / "requests.csv"
    path.write_text('student,question,text\ns00,why,"I named it, see line 2"\ns01,one/why,please\n')
    assert take_requests(desk, path) == take_requests(desk, path) == 2
    one, two = desk.contents().requests.values()
    assert (one.student, one.text, one.before, one.settled, two.before) == (
        "s00",
        "I named it, see line 2",
        1,
        "",
        None,
    )
    desk.settle(desk.mark(one))
    assert [bool(each.settled) for each in desk.contents().requests.values()] == [True, False]
    desk.settle(desk.mark(one), again=True)
    assert not any(each.settled for each in desk.contents().requests.values())


@pytest.mark.parametrize(
    ("line", "message"),
    [("s00,whence,x", "no written question 'whence'; there are: one/why"), ("dan,why,x", "'dan' wrote no answer")],
)
def test_a_request_that_cannot_be_one(desk, tmp_path, line, message):
    path = tmp_path / "requests.csv"
    path.write_text(f"student,question,text\ns01,why,please\n{line}\n")
    with pytest.raises(UsageError, match=message):
        take_requests(desk, path)
    assert not desk.contents().requests
