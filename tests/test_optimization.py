"""What training loops share; the learning-rate schedule is held against torch's own and against what the models of the course were trained with."""

import warnings

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from course_utils.models.recipes import Recipe
from course_utils.models.train import FLOOR
from course_utils.optimization import build_optimizer, shuffled_batches, warmup_cosine


@pytest.mark.parametrize(("steps", "floor"), [(1, 0.0), (7, 0.0), (100, 0.1)])
def test_without_warm_up_it_is_torchs_cosine(steps, floor):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    peer = CosineAnnealingLR(optimizer, steps, eta_min=0.3 * floor)
    for step in range(steps):
        assert warmup_cosine(step, steps, 0.3, floor=floor) == pytest.approx(peer.get_last_lr()[0])
        with warnings.catch_warnings(action="ignore"):  # there is no optimizer.step() before it
            peer.step()


def test_it_rises_then_falls():
    rates = [warmup_cosine(step, 100, 2.0, warmup=0.1) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == rates[9] == rates[10] == 2
    assert rates[55] == pytest.approx(1)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert 0 < rates[99] < 0.002


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_warm_up_is_one_step(steps):
    assert [warmup_cosine(step, steps, 1.0, warmup=0.1) for step in range(steps)][:2] == [1.0] * min(steps, 2)


def test_language_models_fall_to_a_tenth():
    rates = [warmup_cosine(step, 1000, 1.0, Recipe.warmup, FLOOR) for step in range(1000)]
    assert max(rates) == rates[49] == 1
    assert rates[525] == pytest.approx(0.55)
    assert rates[-1] == pytest.approx(0.1, rel=1e-3)


def test_only_matrices_decay_and_frozen_weights_are_left_out():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))
    model[2].weight.requires_grad_(False)
    decayed, others = build_optimizer("sgd", model.parameters(), 0.1, 0.5).param_groups
    assert decayed["weight_decay"] == 0.5 and decayed["params"] == [model[0].weight]
    assert others["weight_decay"] == 0 and others["params"] == [model[0].bias, *model[1].parameters(), model[2].bias]


def test_an_epoch_has_each_image_once_and_the_next_another_order():
    batches = shuffled_batches(11, 3, torch.Generator().manual_seed(0))
    first, second = (torch.cat([next(batches) for _ in range(3)]).tolist() for _ in range(2))
    assert len(set(first)) == len(set(second)) == 9
    assert first != second
