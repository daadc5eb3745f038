"""Chinchilla's parametric fit: ours against the published way, multi-start L-BFGS-B over 4,500 starts, in one run.

    python -m benchmarks.scaling_fit [--starts 4500] [--rounds 7]

Equality first: both must end at the same objective (to 1e-9) before any time is compared. The data are generated from the published
refit (Besiroglu et al. 2024): 245 runs, residuals of 0.6% with heavy tails. Then: do published parameters come back, and do the
intervals cover what they should? Seconds are CPU seconds of this process.
"""

import argparse
import statistics as stats
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize

from course_utils.pythia_scaling.fits import ScalingLaw, bootstrap, fit_parametric
from course_utils.tables import text_table
from tests.pythia_scaling.chinchilla import (
    PUBLISHED,
    as_theta,
    grid_of_starts,
    huber_gradient,
    huber_objective,
    law,
    runs,
)

from ._timing import conditions, timed


def lbfgs_grid(
    data: tuple[np.ndarray, ...], starts: np.ndarray, gradient: Callable[..., np.ndarray] | None
) -> np.ndarray:
    """Final objective from each start. gradient None: scipy's finite differences, as in the published notebook."""
    return np.array([minimize(huber_objective, s, data, "L-BFGS-B", jac=gradient).fun for s in starts])


def speed(starts: int, rounds: int) -> None:
    data = runs(count=245, tails=3)
    n, d, loss = data
    fit_parametric(n, d, loss)  # warm
    ours = stats.median(timed(lambda: fit_parametric(n, d, loss))[0] for _ in range(rounds))
    found = fit_parametric(n, d, loss)
    refits_seconds, refits = timed(lambda: bootstrap(found, [n, d], loss, resamples=4000))
    grid = grid_of_starts()[np.linspace(0, 4499, starts).astype(int)]
    numeric_seconds, numeric = timed(lambda: lbfgs_grid(data, grid, None))
    analytic_seconds, analytic = timed(lambda: lbfgs_grid(data, grid, huber_gradient))
    polished = minimize(
        huber_objective, as_theta(found.parameters), data, "Nelder-Mead", options={"xatol": 1e-12, "fatol": 1e-18}
    ).fun
    best = min(numeric.min(), analytic.min(), polished)
    assert found.objective <= best * (1 + 1e-9), f"L-BFGS-B found {best!r}, we {found.objective!r}"
    for name, ends in (("numeric", numeric), ("analytic", analytic)):
        assert ends.min() <= found.objective * (1 + 1e-5), f"{name}: {ends.min()!r} is not our {found.objective!r}"
    print(conditions(rounds))
    print(f"245 runs, objective {found.objective:.12g}; best of all L-BFGS-B runs and Nelder-Mead {best:.12g}")
    rows = [("ours: variable projection, then Newton", f"{ours:.4f}", "", "")]
    for name, seconds, ends in (
        (f"L-BFGS-B, {starts} starts, numeric gradient", numeric_seconds, numeric),
        (f"L-BFGS-B, {starts} starts, analytic gradient", analytic_seconds, analytic),
    ):
        share = np.mean(ends <= found.objective * (1 + 1e-6))
        rows.append((name, f"{seconds:.2f}", f"{seconds / ours:,.0f}x", f"{share:.1%}"))
    rows.append((f"ours: 4,000 bootstrap refits ({refits.failed} failed)", f"{refits_seconds:.2f}", "", ""))
    print(text_table(("", "CPU s", "ours is faster by", "starts at the optimum"), rows, right=range(1, 4)))


def recovery(datasets: int, level: float = 0.9) -> None:
    """Published parameters in, fitted out, and how often the intervals hold the truth."""
    exact = fit_parametric(*(n_d := runs(count=240)[:2]), law(*n_d)).parameters
    fits: list[ScalingLaw] = []
    inside = dict.fromkeys(PUBLISHED, 0)
    for seed in range(datasets):
        n, d, loss = runs(count=240, seed=seed)
        fits.append(fit_parametric(n, d, loss))
        refits = bootstrap(fits[-1], [n, d], loss, resamples=400, seed=seed)
        for name, truth in PUBLISHED.items():
            low, high = refits.interval(name, level)
            inside[name] += low <= truth <= high
    rows = []
    for name, truth in PUBLISHED.items():
        median = stats.median(fit.parameters[name] for fit in fits)
        rows.append((name, f"{truth:g}", f"{exact[name]:.6f}", f"{median:.5g}", f"{inside[name] / datasets:.0%}"))
    head = ("", "published", "no noise", "median fit", f"{level:.0%} interval covers")
    print(f"\n{text_table(head, rows, right=range(1, 5))}")
    print(f"{datasets} simulated data sets of 240 runs, residuals of 0.6%, 400 refits each")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=4500)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--datasets", type=int, default=200)
    args = parser.parse_args()
    speed(args.starts, args.rounds)
    recovery(args.datasets)


if __name__ == "__main__":
    main()
