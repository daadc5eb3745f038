"""Hints with a memory: what counts as a try, when a hint is offered, and that nothing is kept where nobody looks."""

import json
import sys

import pytest
from markupsafe import escape

from course_utils import checks, hints, standing
from course_utils.exercises import exercises
from course_utils.tasks import tasks

LADDER = [("Hint", "use `logsumexp`"), ("Hint 2", "with <code>dim=1</code>"), ("Help: nan", "0/0")]


def tries(*mistakes):
    return {f"try{number}": mistake for number, mistake in enumerate(mistakes)}


@pytest.mark.parametrize(
    ("mistakes", "offered", "is_open"),
    [
        ((), 0, False),
        (("",), 0, False),
        (("", "a"), 1, False),
        (("a", "a"), 2, True),
        (("a", "", "a"), 2, True),
        (("a", "", "b"), 1, False),
        (("a", "b", "c", ""), 2, False),
        (("a",) * 9, 3, True),
    ],
)
def test_a_hint_for_two_tries_and_a_further_one_when_a_mistake_comes_back(mistakes, offered, is_open):
    found = hints.offer(LADDER, tries(*mistakes))
    assert (len(found.hints) if found else 0) == offered
    assert not found or (found.html().count("<details open>") == is_open and found.html().count("<details") == offered)


def test_text_and_card_say_the_same():
    bundle = hints.offer(LADDER, tries("a", "a"))._repr_mimebundle_()
    assert "2 different answers so far, and 2 of them made this mistake" in bundle["text/plain"]
    assert "  Hint: use `logsumexp`\n  Hint 2: with dim=1" in bundle["text/plain"]
    assert "<summary>Hint</summary>use <code>logsumexp</code></details>" in bundle["text/html"]
    assert hints.offer([], tries("a", "a", "a")) is None


def test_a_try_is_another_code_not_another_comment():
    def one(x):
        return x + 1

    first = hints.tried(one)

    def one(x):
        # add one

        return x  + 1  # fmt: skip

    assert hints.tried(one) == first

    def one(x):
        return x + 2

    assert hints.tried(one) != first
    assert hints.tried(2.5) == hints.tried(2.5) != hints.tried(2.0)

    class Rude:
        def __repr__(self):
            raise SystemError

    assert len(hints.tried(Rude())) == 12


@pytest.mark.parametrize("task", tasks())
def test_the_hints_of_every_statement_are_found_hints_before_help(task):
    found = exercises(task)
    assert sum(bool(one.hints) for one in found) > len(found) / 2
    for one in found:
        helps = [title.startswith("Help") for title, _ in one.hints]
        assert helps == sorted(helps) and all(text for _, text in one.hints)


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """What a notebook in `tmp_path` shows below its checks, with a person before it."""
    seen = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys.modules["course_utils.checks.check"], "live", lambda: True)
    monkeypatch.setattr("IPython.display.display", seen.append)
    return seen


def mean_distance(z_i, z_j):
    return (z_i - z_j).norm(dim=1).mean()


def root(z_i, z_j):
    return (z_i - z_j).norm(dim=1).mean() + 0


def test_a_check_remembers_and_offers(shown, tmp_path):
    name, statement = "simclr/alignment", next(one for one in exercises("simclr") if "alignment" in one.public)
    assert statement.hints
    for answer, offered in ((mean_distance, False), (mean_distance, False), (root, True)):
        shown.clear()
        checks.check(name, answer)
        found = [one for one in shown if isinstance(one, hints.Offer)]
        assert bool(found) == offered, answer
    assert str(escape(statement.hints[0][0])) in found[0].html()
    kept = json.loads(standing.progress_file("simclr", tmp_path).read_text())["answers"]["alignment"]
    assert len(kept["tries"]) == 2
    shown.clear()
    checks.check(name, lambda a, b: (a / a.norm(dim=1, keepdim=True) - b / b.norm(dim=1, keepdim=True)).pow(2).sum(1).mean())  # fmt: skip
    assert not [one for one in shown if isinstance(one, hints.Offer)], "a right answer needs none"


def test_headless_nothing_is_kept_and_nothing_offered(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for answer in (mean_distance, root):
        checks.check("simclr/alignment", answer)
    assert not list(tmp_path.iterdir())
    assert "From the statement" not in capsys.readouterr().out


def test_a_file_of_an_earlier_version_has_no_tries(tmp_path):
    noted = {"points": 0.0, "maximum": 1, "written": True, "when": "2026-11-01T10:00:00+01:00"}
    standing.progress_file("simclr", tmp_path).write_text(json.dumps({"version": 1, "answers": {"alignment": noted}}))
    assert standing.standing("simclr", tmp_path).offer("alignment") is None
    for number in range(60):
        standing.note("simclr", "alignment", 0, 1, True, tmp_path, tried=f"{number}", mistake="a")
    (one,) = standing.read("simclr", tmp_path).values()
    assert list(one.tries) == [f"{number}" for number in range(10, 60)]
