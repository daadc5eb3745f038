"""What tests and benchmarks of the fits share: data as in Hoffmann et al. (2022), and their objective written a second time."""

import numpy as np

# Besiroglu et al. 2024 (arXiv:2404.10102), their refit of Hoffmann et al.'s data
PUBLISHED = {"E": 1.8172, "A": 482.01, "alpha": 0.3478, "B": 2085.43, "beta": 0.3658}


def runs(count=240, noise=0.006, seed=0, tails=None):
    """(N, D, loss) of `count` runs with 4e7 to 1.6e10 parameters and 6e18 to 3e21 FLOPs; residuals are Gaussian or Student-t with `tails`."""
    rng = np.random.default_rng(seed)
    n, c = (np.exp(rng.uniform(*np.log(limits), count)) for limits in ((4e7, 1.6e10), (6e18, 3e21)))
    d = c / 6 / n
    residual = rng.normal(size=count) if tails is None else rng.standard_t(tails, count)
    return n, d, law(n, d) * np.exp(noise * residual)


def law(n, d, E=PUBLISHED["E"], A=PUBLISHED["A"], alpha=PUBLISHED["alpha"], B=PUBLISHED["B"], beta=PUBLISHED["beta"]):
    return E + A / n**alpha + B / d**beta


def huber_objective(theta, n, d, loss, delta=1e-3):
    """Hoffmann et al. 2022, Eq. 3, at theta = (a, b, e, alpha, beta), term by term."""
    a, b, e, alpha, beta = theta
    predicted = np.logaddexp(np.logaddexp(a - alpha * np.log(n), b - beta * np.log(d)), e)
    residual = np.abs(predicted - np.log(loss))
    return float(np.where(residual <= delta, residual**2 / 2, delta * (residual - delta / 2)).sum())


def huber_gradient(theta, n, d, loss, delta=1e-3):
    a, b, e, alpha, beta = theta
    z = np.stack([a - alpha * np.log(n), b - beta * np.log(d), np.full(len(n), e)])
    predicted = np.logaddexp.reduce(z)
    share = np.exp(z - predicted)
    slope = np.clip(predicted - np.log(loss), -delta, delta)
    to_a, to_b, to_e = (share * slope).sum(axis=1)
    return np.array([to_a, to_b, to_e, -(share[0] * slope * np.log(n)).sum(), -(share[1] * slope * np.log(d)).sum()])


def grid_of_starts():
    """Hoffmann et al. 2022, D.2: alpha, beta in 0, .5 .. 2; e in -1, -.5 .. 1; a, b in 0, 5 .. 25: 4,500 starts."""
    exponents, floors, logs = np.arange(0, 2.5, 0.5), np.arange(-1, 1.5, 0.5), np.arange(0, 30, 5)
    return np.stack(np.meshgrid(logs, logs, floors, exponents, exponents, indexing="ij"), axis=-1).reshape(-1, 5)


def as_theta(parameters):
    """The parameters by name, as (a, b, e, alpha, beta)."""
    p = parameters
    return np.array([np.log(p["A"]), np.log(p["B"]), np.log(p["E"]), p["alpha"], p["beta"]])
