"""The kill matrix of every task, and proof that it can fail."""

import pytest

from course_tools.checks import bank, matrix, untaught
from course_utils import cli
from course_utils.checks import fingerprints
from course_utils.tasks import tasks

pytestmark = pytest.mark.slow(60)

NAMES = [f"{task}/{exercise}" for task in tasks() for exercise in fingerprints.load(task)]
LOSSES = {
    "simclr": ("nt_xent",),
    "infonce": ("nce_loss", "info_nce", "exact_info_nce", "mi_lower_bound"),
    "pseudo_perplexity": ("perplexity", "pseudo_log_likelihood", "pseudo_perplexity", "expected_mlm_loss"),
    "pythia_scaling": ("power_law", "power_law_with_floor", "huber_objective"),
}
MANY = {f"{task}/{exercise}": 10 for task, exercises in LOSSES.items() for exercise in exercises}


@pytest.fixture(scope="module")
def all_rows():
    return matrix.matrix(NAMES, jobs=2)


def test_every_answer_is_judged_right(all_rows):
    assert [f"{row.exercise} {row.name}: {row.problem}" for row in all_rows if row.problem] == []


@pytest.mark.parametrize("name", NAMES)
def test_enough_misconceptions(name):
    assert len(bank.load(name).misconceptions) >= MANY.get(name, 5)


def test_the_page_is_up_to_date(all_rows):
    text, heading, _ = matrix.PAGE.read_text().partition(untaught.HEADING)
    assert text == matrix.page(all_rows), "run `course check --page`"
    assert heading


def test_an_uncaught_misconception_fails_the_matrix(monkeypatch, capsys):
    name = "simclr/cosine_similarity"
    known = bank.load(name)
    right = bank.reference(name)
    monkeypatch.setitem(known.misconceptions, "not_wrong_at_all", (right, "a hint nobody reads"))
    assert cli.main(["check", "simclr", "--exercise", "cosine_similarity"]) == 1
    assert "is not caught" in capsys.readouterr().out


def test_a_rejected_alternative_fails_the_matrix(monkeypatch, capsys):
    known = bank.load("simclr/cosine_similarity")
    monkeypatch.setitem(known.alternatives, "halved", lambda a, b: bank.reference("simclr/cosine_similarity")(a, b) / 2)
    assert cli.main(["check", "simclr", "--exercise", "cosine_similarity"]) == 1
    assert "a right answer loses points" in capsys.readouterr().out
