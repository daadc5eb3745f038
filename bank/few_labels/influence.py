"""How hard a point pulls: other right ways, and the ways to double, unsign or unclip it."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.losses import pulled, residuals

bank = Bank(
    hidden=[
        Probe("mse, 12 residuals", lambda g: pulled(g, 12, "mse", 1.0), seed=11),
        Probe("mae, 12 residuals", lambda g: pulled(g, 12, "mae", 2.0), seed=12),
        Probe("huber, delta 1.5", lambda g: pulled(g, 12, "huber", 1.5), weight=2, seed=13, essential=True),
        Probe("huber, delta 0.2", lambda g: pulled(g, 9, "huber", 0.2), seed=14),
        Probe(
            "float64, types and all",
            lambda g: ((p := residuals(g, 6, 0.7, dtype=torch.float64))[0], "huber", p[1]),
            dtype=True,
            seed=15,
        ),
        Probe("leaves its input alone, mse", lambda g: pulled(g, 5, "mse", 1.0), unchanged=True, seed=16),
    ]
)


def right(r, loss, delta):
    return {"mse": r, "mae": r.sign(), "huber": r.clamp(-delta, delta)}[loss]


@bank.alternative
def by_autograd(residual, loss, delta=1.0):
    r = residual.detach().clone().requires_grad_()
    size = r.abs()
    if loss == "mse":
        total = (r * r / 2).sum()
    elif loss == "mae":
        total = size.sum()
    else:
        total = torch.where(size <= delta, r * r / 2, delta * (size - delta / 2)).sum()
    return torch.autograd.grad(total, r)[0]


@bank.alternative
def by_cases(residual, loss, delta=1.0):
    if loss == "huber":
        return torch.where(residual.abs() <= delta, residual, delta * residual.sign())
    return residual * 1 if loss == "mse" else (residual > 0).to(residual.dtype) - (residual < 0).to(residual.dtype)


@bank.misconception("Twice too much under MSE: the loss is *half* the square.")
def doubled(residual, loss, delta=1.0):
    return 2 * residual if loss == "mse" else right(residual, loss, delta)


@bank.misconception("Your influences have no sign: a point below the prediction must pull down.")
def unsigned(residual, loss, delta=1.0):
    return right(residual, loss, delta).abs()


@bank.misconception("Huber's influence is clipped from above only. Points far below are outliers too.")
def clipped_above_only(residual, loss, delta=1.0):
    return residual.clamp(max=delta) if loss == "huber" else right(residual, loss, delta)


@bank.misconception("Huber's influence is clipped at 1; the bound is delta.")
def clipped_at_one(residual, loss, delta=1.0):
    return residual.clamp(-1, 1) if loss == "huber" else right(residual, loss, delta)


@bank.misconception("Beyond delta the influence of yours is 0: the point is ignored. Huber's stays at delta.")
def zero_beyond(residual, loss, delta=1.0):
    if loss == "huber":
        return residual * (residual.abs() <= delta)
    return right(residual, loss, delta)


@bank.misconception("Huber's influence is divided by delta, as in the smooth L1 loss.")
def smooth_l1(residual, loss, delta=1.0):
    return residual.clamp(-delta, delta) / delta if loss == "huber" else right(residual, loss, delta)


@bank.misconception("At a residual of 0 the absolute error pulls in neither direction: 0, not 1.")
def pulls_at_zero(residual, loss, delta=1.0):
    if loss == "mae":
        return torch.where(residual >= 0, 1.0, -1.0).to(residual.dtype)
    return right(residual, loss, delta)


@bank.misconception("Those are the losses, not their derivatives.")
def the_losses(residual, loss, delta=1.0):
    size = residual.abs()
    huber = torch.where(size <= delta, size.square() / 2, delta * (size - delta / 2))
    return {"mse": size.square() / 2, "mae": size, "huber": huber}[loss]


@bank.misconception("The sign is turned: the derivative by the residual grows with the residual.")
def turned(residual, loss, delta=1.0):
    return -right(residual, loss, delta)
