"""The measured training curves of the course's own ladder of GPT-NeoX models.

A run is one model, seed and number of tokens, with a learning-rate schedule of its own. Only its end is a measurement of L(N, D).
"""

import csv
import math
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from course_utils.errors import CourseError
from course_utils.paths import DATA

CURVES = DATA / "language_models" / "curves.csv"


@dataclass(frozen=True)
class Curves:
    """Columns of the table, float64 (rows,): sizes in parameters, FLOPs as 6 N D of all parameters, losses in nats per byte."""

    layers: Tensor
    seed: Tensor
    non_embedding_params: Tensor
    params: Tensor
    schedule_tokens: Tensor
    step: Tensor
    tokens: Tensor
    val_loss: Tensor
    shift_val_loss: Tensor

    def __len__(self) -> int:
        return len(self.step)

    @property
    def flops(self) -> Tensor:
        return 6 * self.params * self.tokens

    def where(self, chosen: Tensor) -> "Curves":
        """The rows that `chosen` picks: bool (rows,), or positions in the wanted order."""
        return Curves(*(getattr(self, field.name)[chosen] for field in fields(self)))

    @property
    def finals(self) -> "Curves":
        """The end of each run, smallest model first, then shortest run."""
        ends = [run.where(run.step == run.step.max()) for run in self.runs]
        return Curves(*(torch.cat([getattr(end, field.name) for end in ends]) for field in fields(self)))

    @property
    def runs(self) -> "list[Curves]":
        """One table for each run, in the order of steps."""
        keys = torch.stack([self.params, self.schedule_tokens, self.seed], dim=1)
        unique, run = keys.unique(dim=0, return_inverse=True)
        parts = [self.where(run == i) for i in range(len(unique))]
        return [part.where(part.step.argsort()) for part in parts]

    def over_size(self) -> "Curves":
        """Of the ends of runs, those with one number of tokens: the largest that at least three quarters of the sizes were trained on."""
        ends = self.finals
        enough = 0.75 * len(ends.params.unique())
        covered = [
            t for t in ends.schedule_tokens.unique() if len(ends.params[ends.schedule_tokens == t].unique()) >= enough
        ]
        if not covered:
            raise CourseError("no number of tokens was tried on three quarters of the sizes: measure more runs")
        return ends.where(ends.schedule_tokens == max(covered))

    def over_tokens(self) -> "Curves":
        """Of the ends of runs, those of one size: the one trained on most different numbers of tokens, the largest of equals."""
        ends = self.finals

        def budgets(size: Tensor) -> int:
            return len(ends.schedule_tokens[ends.params == size].unique())

        return ends.where(ends.params == max(reversed(ends.params.unique()), key=budgets))


def load_curves(path: str | Path = CURVES) -> Curves:
    """The measured curves of the ladder. Raises CourseError if the table is not there or not one."""
    try:
        with Path(path).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        columns = [[float(row[field.name]) for row in rows] for field in fields(Curves)]
    except (OSError, KeyError, ValueError) as error:
        raise CourseError(f"{path} is not a table of training curves: {error!r}") from None
    return Curves(*(torch.tensor(column, dtype=torch.float64) for column in columns))


def interpolate_isoflop(
    finals: Curves, valleys: int = 5, sizes_each: int = 3
) -> tuple[Tensor, list[tuple[Tensor, Tensor, Tensor]]]:
    """Valleys at equal compute, cut out of runs that were not planned that way.

    Each size's final losses are interpolated over its tokens, both as logarithms; nothing is extrapolated. Returns at most `valleys`
    budgets in FLOPs that at least `sizes_each` sizes reach, and (n, d, loss) for each. Raises CourseError if there is no such budget.
    """
    lines = []
    for size in finals.params.unique().tolist():
        mine = finals.where(finals.params == size)
        tokens, position = mine.tokens.unique(return_inverse=True)
        mean = torch.zeros_like(tokens).scatter_reduce(0, position, mine.val_loss.log(), "mean", include_self=False)
        if len(tokens) > 1:
            lines.append((size, tokens.log(), mean))
    compute = (6 * finals.params * finals.tokens).log()
    candidates = torch.linspace(compute.min().item(), compute.max().item(), 200, dtype=torch.float64)
    found = []
    for log_c in candidates.tolist():
        points = []
        for size, log_d, log_loss in lines:
            at = log_c - math.log(6 * size)
            if log_d[0] <= at <= log_d[-1]:
                right = int(torch.searchsorted(log_d, at).clamp(1, len(log_d) - 1))
                share = (at - log_d[right - 1]) / (log_d[right] - log_d[right - 1])
                points.append(
                    (size, math.exp(at), (log_loss[right - 1] * (1 - share) + log_loss[right] * share).exp().item())
                )
        if len(points) >= sizes_each:
            found.append((math.exp(log_c), torch.tensor(points, dtype=torch.float64)))
    if not found:
        raise CourseError(f"no budget is reached by {sizes_each} sizes: measure more runs")
    logs = torch.tensor([budget for budget, _ in found], dtype=torch.float64).log()
    wanted = torch.linspace(logs[0].item(), logs[-1].item(), valleys, dtype=torch.float64)
    chosen = (logs - wanted[:, None]).abs().argmin(dim=1).unique().tolist()
    budgets = torch.tensor([found[i][0] for i in chosen], dtype=torch.float64)
    return budgets, [tuple(found[i][1].T) for i in chosen]
