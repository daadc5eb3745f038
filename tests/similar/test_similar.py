"""A class with its own styles: the copies planted into it are listed, independent pairs are not."""

import csv
import random

import numpy as np
import pytest

from course_tools.similar.command import similar_command, suspicious
from course_tools.similar.fingerprints import marks
from course_tools.similar.pairs import chance, pairs
from course_utils.errors import UsageError
from tests.grading import toy
from tests.similar.disguise import disguised

WAYS = (
    "total = 0\n    for {v} in {a}:\n        total += {v} * {v}\n    return total",
    "return sum({v} ** 2 for {v} in {a})",
    "squares = [{v} * {v} for {v} in {a}]\n    return sum(squares)",
    "import math\n    return math.fsum({v} * {v} for {v} in {a})",
    "{v} = torch.as_tensor({a})\n    return ({v} * {v}).sum()",
    "{v} = torch.as_tensor({a})\n    return {v} @ {v}",
    "return torch.linalg.norm(torch.as_tensor({a}), ord=2) ** 2",
    "if not {a}:\n        return 0\n    return {a}[0] ** 2 + rest({a}[1:])",
)


def a_class(count: int = 40, exercises: int = 12) -> dict[str, dict[str, str]]:
    """Independent: each student chooses a way for each exercise, and names."""
    found = {}
    for k in range(count):
        luck = random.Random(k)
        found[f"s{k:02d}"] = {
            f"e{e}": f"def f{e}(x):\n    {luck.choice(WAYS).format(v=luck.choice('abcuvw'), a='x')} + {e}"
            for e in range(exercises)
        }
    return found


def listed(students: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    return {(pair.first, pair.second) for pair in suspicious(pairs(students, {}))}


def test_independent_students_are_not_listed():
    assert listed(a_class()) == set()


@pytest.mark.parametrize("hidden", [False, True])
def test_a_copy_is_listed(hidden):
    students = a_class()
    luck = random.Random(0)
    students["s07"] = {e: disguised(a, luck) if hidden else a for e, a in students["s03"].items()}
    assert listed(students) == {("s03", "s07")}


def test_a_copied_comment_is_evidence():
    students = a_class()
    before = next(p for p in pairs(students, {}) if (p.first, p.second) == ("s01", "s02"))
    for name in ("s01", "s02"):
        students[name]["e0"] += "\n    # the square of the Frobenius norm, see the lecture of May"
    after = next(p for p in pairs(students, {}) if (p.first, p.second) == ("s01", "s02"))
    assert after.rate < before.rate / 3 and dict(after.alike)["e0"] > 3 > dict(before.alike).get("e0", 0)


def test_what_was_handed_out_counts_nothing():
    stub = "def f(x):\n    # write the sum of the squares of all entries of x\n    raise NotImplementedError"
    students = {f"s{k}": {"e": stub + f"\n    return {k}" * (k > 1)} for k in range(5)}
    assert all(
        pair.score == 0
        for pair in pairs({"s0": students["s0"], "s1": students["s1"], "s2": students["s2"]}, {"e": stub})
    )


def test_names_comments_and_order_hardly_change_the_structure():
    source = "def f(x, y):\n    # sum\n    total = x.sum(0)\n    other = y.mean(1)\n    return total / other.max() - total.min()"
    one, two = ({m for m in marks(s) if m[0] == "structure"} for s in (source, disguised(source, random.Random(1))))
    assert len(one & two) > 0.5 * len(one)


def test_chance_is_the_exact_law_of_a_sum():
    """Two answers, each with scores 0 (three pairs) and 1 (one pair): a total of 2 has probability 1/16."""
    each = np.array([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]])
    assert chance(each) == pytest.approx([7 / 16, 1, 1, 7 / 16])
    assert chance(np.array([[0.0, 0.0, 0.0, 1.0]] * 2))[3] == pytest.approx(1 / 16)


def test_broken_code_has_marks_too():
    assert marks("def f(x:\n  return x +* 2 # half done, sorry") and not marks("")


def test_the_command_writes_a_page_and_names_nobody_guilty(tmp_path, monkeypatch, capsys):
    toy.make(tmp_path)
    for name in ("ada", "bob", "cem"):
        toy.submit(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    assert similar_command("ps1") == 0
    assert "no verdict" in capsys.readouterr().out
    page = tmp_path / "grading" / "ps1" / "similar.html"
    assert "This is no verdict" in page.read_text()
    with open(page.with_suffix(".csv"), newline="") as file:
        assert next(csv.reader(file))[:2] == ["student", "and"]


def test_two_students_are_no_class(tmp_path, monkeypatch):
    toy.make(tmp_path)
    toy.submit(tmp_path, "ada")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="1 students: with fewer than three"):
        similar_command("ps1")
