"""Right answers on the inputs of many gradings."""

import pytest

from course_tools.checks import bank
from course_tools.checks.sweep import sweep
from course_utils import cli

pytestmark = pytest.mark.slow(15)


@pytest.mark.parametrize("name", ["simclr/nt_xent_pair", "simclr/similarity_gradient"])
def test_right_answers_keep_their_points_and_need_no_second_draw(name):
    found = sweep(name, range(2))
    assert (found.lost, found.refused) == ((), ())
    assert found.verdicts == found.answers * 4


def test_a_right_answer_that_loses_points_is_named(monkeypatch, capsys):
    """Wrong wherever z is not the tensor of a written seed, it is refused on each draw."""
    known = bank.load("simclr/nt_xent_pair")
    monkeypatch.setitem(known.alternatives, "halved", lambda *given: bank.reference("simclr/nt_xent_pair")(*given) / 2)
    found = sweep("simclr/nt_xent_pair", range(1))
    assert any(line.startswith("halved, seed 0: ") for line in found.lost)
    assert any(line.endswith(", seed 0") for line in found.refused)


def test_the_command_prints_a_row_per_task(capsys):
    assert cli.main(["check", "simclr", "--exercise", "similarity_gradient", "--seeds", "1"]) == 0
    assert "points lost in" in capsys.readouterr().out
