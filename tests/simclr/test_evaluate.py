"""Encoders and evaluation: shapes, modes, and the probe against an independent solution."""

import pytest
import torch
from scipy.optimize import minimize
from torch import Tensor

from course_utils.errors import CourseError
from course_utils.simclr.evaluate import few_labels, label_efficiency, linear_probe, pca_2d


def clouds(n: int, spread: float, seed: int) -> tuple[Tensor, Tensor]:
    """n points in 6 dimensions around 3 centres, and their labels."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 3
    return 3 * torch.eye(6)[labels] + spread * torch.randn(n, 6, generator=generator), labels


def test_probe_is_the_regularised_optimum() -> None:
    x, y = clouds(90, 1.5, seed=0)
    probe = linear_probe(x, y, x, y, weight_decay=0.05)

    def objective(flat: object) -> tuple[float, object]:
        parameters = torch.tensor(flat).requires_grad_()
        weight, bias = parameters[:18].view(3, 6), parameters[18:]
        log_p = (x.double() @ weight.T + bias).log_softmax(1)
        loss = -log_p[torch.arange(90), y].mean() + 0.025 * weight.square().sum()
        loss.backward()
        return loss.item(), parameters.grad.numpy()

    best = minimize(objective, torch.zeros(21).double().numpy(), jac=True, method="BFGS", options={"gtol": 1e-8})
    torch.testing.assert_close(probe.weight.double(), torch.tensor(best.x[:18]).view(3, 6), atol=2e-3, rtol=0)


def test_the_default_penalty_grows_with_dimension_and_shrinks_with_images() -> None:
    x, y = clouds(90, 1.5, seed=0)
    default = linear_probe(x, y, x, y)
    assert torch.equal(default.weight, linear_probe(x, y, x, y, weight_decay=6 / (6 * 90)).weight)


def test_probe_accuracy_is_of_the_test_set() -> None:
    (train_h, train_y), (test_h, test_y) = clouds(300, 0.5, 1), clouds(90, 0.5, 2)
    assert linear_probe(train_h, train_y, test_h, test_y).accuracy > 0.98
    assert linear_probe(train_h, train_y, test_h, (test_y + 1) % 3).accuracy < 0.02


def test_probe_survives_a_constant_feature_and_names_a_broken_one() -> None:
    h, y = clouds(30, 0.5, 3)
    h[:, 5] = 2.0
    assert linear_probe(h, y, h, y).accuracy > 0.9
    h[3, 2] = float("nan")
    with pytest.raises(CourseError, match=r"not finite; did the training diverge\?"):
        linear_probe(h, y, h, y)


def test_more_labels_help_and_draws_repeat() -> None:
    (train_h, train_y), (test_h, test_y) = clouds(300, 2.0, 4), clouds(300, 2.0, 5)
    curve = label_efficiency(train_h, train_y, test_h, test_y, labels_per_class=(1, 10, 100), draws=4)
    means = [sum(values) / 4 for values in curve.values()]
    assert means == sorted(means)
    assert means[-1] > means[0] + 0.1
    assert len(set(curve[1])) > 1
    assert curve == label_efficiency(train_h, train_y, test_h, test_y, labels_per_class=(1, 10, 100), draws=4)
    with pytest.raises(CourseError, match="101 labels per class asked for, but a class has only 100"):
        label_efficiency(train_h, train_y, test_h, test_y, labels_per_class=(101,))


def test_few_labels_are_distinct_and_balanced() -> None:
    labels = torch.arange(40) % 4
    chosen = few_labels(labels, 3, torch.Generator().manual_seed(0))
    assert len(set(chosen.tolist())) == 12
    assert torch.bincount(labels[chosen]).tolist() == [3, 3, 3, 3]


def test_pca_map_keeps_the_largest_variance() -> None:
    h = torch.randn(400, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 9.0, 1.0, 4.0, 1.0]) + 3
    xy = pca_2d(h)
    assert torch.corrcoef(torch.stack([xy[:, 0], h[:, 1]]))[0, 1] > 0.99
    assert torch.corrcoef(torch.stack([xy[:, 1], h[:, 3]]))[0, 1] > 0.99
