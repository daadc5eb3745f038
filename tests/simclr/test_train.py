"""The training loops: that they learn, repeat, record, and stop with a message. The student's step is lightly's loss here."""

import math
from dataclasses import replace

import pytest
import torch
from lightly.loss import NTXentLoss
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.data.images import load_images
from course_utils.encoders import Encoder, small_resnet
from course_utils.errors import CourseError
from course_utils.precision import MixedPrecision
from course_utils.simclr.augment import Augmentation
from course_utils.simclr.profiles import PROFILES
from course_utils.simclr.train import History, Recipe, train_simclr, train_supervised

RECIPE = Recipe(steps=8, batch_size=32)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return load_images().train_images[:100]


def step(encoder: nn.Module, head: nn.Module, optimizer: Optimizer, a: Tensor, b: Tensor, temperature: float) -> Tensor:
    z_i, z_j = head(encoder(torch.cat([a, b]))).chunk(2)
    loss = NTXentLoss(temperature)(z_i, z_j)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def networks() -> tuple[Encoder, nn.Module]:
    torch.manual_seed(0)
    encoder = small_resnet(width=8)
    return encoder, nn.Linear(encoder.dim, 8)


def similarity(z_i: Tensor, z_j: Tensor) -> Tensor:
    return nn.functional.cosine_similarity(z_i, z_j).mean()


def test_the_loss_falls_and_every_step_is_recorded(images: Tensor) -> None:
    encoder, head = networks()
    history = train_simclr(encoder, head, images, step, replace(RECIPE, steps=40, learning_rate=1e-2))
    assert len(history.losses) == len(history.learning_rates) == 40
    assert sum(history.losses[-8:]) < sum(history.losses[:8]) - 1
    assert history.images_per_second == pytest.approx(40 * 32 / history.seconds)
    assert encoder.training


def test_the_same_seed_gives_the_same_run(images: Tensor) -> None:
    runs = [train_simclr(*networks(), images, step, RECIPE, seed=seed).losses for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_the_student_step_gets_two_different_views_and_the_temperature(images: Tensor) -> None:
    seen = []

    def spy(
        encoder: nn.Module, head: nn.Module, optimizer: Optimizer, a: Tensor, b: Tensor, temperature: float
    ) -> float:
        seen.append((a.shape, b.shape, torch.equal(a, b), temperature, optimizer.param_groups[0]["lr"]))
        return 1.0

    history = train_simclr(*networks(), images, spy, replace(RECIPE, temperature=0.7))
    assert {entry[:4] for entry in seen} == {((32, 3, 32, 32), (32, 3, 32, 32), False, 0.7)}
    assert [entry[4] for entry in seen] == history.learning_rates


def test_monitors_see_fixed_views_and_change_nothing(images: Tensor) -> None:
    monitors = {"similarity": similarity, "size": lambda z_i, z_j: float(len(z_i))}
    watched = train_simclr(*networks(), images, step, RECIPE, monitors=monitors, monitor_every=3)
    assert watched.losses == train_simclr(*networks(), images, step, RECIPE).losses
    assert [step for step, _ in watched.monitors["similarity"]] == [1, 3, 6, 8]
    assert {value for _, value in watched.monitors["size"]} == {32.0}


def test_an_ablation_changes_the_views(images: Tensor) -> None:
    identity = Augmentation(crop=False, flip=0, color=0, gray=0)
    losses = train_simclr(*networks(), images, step, replace(RECIPE, augmentation=identity)).losses
    floor = math.log(1 + 62 * math.exp(-(1 + 1 / 31) / 0.2))
    assert losses[-1] < train_simclr(*networks(), images, step, RECIPE).losses[-1]
    assert min(losses) > floor


def test_a_loss_that_is_not_finite_stops_at_its_step(images: Tensor) -> None:
    losses = iter([3.0, 2.0, float("nan")])
    with pytest.raises(CourseError, match=r"the loss is nan at step 3; SimCLR stopped\. Lower the learning rate"):
        train_simclr(*networks(), images, lambda *_: next(losses), RECIPE)


def test_an_interrupted_training_keeps_what_it_had(images: Tensor) -> None:
    done = []

    def interrupted(*arguments: object) -> Tensor:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(1)
        return step(*arguments)

    encoder, head = networks()
    before = encoder.body[0].weight.detach().clone()
    history = train_simclr(encoder, head, images, interrupted, RECIPE)
    assert len(history.losses) == 3
    assert not torch.equal(encoder.body[0].weight, before)


def test_too_few_images_and_unknown_optimizer(images: Tensor) -> None:
    with pytest.raises(CourseError, match="20 images are less than a batch of 32"):
        train_simclr(*networks(), images[:20], step, RECIPE)
    with pytest.raises(CourseError, match="unknown optimizer 'adam'"):
        train_simclr(*networks(), images, step, replace(RECIPE, optimizer="adam"))


def test_supervised_training_fits_its_images(images: Tensor) -> None:
    labels = torch.arange(100) % 4
    images = images // 2 + (30 * labels)[:, None, None, None].to(torch.uint8)
    model, history = train_supervised(networks()[0], images, labels, replace(RECIPE, steps=60, learning_rate=1e-2))
    assert history.losses[0] == pytest.approx(math.log(4), abs=0.5)
    assert history.losses[-1] < 0.7 * history.losses[0]
    assert model(images / 255).shape == (100, 4)
    again = train_supervised(networks()[0], images, labels, replace(RECIPE, steps=60, learning_rate=1e-2))[1]
    assert again.losses == history.losses


def test_sgd_learns_too(images: Tensor) -> None:
    history = train_simclr(*networks(), images, step, replace(RECIPE, steps=40, optimizer="sgd", learning_rate=0.3))
    assert sum(history.losses[-8:]) < sum(history.losses[:8]) - 0.5


def test_only_matrices_decay(images: Tensor) -> None:
    """With a loss that ignores the network, AdamW moves a parameter only by its decay."""

    def idle(
        encoder: nn.Module, head: nn.Module, optimizer: Optimizer, a: Tensor, b: Tensor, temperature: float
    ) -> float:
        optimizer.zero_grad()
        sum(p.sum() * 0 for p in [*encoder.parameters(), *head.parameters()]).backward()
        optimizer.step()
        return 0.0

    encoder, head = networks()
    before = {name: p.detach().clone() for name, p in encoder.named_parameters()}
    train_simclr(encoder, head, images, idle, replace(RECIPE, weight_decay=0.5))
    for name, parameter in encoder.named_parameters():
        if parameter.ndim == 1:
            assert torch.equal(parameter, before[name]), name
        else:
            assert parameter.norm() < before[name].norm(), name


def test_mixed_precision_computes_in_bf16_and_hands_on_float32() -> None:
    seen = []
    inner = nn.Linear(4, 4)
    inner.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    assert MixedPrecision(inner)(torch.rand(2, 4)).dtype == torch.float32
    assert seen == [torch.bfloat16]


def test_history_without_training_has_no_speed() -> None:
    assert History(32).images_per_second == 0


def test_profiles_name_the_same_three_everywhere() -> None:
    assert set(PROFILES) == {"smoke", "quick", "gpu"}
    smoke = PROFILES["smoke"]
    assert smoke.simclr.steps <= 10
    assert smoke.train_images >= smoke.simclr.batch_size
