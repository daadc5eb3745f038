"""Many small fits at once: a sum of power laws, by a Huber loss on the logarithm of the loss, with Newton's method.

The model of n measurements is log L = logsumexp_k z_k, where z_0 = e (the floor E = exp(e), where there is one) and
z_k = a_k - alpha_k log x_k. Gradient and Hessian are exact (a mixture's mean and covariance), so a handful of steps reaches the last digit;
`minimise` takes them for thousands of resamples together.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

BLOCK = 128  # problems solved together: their arrays then fit in the cache
STEP = 1e-9  # converged: an undamped step moves no parameter (all are logarithms or exponents) by more
DECREASE = 1e-15  # ... or promises no larger share of the objective
PERFECT = 1e-25  # ... or the mean squared residual is nothing but rounding
ROUNDING = 1e-13  # a rise of the objective that a sum's rounding may feign


def components(theta: Array, log_x: Array, floor: bool) -> Array:
    """Logarithm of each term of the sum. theta: (R, P), log_x: (T, n). Returns (R, K, n), the floor first."""
    pairs = theta[:, int(floor) :].reshape(len(theta), -1, 2)
    powers = pairs[:, :, :1] - pairs[:, :, 1:] * log_x
    if not floor:
        return powers
    return np.concatenate([np.broadcast_to(theta[:, :1, None], (len(theta), 1, log_x.shape[1])), powers], axis=1)


def mixture(theta: Array, log_x: Array, floor: bool) -> tuple[Array, Array]:
    """Predicted log loss (R, n), and each term's share of the predicted loss (R, K, n)."""
    z = components(theta, log_x, floor)
    top = z.max(axis=1, keepdims=True)
    share = np.exp(z - top)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    return (top + np.log(total))[:, 0], share


def huber(residual: Array, delta: float) -> Array:
    """r²/2 where |r| <= delta, delta (|r| - delta/2) beyond; delta = inf is least squares."""
    size = np.abs(residual)
    inside = np.minimum(size, delta)
    return inside * (size - inside / 2)


def objective(theta: Array, log_x: Array, log_loss: Array, weights: Array, delta: float, floor: bool) -> Array:
    """Weighted sum of Huber losses of each problem: (R,). weights: (R, n)."""
    predicted, _ = mixture(theta, log_x, floor)
    return (weights * huber(predicted - log_loss, delta)).sum(axis=1)


def derivatives(
    theta: Array, log_x: Array, log_loss: Array, weights: Array, delta: float, floor: bool
) -> tuple[Array, Array, Array]:
    """Objective (R,), gradient (R, P) and Hessian (R, P, P)."""
    predicted, share = mixture(theta, log_x, floor)
    residual = predicted - log_loss
    value = (weights * huber(residual, delta)).sum(axis=1)
    slope = weights * np.clip(residual, -delta, delta)
    curved = weights * (np.abs(residual) <= delta) - slope
    first = int(floor)
    powers = share[:, first:]
    jacobian = np.empty((len(theta), theta.shape[1], log_x.shape[1]))
    jacobian[:, :first] = share[:, :first]
    jacobian[:, first::2] = powers
    jacobian[:, first + 1 :: 2] = -powers * log_x
    gradient = np.einsum("rpn,rn->rp", jacobian, slope)
    hessian = (jacobian * curved[:, None]) @ jacobian.transpose(0, 2, 1)
    # plus the second derivatives inside each term: slope * share * phi phi', phi = (1) for the floor, (1, -log x) for a power
    i = np.arange(first, theta.shape[1], 2)
    if floor:
        hessian[:, 0, 0] += gradient[:, 0]
    hessian[:, i, i] += gradient[:, i]
    hessian[:, i, i + 1] += gradient[:, i + 1]
    hessian[:, i + 1, i] += gradient[:, i + 1]
    hessian[:, i + 1, i + 1] += np.einsum("rkn,rn->rk", powers * log_x**2, slope)
    return value, gradient, hessian


def minimise(
    theta: Array, log_x: Array, log_loss: Array, weights: Array, delta: float, floor: bool, iterations: int = 200
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Damped Newton from each row of theta (R, P), with measurements and weights of its own: log_loss and weights are (R, n).

    Where the best floor is none at all, its logarithm e is -inf. Returns the parameters, the objectives (R,), and which rows converged.
    """
    theta = theta.copy()
    value, converged = np.empty(len(theta)), np.zeros(len(theta), dtype=bool)
    for start in range(0, len(theta), BLOCK):
        block = slice(start, start + BLOCK)
        theta[block], value[block], converged[block] = _minimise_block(
            theta[block], log_x, log_loss[block], weights[block], delta, floor, iterations
        )
    if floor and not converged.all():
        rows = np.flatnonzero(~converged)
        given = (log_loss[rows], weights[rows], delta)
        bare, value[rows], fine = minimise(theta[rows, 1:], log_x, *given, False, iterations)
        theta[rows] = np.column_stack([np.full(len(rows), -np.inf), bare])
        converged[rows] = fine & _wants_no_floor(bare, log_x, *given)
    return theta, value, converged


def _wants_no_floor(theta: Array, log_x: Array, log_loss: Array, weights: Array, delta: float) -> NDArray[np.bool_]:
    """Whether the objective of the law without a floor would rise with E: then E = 0 is its minimum over E >= 0."""
    predicted, _ = mixture(theta, log_x, floor=False)
    slope = weights * np.clip(predicted - log_loss, -delta, delta)
    return (slope * np.exp(-predicted)).sum(axis=1) >= -1e-12 * weights.sum(axis=1)


def _minimise_block(
    theta: Array, log_x: Array, log_loss: Array, weights: Array, delta: float, floor: bool, iterations: int
) -> tuple[Array, Array, NDArray[np.bool_]]:
    value, gradient, hessian = derivatives(theta, log_x, log_loss, weights, delta, floor)
    damping = np.full(len(theta), 1e-3)
    active = np.isfinite(value)
    converged = np.zeros(len(theta), dtype=bool)
    for _ in range(iterations):
        rows = np.flatnonzero(active)
        if not len(rows):
            break
        step, promised = _step(gradient[rows], hessian[rows], damping[rows])
        tried = theta[rows] + step
        new_value, new_gradient, new_hessian = derivatives(tried, log_x, log_loss[rows], weights[rows], delta, floor)
        better = (promised > 0) & (new_value <= value[rows] * (1 + ROUNDING))  # NaN is not better
        kept = rows[better]
        theta[kept], value[kept] = tried[better], new_value[better]
        gradient[kept], hessian[kept] = new_gradient[better], new_hessian[better]
        small = (np.abs(step).max(axis=1) <= STEP) | (np.abs(promised) <= DECREASE * value[rows])
        perfect = value[rows] <= PERFECT * weights[rows].sum(axis=1)
        done = rows[small & (damping[rows] <= 1e-2) | perfect]
        converged[done], active[done] = True, False
        damping[rows] = np.where(better, damping[rows] / 8, damping[rows] * 6)
        active[damping > 1e12] = False
    return theta, value, converged


def _step(gradient: Array, hessian: Array, damping: Array) -> tuple[Array, Array]:
    """Newton's step with a ridge of `damping` times the typical curvature, and the decrease it promises."""
    i = np.arange(gradient.shape[1])
    scale = np.abs(hessian[:, i, i])
    scale = np.maximum(scale, 1e-9 * scale.max(axis=1, keepdims=True) + 1e-300)
    ridged = hessian.copy()
    ridged[:, i, i] += damping[:, None] * scale
    step = np.linalg.solve(ridged, -gradient[:, :, None])[:, :, 0].astype(np.float64)
    return step, -(gradient * step).sum(axis=1)
