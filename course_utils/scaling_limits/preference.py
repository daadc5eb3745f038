"""Eight answers, their rewards and a reference policy: small enough that every optimum is known exactly."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor

Loss = Callable[..., Tensor]


def some_answers(generator: Generator, answers: int = 8) -> tuple[Tensor, Tensor]:
    """Probabilities of the reference policy, and rewards in ascending order: (answers,) both, float64."""
    logits = torch.randn(answers, generator=generator).double()
    reward = torch.randn(answers, generator=generator).double().sort().values
    return logits.softmax(0), reward - reward.mean()


def divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL(p || q) in nats."""
    return torch.where(p > 0, p * (p.clamp(min=1e-300) / q).log(), 0.0).sum()


def tilted(reference: Tensor, reward: Tensor, beta: float) -> Tensor:
    """The policy that maximises E[reward] - beta KL(policy || reference): reference times exp(reward / beta), normalised."""
    return (reference.log() + reward / beta).softmax(0)


def learn_preferences(dpo_loss: Loss, reference: Tensor, reward: Tensor, beta: float, steps: int = 300) -> Tensor:
    """Train a table of logits on all ordered pairs of answers, each as often as it is seen and preferred: the policy it ends at.

    Pairs are drawn from the reference, and the first is preferred with probability sigmoid(its reward minus the other's).
    """
    n = len(reference)
    chosen, rejected = (~torch.eye(n, dtype=torch.bool)).nonzero().unbind(1)
    weight = reference[chosen] * reference[rejected] * torch.sigmoid(reward[chosen] - reward[rejected])
    weight = weight / weight.sum()
    logits = reference.log().clone().requires_grad_()
    optimizer = torch.optim.Adam([logits], lr=0.05)
    log_reference = reference.log()
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 0.05 * (1 - step / steps)
        log_p = logits.log_softmax(0)
        losses = torch.stack(
            [
                dpo_loss(log_p[c : c + 1], log_p[r : r + 1], log_reference[c : c + 1], log_reference[r : r + 1], beta)
                for c, r in zip(chosen.tolist(), rejected.tolist(), strict=True)
            ]
        )
        optimizer.zero_grad()
        (weight * losses).sum().backward()
        optimizer.step()
    return logits.detach().softmax(0)
