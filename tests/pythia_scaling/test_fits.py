"""The fits against scipy at the same objective, on published laws, and in simulation."""

import math
from functools import partial

import numpy as np
import pytest
from scipy.optimize import least_squares, minimize

from course_utils.pythia_scaling import fits, newton
from course_utils.pythia_scaling.fits import (
    FitError,
    bootstrap,
    fit_parametric,
    fit_power_law,
    fit_power_law_with_floor,
)
from tests.pythia_scaling.chinchilla import (
    PUBLISHED,
    as_theta,
    grid_of_starts,
    huber_gradient,
    huber_objective,
    law,
    runs,
)

TIGHT = {"ftol": 1e-15, "gtol": 1e-13, "maxiter": 5000, "maxfun": 100_000}
HOFFMANN = {"E": 1.69, "A": 406.4, "alpha": 0.34, "B": 410.7, "beta": 0.28}


@pytest.mark.parametrize("published", [PUBLISHED, HOFFMANN])
@pytest.mark.parametrize("delta", [1e-3, math.inf])
def test_published_parameters_come_back(published, delta):
    n, d, _ = runs()
    found = fit_parametric(n, d, law(n, d, **published), delta=delta)
    assert found.parameters == pytest.approx(published, rel=1e-8)
    assert found.predict([1e9], [2e10]) == pytest.approx(law(1e9, 2e10, **published), rel=1e-10)


@pytest.mark.parametrize(("seed", "tails"), [(0, None), (1, None), (2, 3), (3, 1)])
def test_reaches_the_optimum_of_lbfgs(seed, tails):
    n, d, loss = runs(seed=seed, tails=tails)
    found = fit_parametric(n, d, loss)
    ours = huber_objective(as_theta(found.parameters), n, d, loss)
    assert found.objective == pytest.approx(ours, rel=1e-9)  # their objective is what we minimised
    choose = np.random.default_rng(seed).choice(4500, 60, replace=False)
    starts = [*grid_of_starts()[choose], as_theta(PUBLISHED), as_theta(found.parameters)]
    theirs = min(
        minimize(huber_objective, s, (n, d, loss), "L-BFGS-B", jac=huber_gradient, options=TIGHT).fun for s in starts
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_power_laws_agree_with_least_squares(seed):
    rng = np.random.default_rng(seed)
    x = np.geomspace(1e4, 1e8, 9)
    loss = (1.3 + 40 / x**0.3) * np.exp(0.004 * rng.normal(size=9))
    straight = fit_power_law(x, loss)
    slope, intercept = np.polyfit(np.log(x), np.log(loss), 1)
    assert straight.parameters == pytest.approx({"A": math.exp(intercept), "alpha": -slope}, rel=1e-9)
    curved = fit_power_law_with_floor(x, loss)
    p = curved.parameters

    def residual(t):
        return np.log(np.exp(t[0]) + np.exp(t[1]) / x ** t[2]) - np.log(loss)

    start = [math.log(p["E"]), math.log(p["A"]), p["alpha"]]
    theirs = [
        least_squares(residual, s, xtol=1e-15, ftol=1e-15, gtol=1e-15).cost
        for s in (start, [0.0, 3.0, 0.2], [0.2, 5.0, 0.5])
    ]
    assert curved.objective == pytest.approx(min(theirs), rel=1e-9)


def test_derivatives_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    log_x, log_loss, weights = rng.normal(size=(2, 30)), rng.normal(size=(1, 30)), rng.random((1, 30))
    theta = rng.normal(size=(1, 5))
    given = (log_x, log_loss, weights, 0.7, True)
    _, gradient, hessian = newton.derivatives(theta, *given)
    for i, step in enumerate(1e-6 * np.eye(5)):
        up, down = (newton.derivatives(theta + s, *given) for s in (step, -step))
        assert (up[0] - down[0])[0] / 2e-6 == pytest.approx(gradient[0, i], rel=1e-6, abs=1e-8)
        assert (up[1] - down[1])[0] / 2e-6 == pytest.approx(hessian[0, i], rel=1e-5, abs=1e-7)


def test_no_refit_stops_early():
    n, d, loss = runs(tails=3)
    refits = bootstrap(fit_parametric(n, d, loss), [n, d], loss, resamples=500)
    assert refits.failed == 0
    draws = np.random.default_rng(0).integers(len(n), size=(500, len(n)))
    for i in (0, 17, 499):
        again = fit_parametric(n[draws[i]], d[draws[i]], loss[draws[i]])  # from its own starts, not from the full fit
        assert {k: refits.values(k)[i] for k in PUBLISHED} == pytest.approx(again.parameters, rel=1e-5)


@pytest.mark.slow(3)
def test_intervals_cover():
    hits = []
    for seed in range(60):
        n, d, loss = runs(seed=seed)
        refits = bootstrap(fit_parametric(n, d, loss), [n, d], loss, resamples=200, seed=seed)
        low, high = refits.interval("alpha", level=0.9)
        hits.append(low <= PUBLISHED["alpha"] <= high)
    assert 0.78 <= np.mean(hits) <= 0.99  # 0.9 give or take three standard errors


@pytest.mark.slow(3)
def test_residual_intervals_of_a_forecast_cover():
    x, beyond = np.geomspace(1e4, 1e6, 8), 1e7
    hits = []
    for seed in range(200):
        loss = (1.2 + 8 / x**0.25) * np.exp(0.002 * np.random.default_rng(seed).normal(size=8))
        refits = bootstrap(fit_power_law_with_floor(x, loss), [x], loss, resamples=200, seed=seed, residuals=True)
        low, high = np.quantile(refits.predict([beyond]), [0.05, 0.95])
        hits.append(low <= 1.2 + 8 / beyond**0.25 <= high)
    assert 0.8 <= np.mean(hits) <= 0.98


def test_a_floor_that_is_not_there_is_zero():
    x = np.geomspace(1e3, 1e7, 10)
    assert fit_power_law_with_floor(x, 5 / x**0.1).parameters == pytest.approx(
        {"E": 0, "A": 5, "alpha": 0.1}, rel=1e-5, abs=1e-5
    )


@pytest.mark.parametrize(
    ("x", "loss", "words"),
    [
        ([1e3, 1e4], [3.0, 2.0], "do not determine 3"),
        ([1e3, 1e3, 1e4, 1e4], [3.0, 3.1, 2.0, 2.1], "do not determine 3"),
        ([1e3, 1e4, 1e5], [3.0, -2.0, 1.0], "positive"),
        ([1e3, 1e4, 1e5, 1e6], [3.0, 2.0, float("nan"), 1.0], "positive"),
    ],
)
def test_what_cannot_be_fitted_is_said(x, loss, words):
    with pytest.raises(FitError, match=words):
        fit_power_law_with_floor(x, loss)


def test_failure_to_converge_is_no_number(monkeypatch):
    n, d, loss = runs()
    found = fit_parametric(n, d, loss)
    monkeypatch.setattr(fits, "minimise", partial(newton.minimise, iterations=1))
    with pytest.raises(FitError, match="converged"):
        fit_parametric(n, d, loss)
    with pytest.raises(FitError, match="of 100 bootstrap refits"):
        bootstrap(found, [n, d], loss * np.exp(0.1 * np.sin(np.arange(len(n)))), resamples=100)
