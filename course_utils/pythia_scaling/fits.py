"""Scaling laws and how well data determine them: L = E + A / N^alpha + B / D^beta, and its parts.

The objective is Hoffmann et al. (2022), Approach 3: a Huber loss on the difference of log losses, least squares where delta is
infinite. Starts come from variable projection: for given exponents the law is linear in E, A and B, so a grid over the exponents alone
covers the space; Newton's method finishes the best of them. A fit that does not converge is an error, never a number.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from course_utils.errors import CourseError
from course_utils.pythia_scaling.newton import Array, minimise, mixture, objective

NAMES = (("A", "alpha"), ("B", "beta"))
EXPONENTS = np.geomspace(0.02, 2.0, 24)  # of the first power; a grid of 12 x 12 where there are two
FINISHED = 8  # starts that Newton's method takes to the end


class FitError(CourseError):
    """The data do not determine the law, or the search did not converge."""


@dataclass(frozen=True)
class ScalingLaw:
    """L = [E +] A x_1^-alpha [+ B x_2^-beta]. theta: e = log E if there is a floor, then log A, alpha[, log B, beta]."""

    theta: Array
    floor: bool
    delta: float
    objective: float

    @property
    def parameters(self) -> dict[str, float]:
        """E, A, alpha, B, beta by name, as far as the law has them."""
        return dict(zip(names(self.theta, self.floor), natural(self.theta[None], self.floor)[0].tolist(), strict=True))

    def predict(self, *x: ArrayLike) -> Array:
        """Loss at sizes (and tokens) x, each (n,). Returns (n,)."""
        return np.exp(mixture(self.theta[None], _logs(x), self.floor)[0][0])


@dataclass(frozen=True)
class Resamples:
    """A law refitted to resampled data: `theta` (R, P) of the refits that converged; `failed` did not and are left out."""

    theta: Array
    floor: bool
    failed: int

    def values(self, name: str) -> Array:
        """The refits' E, A, alpha, B or beta: (R,)."""
        return natural(self.theta, self.floor)[:, names(self.theta[0], self.floor).index(name)]

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Central percentile interval of a parameter."""
        low, high = np.quantile(self.values(name), [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def predict(self, *x: ArrayLike) -> Array:
        """Each refit's loss at x: (R, n)."""
        return np.exp(mixture(self.theta, _logs(x), self.floor)[0])


def fit_power_law(x: ArrayLike, loss: ArrayLike, delta: float = math.inf) -> ScalingLaw:
    """L = A / x^alpha. x, loss: (n,), positive. Raises FitError if they do not determine it."""
    return _fit([x], loss, floor=False, delta=delta)


def fit_power_law_with_floor(x: ArrayLike, loss: ArrayLike, delta: float = math.inf) -> ScalingLaw:
    """L = E + A / x^alpha. E is 0 to rounding where the data want none. Raises FitError if they do not determine it."""
    return _fit([x], loss, floor=True, delta=delta)


def fit_parametric(n: ArrayLike, d: ArrayLike, loss: ArrayLike, delta: float = 1e-3) -> ScalingLaw:
    """L = E + A / N^alpha + B / D^beta (Hoffmann et al. 2022, Eq. 2 and 3). n, d, loss: (n,). Raises FitError."""
    return _fit([n, d], loss, floor=True, delta=delta)


def bootstrap(
    law: ScalingLaw,
    x: Sequence[ArrayLike],
    loss: ArrayLike,
    resamples: int = 4000,
    seed: int = 0,
    residuals: bool = False,
) -> Resamples:
    """Refit `law` to resampled data, each refit starting from it.

    x: one (n,) array for each power of the law. By default whole measurements are drawn with replacement, as in the published
    replications of Chinchilla. residuals: keep the sizes and draw the residuals instead, widened for the parameters already
    spent on them: for a handful of sizes that somebody chose. Raises FitError if fewer than half of the refits converge.
    """
    log_x, log_loss = _logs(x), _logs([loss])[0]
    center, count = log_x.mean(axis=1), len(log_loss)
    generator = np.random.default_rng(seed)
    draws = generator.integers(count, size=(resamples, count))
    if residuals:
        predicted = mixture(law.theta[None], log_x, law.floor)[0]
        spread = math.sqrt(count / max(count - len(law.theta), 1))
        targets: Array = predicted + spread * (log_loss - predicted[0])[draws]
        weights: Array = np.ones(draws.shape)
    else:
        flat = draws + count * np.arange(resamples)[:, None]
        weights = np.bincount(flat.ravel(), minlength=resamples * count).reshape(resamples, count).astype(float)
        targets = np.broadcast_to(log_loss, weights.shape)
    start = np.broadcast_to(_centered(law.theta, center, law.floor), (resamples, len(law.theta)))
    theta, _, converged = minimise(start, log_x - center[:, None], targets, weights, law.delta, law.floor)
    if converged.mean() < 0.5:
        raise FitError(
            f"only {converged.sum()} of {resamples} bootstrap refits converged: {count} measurements are too few"
        )
    return Resamples(_centered(theta[converged], -center, law.floor), law.floor, int((~converged).sum()))


def names(theta: Array, floor: bool) -> list[str]:
    pairs = NAMES[: (len(theta) - floor) // 2]
    return ["E"] * floor + [name for pair in pairs for name in pair]


def natural(theta: Array, floor: bool) -> Array:
    """theta (R, P) with E, A and B in place of their logarithms."""
    is_log = np.array([name in "EAB" for name in names(theta[0], floor)])
    return np.where(is_log, np.exp(np.where(is_log, theta, 0.0)), theta)


def _fit(x: Sequence[ArrayLike], loss: ArrayLike, floor: bool, delta: float) -> ScalingLaw:
    log_x, log_loss = _logs(x), _logs([loss])[0]
    wanted = int(floor) + 2 * len(log_x)
    distinct = len(np.unique(np.vstack([log_x]).T, axis=0))
    if distinct < wanted or any(len(np.unique(row)) < 2 + floor for row in log_x):
        raise FitError(f"{distinct} different sizes do not determine {wanted} parameters: measure more of them")
    center = log_x.mean(axis=1)
    log_x = log_x - center[:, None]
    starts = _starts(log_x, log_loss, floor)
    ones = np.broadcast_to(1.0, (len(starts), len(log_loss)))
    targets = np.broadcast_to(log_loss, ones.shape)
    value = objective(starts, log_x, targets, ones, delta, floor)
    best = np.argsort(value)[:FINISHED]
    theta, value, converged = minimise(starts[best], log_x, targets[best], ones[best], delta, floor)
    if not converged.any():
        raise FitError(f"no fit from {len(starts)} starts converged; are these {len(log_loss)} losses a falling curve?")
    value = np.where(converged, value, np.inf)
    winner = int(value.argmin())
    return ScalingLaw(_centered(theta[winner : winner + 1], -center, floor)[0], floor, delta, float(value[winner]))


def _starts(log_x: Array, log_loss: Array, floor: bool) -> Array:
    """Variable projection: E, A, B by linear least squares on the relative error, for each choice of exponents. Returns (G, P)."""
    grid = [EXPONENTS[:: len(log_x)]] * len(log_x)
    exponents = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1).reshape(-1, len(log_x))
    columns = np.exp(-exponents[:, :, None] * log_x - log_loss)
    if floor:
        columns = np.concatenate(
            [np.broadcast_to(np.exp(-log_loss), (len(columns), 1, len(log_loss))), columns], axis=1
        )
    gram = columns @ columns.transpose(0, 2, 1)
    i = np.arange(gram.shape[1])
    gram[:, i, i] *= 1 + 1e-10
    linear = np.linalg.solve(gram, columns.sum(axis=2, keepdims=True))[:, :, 0]
    logs = np.log(np.maximum(linear, 1e-3 * np.exp(log_loss.mean())))  # no term may start at nothing
    theta = np.empty((len(exponents), int(floor) + 2 * len(log_x)))
    theta[:, : int(floor)] = logs[:, : int(floor)]
    theta[:, int(floor) :: 2], theta[:, int(floor) + 1 :: 2] = logs[:, int(floor) :], exponents
    return theta


def _centered(theta: Array, center: Array, floor: bool) -> Array:
    """The same law for log x - center: only the logarithms of A and B move."""
    moved = np.array(theta, dtype=float)
    moved[..., int(floor) :: 2] -= moved[..., int(floor) + 1 :: 2] * center
    return moved


def _logs(values: Sequence[ArrayLike]) -> Array:
    """Logarithms as rows of one array. Raises FitError for what has none."""
    table = np.stack([np.atleast_1d(np.asarray(value, dtype=float)) for value in values])
    if table.ndim != 2 or not (np.isfinite(table) & (table > 0)).all():
        raise FitError("sizes and losses must be lists of positive, finite numbers of one length")
    return np.log(table)
