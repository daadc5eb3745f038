"""Probe, groups, schedule, mean teacher, graphs and classes out of sentences, each against a second way to get there."""

import copy

import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading
from torch import nn
from torch.optim.swa_utils import AveragedModel

from course_tools.checks import bank
from course_utils.few_labels.linear_world import best_weights, descend, linear_world


def answer(name: str):
    return bank.reference(f"few_labels/{name}")


def normal(seed: int, *shape: int):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize(("n", "dim", "classes", "ridge"), [(30, 6, 3, 1.0), (8, 20, 2, 5.0), (50, 4, 10, 0.01)])
def test_the_probe_is_scikit_learns_ridge_behind_its_scaler(n, dim, classes, ridge):
    train, test = 3 * normal(0, n, dim) + 1, normal(1, 9, dim)
    labels = torch.arange(n) % classes
    scaler = StandardScaler().fit(train.numpy())
    oracle = Ridge(alpha=ridge).fit(scaler.transform(train.numpy()), torch.eye(classes)[labels].numpy())
    theirs = torch.from_numpy(oracle.predict(scaler.transform(test.numpy())))
    ours = answer("ridge_probe")(train, labels, test, classes, ridge)
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-8)


def test_groups_and_schedule_keep_two_rates_through_a_training():
    encoder, head = nn.Linear(3, 4), nn.Linear(4, 2)
    encoder.bias.requires_grad_(False)
    optimizer = torch.optim.SGD(answer("parameter_groups")(encoder, head, 0.01, 0.1), lr=5.0)
    before = copy.deepcopy([*encoder.parameters(), *head.parameters()])
    for share in (1.0, 0.5, 0.25):
        assert answer("scale_rates")(optimizer.param_groups, share) == pytest.approx([0.01 * share, 0.1 * share])
        head(encoder(torch.ones(2, 3))).sum().backward()
        optimizer.step()
    moved = [not torch.equal(a, b) for a, b in zip(before, [*encoder.parameters(), *head.parameters()], strict=True)]
    assert moved == [True, False, True, True]


def test_gradients_are_autograds():
    v, b, x, y = normal(0, 3).requires_grad_(), normal(1, 3, 5).requires_grad_(), normal(2, 7, 5), normal(3, 7)
    theirs = torch.autograd.grad(0.5 * (x @ b.T @ v - y).square().mean(), (v, b))
    torch.testing.assert_close(answer("two_layer_gradients")(v.detach(), b.detach(), x, y), theirs)


def test_fine_tuning_leaves_features_of_unseen_directions_as_they_were():
    world = linear_world(0)
    _, b = descend(world, normal(5, 5), answer("two_layer_gradients"), steps=200)
    outside = torch.eye(20, dtype=torch.float64) - world.subspace @ world.subspace.T
    torch.testing.assert_close(b @ outside, world.pretrained @ outside)
    assert (b - world.pretrained).norm() > 0.1


def test_the_errors_of_the_linear_world_are_those_of_many_inputs():
    world = linear_world(1)
    v = best_weights(world)
    x = normal(9, 200_000, 20)
    right, wrong = x @ world.features.T @ world.weights, x @ world.pretrained.T @ v
    assert world.errors(v, world.pretrained)["away"] == pytest.approx(
        float((wrong - right).square().mean() / right.square().mean()), rel=0.05
    )


def test_the_mean_teacher_is_torchs_running_average_at_first():
    torch.manual_seed(0)
    student, teacher = nn.Linear(3, 2), nn.Linear(3, 2)
    average = AveragedModel(student)
    for step in range(5):
        with torch.no_grad():
            for p in student.parameters():
                p.add_(torch.randn_like(p))
        answer("mean_teacher_update")(teacher, student, step, 0.99)
        average.update_parameters(student)
    torch.testing.assert_close(teacher.weight, average.module.weight)


@pytest.mark.parametrize(("bandwidth", "alpha", "classes"), [(0.7, 0.8, 2), (1.5, 0.2, 3), (0.5, 0.95, 4)])
def test_label_propagation_is_scikit_learns_label_spreading(bandwidth, alpha, classes):
    x, labels = normal(0, 40, 2), torch.full((40,), -1)
    labels[: 2 * classes] = torch.arange(2 * classes) % classes
    oracle = LabelSpreading(kernel="rbf", gamma=1 / (2 * bandwidth**2), alpha=alpha, max_iter=20_000, tol=1e-13)
    oracle.fit(x.numpy(), labels.numpy())
    f = answer("label_propagation")(answer("normalized_affinity")(x, bandwidth), labels, classes, alpha)
    share = f / f.sum(dim=1, keepdim=True)
    torch.testing.assert_close(share, torch.from_numpy(oracle.label_distributions_), rtol=1e-5, atol=1e-7)


def test_roughness_is_the_quadratic_form_of_the_laplacian():
    w = normal(0, 9, 9).abs()
    w, f = (w + w.T) * (1 - torch.eye(9)), normal(1, 9)
    torch.testing.assert_close(answer("roughness")(w, f), f @ (torch.diag(w.sum(1)) - w) @ f)


def test_prototypes_are_scikit_learns_centroids():
    h, labels = normal(0, 30, 4), torch.arange(30) % 3
    oracle = NearestCentroid().fit(h.numpy(), labels.numpy())
    torch.testing.assert_close(answer("prototypes")(h, labels, 3), torch.from_numpy(oracle.centroids_))


def test_scores_are_cosines_with_the_mean_direction():
    image, text = normal(0, 4, 3), normal(1, 2, 5, 3)
    ours = answer("zero_shot_scores")(image, text)
    for i in range(4):
        for c in range(2):
            direction = sum(t / t.norm() for t in text[c])
            expected = torch.dot(image[i], direction) / (image[i].norm() * direction.norm())
            assert ours[i, c].item() == pytest.approx(expected.item())


def test_leaks_are_found_in_pictures_and_in_words():
    captions = ["A Horse.", "a horseshoe", "no horse-riding", "a cat", "seahorse"]
    rows = answer("without_leaks")(captions, torch.tensor([1, 1, 1, 0, 2]), [0], ["horse", "cat", "frog"])
    assert rows.tolist() == [1, 4]  # row 3 is a picture of a horse
