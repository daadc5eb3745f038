"""The families and their loop: what is trained, what is not, budgets, repeatability, and the traps that the loop has to avoid."""

import copy

import pytest
import torch

from course_tools.checks import bank
from course_utils.errors import CourseError
from course_utils.ssl_families import (
    BYOL,
    DINO,
    MAE,
    Augmentation,
    Family,
    MoCo,
    PatchEncoder,
    Recipe,
    Rotation,
    Staleness,
    SwAV,
    pretrain,
    small_resnet,
)
from course_utils.ssl_families.augment import hue_rotation
from course_utils.ssl_families.families import spread
from course_utils.ssl_families.train import step_flops

IMAGES = torch.randint(0, 256, (40, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
SMALL = {"hidden": 16, "dim": 8}
NAMES = ("rotation", "MoCo", "BYOL", "DINO", "SwAV", "MAE")


def answers(*names: str) -> list:
    return [bank.reference(f"ssl_families/{name}") for name in names]


def family(name: str, **changes) -> Family:
    torch.manual_seed(0)
    teacher = answers("momentum_update", "momentum_schedule")
    match name:
        case "rotation":
            return Rotation(small_resnet(8), *answers("rotate_batch"))
        case "MoCo":
            parts = answers("moco_loss", "enqueue", "momentum_update")
            return MoCo(small_resnet(8), *parts, **{"queue": 24, **SMALL, **changes})
        case "BYOL":
            return BYOL(small_resnet(8), *answers("byol_loss"), *teacher, **{**SMALL, **changes})
        case "DINO":
            parts = [*answers("dino_loss", "update_center"), *teacher]
            return DINO(small_resnet(8), *parts, **{"classes": 12, **SMALL, **changes})
        case "SwAV":
            return SwAV(
                small_resnet(8), *answers("sinkhorn", "swapped_prediction_loss"), **{"clusters": 6, **SMALL, **changes}
            )
    encoder = PatchEncoder(*answers("patchify"), dim=16, depth=1, heads=2)
    return MAE(encoder, *answers("random_masking", "restore_order", "mae_loss"), **{"decoder_dim": 16, **changes})


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_run_and_everything_trainable_moves(name):
    first, second = family(name), family(name)
    before = copy.deepcopy(first.state_dict())
    recipe = Recipe(steps=3, batch_size=16)
    history = pretrain(first, IMAGES, recipe, seed=1, every=2)
    assert history.losses == pretrain(second, IMAGES, recipe, seed=1, every=2).losses
    assert len(history.losses) == 3 and history.step_flops > 0 and history.flops == 3 * history.step_flops
    for number in history.health.values():
        assert [step for step, _ in number] == [1, 2, 3]
    moved = {k for k, v in first.state_dict().items() if not torch.equal(v, before[k])}
    assert all(k in moved for k, p in first.named_parameters() if p.requires_grad)


@pytest.mark.parametrize("name", ["MoCo", "BYOL", "DINO"])
def test_the_teacher_gets_no_gradient_and_follows(name):
    model = family(name)
    old = [p.clone() for p in model.teacher.parameters()]
    pretrain(model, IMAGES, Recipe(steps=2, batch_size=16))
    assert all(p.grad is None and not p.requires_grad for p in model.teacher.parameters())
    assert any(not torch.equal(a, b) for a, b in zip(old, model.teacher.parameters(), strict=True))


def test_keys_enter_the_queue_after_the_step_and_no_earlier():
    model = family("MoCo").train()
    before = model.queue.clone()
    views = [model.augmentation(IMAGES[:16]) for _ in range(2)]
    model.loss(*views).backward()
    assert torch.equal(model.queue, before)
    model.after_step(0.5)
    assert torch.equal(model.queue[:16], model.seen["k"]) and torch.equal(model.queue[16:], before[16:])
    assert model.position == 16


def test_dino_uses_the_centre_before_it_updates_it():
    used = []

    def watching(student, teacher, center, student_temp, teacher_temp):
        used.append(center.clone())
        return student.sum() * 0

    model = family("DINO").train()
    model.dino_loss = watching
    for _ in range(2):
        model.loss(*[model.augmentation(IMAGES[:8]) for _ in range(2)])
    assert not used[0].any() and used[1].any()


def test_swav_sends_no_gradient_through_the_codes_and_unbalanced_codes_are_a_softmax():
    model = family("SwAV", balanced=False)
    scores = torch.randn(5, 6)
    torch.testing.assert_close(model.codes(scores), (scores / model.epsilon).softmax(1))
    seen = []
    model.swapped_loss = lambda *x: seen.extend(x[2:4]) or x[0].sum()
    model.loss(*[model.augmentation(IMAGES[:8]) for _ in range(2)])
    assert not any(code.requires_grad for code in seen)


def test_mae_shows_the_encoder_only_what_is_kept():
    model, seen = family("MAE", keep=5), []
    model.encoder.transformer.register_forward_hook(lambda module, inputs, output: seen.append(inputs[0].shape))
    pretrain(model, IMAGES, Recipe(steps=1, batch_size=8))
    assert seen[-1] == (8, 5, 16)
    assert model.predict(IMAGES[:2].float() / 255)[1].sum(1).tolist() == [59.0, 59.0]


def test_a_budget_of_flops_rules_the_number_of_steps():
    model = family("SwAV")
    cost = step_flops(model, IMAGES[:16])
    assert len(pretrain(model, IMAGES, Recipe(flops=2.5 * cost, batch_size=16)).losses) == 2
    with pytest.raises(CourseError, match="raise it"):
        pretrain(model, IMAGES, Recipe(flops=0.5 * cost, batch_size=16))
    assert Recipe(epochs=3, batch_size=16).length(40, 1) == 6
    assert step_flops(model, IMAGES[:32]) == pytest.approx(2 * cost, rel=0.01)


def test_counting_flops_leaves_the_family_as_it_was():
    model = family("DINO")
    before = copy.deepcopy(model.state_dict())
    step_flops(model, IMAGES[:8])
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())


def test_what_cannot_be_trained_is_said():
    with pytest.raises(CourseError, match="less than a batch of 64"):
        pretrain(family("BYOL"), IMAGES, Recipe(steps=1, batch_size=64))
    with pytest.raises(CourseError, match="'lion'"):
        pretrain(family("BYOL"), IMAGES, Recipe(steps=1, batch_size=8, optimizer="lion"))
    model = family("BYOL")
    model.byol_loss = lambda p_1, *_: p_1.sum() * float("nan")
    with pytest.raises(CourseError, match="nan at step 1"):
        pretrain(model, IMAGES, Recipe(steps=1, batch_size=8))


def test_spread_is_zero_for_one_vector_and_one_for_all_directions():
    assert spread(torch.ones(50, 8)) == pytest.approx(0, abs=1e-5)
    assert spread(torch.randn(20_000, 8, generator=torch.Generator().manual_seed(0))) == pytest.approx(1, abs=0.01)


def test_staleness_compares_a_key_with_its_own_past():
    model, watch = family("MoCo", m=0.0), Staleness(IMAGES[:8], ages=(1, 2))
    history = pretrain(model, IMAGES, Recipe(steps=5, batch_size=16), monitor=watch, every=1)
    assert [step for step, _ in history.health["cosine, age 2"]] == [3, 4, 5]
    frozen = pretrain(family("MoCo", m=1.0), IMAGES, Recipe(steps=3, batch_size=16), monitor=Staleness(IMAGES[:8]))
    assert frozen.last("cosine, age 2") == pytest.approx(1, abs=0.02)  # running means still move, weights do not


def test_augmentation_draws_for_each_image_and_keeps_the_range():
    one = IMAGES[:1].expand(64, -1, -1, -1)
    views = Augmentation()(one, torch.Generator().manual_seed(1))
    assert views.shape == one.shape and views.min() >= 0 and views.max() <= 1
    assert len({view.sum().item() for view in views}) == 64
    same = Augmentation(scale=(1.0, 1.0), flip=0.0, color=0.0, gray=0.0)(IMAGES)
    torch.testing.assert_close(same, IMAGES / 255, atol=1e-5, rtol=0)
    mirrored = Augmentation(scale=(1.0, 1.0), flip=1.0, color=0.0, gray=0.0)(IMAGES)
    torch.testing.assert_close(mirrored, IMAGES.flip(3) / 255, atol=1e-5, rtol=0)
    gray = Augmentation(scale=(1.0, 1.0), flip=0.0, color=0.0, gray=1.0)(IMAGES)
    assert (gray.amax(1) - gray.amin(1)).max() < 1e-5
    with pytest.raises(ValueError, match="images must be"):
        Augmentation()(IMAGES[0])


def test_hue_turns_keep_gray_and_luma():
    turn = hue_rotation(torch.tensor([0.0, 0.7, -2.0]))
    torch.testing.assert_close(turn[0], torch.eye(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(turn.sum(2), torch.ones(3, 3), atol=1e-2, rtol=0)  # gray stays gray
    luma = torch.tensor([0.299, 0.587, 0.114])
    torch.testing.assert_close(luma @ turn, luma.expand(3, 3), atol=1e-3, rtol=0)
