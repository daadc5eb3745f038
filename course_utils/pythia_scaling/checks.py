"""Public probes of the Pythia scaling exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.pythia_scaling.game import SimulatedLab, Verdict
from course_utils.pythia_scaling.published import BESIROGLU, HOFFMANN
from course_utils.pythia_scaling.synthetic import isoflop_runs, parametric_loss

DOUBLE = torch.float64
GRID = torch.arange(0.05, 0.8, 0.01, dtype=DOUBLE)
LABS = 12


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=DOUBLE)


def power(
    g: Generator, count: int, scale: float, exponent: float, floor: float = 0.0, noise: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Sizes from 1e4 to 1e8, not in order, and floor + scale / size^exponent with log-normal luck."""
    x = 10 ** (4 + 4 * torch.rand(count, generator=g, dtype=DOUBLE))
    luck = noise * torch.randn(count, generator=g, dtype=DOUBLE)
    return x, (floor + scale * x**-exponent) * luck.exp()


def square_root_fit(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Stands in for the student's fit: E + A / sqrt(x) by least squares, so that forecast_interval is judged by itself."""
    design = torch.stack([torch.ones_like(x), x**-0.5], dim=1)
    floor, scale = torch.linalg.lstsq(design, y[:, None]).solution[:, 0]
    return floor, scale, torch.tensor(0.5, dtype=DOUBLE)


def forecasting(
    g: Generator, count: int, refits: int, x_new: float, level: float = 0.9, noise: float = 0.05
) -> tuple[Any, ...]:
    """Arguments of forecast_interval: data with visible noise, and draws made in advance."""
    x = torch.logspace(2, 5, count, dtype=DOUBLE)
    y = (1.5 + 20 / x**0.5) * (noise * torch.randn(count, generator=g, dtype=DOUBLE)).exp()
    return square_root_fit, x, y, x_new, torch.randint(count, (refits, count), generator=g), level


def valley(g: Generator, count: int, low: float, high: float, noise: float = 0.004) -> tuple[Tensor, Tensor]:
    """One IsoFLOP valley over sizes from low to high."""
    n = torch.logspace(math.log10(low), math.log10(high), count, dtype=DOUBLE)
    loss = parametric_loss(n, 1e20 / (6 * n), BESIROGLU)
    return n, loss * (noise * torch.randn(count, generator=g, dtype=DOUBLE)).exp()


def objective(
    g: Generator, theta: Tensor, count: int = 4, noise: float = 0.0, delta: float = 1e-3, scale: float = 1.0
) -> tuple[Tensor, ...]:
    """Arguments of huber_objective: runs of a known law, times `scale`, and a place to evaluate it at."""
    budgets = numbers(1e18, 1e19)
    n, d, loss = (torch.cat(column) for column in zip(*isoflop_runs(HOFFMANN, budgets, count, 0.0, 0), strict=True))
    luck = noise * torch.randn(len(n), generator=g, dtype=DOUBLE)
    return theta, n, d, loss * luck.exp() * scale, delta  # type: ignore[return-value]


def hoffmann_theta(shift: Sequence[float] = (0, 0, 0, 0, 0)) -> Tensor:
    """(log A, log B, log E, alpha, beta) as printed, moved by `shift`."""
    p = HOFFMANN
    return numbers(math.log(p["A"]), math.log(p["B"]), math.log(p["E"]), p["alpha"], p["beta"]) + numbers(*shift)


def new_labs(
    first: int, budget: float = 1e19, noise: float = 0.003
) -> Callable[[Generator], tuple[list[SimulatedLab]]]:
    return lambda g: ([SimulatedLab(first + i, budget, noise) for i in range(LABS)],)


def middles(value: Any, arguments: Sequence[Any]) -> dict[str, bool]:
    """What the middles of a season's forecasts are worth, as answers to yes-or-no questions."""
    labs, forecasts, verdicts = _submitted(value, arguments)
    error = torch.tensor([f[1] / v.actual - 1 for f, v in zip(forecasts.tolist(), verdicts, strict=True)])
    return {
        "something was trained in every laboratory": all(each.ledger for each in labs),
        "at least four models in every laboratory": all(len(each.ledger) > 3 for each in labs),
        "mean error below 3%": float(error.abs().mean()) < 0.03,
        "the middles are not all too high": bool((error < 0).any()),
        "the middles are not all too low": bool((error > 0).any()),
    }


def intervals(value: Any, arguments: Sequence[Any]) -> dict[str, bool]:
    """What the intervals of a season's forecasts are worth, as answers to yes-or-no questions."""
    labs, forecasts, verdicts = _submitted(value, arguments)
    inside = sum(v.inside for v in verdicts)
    return {
        "low <= middle <= high": bool((forecasts.diff(dim=1) >= 0).all()),
        "at least 1 truth inside": inside >= 1,
        "at least 6 of 12 truths inside": inside >= 6,
        "mean width below 1 nat": float((forecasts[:, 2] - forecasts[:, 0]).abs().mean()) < 1,
        "mean interval score below 0.6": sum(v.score for v in verdicts) / len(labs) < 0.6,
    }


def _submitted(value: Any, arguments: Sequence[Any]) -> tuple[list[SimulatedLab], Tensor, list[Verdict]]:
    """The laboratories, the forecasts, and the verdicts on them, put into order where they are not. Raises ValueError for another shape."""
    labs = arguments[0]
    forecasts = torch.as_tensor(value, dtype=DOUBLE)
    if forecasts.shape != (len(labs), 3):
        raise ValueError(f"expected {len(labs)} forecasts of low, middle, high, got shape {tuple(forecasts.shape)}")
    ordered = forecasts.sort(dim=1).values.tolist()
    return labs, forecasts, [each.submit(*forecast) for each, forecast in zip(labs, ordered, strict=True)]


PROBES: dict[str, list[Probe]] = {
    "parameter_count": [
        Probe(
            "pythia-70m",
            lambda g: (6, 512, 50304),
            rtol=1e-8,
            note="on its model card: 18,915,328 and 70,426,624",
            essential=True,
        ),
        Probe("pythia-12b", lambda g: (36, 5120, 50688), rtol=1e-8),
        Probe("one layer of width 8, 10 words", lambda g: (1, 8, 10), rtol=1e-8),
    ],
    # two decimals and a bit: 0.7314
    "embedding_share": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=2e-3)],
    "training_flops": [
        Probe(
            "pythia-70m, all its tokens",
            lambda g: (6, 512, 50304, 2048, 299_892_736_000),
            rtol=1e-6,
            weight=2,
            essential=True,
        ),
        Probe("one layer of width 8, 10 words, context 4, one token", lambda g: (1, 8, 10, 4, 1), rtol=1e-6),
        Probe("a long context", lambda g: (3, 64, 256, 100_000, 1e6), rtol=1e-6),
    ],
    "window_spans": [
        Probe("20 tokens, context 8, stride 4", lambda g: (20, 8, 4), weight=2, essential=True),
        Probe("21 tokens, context 8, stride 5: a short last window", lambda g: (21, 8, 5), essential=True),
        Probe("shorter than the context", lambda g: (5, 8, 4)),
        Probe("exactly the context", lambda g: (8, 8, 4)),
    ],
    "power_law": [
        Probe("8 points of 5 / x^0.3", lambda g: power(g, 8, 5.0, 0.3), rtol=1e-6, weight=2, essential=True),
        Probe(
            "12 noisy points", lambda g: power(g, 12, 3.0, 0.1, noise=0.2), rtol=1e-5, weight=2, seed=1, essential=True
        ),
        Probe("points of a law with a floor", lambda g: power(g, 9, 40.0, 0.34, floor=1.7), rtol=1e-5, seed=2),
        Probe("leaves its inputs alone", lambda g: power(g, 6, 2.0, 0.5), unchanged=True, seed=3),
    ],
    "power_law_with_floor": [
        Probe(
            "8 points of 1.7 + 40 / x^0.34",
            lambda g: (*power(g, 8, 40.0, 0.34, floor=1.7), GRID),
            rtol=1e-5,
            weight=2,
            essential=True,
        ),
        Probe(
            "10 noisy points",
            lambda g: (*power(g, 10, 30.0, 0.3, floor=1.2, noise=0.02), GRID),
            rtol=1e-4,
            weight=2,
            seed=1,
        ),
        Probe(
            "losses of very different size",
            lambda g: (*power(g, 9, 3000.0, 0.6, floor=0.8, noise=0.05), GRID),
            rtol=1e-4,
            weight=2,
            seed=2,
            essential=True,
        ),
        Probe(
            "data that want no floor",
            lambda g: (x := power(g, 7, 9.0, 0.2)[0], 9 * x**-0.2 * (1 - 1e3 / x), GRID),
            rtol=1e-4,
            seed=3,
            essential=True,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: (*power(g, 6, 20.0, 0.4, floor=1.0), GRID.clone()),
            unchanged=True,
            seed=4,
        ),
    ],
    "forecast_interval": [
        Probe("8 points, 50 refits, 90%", lambda g: forecasting(g, 8, 50, 1e6), weight=2, essential=True),
        Probe("5 points, 40 refits, 80%", lambda g: forecasting(g, 5, 40, 1e6, 0.8), weight=2, seed=1, essential=True),
        Probe("between the points", lambda g: forecasting(g, 6, 60, 500.0), seed=2),
        Probe("no noise: no width", lambda g: forecasting(g, 6, 20, 1e7, noise=0.0), seed=3, atol=1e-6),
    ],
    "interval_score": [
        Probe(
            "inside, below, above",
            lambda g: (numbers(1, 1, 1), numbers(2, 2, 2), numbers(1.5, 0.5, 2.25)),
            weight=2,
            essential=True,
        ),
        Probe("an 80% interval", lambda g: (numbers(0, 0), numbers(1, 1), numbers(3, 0.5), 0.8), weight=2),
        Probe("on the edge, and no width", lambda g: (numbers(1, 3), numbers(2, 3), numbers(2, 4), 0.5)),
        Probe("leaves its inputs alone", lambda g: (numbers(1, 2), numbers(3, 4), numbers(0, 9)), unchanged=True),
    ],
    "local_exponent": [
        Probe(
            "5 / x^0.3 has 0.3 everywhere",
            lambda g: (x := numbers(1, 3, 10, 100), 5 * x**-0.3),
            weight=2,
            essential=True,
        ),
        Probe("a law with a floor flattens", lambda g: (x := numbers(10, 100, 1000, 1e4), 1 + 9 * x**-0.5), weight=2),
        Probe("a loss that rises", lambda g: (numbers(1, 2, 4), numbers(1, 2, 1.5))),
        Probe("leaves its inputs alone", lambda g: (numbers(1, 2, 4), numbers(3, 2, 1)), unchanged=True),
    ],
    "on_envelope": [
        Probe(
            "five runs in order", lambda g: (numbers(1, 2, 3, 4, 5), numbers(5, 3, 4, 2, 2.5)), weight=2, essential=True
        ),
        Probe(
            "the same in another order",
            lambda g: (numbers(4, 1, 5, 3, 2), numbers(2, 5, 2.5, 4, 3)),
            weight=2,
            essential=True,
        ),
        Probe("equal FLOPs", lambda g: (numbers(2, 2, 1, 3), numbers(3, 2, 4, 1))),
        Probe("equal losses", lambda g: (numbers(1, 2, 3), numbers(3, 2, 2))),
        Probe("leaves its inputs alone", lambda g: (numbers(3, 1, 2), numbers(1, 3, 2)), unchanged=True),
    ],
    "isoflop_minimum": [
        Probe("a valley of 9 runs", lambda g: valley(g, 9, 1e8, 1e10), rtol=1e-5, weight=2, essential=True),
        Probe("its bottom beyond the runs", lambda g: valley(g, 5, 1e7, 4e8, noise=0.0), rtol=1e-5, seed=1),
        Probe(
            "an exact parabola in log n",
            lambda g: (n := numbers(1e6, 3e6, 1e7, 5e7), 2 + 0.1 * (n / 8e6).log() ** 2),
            rtol=1e-5,
        ),
        Probe("leaves its inputs alone", lambda g: valley(g, 6, 1e8, 5e9), unchanged=True, seed=2, rtol=1e-5),
    ],
    "huber_objective": [
        Probe(
            "small residuals: the parabola",
            lambda g: objective(g, hoffmann_theta((0, 0, 3e-4, 0, 0))),
            rtol=1e-4,
            atol=1e-12,
            weight=2,
            essential=True,
        ),
        Probe(
            "large residuals: the straight branch",
            lambda g: objective(g, hoffmann_theta((0.5, 0, 0, 0, 0.01))),
            rtol=1e-4,
            atol=1e-9,
            weight=2,
        ),
        Probe(
            "noisy runs, delta 0.02, with the gradient",
            lambda g: objective(g, hoffmann_theta((0.1, -0.2, 0.02, 0.01, 0)), noise=0.03, delta=0.02),
            gradients=(0,),
            rtol=1e-4,
            atol=1e-9,
            weight=3,
            seed=1,
            essential=True,
        ),
        Probe(
            "a start with log A = 800 stays finite",
            lambda g: objective(g, numbers(800, 25, 1, 0, 0)),
            rtol=1e-4,
            atol=1e-9,
            essential=True,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: objective(g, hoffmann_theta((0.2, 0, 0, 0, 0))),
            unchanged=True,
            rtol=1e-4,
            atol=1e-9,
        ),
    ],
    "optimal_allocation": [
        Probe(
            "Besiroglu's law at 1e21 FLOPs",
            lambda g: (482.01, 2085.43, 0.3478, 0.3658, numbers(1e21)),
            rtol=1e-5,
            weight=2,
            essential=True,
        ),
        Probe(
            "Hoffmann's, three budgets",
            lambda g: (406.4, 410.7, 0.34, 0.28, numbers(1e20, 1e22, 5.76e23)),
            rtol=1e-5,
            weight=2,
        ),
        Probe("a symmetric law", lambda g: (100.0, 100.0, 0.5, 0.5, numbers(6e10)), rtol=1e-5, note="= 1e5 and 1e5"),
    ],
    "kaplan_frontier": [
        Probe(
            "Besiroglu's law",
            lambda g: (numbers(768, 1e5, 1e7, 1.5e9), 482.01, 2085.43, 0.3478, 0.3658),
            rtol=1e-5,
            weight=2,
            essential=True,
        ),
        Probe(
            "omega = 0: exercise 6.3 turned around",
            lambda g: (numbers(1e6, 1e9), 482.01, 2085.43, 0.3478, 0.3658, 0.0),
            rtol=1e-5,
        ),
        Probe("another law and omega", lambda g: (numbers(1e4, 1e8), 300.0, 500.0, 0.4, 0.3, 1e4), rtol=1e-5),
    ],
    "rank_correlation": [
        Probe(
            "six pairs without ties",
            lambda g: (numbers(1, 2, 3, 4, 5, 6), numbers(2, 1, 4, 3, 6, 5)),
            weight=2,
            essential=True,
        ),
        Probe(
            "not in order, far from linear",
            lambda g: (numbers(3, 1, 4, 2, 5), numbers(1e3, 5, 2e3, 1e9, 1)),
            weight=2,
            essential=True,
        ),
        Probe("ties in y", lambda g: (numbers(3, 1, 2, 6, 5, 4), numbers(0.4, 0.4, 0.6, 0.4, 0.4, 0.5)), weight=2),
        Probe("ties in both", lambda g: (numbers(1, 1, 2, 3), numbers(5, 4, 4, 4)), essential=True),
        Probe("falling", lambda g: (numbers(1, 2, 3, 4), numbers(9, 7, 3, 1)), note="= -1"),
        Probe("leaves its inputs alone", lambda g: (numbers(3, 1, 2), numbers(1, 3, 5)), unchanged=True),
    ],
    "play": [
        Probe("twelve laboratories: the middles", new_labs(0), look=middles, seconds=60.0, essential=True),
        Probe("twelve laboratories: the intervals", new_labs(0), look=intervals, seconds=60.0),
    ],
}
