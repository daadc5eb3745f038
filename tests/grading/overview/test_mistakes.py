"""The name of a known mistake comes back from the words that a record kept."""

import pytest

from course_tools.checks import bank
from course_tools.grading.model.records import CellRecord, Record
from course_tools.grading.overview.mistakes import hints, met, named
from course_utils.checks import fingerprints
from course_utils.tasks import tasks
from tests.grading.students import Answer

SEED = 3


def record(student, cells, key="s-g-h"):
    return Record(student, "simclr", "simclr", key, "graded", cells=tuple(cells))


@pytest.mark.parametrize("task", tasks())
def test_no_two_mistakes_of_an_exercise_have_the_same_words(task):
    known = hints(task)
    for exercise, one in fingerprints.load(task).items():
        assert len(known[exercise]) == len(one["mistakes"]), exercise


def test_every_mistake_of_an_exercise_is_named_at_grading():
    known = hints("simclr")
    wrong = bank.load("simclr/alignment").misconceptions
    assert len(wrong) >= 5
    for name in wrong:
        public, hidden = Answer("alignment", "misconception", name).records("simclr", SEED)
        seen = public.points < public.max_points
        assert list(named("simclr", known, public)) == [("alignment", name)] * seen
        assert not list(named("simclr", known, hidden))


def test_who_met_it_and_who_still_has_it():
    right = Answer("alignment", "reference", "solution").records("simclr", SEED)
    wrong = Answer("alignment", "misconception", "root_of_the_mean").records("simclr", SEED)
    first = [record(student, wrong) for student in ("ada", "ben")]
    last = [record("ada", right, "t-g-h"), first[1], record("cleo", right)]
    (one,) = met("simclr", [*first, *last], last)
    assert (one.exercise, one.name) == ("alignment", "root_of_the_mean")
    assert (one.students, one.still) == ({"ada", "ben"}, {"ben"})
    assert one.hint.startswith("This is the root of the mean squared distance")


def test_another_course_and_another_text_name_nothing():
    assert met("ps1", [record("ada", [CellRecord("a", 1, 0, "graded", "", "assert x == 1")])], []) == []
    quoted = CellRecord("a", 1, 0, "graded", "", "simclr/nt_xent   0 / 3\n  FAIL  got keeps_the_diagonal")
    assert met("simclr", [record("ada", [quoted])], []) == []
