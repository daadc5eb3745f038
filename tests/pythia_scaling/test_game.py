"""The budget game: bills, luck, and that nothing can be spent or submitted twice."""

import math

import numpy as np
import pytest

from course_utils.errors import CourseError
from course_utils.pythia_scaling.game import OutOfBudget, SimulatedLab


def test_the_ledger_adds_up():
    lab = SimulatedLab(3, budget=1e18)
    lab.train(1e7, 2e8)
    lab.train(2e7, 1e8)
    assert [run.flops for run in lab.ledger] == pytest.approx([1.2e16, 1.2e16])
    assert lab.left == pytest.approx(1e18 - 2.4e16)
    assert lab.cost(lab.target_params, lab.target_tokens) == pytest.approx(100 * lab.budget)
    assert lab.target_tokens == pytest.approx(20 * lab.target_params)


def test_what_is_too_dear_is_not_trained():
    lab = SimulatedLab(3, budget=1e18)
    with pytest.raises(OutOfBudget, match="are left"):
        lab.train(1e9, 1e9)
    assert not lab.ledger and lab.left == lab.budget
    lab.train(1e8, 1e18 / 6e8)  # to the last FLOP
    assert lab.left == pytest.approx(0, abs=1e6)


@pytest.mark.parametrize("sizes", [(0, 1e9), (1e9, -1), (math.nan, 1e9), (math.inf, 1e6)])
def test_sizes_that_are_none(sizes):
    with pytest.raises(ValueError, match="start at"):
        SimulatedLab(0).train(*sizes)


def test_a_seed_is_a_laboratory():
    first, again, other = (SimulatedLab(seed) for seed in (5, 5, 6))
    losses = [lab.train(1e7, 2e8) for lab in (first, again, other)]
    assert losses[0] == losses[1] != losses[2]
    assert first.train(1e7, 2e8) != losses[0]  # the same run again has other luck


@pytest.mark.slow(3)
def test_luck_has_the_stated_size_and_no_bias():
    lab = SimulatedLab(1, budget=1e22, noise=0.01)
    quiet = SimulatedLab(1, noise=0.0)
    expected = quiet.train(1e6, 2e7)
    luck = np.log([lab.train(1e6, 2e7) / expected for _ in range(2000)])
    assert luck.std() == pytest.approx(0.01, rel=0.1)
    assert abs(luck.mean()) < 4 * 0.01 / math.sqrt(2000)


def test_the_law_falls_to_a_floor():
    lab = SimulatedLab(2, budget=1e40, noise=0.0)
    losses = [lab.train(n, 20 * n) for n in (1e6, 1e8, 1e10, 1e14)]
    assert sorted(losses, reverse=True) == losses
    assert 1.5 < losses[-1] < 2.05


def test_the_verdict():
    lab = SimulatedLab(4, noise=0.0)
    verdict = lab.submit(1.0, 2.0, 5.0)
    rich = SimulatedLab(4, budget=1e21 * 1.01, noise=0.0)
    assert verdict.actual == pytest.approx(rich.train(lab.target_params, lab.target_tokens))
    assert verdict.inside and verdict.score == pytest.approx(4.0)
    assert verdict.error == pytest.approx(abs(2.0 / verdict.actual - 1))
    with pytest.raises(CourseError, match="has had its forecast"):
        lab.submit(1.0, 2.0, 5.0)
    missed = SimulatedLab(4).submit(verdict.actual + 0.1, verdict.actual + 0.2, verdict.actual + 0.3)
    assert not missed.inside and missed.score == pytest.approx(0.2 + 20 * 0.1)


@pytest.mark.parametrize("forecast", [(2, 1, 3), (1, 3, 2), (1, 2, math.inf), (math.nan, 2, 3)])
def test_a_forecast_out_of_order(forecast):
    with pytest.raises(CourseError, match="low <= middle <= high"):
        SimulatedLab(0).submit(*forecast)
