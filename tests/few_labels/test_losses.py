"""The reference losses against torch, scikit-learn, transformers and integrals: values, and gradients where there are any."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import HuberRegressor, QuantileRegressor
from torch import Tensor
from torch.distributions import Laplace, Normal
from transformers.models.clip.modeling_clip import image_text_contrastive_loss as transformers_clip_loss

from course_tools.checks import bank
from course_utils.few_labels import fit_line, telephone_calls


def answer(name: str):
    return bank.reference(f"few_labels/{name}")


def normal(seed: int, *shape: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gradients(loss: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    return torch.autograd.grad(loss, inputs, retain_graph=True)


@pytest.mark.parametrize(
    ("n", "classes", "scale"), list(itertools.product([1, 7, 40], [1, 2, 10], [1.0, 50.0, 5000.0]))
)
def test_cross_entropy_is_torchs(n, classes, scale):
    logits = normal(n, n, classes, scale=scale).requires_grad_()
    target = torch.randint(classes, (n,), generator=torch.Generator().manual_seed(1))
    ours, theirs = answer("cross_entropy")(logits, target), F.cross_entropy(logits, target)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, logits), gradients(theirs, logits))


@pytest.mark.parametrize(("n", "scale"), list(itertools.product([1, 6, 50], [1.0, 30.0, 3000.0])))
def test_binary_cross_entropy_is_torchs_for_soft_labels_too(n, scale):
    logits, target = normal(n, n, scale=scale).requires_grad_(), normal(n + 1, n).sigmoid()
    ours, theirs = answer("binary_cross_entropy")(logits, target), F.binary_cross_entropy_with_logits(logits, target)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, logits), gradients(theirs, logits))


@pytest.mark.parametrize(("noise", "kind"), [("gaussian", Normal), ("laplace", Laplace)])
@pytest.mark.parametrize("shape", [(), (9,)])
def test_noise_is_the_distribution_of_torch(noise, kind, shape):
    residual, scale = normal(0, 9, scale=3.0).requires_grad_(), (normal(1, *shape).exp()).requires_grad_()
    ours = answer("noise_nll")(residual, scale, noise)
    theirs = -kind(torch.zeros_like(residual), scale.expand(9)).log_prob(residual).mean()
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, residual, scale), gradients(theirs, residual, scale))


def test_at_a_fixed_scale_they_are_mse_and_mae():
    r, one = normal(0, 20), torch.tensor(1.0, dtype=torch.float64)
    zero = torch.zeros_like(r)
    gaussian, laplace = (answer("noise_nll")(r, one, noise) for noise in ("gaussian", "laplace"))
    assert gaussian.item() == pytest.approx(F.mse_loss(r, zero).item() / 2 + 0.5 * math.log(2 * math.pi))
    assert laplace.item() == pytest.approx(F.l1_loss(r, zero).item() + math.log(2))


@pytest.mark.parametrize("delta", [0.2, 1.0, 2.7])
def test_huber_is_torchs_and_a_density(delta):
    r = normal(3, 30, scale=2.0).requires_grad_()
    ours, theirs = answer("huber_nll")(r, delta), F.huber_loss(r, torch.zeros_like(r), delta=delta)
    torch.testing.assert_close(gradients(ours, r), gradients(theirs, r))
    x = torch.linspace(-120, 120, 480_001, dtype=torch.float64)
    density = torch.exp(-F.huber_loss(x, torch.zeros_like(x), delta=delta, reduction="none"))
    z = torch.trapezoid(density, x)
    assert (ours - theirs).item() == pytest.approx(z.log().item(), abs=1e-6)


@pytest.mark.parametrize("delta", [0.3, 1.0, 4.0])
def test_influences_are_the_derivatives(delta):
    r = normal(4, 25, scale=2.0).requires_grad_()
    zero = torch.zeros_like(r)
    losses = {
        "mse": F.mse_loss(r, zero, reduction="sum") / 2,
        "mae": F.l1_loss(r, zero, reduction="sum"),
        "huber": F.huber_loss(r, zero, reduction="sum", delta=delta),
    }
    for name, loss in losses.items():
        torch.testing.assert_close(answer("influence")(r.detach(), name, delta), gradients(loss, r)[0])


def test_the_outlier_moves_what_the_question_says():
    readings = torch.tensor([-4, -3, -2, -1, 1000, 1, 2, 3, 4], dtype=torch.float64)
    grid = torch.linspace(-1, 2, 3001, dtype=torch.float64)
    guess, influence = answer("outlier_pull"), answer("influence")
    assert guess["MSE"] == pytest.approx(readings.mean().item())
    assert guess["MAE"] == readings.median().item()
    pulls = torch.stack([influence(readings - m, "huber", 2.0).sum() for m in grid])
    assert guess["Huber"] == pytest.approx(grid[pulls.abs().argmin()].item(), abs=1e-3)


def test_the_lines_through_the_calls_are_scikit_learns():
    calls = telephone_calls()
    x, y = calls.years[:, None].numpy() - 1960, calls.millions.numpy()
    slope, _ = fit_line(calls.years, calls.millions, lambda r: r)
    assert slope == pytest.approx(5.0415, abs=1e-4)
    median, intercept = fit_line(calls.years, calls.millions, torch.sign)
    cost = (calls.millions - median * calls.years - intercept).abs().sum().item()
    oracle = QuantileRegressor(quantile=0.5, alpha=0).fit(x, y)
    assert cost == pytest.approx(abs(y - oracle.predict(x)).sum(), rel=1e-6)  # the line itself is not unique
    delta = 5.0
    huber = HuberRegressor(epsilon=1.35, alpha=0, max_iter=10_000, tol=1e-10).fit(x, y)
    delta = 1.35 * huber.scale_  # scikit-learn learns the scale too; at that scale both must agree
    slope, _ = fit_line(calls.years, calls.millions, lambda r: r.clamp(-delta, delta))
    assert slope == pytest.approx(huber.coef_[0], rel=1e-3)


@pytest.mark.parametrize(("n", "dim", "log_scale"), list(itertools.product([1, 5, 32], [2, 16], [-1.0, 1.0, 4.0])))
def test_clip_loss_is_transformers(n, dim, log_scale):
    image, text = normal(0, n, dim).requires_grad_(), normal(1, n, dim, scale=7.0).requires_grad_()
    scale = torch.tensor(log_scale, dtype=torch.float64, requires_grad=True)
    ours = answer("clip_loss")(image, text, scale)
    theirs = transformers_clip_loss(scale.exp() * F.normalize(text, dim=1) @ F.normalize(image, dim=1).T)
    torch.testing.assert_close(ours, theirs)
    torch.testing.assert_close(gradients(ours, image, text, scale), gradients(theirs, image, text, scale))


def test_fixmatch_row_by_row():
    weak, strong = normal(5, 30, 4, scale=3.0), normal(6, 30, 4)
    total = 0.0
    for w, s in zip(weak, strong, strict=True):
        q = (w.exp() / w.exp().sum()).tolist()
        if max(q) >= 0.8:
            total -= math.log((s.exp() / s.exp().sum())[q.index(max(q))])
    assert answer("fixmatch_loss")(weak, strong, 0.8).item() == pytest.approx(total / 30)
    assert answer("fixmatch_loss")(weak * 0, strong, 0.8).item() == 0


def test_consistency_is_an_mse_of_probabilities():
    a, b = normal(7, 12, 5).requires_grad_(), normal(8, 12, 5).requires_grad_()
    ours = answer("consistency_loss")(a, b)
    theirs = F.mse_loss(a.softmax(1), b.detach().softmax(1))
    torch.testing.assert_close(ours, theirs)
    assert torch.autograd.grad(ours, b, allow_unused=True) == (None,)
