"""Public probes of the InfoNCE exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from collections.abc import Sequence
from typing import Any

import sympy
import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform
from course_utils.infonce.exact import random_joint, worked_joint

EXACT = 1e-12
PLACES = ((0.3, -0.7, 0.2), (1.1, 0.4, 0.6), (-0.5, -1.2, 0.9), (0.0, 2.0, 0.5))


def sides(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """The sides of an identity, and their largest difference."""
    if not isinstance(value, tuple | list):
        raise TypeError(f"expected the sides as a tuple, got {type(value).__name__}")
    if len({id(side) for side in value if isinstance(side, Tensor)}) < sum(isinstance(side, Tensor) for side in value):
        raise ValueError("two of the sides are one and the same object: compute each side on its own")
    numbers = [torch.as_tensor(side, dtype=torch.float64) for side in value]
    spread = max(float((a - numbers[0]).abs().max()) for a in numbers)
    return {**{f"side {i + 1}": side for i, side in enumerate(value)}, "largest difference of the sides": spread}


def at_places(places: Sequence[tuple[float, float, float]]) -> Any:
    """Look at a sympy expression in x, y, rho: its values at (x, y, rho)."""

    def look(value: Any, arguments: Sequence[Any]) -> dict[str, float]:
        symbols = {symbol.name: symbol for symbol in getattr(value, "free_symbols", ())}
        if not isinstance(value, sympy.Expr):
            raise TypeError(f"expected a sympy expression, got {type(value).__name__}")
        if unknown := symbols.keys() - {"x", "y", "rho"}:
            raise ValueError(f"the symbol {min(unknown)} is none of x, y, rho")
        found = {}
        for x, y, rho in places:
            numbers = {symbols[name]: number for name, number in (("x", x), ("y", y), ("rho", rho)) if name in symbols}
            found[f"x = {x:g}, y = {y:g}, rho = {rho:g}"] = float(value.subs(numbers))
        return found

    return look


def pairs(g: Generator, n: int, dim: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor, float]:
    """Two batches, alternately near (same) and far, and a margin that some of the far ones already keep."""
    a = normal(g, n, dim, dtype=dtype)
    same = torch.arange(n) % 2 == 0
    return a, a + normal(g, n, dim, scale=0.6, dtype=dtype), same, 1.5


def triplets(
    g: Generator, n: int, dim: int, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor, float]:
    """Anchors, positives nearby, negatives of which some are already far enough."""
    anchor = normal(g, n, dim, dtype=dtype)
    return anchor, anchor + normal(g, n, dim, scale=0.9, dtype=dtype), normal(g, n, dim, dtype=dtype), 1.0


def nce_scores(g: Generator, n: int, k: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, int]:
    return normal(g, n, dtype=dtype) + 1, normal(g, n, k, dtype=dtype) - 1, k


def games(
    g: Generator, n: int, k: int, scale: float = 1.0, dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Scores of n games among k candidates, and the positives' places."""
    return normal(g, n, k, scale=scale, dtype=dtype), torch.randint(k, (n,), generator=g)


def with_zeros() -> Tensor:
    """A joint in which each context rules one outcome out."""
    return torch.tensor([[0.0, 0.25, 0.15], [0.35, 0.0, 0.25]], dtype=torch.float64)


def finite_critic(g: Generator, joint: Tensor) -> Tensor:
    return normal(g, *joint.shape, dtype=torch.float64)


def critic_of_zeros() -> Tensor:
    """The best critic of `with_zeros`, with its infinities."""
    joint = with_zeros()
    return (joint / (joint.sum(1, keepdim=True) * joint.sum(0))).log()


PROBES: dict[str, list[Probe]] = {
    "pair_loss": [
        Probe("6 pairs, margin 1.5", lambda g: pairs(g, 6, 3), weight=2, essential=True),
        Probe(
            "one pair of each kind, distance 2, margin 3",
            lambda g: (torch.tensor([[0.0], [0.0]]), torch.tensor([[2.0], [2.0]]), torch.tensor([True, False]), 3.0),
            note="= (4 + 1) / 4",
        ),
        Probe(
            "different things beyond the margin cost nothing",
            lambda g: (torch.zeros(2, 2), torch.tensor([[3.0, 4.0], [0.0, 6.0]]), torch.tensor([False, False]), 4.0),
            essential=True,
        ),
        Probe(
            "the gradient reaches both, float64", lambda g: pairs(g, 8, 4, torch.float64), gradients=(0, 1), dtype=True
        ),
    ],
    "triplet_loss": [
        Probe("6 triplets, margin 1", lambda g: triplets(g, 6, 3), weight=2, essential=True),
        Probe(
            "squared distances 1 and 4, margin 5",
            lambda g: (torch.zeros(1, 1), torch.ones(1, 1), torch.full((1, 1), 2.0), 5.0),
            note="= 1 - 4 + 5",
            essential=True,
        ),
        Probe(
            "a margin that is kept costs nothing",
            lambda g: (torch.zeros(2, 1), torch.ones(2, 1), torch.tensor([[3.0], [-4.0]]), 1.0),
        ),
        Probe(
            "the gradient reaches all three, float64",
            lambda g: triplets(g, 8, 4, torch.float64),
            gradients=(0, 1, 2),
            dtype=True,
        ),
    ],
    "n_pair_loss": [
        Probe(
            "6 pairs, 4 dimensions",
            lambda g: (normal(g, 6, 4), normal(g, 6, 4)),
            look=sides,
            atol=1e-5,
            weight=2,
            essential=True,
        ),
        Probe("one pair: nothing to confuse it with", lambda g: (normal(g, 1, 3), normal(g, 1, 3)), look=sides),
        Probe(
            "float64: the sides agree to 1e-12",
            lambda g: (normal(g, 9, 5, dtype=torch.float64), normal(g, 9, 5, dtype=torch.float64)),
            look=sides,
            rtol=1e-7,
            atol=EXACT,
            dtype=True,
        ),
        Probe(
            "scores of several hundred",
            lambda g: (normal(g, 5, 8, scale=15), normal(g, 5, 8, scale=15)),
            look=sides,
            atol=1e-3,
            essential=True,
        ),
    ],
    "mass_without_log_k": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=2e-3)],
    "nce_loss": [
        Probe("4 data points, 3 noise samples each", lambda g: nce_scores(g, 4, 3), weight=2, essential=True),
        Probe("all scores 0, k = 1", lambda g: (torch.zeros(5), torch.zeros(5, 1), 1), note="= 2 log 2"),
        Probe(
            "all scores log k, k = 4: every sample is a coin toss",
            lambda g: (torch.full((3,), 4.0).log(), torch.full((3, 4), 4.0).log(), 4),
            note="= 5 log 2",
        ),
        Probe(
            "scores of 200 and -200, with gradients",
            lambda g: (torch.tensor([200.0, -200.0]), torch.tensor([[-200.0, 200.0], [200.0, 3.0]]), 2),
            gradients=(0, 1),
            essential=True,
        ),
        Probe("float64, k = 7", lambda g: nce_scores(g, 6, 7, torch.float64), gradients=(0, 1), dtype=True, rtol=1e-7),
    ],
    "positive_posterior": [
        Probe(
            "the worked joint, three candidates",
            lambda g: (worked_joint(), 0, torch.tensor([0, 1, 2])),
            look=sides,
            atol=EXACT,
            weight=2,
            essential=True,
        ),
        Probe(
            "the same outcome twice",
            lambda g: (worked_joint(), 1, torch.tensor([2, 0, 2, 1])),
            look=sides,
            atol=EXACT,
        ),
        Probe(
            "an impossible candidate",
            lambda g: (with_zeros(), 0, torch.tensor([0, 1, 2])),
            look=sides,
            atol=EXACT,
            essential=True,
        ),
        Probe(
            "a random joint, five candidates",
            lambda g: (random_joint(g, 3, 4), 2, torch.tensor([3, 1, 0, 1, 2])),
            look=sides,
            atol=EXACT,
            dtype=True,
            essential=True,
        ),
    ],
    "info_nce": [
        Probe("5 games, 4 candidates", lambda g: games(g, 5, 4), weight=2, essential=True),
        Probe("equal scores, K = 64", lambda g: (torch.full((3, 64), 2.5), torch.tensor([0, 7, 63])), note="= log K"),
        Probe(
            "the positive wins by far",
            lambda g: (torch.tensor([[0.0, 1000.0, -1000.0]]), torch.tensor([1])),
            essential=True,
        ),
        Probe("scores of 1000, with gradient", lambda g: games(g, 6, 5, scale=500), gradients=(0,), essential=True),
        Probe(
            "float64, with gradient",
            lambda g: games(g, 7, 9, dtype=torch.float64),
            gradients=(0,),
            dtype=True,
            rtol=1e-7,
        ),
        Probe("leaves the scores alone", lambda g: games(g, 4, 6), unchanged=True),
    ],
    "optimal_critic": [
        Probe("the worked joint", lambda g: (worked_joint(),), atol=1e-9, weight=2, essential=True),
        Probe("independent: nothing to see", lambda g: (torch.full((2, 4), 1 / 8, dtype=torch.float64),), atol=1e-9),
        Probe("zeros in the joint", lambda g: (with_zeros(),), essential=True),
        Probe("a random joint, 4 contexts", lambda g: (random_joint(g, 4, 3),), dtype=True, unchanged=True),
    ],
    "mutual_information": [
        Probe("the worked joint", lambda g: (worked_joint(),), rtol=1e-7, atol=1e-9, weight=2, essential=True),
        Probe("independent", lambda g: (torch.full((2, 4), 1 / 8, dtype=torch.float64),), atol=1e-9, note="= 0"),
        Probe(
            "one names the other, 3 values",
            lambda g: (torch.eye(3, dtype=torch.float64) / 3,),
            rtol=1e-7,
            note="= log 3",
        ),
        Probe("zeros in the joint", lambda g: (with_zeros(),), rtol=1e-7),
        Probe("a random joint, 4 contexts", lambda g: (random_joint(g, 4, 3),), rtol=1e-7, dtype=True, unchanged=True),
    ],
    "candidate_game": [
        Probe("the worked joint, K = 2", lambda g: (worked_joint(), 2), atol=EXACT, weight=2, essential=True),
        Probe("K = 3", lambda g: (worked_joint(), 3), atol=EXACT),
        Probe("zeros in the joint, K = 2", lambda g: (with_zeros(), 2), atol=EXACT),
        Probe("a random joint, 3 contexts, K = 4", lambda g: (random_joint(g, 3, 3), 4), atol=EXACT, dtype=True),
    ],
    "exact_info_nce": [
        Probe(
            "a critic that sees nothing, K = 5",
            lambda g: (worked_joint(), torch.zeros(2, 3).double(), 5),
            note="= log K",
            essential=True,
        ),
        Probe(
            "a random critic, K = 3",
            lambda g: (worked_joint(), finite_critic(g, worked_joint()), 3),
            rtol=1e-7,
            weight=2,
        ),
        Probe("one candidate: no game", lambda g: (worked_joint(), finite_critic(g, worked_joint()), 1), atol=EXACT),
        Probe(
            "the best critic where there are zeros, K = 2",
            lambda g: (with_zeros(), critic_of_zeros(), 2),
            rtol=1e-7,
            essential=True,
        ),
        Probe(
            "scores of 800, K = 2",
            lambda g: (worked_joint(), torch.tensor([[800.0, 0.0, -3.0], [0.0, -800.0, 5.0]]).double(), 2),
            essential=True,
        ),
        Probe(
            "the gradient reaches the critic, K = 4",
            lambda g: (worked_joint(), finite_critic(g, worked_joint()), 4),
            gradients=(1,),
            dtype=True,
        ),
    ],
    "harmless_changes": [Probe("your answers", lambda g: (), reveal=False)],
    "mi_lower_bound": [
        Probe(
            "a loss of 1 nat among 7 negatives", lambda g: (torch.tensor(1.0), 7), note="= log 8 - 1", essential=True
        ),
        Probe("a perfect critic, 255 negatives", lambda g: (torch.tensor(0.0), 255), note="= log 256"),
        Probe("several losses, one above log K", lambda g: (uniform(g, 5) * 4, 9), weight=2),
        Probe("one negative, float64", lambda g: (uniform(g, 2, 2).double(), 1), dtype=True, rtol=1e-7),
        Probe("the gradient", lambda g: (uniform(g, 3), 4), gradients=(0,), essential=True),
    ],
    "gap_as_expectation": [
        Probe(
            "the worked joint, K = 2", lambda g: (worked_joint(), 2), look=sides, atol=EXACT, weight=2, essential=True
        ),
        Probe("K = 5", lambda g: (worked_joint(), 5), look=sides, rtol=1e-7, atol=EXACT),
        Probe("one candidate: all of I is missing", lambda g: (worked_joint(), 1), look=sides, rtol=1e-7, atol=EXACT),
        Probe(
            "zeros in the joint, K = 3", lambda g: (with_zeros(), 3), look=sides, rtol=1e-7, atol=EXACT, essential=True
        ),
    ],
    "change_of_measure": [
        Probe(
            "the worked joint, K = 2", lambda g: (worked_joint(), 2), look=sides, atol=EXACT, weight=2, essential=True
        ),
        Probe("K = 5", lambda g: (worked_joint(), 5), look=sides, rtol=1e-7, atol=EXACT),
        Probe("one candidate", lambda g: (worked_joint(), 1), look=sides, rtol=1e-7, atol=EXACT, note="= I"),
        Probe(
            "zeros in the joint, K = 3", lambda g: (with_zeros(), 3), look=sides, rtol=1e-7, atol=EXACT, essential=True
        ),
    ],
    "gap_as_divergence": [
        Probe(
            "the worked joint, K = 2", lambda g: (worked_joint(), 2), look=sides, atol=EXACT, weight=2, essential=True
        ),
        Probe("K = 5", lambda g: (worked_joint(), 5), look=sides, rtol=1e-7, atol=EXACT),
        Probe(
            "zeros in the joint, K = 3", lambda g: (with_zeros(), 3), look=sides, rtol=1e-7, atol=EXACT, essential=True
        ),
        Probe(
            "a random joint, 3 contexts, K = 4", lambda g: (random_joint(g, 3, 4), 4), look=sides, rtol=1e-7, atol=EXACT
        ),
    ],
    "excess_loss": [
        Probe(
            "a random critic, K = 3",
            lambda g: (worked_joint(), finite_critic(g, worked_joint()), 3),
            look=sides,
            rtol=1e-7,
            atol=EXACT,
            weight=2,
            essential=True,
        ),
        Probe(
            "a critic that sees nothing, K = 2",
            lambda g: (worked_joint(), torch.zeros(2, 3).double(), 2),
            look=sides,
            rtol=1e-7,
            atol=EXACT,
        ),
        Probe(
            "the best critic plus a function of the context: no price",
            lambda g: (
                worked_joint(),
                (worked_joint() / (worked_joint().sum(1, keepdim=True) * worked_joint().sum(0))).log()
                + normal(g, 2, 1, dtype=torch.float64),
                4,
            ),
            look=sides,
            atol=EXACT,
        ),
    ],
    "gaussian_log_ratio": [Probe("your expression", lambda g: (), look=at_places(PLACES))],
    "gaussian_critic": [
        Probe(
            "3 contexts, 4 candidates, 5 dimensions, rho = 0.6",
            lambda g: (normal(g, 3, 5), normal(g, 4, 5), 0.6),
            weight=2,
            essential=True,
        ),
        Probe("one dimension, rho = -0.3", lambda g: (normal(g, 2, 1), normal(g, 3, 1), -0.3)),
        Probe("rho = 0: no information", lambda g: (normal(g, 2, 4), normal(g, 3, 4), 0.0), atol=1e-5),
        Probe(
            "float64, rho = 0.9",
            lambda g: (normal(g, 4, 20, dtype=torch.float64), normal(g, 4, 20, dtype=torch.float64), 0.9),
            dtype=True,
            rtol=1e-7,
        ),
        Probe("leaves its inputs alone", lambda g: (normal(g, 3, 2), normal(g, 3, 2), 0.5), unchanged=True),
    ],
    "candidates_needed": [Probe("your number", lambda g: (), reveal=False, rtol=0.01, atol=0.0)],
    "nwj_bound": [
        Probe("5 pairs, 8 independent ones", lambda g: (normal(g, 5), normal(g, 8)), weight=2, essential=True),
        Probe("f = 1 everywhere", lambda g: (torch.ones(4), torch.ones(9)), atol=1e-5, note="= 0"),
        Probe("scores in a matrix", lambda g: (normal(g, 6), normal(g, 6, 5)), essential=True),
        Probe(
            "scores around -200, float64",
            lambda g: ((normal(g, 4) - 200).double(), (normal(g, 7) - 200).double()),
            dtype=True,
        ),
        Probe(
            "a score of 89: e^89 does not fit a float32",
            lambda g: (torch.zeros(4), torch.tensor([89.0] + [0.0] * 7)),
            essential=True,
        ),
        Probe("the gradient reaches both", lambda g: (normal(g, 5), normal(g, 7)), gradients=(0, 1), essential=True),
    ],
    "temperature_derivatives": [
        Probe("5 candidates, beta = 2", lambda g: (normal(g, 5), 3, 2.0), weight=2, essential=True),
        Probe("equal scores", lambda g: (torch.full((4,), 1.5), 0, 1.0), atol=1e-6),
        Probe("beta = 0: the plain mean and variance", lambda g: (normal(g, 6), 1, 0.0)),
        Probe("scores of 300", lambda g: (normal(g, 6, scale=300), 0, 1.0), essential=True),
        Probe("float64", lambda g: (normal(g, 9, dtype=torch.float64), 4, 5.0), dtype=True, rtol=1e-7),
    ],
    "bilinear_critic": [
        Probe(
            "3 contexts, 4 candidates",
            lambda g: (normal(g, 5, 5), normal(g, 3, 5), normal(g, 4, 5)),
            weight=2,
            essential=True,
        ),
        Probe("different dimensions", lambda g: (normal(g, 2, 6), normal(g, 3, 2), normal(g, 4, 6))),
        Probe(
            "the gradient reaches all three",
            lambda g: (normal(g, 3, 3), normal(g, 4, 3), normal(g, 5, 3)),
            gradients=(0, 1, 2),
            essential=True,
        ),
    ],
}
