"""The budget game: a laboratory that trains any model you pay for, and one forecast of a model you cannot pay for."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from course_utils.errors import CourseError

TOKENS_PER_PARAMETER = 20  # of the target model, as in Hoffmann et al. 2022


class OutOfBudget(CourseError):
    """A run that costs more than what is left. Nothing was trained, nothing was charged."""


@dataclass(frozen=True)
class Run:
    """One line of the ledger."""

    params: float
    tokens: float
    flops: float
    loss: float


@dataclass(frozen=True)
class Verdict:
    """A forecast and what it was worth. score: the interval score in nats, width plus 20 times any miss; the lower the better."""

    low: float
    middle: float
    high: float
    actual: float
    error: float
    inside: bool
    score: float


def law_of(seed: int) -> tuple[float, ...]:
    """E, alpha, A, beta, B of a laboratory, A and B as what 1e8 parameters and 2e9 tokens add to the floor E."""
    draw = np.random.default_rng((2022, seed))
    return (
        draw.uniform(1.5, 2.0),
        *(draw.uniform(0.3, 0.4), draw.uniform(0.4, 0.9)),
        *(draw.uniform(0.28, 0.38), draw.uniform(0.4, 0.9)),
    )


def luck_of(seed: int) -> np.random.Generator:
    """Where a laboratory's luck comes from: a standard normal number for each run, times `noise`."""
    return np.random.default_rng((2024, seed))


class SimulatedLab:
    """Losses follow E + A/N^alpha + B/D^beta with constants of its own for each seed, and every run has its luck: `noise` of the loss.

    budget: FLOPs, at 6 N D for a run. The target has `target_params` parameters and 20 tokens for each; it would cost 100 budgets.
    """

    def __init__(self, seed: int, budget: float = 1e19, noise: float = 0.003) -> None:
        self._law, self._luck = law_of(seed), luck_of(seed)
        self.budget, self.noise = budget, noise
        self.target_params = math.sqrt(100 * budget / (6 * TOKENS_PER_PARAMETER))
        self.target_tokens = TOKENS_PER_PARAMETER * self.target_params
        # tensors changed in place: when a student's process plays at grading, it sends back tensors and nothing else
        self._entries = torch.empty(0, 4, dtype=torch.float64)
        self._revealed = torch.tensor(False)

    @property
    def ledger(self) -> list[Run]:
        """Every run so far."""
        return [Run(*entry) for entry in self._entries.tolist()]

    @property
    def left(self) -> float:
        """FLOPs that are not spent."""
        return self.budget - sum(run.flops for run in self.ledger)

    def cost(self, params: float, tokens: float) -> float:
        """FLOPs of a run."""
        return 6 * params * tokens

    def train(self, params: float, tokens: float) -> float:
        """Train a model of `params` parameters on `tokens` tokens: its loss in nats per token, and the bill in the ledger.

        Raises OutOfBudget if it costs more than is left, ValueError for sizes that are none.
        """
        params, tokens = float(params), float(tokens)
        if not (params >= 1e4 and tokens >= 1e4 and math.isfinite(params * tokens)):
            raise ValueError(f"train({params:g}, {tokens:g}): parameters and tokens start at 1e4 here")
        flops = self.cost(params, tokens)
        if flops > self.left * (1 + 1e-9):
            raise OutOfBudget(
                f"{params:.3g} parameters on {tokens:.3g} tokens cost {flops:.3g} FLOPs; {self.left:.3g} are left"
            )
        loss = self._expected(params, tokens) * math.exp(self.noise * self._luck.standard_normal())
        entry = torch.tensor([[params, tokens, flops, loss]], dtype=torch.float64)
        self._entries.data = torch.cat([self._entries, entry])
        return loss

    def submit(self, low: float, middle: float, high: float) -> Verdict:
        """Your one forecast of the target's loss, with an interval that should hold it nine times in ten. Reveals the truth.

        Raises CourseError at the second call, and for numbers out of order.
        """
        if self._revealed:
            raise CourseError("this lab has had its forecast; SimulatedLab(another seed) is a new one")
        low, middle, high = float(low), float(middle), float(high)
        if not low <= middle <= high < math.inf:
            raise CourseError(f"a forecast is low <= middle <= high, not {low:g}, {middle:g}, {high:g}")
        actual = self._expected(self.target_params, self.target_tokens)
        miss = max(low - actual, actual - high, 0.0)
        self._revealed.fill_(True)
        return Verdict(low, middle, high, actual, abs(middle - actual) / actual, miss == 0, high - low + 20 * miss)

    def _expected(self, params: float, tokens: float) -> float:
        """The loss without luck."""
        floor, alpha, a, beta, b = self._law
        return floor + a * (params / 1e8) ** -alpha + b * (tokens / 2e9) ** -beta
