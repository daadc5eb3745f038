"""Critics f(x, y) that score all pairs of contexts and candidates, and the loop that trains them on fresh samples."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn

from course_utils.infonce.gaussian import Loss, correlated_gaussians
from course_utils.language import Sentence
from course_utils.optimization import warmup_cosine
from course_utils.progress import Progress

Scores = Callable[[Tensor, Tensor, Tensor], Tensor]  # weight (d, d), x (N, d), y (M, d) -> (N, M)


class BilinearCritic(nn.Module):
    """f(x, y) = x^T W y with a learned W, starting at zero; `scores` is the student's bilinear function."""

    def __init__(self, dim: int, scores: Scores) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(dim, dim))
        self.scores = scores

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.scores(self.weight, x, y)


class QuadraticCritic(BilinearCritic):
    """f(x, y) = x^T W y + sum_k v_k y_k^2: the family that holds the best critic of correlated Gaussians."""

    def __init__(self, dim: int, scores: Scores) -> None:
        super().__init__(dim, scores)
        self.square = nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return super().forward(x, y) + y.pow(2) @ self.square


class SeparableCritic(nn.Module):
    """f(x, y) = g(x) . h(y): two small networks and one matrix product, the form of CPC, CLIP and SimCLR."""

    def __init__(self, dim: int, width: int, features: int) -> None:
        super().__init__()
        self.of_x, self.of_y = (
            nn.Sequential(
                nn.Linear(dim, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, features)
            )
            for _ in range(2)
        )

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.of_x(x) @ self.of_y(y).T


@dataclass(frozen=True)
class Training:
    """Sizes of one training: K candidates in each batch, Adam's learning rate, cosine decay to zero."""

    steps: int
    num_candidates: int
    learning_rate: float = 5e-3


def train_critic(
    critic: nn.Module, loss_fn: Loss, rho: float, dim: int, recipe: Training, generator: Generator, description: str
) -> list[float]:
    """Train on new samples at every step, so nothing can be memorised, on the generator's device. Returns the loss of each step, in nats."""
    optimizer = torch.optim.Adam(critic.parameters(), lr=recipe.learning_rate)
    critic.to(generator.device)
    positive = torch.arange(recipe.num_candidates, device=generator.device)
    losses = []
    with Progress(description, total=recipe.steps) as bar:
        for step in range(recipe.steps):
            optimizer.param_groups[0]["lr"] = warmup_cosine(step, recipe.steps, recipe.learning_rate)
            x, y = correlated_gaussians(rho, dim, recipe.num_candidates, generator)
            loss = loss_fn(critic(x, y), positive)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            bar.update(Sentence("loss {:.3f} nats").format(losses[-1]))
    return losses
