"""Two linear layers: other right ways, and the ways to lose a mean, a factor or a residual."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.adapting import two_layers

bank = Bank(
    hidden=[
        Probe("k = 3, d = 5, 9 points", lambda g: two_layers(g, 3, 5, 9), weight=2, seed=11, essential=True),
        Probe("one feature", lambda g: two_layers(g, 1, 4, 6), seed=12),
        Probe("one point", lambda g: two_layers(g, 2, 3, 1), seed=13),
        Probe("square features", lambda g: two_layers(g, 4, 4, 6), seed=14),
        Probe(
            "float64, to ten digits", lambda g: two_layers(g, 3, 2, 5, torch.float64), dtype=True, rtol=1e-9, seed=15
        ),
        Probe("leaves its inputs alone, at another size", lambda g: two_layers(g, 3, 4, 2), unchanged=True, seed=16),
    ]
)


def right(v, b, x, y):
    residual = x @ b.T @ v - y
    pull = residual @ x / len(x)
    return b @ pull, torch.outer(v, pull)


@bank.alternative
def by_autograd(v, b, x, y):
    v, b = v.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    loss = 0.5 * (x @ b.T @ v - y).square().mean()
    return torch.autograd.grad(loss, (v, b))


@bank.alternative
def with_einsum(v, b, x, y):
    h = torch.einsum("nd,kd->nk", x, b)
    residual = h @ v - y
    n = len(x)
    return torch.einsum("n,nk->k", residual, h) / n, torch.einsum("n,k,nd->kd", residual, v, x) / n


@bank.alternative
def point_by_point(v, b, x, y):
    to_v, to_b = torch.zeros_like(v), torch.zeros_like(b)
    for xi, yi in zip(x, y, strict=True):
        r = v @ b @ xi - yi
        to_v, to_b = to_v + r * (b @ xi), to_b + r * torch.outer(v, xi)
    return to_v / len(x), to_b / len(x)


@bank.misconception("Both gradients are sums over the points. The loss is a mean: divide by n.")
def summed(v, b, x, y):
    return tuple(len(x) * part for part in right(v, b, x, y))


@bank.misconception("Twice too large: the loss has a ½.")
def doubled(v, b, x, y):
    return tuple(2 * part for part in right(v, b, x, y))


@bank.misconception("The sign is turned: the residual is prediction minus target.")
def turned(v, b, x, y):
    return tuple(-part for part in right(v, b, x, y))


@bank.misconception("The gradient of the features lacks the head: each row of B matters by its weight in v.")
def without_the_head(v, b, x, y):
    to_v, _ = right(v, b, x, y)
    return to_v, torch.outer(torch.ones_like(v), (x @ b.T @ v - y) @ x / len(x))


@bank.misconception("The residuals are missing: your gradients do not depend on how wrong the prediction is.")
def without_residuals(v, b, x, y):
    mean = x.mean(dim=0)
    return b @ mean, torch.outer(v, mean)


@bank.misconception("The targets are missing from the residuals.")
def without_targets(v, b, x, y):
    return right(v, b, x, torch.zeros_like(y))


@bank.misconception("The second gradient is transposed: B is (k, d), rows belong to v.")
def transposed(v, b, x, y):
    to_v, to_b = right(v, b, x, y)
    return to_v, to_b.T


@bank.misconception("The two gradients are returned in the wrong order: v first, then B.")
def wrong_order(v, b, x, y):
    return right(v, b, x, y)[::-1]


@bank.misconception("The features are held fixed: a gradient of 0 for B is a probe, not fine-tuning.")
def frozen_features(v, b, x, y):
    return right(v, b, x, y)[0], torch.zeros_like(b)


@bank.misconception(
    "B's gradient is taken after a step of v. Both belong to the same point: fine-tuning moves them at once."
)
def one_after_the_other(v, b, x, y):
    to_v, _ = right(v, b, x, y)
    return to_v, right(v - to_v, b, x, y)[1]
