"""Pairs of correlated Gaussian vectors, and InfoNCE estimated on them with any critic and any loss."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from course_utils.language import Sentence
from course_utils.progress import Progress

Critic = Callable[[Tensor, Tensor], Tensor]  # contexts (N, d), candidates (M, d) -> scores (N, M)
TOGETHER = 512  # contexts scored at a time: small games share a matrix, which for K = 2 is 256 games in one call
Loss = Callable[[Tensor, Tensor], Tensor]  # scores (N, K), position of each positive (N,) -> mean loss in nats


def correlated_gaussians(rho: float, dim: int, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """n pairs x, y, each (n, dim) float32 standard normal on the generator's device; component k of x and y have correlation rho, all others none.

    Raises ValueError unless -1 < rho < 1.
    """
    if not -1 < rho < 1:
        raise ValueError(
            f"rho = {rho}: a correlation lies strictly between -1 and 1 (at 1 the information is infinite)"
        )
    x, noise = torch.randn(2, n, dim, generator=generator, device=generator.device)
    return x, rho * x + math.sqrt(1 - rho**2) * noise


@dataclass(frozen=True)
class Estimate:
    """A mean bound in nats, from `terms` draws in `batches` independent matrices."""

    value: float
    terms: int
    batches: int


def in_batch_bounds(
    critic: Critic, loss_fn: Loss, rho: float, dim: int, num_candidates: int, batches: int, generator: Generator
) -> Tensor:
    """log K - loss for each of `batches` matrices of K x K scores. Returns (batches,).

    In a matrix, row i is the context x_i; its positive is y_i, and the other K - 1 columns, which are independent of x_i, are its
    negatives. So each row is an honest draw of the game, and the rows of one matrix share their candidates.
    """
    positive = torch.arange(num_candidates, device=generator.device)
    bounds = []
    for _ in range(batches):
        x, y = correlated_gaussians(rho, dim, num_candidates, generator)
        bounds.append(math.log(num_candidates) - float(loss_fn(critic(x, y), positive)))
    return torch.tensor(bounds)


def in_batch_estimates(
    critic_of: Callable[[float], Critic],
    loss_fn: Loss,
    rhos: dict[float, float],
    dim: int,
    candidates: tuple[int, ...],
    terms: int,
    generator: Generator,
) -> dict[tuple[float, int], Estimate]:
    """The bound for every mutual information and every K: {(information, K): estimate}.

    critic_of(rho): the critic for that correlation. rhos: {information in nats: correlation}. terms: draws per cell, at least.
    """
    found = {}
    name, unit = Sentence("InfoNCE bound"), Sentence("cells")
    with Progress(name, total=len(rhos) * len(candidates), unit=unit, even=False) as bar:
        for information, rho in rhos.items():
            for k in candidates:
                batches = math.ceil(terms / k)
                value = _mean_bound(critic_of(rho), loss_fn, rho, dim, k, batches, generator)
                found[information, k] = Estimate(value, k * batches, batches)
                bar.update(f"I = {information:g}, K = {k}: {found[information, k].value:.3f} nats")
    return found


def _mean_bound(
    critic: Critic, loss_fn: Loss, rho: float, dim: int, k: int, batches: int, generator: Generator
) -> float:
    """The mean of `in_batch_bounds`, from fewer and larger calls: many matrices of k x k are the diagonal blocks of one.

    The blocks of other games are scored in vain, which costs less than a call for each game: on a GPU each waits for its launches.
    """
    total, done, most = 0.0, 0, max(1, TOGETHER // k)
    while done < batches:
        games = min(most, batches - done)
        x, y = correlated_gaussians(rho, dim, games * k, generator)
        blocks = critic(x, y).view(games, k, games, k).diagonal(dim1=0, dim2=2)  # (k, k, games)
        positive = torch.arange(k, device=generator.device).repeat(games)
        total += games * float(loss_fn(blocks.permute(2, 0, 1).reshape(games * k, k), positive))
        done += games
    return math.log(k) - total / batches
