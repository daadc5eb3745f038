"""A law with a floor by variable projection: what is left out of it, and what is minimised instead."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import GRID, numbers, power

bank = Bank(
    hidden=[
        Probe(
            "Hoffmann's law, 1e8 to 1e10 parameters",
            lambda g: (
                x := numbers(1e8, 3e8, 1e9, 3e9, 1e10),
                1.69 + 406.4 * x**-0.34,
                torch.arange(0.2, 0.5, 0.02, dtype=torch.float64),
            ),
            rtol=1e-5,
            essential=True,
        ),
        Probe(
            "6 noisy points", lambda g: (*power(g, 6, 25.0, 0.35, floor=1.0, noise=0.03), GRID), seed=11, essential=True
        ),
        Probe(
            "losses over three decades",
            lambda g: (*power(g, 12, 2e4, 0.7, floor=0.5, noise=0.1), GRID),
            seed=12,
            essential=True,
        ),
        Probe("a coarse grid", lambda g: (*power(g, 8, 15.0, 0.27, floor=1.4), numbers(0.1, 0.3, 0.5)), seed=13),
        Probe(
            "data that want no floor, and noise",
            lambda g: (x := power(g, 8, 1, 1)[0], (12 * x**-0.3) * (1 - 2e3 / x), GRID),
            seed=14,
            essential=True,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: (*power(g, 5, 20.0, 0.4, floor=1.0), GRID.clone()),
            unchanged=True,
            seed=15,
        ),
    ]
)


def solve(x, y, exponents, weight=None, negative=False):
    """Least squares of (E + A x^-a - y) * weight for each exponent; E >= 0 unless `negative` is allowed."""
    weight = 1 / y if weight is None else weight
    best = None
    for alpha in exponents:
        columns = torch.stack([weight, x**-alpha * weight], dim=1)
        floor, scale = torch.linalg.lstsq(columns, (y * weight)[:, None]).solution[:, 0]
        if floor < 0 and not negative:
            power_column = columns[:, 1]
            floor, scale = torch.zeros_like(floor), (power_column * y * weight).sum() / power_column.square().sum()
        error = ((floor + scale * x**-alpha - y) * weight).square().sum()
        if best is None or error < best[0]:
            best = (error, floor, scale, alpha)
    return best[1:]


@bank.alternative
def one_exponent_at_a_time(x, y, exponents):
    return solve(x, y, exponents)


@bank.alternative
def weighted_regression(x, y, exponents):
    w, rows = 1 / y**2, []
    for alpha in exponents:
        p = x**-alpha
        mean_p, mean_y = (w * p).sum() / w.sum(), (w * y).sum() / w.sum()
        scale = (w * (p - mean_p) * (y - mean_y)).sum() / (w * (p - mean_p) ** 2).sum()
        floor = mean_y - scale * mean_p
        if floor < 0:
            floor, scale = 0 * floor, (w * p * y).sum() / (w * p * p).sum()
        rows.append(torch.stack([((floor + scale * p) / y - 1).square().sum(), floor, scale, alpha]))
    _, floor, scale, alpha = min(rows, key=lambda row: row[0])
    return floor, scale, alpha


@bank.alternative
def as_python_numbers(x, y, exponents):
    return tuple(value.item() for value in solve(x, y, exponents))


@bank.misconception(
    "There is no irreducible term in your fit: E is 0. A straight line through a law with a floor looks fine, and its exponent is far too small\n"
    "(0.057 where the truth is 0.34: near Kaplan's 0.076). Fit the constant too."
)
def no_floor(x, y, exponents):
    powers = x ** -exponents[:, None] / y
    scale = powers.sum(dim=1) / powers.square().sum(dim=1)
    best = (scale[:, None] * powers - 1).square().sum(dim=1).argmin()
    return torch.zeros((), dtype=x.dtype), scale[best], exponents[best]


@bank.misconception(
    "Your fit minimises the error of y itself: the largest losses decide. The relative error is asked for: divide each row, and its target, by y."
)
def absolute_error(x, y, exponents):
    return solve(x, y, exponents, weight=torch.ones_like(y))


@bank.misconception(
    "You allow a negative E. No text has a negative loss: where the best E is below 0, E is 0 and A is the best for that."
)
def negative_floor(x, y, exponents):
    return solve(x, y, exponents, negative=True)


@bank.misconception(
    "A negative E is set to 0 at the end, beside the A and alpha that were found with it. With E = 0 they have to be found anew."
)
def clamped_at_the_end(x, y, exponents):
    floor, scale, alpha = solve(x, y, exponents, negative=True)
    return floor.clamp(min=0), scale, alpha


@bank.misconception("The sign of the exponent: you fit E + A x^(+alpha), which grows with the size.")
def growing_power(x, y, exponents):
    return solve(x, y, -exponents)


@bank.misconception("Your alpha is negative: return the exponent as it is in the list, positive for a loss that falls.")
def negative_exponent(x, y, exponents):
    floor, scale, alpha = solve(x, y, exponents)
    return floor, scale, -alpha


@bank.misconception(
    "You take the smallest loss for the floor and fit a line to the logarithm of the rest. The floor lies below everything measured."
)
def smallest_loss_as_floor(x, y, exponents):
    floor = y.min() * 0.999
    u, v = x.log(), (y - floor).log()
    slope = ((u - u.mean()) * v).sum() / (u - u.mean()).square().sum()
    return floor, (v.mean() - slope * u.mean()).exp(), -slope


@bank.misconception("Your search takes the *worst* exponent: the largest sum of squares instead of the smallest.")
def argmax(x, y, exponents):
    design = torch.stack([(1 / y).expand(len(exponents), -1), x ** -exponents[:, None] / y], dim=2)
    solution = torch.linalg.lstsq(design, torch.ones(len(exponents), len(x), 1, dtype=x.dtype)).solution
    worst = (design @ solution - 1).square().sum(dim=(1, 2)).argmax()
    return solution[worst, 0, 0], solution[worst, 1, 0], exponents[worst]


@bank.misconception("You return the first exponent of the list, not the best: compare the errors of all of them.")
def first_exponent(x, y, exponents):
    return solve(x, y, exponents[:1])


@bank.misconception("A and E come out in the wrong order: return (E, A, alpha).")
def wrong_order(x, y, exponents):
    floor, scale, alpha = solve(x, y, exponents)
    return scale, floor, alpha


@bank.misconception("The rows of your design matrix are divided by y, the target is not: it should be y / y = 1.")
def target_not_divided(x, y, exponents):
    design = torch.stack([(1 / y).expand(len(exponents), -1), x ** -exponents[:, None] / y], dim=2)
    target = y.expand(len(exponents), -1)[:, :, None]
    solution = torch.linalg.lstsq(design, target).solution
    best = (design @ solution - target).square().sum(dim=(1, 2)).argmin()
    return solution[best, 0, 0], solution[best, 1, 0], exponents[best]


@bank.misconception(
    "The errors that you compare between exponents are absolute, though each fit minimises the relative one. Compare what you minimise."
)
def compares_another_error(x, y, exponents):
    fits = [solve(x, y, exponents[i : i + 1]) for i in range(len(exponents))]
    return min(fits, key=lambda f: (f[0] + f[1] * x ** -f[2] - y).square().sum())


@bank.misconception("You return the *position* of the best exponent in the list, not the exponent.")
def position_of_the_exponent(x, y, exponents):
    floor, scale, alpha = solve(x, y, exponents)
    return floor, scale, (exponents - alpha).abs().argmin()


@bank.misconception("Your sizes are logarithms when they are raised to the power: it is x itself, x^-alpha.")
def powers_of_the_logarithm(x, y, exponents):
    return solve(x.log(), y, exponents)
