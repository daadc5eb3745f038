"""The two faces of a check: words for a person, a builtin float for nbgrader, and nothing on stderr."""

import math
import re

import pytest
import torch
from torch.nn import functional as F

from course_tools.checks import bank
from course_utils.checks import Probe, check, fingerprints
from course_utils.checks.check import evaluate
from course_utils.checks.probe import observe
from course_utils.checks.rules import judge
from course_utils.checks.suite import Mistake, Suite
from course_utils.errors import UsageError


def reference(name):
    return bank.reference(name)


def keeps_the_diagonal(z_i, z_j, temperature=0.5):
    return bank.load("simclr/nt_xent").misconceptions["keeps_the_diagonal"][0](z_i, z_j, temperature)


@pytest.mark.parametrize("suite", ["public", "grading"])
def test_right_answer_returns_a_builtin_float(capfd, suite):
    points = check("simclr/nt_xent", reference("simclr/nt_xent"), suite=suite)
    assert type(points) is float
    assert points == 3.0
    out, err = capfd.readouterr()
    assert err == ""
    assert out.startswith("simclr/nt_xent")
    assert "3 / 3" in out


def test_a_mistake_is_named_and_the_numbers_stay(capsys):
    points = check("simclr/nt_xent", keeps_the_diagonal)
    out = capsys.readouterr().out
    assert 0 <= points < 3
    assert "got 5.54518, expected 5.54126 (= log(2N-1))" in out
    assert "each anchor still counts itself" in out
    assert "3 more points are decided by hidden tests" in out


def test_what_a_named_mistake_does_not_explain_is_said(capsys):
    def in_place_and_nan(a, b):
        a /= a.norm(dim=1, keepdim=True)
        b /= b.norm(dim=1, keepdim=True)
        return a @ b.T

    check("simclr/cosine_similarity", in_place_and_nan)
    out = capsys.readouterr().out
    assert "the caller's vectors are different afterwards" in out
    assert "something else is wrong too: a vector of zeros stays finite" in out


def test_a_mistake_is_named_where_another_one_spoils_a_probe_of_it():
    def right(x, t):
        return (x / t).softmax(0)

    probes = [
        Probe(f"t = {t}", lambda g, t=t: (torch.randn(4, generator=g), t), seed=i) for i, t in enumerate((0.5, 2, 3))
    ]
    probes.append(Probe("small temperature", lambda g: (100 * torch.ones(4), 0.1)))
    reference = {p.name: observe(p, right) for p in probes}

    def mistake(name, wrong):
        return Mistake(name, name, lambda p: seen if judge(p, seen := observe(p, wrong), reference[p.name]) else None)

    def exponentials(x, t):
        e = (x * t).exp()
        return torch.where(x > 50, torch.nan, e / e.sum())

    times = mistake("times", lambda x, t: torch.where(x > 50, 1.0, (x * t).softmax(0)))
    seen = {p.name: observe(p, exponentials) for p in probes}
    assert Suite(probes, reference, [times]).match(seen) is times
    half = {p.name: observe(p, exponentials if p.name in ("t = 2", "t = 3") else torch.mul) for p in probes}
    assert Suite(probes, reference, [times]).match(half) is None  # on half of those that failed
    elsewhere = mistake("wrong where this one is right", lambda x, t: (x * t).softmax(0) + (x > 50))
    passing = {**seen, "small temperature": reference["small temperature"]}
    assert Suite(probes, reference, [elsewhere]).match(passing) is None


def test_zeros_and_ones_in_common_are_no_mistake_in_common():
    probes = [Probe(str(n), lambda g, n=n: (n,)) for n in range(2, 7)]
    reference = {p.name: observe(p, lambda n: torch.ones(n)) for p in probes}
    zeros = Mistake("zeros", "", lambda p: observe(p, lambda n: torch.zeros(n) if n < 6 else 2 * torch.ones(n)))
    seen = {p.name: observe(p, torch.zeros) for p in probes}
    assert Suite(probes, reference, [zeros]).match(seen) is None


def test_an_unknown_mistake_gets_numbers_and_no_false_hint(capsys):
    check("simclr/nt_xent", lambda a, b, t=0.5: F.mse_loss(a, b))
    out = capsys.readouterr().out
    assert "got " in out
    hints = [hint for _, hint in bank.load("simclr/nt_xent").misconceptions.values()]
    assert not any(hint.splitlines()[0] in out for hint in hints)


@pytest.mark.parametrize("gaps", [..., {"a": 1.0, "b": ...}, (..., 2)])
def test_a_gap_that_is_left_is_no_answer_yet(capsys, gaps):
    assert check("simclr/collapsed_loss", gaps) == 0
    assert "replace the ... by your answer" in capsys.readouterr().out


def test_an_answer_that_needs_an_unwritten_one_names_it(capsys):
    cells = "def helper():\n    raise NotImplementedError\ndef answer(*_):\n    return helper()"
    names = {}
    exec(compile(cells, "<cell>", "exec"), names)
    assert check("simclr/cosine_similarity", names["answer"]) == 0
    assert "FAIL  it calls helper, which is not written yet" in capsys.readouterr().out


def test_an_unwritten_answer_is_held_against_no_known_mistake():
    """The known mistakes of hidden tests are run when they are asked for, and an empty notebook has nothing that they explain."""

    def stub(): raise NotImplementedError  # fmt: skip

    def asked(probe):
        raise AssertionError

    probe = Probe("one", lambda g: ())
    suite = Suite([probe], {"one": observe(probe, lambda: 1.0)}, [Mistake("never", "asked", asked)])
    verdict = evaluate(suite, stub)
    assert (verdict.fraction, verdict.mistake) == (0, None)
    with pytest.raises(AssertionError):
        evaluate(suite, lambda: 2.0)


def test_unwritten_is_zero_and_one_line(capsys):
    def stub(*_):
        raise NotImplementedError  # your code here

    assert check("simclr/nt_xent", stub) == 0.0
    assert capsys.readouterr().out == "simclr/nt_xent                   0 / 3  not written yet\n"
    assert check("simclr/collapsed_loss", ...) == 0.0
    assert "replace the ... by your answer" in capsys.readouterr().out


def test_a_hanging_answer_stops_the_whole_check_once(monkeypatch, capsys):
    import dataclasses
    import time

    quick = [dataclasses.replace(probe, seconds=0.2) for probe in fingerprints.probes("simclr/nt_xent")]
    monkeypatch.setattr(fingerprints, "probes", lambda name: quick)
    start = time.monotonic()
    assert check("simclr/nt_xent", lambda *_: time.sleep(60)) == 0.0
    assert time.monotonic() - start < 5
    assert "did not return within 0.2 s" in capsys.readouterr().out


def test_printing_costs_nothing_and_is_mentioned(capsys):
    def chatty(z_i, z_j, temperature=0.5):
        print("hello")
        return reference("simclr/nt_xent")(z_i, z_j, temperature)

    assert check("simclr/nt_xent", chatty) == 3.0
    assert "your code prints ('hello')" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer", [lambda: 1, lambda *a: object(), lambda *a: torch.tensor(float("nan")), 3, "text", None]
)
def test_never_raises_and_never_exceeds_the_points(answer):
    for exercise, record in fingerprints.load("simclr").items():
        points = check(f"simclr/{exercise}", answer)
        assert type(points) is float
        assert 0 <= points <= record["points"]["public"]


def test_a_value_is_checked_as_a_value(capsys):
    assert check("simclr/collapsed_loss", math.log(255)) == 1.0
    assert check("simclr/collapsed_loss", torch.tensor(math.log(255))) == 1.0
    assert check("simclr/collapsed_loss", math.log(256)) == 0.0


def test_unknown_checks_are_one_line_errors():
    with pytest.raises(UsageError, match="there is no check 'simclr/nt_xnet'"):
        check("simclr/nt_xnet", None)
    with pytest.raises(UsageError, match="task 'simclar' has no checks"):
        check("simclar/nt_xent", None)


def test_without_the_bank_hidden_tests_say_so(monkeypatch, capsys):
    monkeypatch.setattr(bank, "exists", lambda task: False)
    assert check("simclr/nt_xent", None, suite="grading") == 0.0
    assert "not on this machine" in capsys.readouterr().out


def test_what_ships_holds_numbers_and_hints_but_no_code():
    text = (fingerprints.FOLDER / "simclr.json").read_text()
    assert not re.search(r"\b(def|lambda|import|return F\.)\b", text)
