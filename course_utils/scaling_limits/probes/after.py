"""Public probes of section 7: samples, votes and preferences."""

from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def law(g: Generator, answers: int, scale: float = 1.0) -> Tensor:
    return normal(g, answers, scale=scale).double().softmax(0)


def pairs(g: Generator, n: int, scale: float = 3.0, **kw: Any) -> list[Tensor]:
    """Log-probabilities of n preferred and n rejected answers under a policy and a reference."""
    return [-normal(g, n, scale=scale, **kw).abs() - 1 for _ in range(4)]


def wide_margins(g: Generator, n: int, margin: float) -> list[Tensor]:
    chosen, rejected, ref_chosen, ref_rejected = pairs(g, n)
    return [chosen + margin * (-1) ** torch.arange(n), rejected, ref_chosen, ref_rejected]


PROBES: dict[str, list[Probe]] = {
    "pass_at_k": [
        Probe("10 samples, k = 3", lambda g: (10, torch.tensor([0, 1, 4, 7, 10]), 3), weight=2, essential=True),
        Probe("one sample", lambda g: (20, torch.tensor([0, 5, 20]), 1), note="the share that is right"),
        Probe("all samples", lambda g: (12, torch.tensor([0, 1, 12]), 12), note="0 or 1"),
        Probe("fewer wrong ones than k", lambda g: (8, torch.tensor([4, 5, 6]), 5), note="certain from 4 on"),
        Probe("1,000 samples, k = 300", lambda g: (1000, torch.randint(0, 30, (6,), generator=g), 300), rtol=1e-5, atol=1e-9, seed=1, weight=2),
        Probe("inputs left alone", lambda g: (50, torch.randint(51, (4,), generator=g), 7), unchanged=True, dtype=True, seed=2),
    ],
    "majority_vote": [
        Probe("four problems, 9 samples", lambda g: (torch.randint(4, (4, 9), generator=g),), seed=1, weight=2, essential=True),
        Probe("ties: the first given", lambda g: (torch.tensor([[7, 2, 2, 7], [5, 1, 3, 0], [2, 9, 9, 2]]),), note="7, 5 and 2", weight=2),
        Probe("one sample", lambda g: (torch.tensor([[3], [8]]),)),
        Probe("a minority is largest", lambda g: (torch.tensor([[0, 9, 0, 8, 7]]),)),
        Probe("the first answer, or the last, is not the most frequent", lambda g: (torch.tensor([[5, 4, 4, 6], [1, 2, 2, 2]]),)),
        Probe("inputs left alone", lambda g: (torch.randint(3, (5, 6), generator=g),), unchanged=True, dtype=True, seed=2),
    ],
    "best_of_n": [
        Probe("5 answers, best of 3", lambda g: (law(g, 5), 3), weight=2, essential=True),
        Probe("best of 1", lambda g: (law(g, 6), 1), note="the policy itself", seed=1),
        Probe("two equal answers, best of 2", lambda g: (torch.tensor([0.5, 0.5]).double(), 2), note="1/4 and 3/4"),
        Probe("best of 200", lambda g: (law(g, 8, 2.0), 200), seed=2, rtol=1e-4, atol=1e-10),
        Probe("an impossible answer", lambda g: (torch.tensor([0.2, 0.0, 0.5, 0.3]).double(), 4)),
        Probe("inputs left alone", lambda g: (law(g, 4), 5), unchanged=True, dtype=True, seed=3),
    ],
    "best_of_64": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=0.005)],
    "dpo_loss": [
        Probe("six pairs, beta 0.1", lambda g: pairs(g, 6), gradients=(0, 1), weight=2, essential=True),
        Probe("beta 1", lambda g: (*pairs(g, 5), 1.0), gradients=(0, 1), seed=1),
        Probe("no gradient to the reference", lambda g: (*pairs(g, 4), 0.5), gradients=(0, 1, 2, 3), seed=2, weight=2, essential=True),
        Probe("policy and reference are the same", lambda g: pairs(g, 3)[:2] * 2, note="= log 2", seed=3),
        Probe("margins of 2,000", lambda g: (*wide_margins(g, 4, 2000.0), 1.0), gradients=(0, 1), seed=4, weight=2),
        Probe("one pair, float64, inputs left alone", lambda g: (*pairs(g, 1, dtype=torch.float64), 0.3), dtype=True, unchanged=True, seed=5),
    ],
    "halving_cost": [Probe("your number", lambda g: (), reveal=False, rtol=1e-3, atol=0.0)],
}  # fmt: skip
