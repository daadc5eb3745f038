"""The reference losses and update rules against lightly, torch and transformers: values, and gradients where there are any, to 1e-5."""

import itertools
import math
import warnings

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from transformers import ViTMAEConfig
from transformers.models.vit_mae.modeling_vit_mae import ViTMAEEmbeddings, ViTMAEForPreTraining

from course_tools.checks import bank

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lightly.loss import DINOLoss, NegativeCosineSimilarity, NTXentLoss, SwaVLoss
    from lightly.loss.swav_loss import sinkhorn as lightly_sinkhorn


def answer(name: str):
    return bank.reference(f"ssl_families/{name}")


def normal(seed: int, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def gradient(loss: Tensor, *inputs: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, inputs, retain_graph=True))


@pytest.mark.parametrize(
    ("n", "size", "dim", "temperature"), list(itertools.product([1, 7, 32], [1, 16, 300], [4, 64], [0.07, 0.2, 1.0]))
)
def test_moco_is_lightlys_nt_xent_with_a_memory_bank(n, size, dim, temperature):
    q, k = normal(n, n, dim).requires_grad_(), normal(n + 1, n, dim)
    queue = F.normalize(normal(9, size, dim), dim=1)
    oracle = NTXentLoss(temperature=temperature, memory_bank_size=(size, dim))
    oracle.memory_bank.bank = queue.clone()
    theirs = oracle(q, k)
    ours = answer("moco_loss")(q, k, queue, temperature)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    torch.testing.assert_close(gradient(ours, q)[0], gradient(theirs, q)[0], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("n", "dim"), [(1, 3), (8, 16), (50, 128)])
def test_byol_is_four_plus_twice_lightlys_negative_cosines(n, dim):
    p_1, p_2, z_1, z_2 = (normal(seed, n, dim).requires_grad_() for seed in range(4))
    cosine = NegativeCosineSimilarity()
    theirs = 4 + 2 * cosine(p_1, z_2.detach()) + 2 * cosine(p_2, z_1.detach())
    ours = answer("byol_loss")(p_1, p_2, z_1, z_2)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    for mine, other in zip(gradient(ours, p_1, p_2), gradient(theirs, p_1, p_2), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(
    ("views", "n", "classes", "temperatures"),
    list(itertools.product([2, 5], [1, 9], [3, 200], [(0.1, 0.04), (0.5, 0.3)])),
)
def test_dino_and_its_centre_are_lightlys(views, n, classes, temperatures):
    student = normal(0, views, n, classes).requires_grad_()
    teacher, center = normal(1, 2, n, classes), normal(2, classes)
    oracle = DINOLoss(classes, student_temp=temperatures[0], teacher_temp=temperatures[1], center_momentum=0.8)
    oracle.center = center.view(1, 1, -1).clone()
    theirs = oracle(list(teacher), list(student))
    ours = answer("dino_loss")(student, teacher, center, *temperatures)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    torch.testing.assert_close(gradient(ours, student)[0], gradient(theirs, student)[0], rtol=1e-5, atol=1e-9)
    moved = answer("update_center")(center, teacher, 0.8)
    torch.testing.assert_close(moved, oracle.center.flatten(), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("n", "clusters", "epsilon", "iterations"), [(8, 4, 0.05, 3), (64, 30, 0.1, 1), (5, 9, 0.5, 10)]
)
def test_sinkhorn_is_lightlys_and_has_the_marginals(n, clusters, epsilon, iterations):
    scores = normal(n, n, clusters).tanh()
    ours = answer("sinkhorn")(scores, epsilon, iterations)
    torch.testing.assert_close(ours, lightly_sinkhorn(scores, iterations, epsilon), rtol=1e-6, atol=1e-9)
    long = answer("sinkhorn")(scores, 0.5, 2000)
    assert (long.sum(1) - 1).abs().max() < 1e-6
    assert (long.sum(0) - n / clusters).abs().max() < 1e-6


def test_sinkhorn_stays_finite_where_lightlys_overflows():
    scores = normal(0, 12, 5, dtype=torch.float32).tanh()
    assert not lightly_sinkhorn(scores, 3, 0.001).isfinite().all()
    codes = answer("sinkhorn")(scores, 0.001, 3)
    assert codes.isfinite().all() and (codes.sum(1) - 1).abs().max() < 1e-5


def test_sinkhorn_is_the_optimum_under_equal_use():
    """Among random couplings with the same marginals none has a higher score plus entropy (Caron et al. 2020, Eq. 3)."""
    n, k, epsilon = 6, 3, 0.3
    scores = normal(3, n, k)

    def objective(q: Tensor) -> float:
        q = q / n
        return float((q * scores).sum() - epsilon * torch.xlogy(q, q).sum())

    best = objective(answer("sinkhorn")(scores, epsilon, 5000))
    for seed in range(20):
        assert objective(answer("sinkhorn")(scores + normal(seed, n, k), epsilon, 5000)) < best


@pytest.mark.parametrize(("n", "clusters", "temperature"), [(4, 6, 0.1), (33, 12, 0.07), (1, 3, 1.0)])
def test_swapped_prediction_is_lightlys_swav_loss(n, clusters, temperature):
    scores = [normal(seed, n, clusters).tanh().requires_grad_() for seed in range(2)]
    codes = [lightly_sinkhorn(s.detach()) for s in scores]
    theirs = SwaVLoss(temperature=temperature)(scores, [])
    ours = answer("swapped_prediction_loss")(*scores, *codes, temperature)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)
    for mine, other in zip(gradient(ours, *scores), gradient(theirs.sum(), *scores), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("m", [0.0, 0.5, 0.99, 1.0])
def test_momentum_update_is_torchs_averaged_model(m):
    def network(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))

    student, first = network(0), network(1)
    average = AveragedModel(first, multi_avg_fn=get_ema_multi_avg_fn(m))  # buffers are kept in step with the source
    average.update_parameters(first)  # the first call copies
    teacher = network(1)
    for step in range(3):
        student(normal(step, 8, 3, dtype=torch.float32))  # moves the running means
        with torch.no_grad():
            for p in student.parameters():
                p.add_(0.1)
        average.update_parameters(student)
        answer("momentum_update")(teacher, student, m)
        for (name, mine), theirs in zip(
            teacher.state_dict().items(), average.module.state_dict().values(), strict=True
        ):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6, msg=name)


def test_momentum_schedule_is_a_cosine_from_base_to_one():
    schedule = answer("momentum_schedule")
    assert schedule(0, 10, 0.9) == pytest.approx(0.9) and schedule(10, 10, 0.9) == 1.0
    values = [schedule(k, 1000, 0.9) for k in range(1001)]
    assert values == sorted(values)
    for a, b in zip(values[:500], reversed(values[501:]), strict=True):  # a point symmetry of the cosine
        assert a + b == pytest.approx(1.9)


def test_the_queue_is_a_ring():
    """After any number of batches it holds the newest keys, each at the row its number says."""
    queue, position, written = torch.full((7, 1), -1.0), 0, 0
    for batch in (3, 7, 1, 5, 2, 7, 4, 6):
        position = answer("enqueue")(queue, position, torch.arange(written, written + batch).float()[:, None])
        written += batch
        assert position == written % 7
        for number in range(max(0, written - 7), written):
            assert queue[number % 7].item() == number


def vit_mae(size: int, patch: int, normalise: bool = True) -> ViTMAEConfig:
    return ViTMAEConfig(
        image_size=size, patch_size=patch, hidden_size=8, num_attention_heads=2, num_hidden_layers=1, intermediate_size=8,
        decoder_hidden_size=8, decoder_num_attention_heads=2, decoder_num_hidden_layers=1, decoder_intermediate_size=8,
        norm_pix_loss=normalise, mask_ratio=0.75,
    )  # fmt: skip


@pytest.mark.parametrize(("size", "patch"), [(8, 2), (12, 4), (32, 4)])
@pytest.mark.parametrize("normalise", [True, False])
def test_patches_and_loss_are_those_of_transformers_vit_mae(size, patch, normalise):
    model = ViTMAEForPreTraining(vit_mae(size, patch, normalise))
    images = normal(0, 3, 3, size, size, dtype=torch.float32)
    patches = answer("patchify")(images, patch)
    torch.testing.assert_close(patches, model.patchify(images))
    torch.testing.assert_close(answer("unpatchify")(patches, patch), images)
    torch.testing.assert_close(answer("unpatchify")(patches, patch), model.unpatchify(patches))
    out = model(images)  # masks three quarters at random, predicts, and grades
    ours = answer("mae_loss")(out.logits, patches, out.mask, normalise)
    assert ours.item() == pytest.approx(out.loss.item(), rel=1e-5)
    torch.testing.assert_close(gradient(ours, out.logits)[0], gradient(out.loss, out.logits)[0], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("length", "keep"), [(16, 4), (64, 16), (4, 1)])
def test_masking_is_that_of_transformers_vit_mae(length, keep):
    embeddings = ViTMAEEmbeddings(vit_mae(4 * math.isqrt(length), 4))
    tokens, noise = normal(0, 5, length, 3, dtype=torch.float32), torch.rand(5, length)
    for mine, theirs in zip(
        answer("random_masking")(tokens, noise, keep),
        embeddings.random_masking(tokens, noise),
        strict=True,
    ):
        torch.testing.assert_close(mine, theirs)


def test_restoring_undoes_masking():
    tokens, noise = normal(1, 4, 9, 2), torch.rand(4, 9)
    visible, mask, ids_restore = answer("random_masking")(tokens, noise, 3)
    marker = torch.full((2,), -77.0, dtype=torch.float64)
    restored = answer("restore_order")(visible, marker, ids_restore)
    expected = torch.where(mask[:, :, None].bool(), marker, tokens)
    assert torch.equal(restored, expected)


def test_collapse_costs_log_k():
    for k in (2, 63, 1024):
        ones = torch.ones(3, 4)
        assert answer("moco_loss")(ones, ones, torch.ones(k, 4), 0.3).item() == pytest.approx(math.log(k + 1), rel=1e-5)
        flat = torch.zeros(2, 3, k)
        assert answer("dino_loss")(flat, flat, torch.zeros(k)).item() == pytest.approx(math.log(k), rel=1e-5)


def test_cross_entropy_is_entropy_plus_kl():
    """What the pictures of DINO rest on: the loss of two equal views is the teacher's entropy plus KL(teacher, student)."""
    student, teacher, center = normal(0, 2, 5, 7), normal(1, 2, 5, 7), normal(2, 7)
    p = ((teacher - center) / 0.3).softmax(-1)
    log_s = (student.flip(0) / 0.5).log_softmax(-1)
    kl = F.kl_div(log_s, p, reduction="none").sum(-1).mean()
    entropy, _ = answer("two_entropies")(p.flatten(0, 1))
    assert answer("dino_loss")(student, teacher, center, 0.5, 0.3).item() == pytest.approx(
        (entropy + kl).item(), rel=1e-9
    )
