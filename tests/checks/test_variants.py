"""Questions whose numbers vary: filled in, judged at grading and at home, and sealed."""

import contextlib
import io
import json

import pytest

from course_tools.checks import bank, fresh, variant_matrix, variants
from course_tools.checks.bank import Bank
from course_tools.checks.variants import Varied, drawn, filled, varies
from course_tools.paths import SOLUTIONS
from course_utils import cli
from course_utils.checks import Probe, check, fingerprints
from course_utils.checks.probe import observe
from course_utils.checks.seal import lock, unlock
from course_utils.errors import CourseError, UsageError
from course_utils.paths import NOTEBOOKS

NAME, PAIR = "simclr/collapsed_loss", "few_labels/outlier_pull"


def said(name, answer, variant, graded=False):
    grading = fresh.drawn_from(1) if graded else contextlib.nullcontext()
    with grading as found, contextlib.redirect_stdout(io.StringIO()) as out:
        points = check(name, answer, variant=variant)
    return points, out.getvalue(), found.others if graded else {}


def made(pool, text=("N = {N}",)):
    return varies(({"N": n} for n in pool), text)(lambda N=5: Bank(hidden=[]))


def test_only_the_written_numbers_are_replaced_and_each_once():
    known = Varied(lambda a=1, b=2: Bank(hidden=[]), [{"a": 2, "b": 1}], ("a = {a}", "b = {b}", "a = {a}, b = {b}"))
    assert known.fill("a = 1, b = 2; b = 2; a = 12; c = 1", "a = 2, b = 1") == "a = 2, b = 1; b = 1; a = 22; c = 1"
    assert made([6]).fill("N = 5", "") == "N = 5"
    assert made([6], ("N = {N}", "{N} images")).missing(["there are N = 5"]) == ["5 images"]


def test_numbers_that_are_everybodys_are_nobodys():
    with pytest.raises(CourseError, match="N = 5 is what the source is written with"):
        made([4, 5])
    with pytest.raises(CourseError, match="there is no variant 'N = 7'; there are: N = 6"):
        made([6]).numbers("N = 7")


def test_the_numbers_of_a_student_follow_from_the_key_and_all_occur():
    keys = [f"{number:032x}" for number in range(300)]
    assert drawn("infonce", keys[0]) == drawn("infonce", keys[0])
    for exercise, known in variants.questions("infonce").items():
        assert {drawn("infonce", key)[exercise] for key in keys} == set(known.variants)


def test_a_notebook_differs_in_the_question_and_its_check_alone():
    cells = json.loads((NOTEBOOKS / "simclr" / "simclr.ipynb").read_text(encoding="utf-8"))["cells"]
    mine = filled("simclr", cells, {"collapsed_loss": "N = 60"})
    changed = [("".join(a["source"]), "".join(b["source"])) for a, b in zip(cells, mine, strict=True) if a != b]
    assert len(changed) == 4  # statement, answer, check, and what is printed later
    assert all(a.count("128") == b.count("60") for a, b in changed if "check(" not in a)
    assert changed[2][1] == 'check("simclr/collapsed_loss", collapsed_loss, variant="N = 60")'
    assert filled("simclr", cells, {}) == cells


@pytest.mark.parametrize("graded", [False, True])
def test_what_is_right_for_one_is_wrong_for_another_and_mistakes_keep_their_words(graded):
    assert said(NAME, 4.77912, "N = 60", graded)[0] == 1
    points, words, others = said(NAME, 5.54126, "N = 60", graded)  # of the notebook that is everybody's
    assert points == 0
    assert "got 5.54126, which is not it" in words
    assert others == ({"collapsed_loss": "N = 128"} if graded else {})
    points, words, others = said(NAME, 4.78749, "N = 60", graded)
    assert (points, others) == (0, {})
    assert "4.7875 is log(2N): you count 120 candidates" in words
    assert "not answered yet" in said(NAME, ..., "N = 60", graded)[1]


def test_of_several_numbers_the_wrong_one_is_named():
    right = bank.reference(PAIR, "X = 700")
    points, words, _ = said(PAIR, right | {"Huber": 1.0}, "X = 700")
    assert points == 0
    assert "Huber: got 1, which is not it" in words
    assert "1 is the answer for delta = 1" in words


def test_a_variant_that_there_is_none_of_is_an_error():
    with pytest.raises(UsageError, match="no variant 'N = 61' of simclr/collapsed_loss; run this cell as it was"):
        check(NAME, 5.0, variant="N = 61")


@pytest.mark.parametrize(
    ("rtol", "atol", "inside", "outside"), [(0, 0.002, 0.00199, 0.00201), (0.01, 0, 0.0398, 0.0402)]
)
@pytest.mark.parametrize("x", [4.0, -4.0])
def test_a_lock_opens_within_the_tolerance(rtol, atol, inside, outside, x):
    probe = Probe("your number", lambda g: (), reveal=False, rtol=rtol, atol=atol)

    def opened(value):
        return unlock(probe, observe(probe, lambda: value), [locked], "salt")

    locked = lock(probe, observe(probe, lambda: x), "words", "salt")
    assert [opened(x + sign * inside) for sign in (0, 1, -1)] == ["words"] * 3
    assert [opened(x + sign * outside) for sign in (1, -1)] == [None] * 2
    assert opened(-x) is opened(0.0) is opened(float("inf")) is opened((x, x)) is None


def test_what_no_grid_holds_has_a_lock_too():
    probe = Probe("your number", lambda g: (), reveal=False, rtol=0.01, atol=0)
    for x in (0.0, float("inf")):
        locked = lock(probe, observe(probe, lambda x=x: x), "words", "salt")
        assert unlock(probe, observe(probe, lambda x=x: x), [locked], "salt") == "words"
        assert unlock(probe, observe(probe, lambda: 1e-9), [locked], "salt") is None
    with pytest.raises(CourseError, match="needs rtol or atol, one of them 0"):
        lock(Probe("both", lambda g: ()), observe(probe, lambda: 1.0), "words", "salt")


def test_no_number_of_a_variant_can_be_read():
    record = fingerprints.load("simclr")["collapsed_loss"]
    for variant, sealed in record["variants"].items():
        text = json.dumps(sealed)
        assert f"{bank.reference(NAME, variant):.4g}" not in text
        assert not any(hint[:12] in text for _, hint in bank.load(NAME, variant).misconceptions.values())


QUESTIONS = [f"{task}/{exercise}" for task in ("simclr", "infonce") for exercise in variants.questions(task)]


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_class_is_judged_right(name):
    found = variant_matrix.tried(name, 20)
    assert found.problems == ()
    assert found.neighbours == round(20 * 19 * (1 - found.alike)) > 300


def test_a_mistake_that_is_right_for_a_neighbour_fails_the_matrix(monkeypatch, capsys):
    known = variants.questions("simclr")["collapsed_loss"]
    monkeypatch.setattr(known, "text", (*known.text, "in {N} sentences"))
    monkeypatch.setitem(known.banks["N = 40"].alternatives, "a_neighbours", bank.reference(NAME, "N = 60"))
    assert cli.main(["check", "simclr", "--variants", "100"]) == 1
    out = capsys.readouterr().out
    assert "WRONG simclr/collapsed_loss: N = 40: a_neighbours, a right answer, loses points: got 4.77912" in out
    assert "is nowhere in solutions/simclr.py: 'in 128 sentences'" in out
    assert cli.main(["check", "ssl_families", "--variants", "100"]) == 2


def test_the_solution_of_a_variant_is_the_solution_with_its_numbers():
    cells = json.loads((SOLUTIONS / "infonce" / "infonce.ipynb").read_text(encoding="utf-8"))["cells"]
    mine = filled("infonce", cells, {"candidates_needed": "I = 7, gap = 0.2"})
    (source,) = (c["source"] for c in mine if c["metadata"].get("nbgrader", {}).get("grade_id") == "candidates_needed")
    space: dict = {}
    exec("import math\n" + "".join(source), space)
    assert space["candidates_needed"] == bank.reference("infonce/candidates_needed", "I = 7, gap = 0.2")
