"""Pretext labels, clusters and measures against brute force, scikit-learn and scipy."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import normalized_mutual_info_score
from sklearn.neighbors import KNeighborsClassifier

from course_tools.checks import bank
from course_utils.errors import CourseError
from course_utils.ssl_families import count_flops, evaluate
from course_utils.ssl_families.encoders import Transformer, position_codes


def answer(name: str):
    return bank.reference(f"ssl_families/{name}")


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("side", [1, 2, 5])
def test_rotation_moves_every_pixel_where_a_quarter_turn_does(side):
    images = normal(0, 3, 2, side, side)
    turned, labels = answer("rotate_batch")(images)
    assert labels.tolist() == [k for k in range(4) for _ in range(3)]
    for k, (row, column) in itertools.product(range(4), itertools.product(range(side), repeat=2)):
        r, c = row, column
        for _ in range(k):  # counter-clockwise: the pixel at (r, c) goes to (side - 1 - c, r)
            r, c = side - 1 - c, r
        assert torch.equal(turned[3 * k : 3 * k + 3, :, r, c], images[:, :, row, column])


@pytest.mark.parametrize(("pieces", "count"), [(3, 6), (4, 10), (5, 7)])
def test_permutations_are_the_greedy_choice(pieces, count):
    chosen = [tuple(row) for row in answer("permutation_set")(pieces, count).tolist()]
    assert chosen[0] == tuple(range(pieces)) and len(set(chosen)) == count
    for k in range(1, count):
        totals = {
            order: sum(a != b for before in chosen[:k] for a, b in zip(order, before, strict=True))
            for order in itertools.permutations(range(pieces))
            if order not in chosen[:k]
        }
        most = max(totals.values())
        assert chosen[k] == min(order for order, total in totals.items() if total == most)


def test_nine_pieces_take_seconds():
    orders = answer("permutation_set")(9, 5)
    assert (orders[1:] != orders[:1]).all()  # derangements exist, so the greedy choice finds them


def test_entropies_agree_with_scipy():
    p = normal(0, 20, 6).softmax(1)
    inside, across = answer("two_entropies")(p)
    assert inside.item() == pytest.approx(np.mean([entropy(row) for row in p.numpy()]), rel=1e-9)
    assert across.item() == pytest.approx(entropy(p.mean(0).numpy()), rel=1e-9)
    one_hot, uniform = torch.eye(8)[torch.full((5,), 3)], torch.full((5, 8), 1 / 8)
    assert [x.item() for x in answer("two_entropies")(one_hot)] == pytest.approx([0, 0], abs=1e-6)
    assert [x.item() for x in answer("two_entropies")(uniform)] == pytest.approx([math.log(8)] * 2, rel=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_assignment_agrees_with_scikit_learns_k_means(seed):
    """One round from centroids of which two are out of reach: the same labels where none is empty, the same new centroids."""
    x, centroids = normal(seed, 60, 3), normal(seed + 10, 5, 3)
    near = KMeans(5, init=centroids.numpy(), n_init=1, max_iter=1).fit(x.numpy())
    label = answer("assign")(x, centroids)
    means = torch.stack([x[label == c].mean(0) for c in range(5)])
    torch.testing.assert_close(means, torch.from_numpy(near.cluster_centers_), rtol=1e-6, atol=1e-8)


def test_an_empty_cluster_takes_the_farthest_point_as_in_scikit_learn():
    x = normal(1, 40, 2)
    centroids = torch.cat([normal(2, 3, 2), torch.full((1, 2), 500.0, dtype=torch.float64)])
    label = answer("assign")(x, centroids)
    distance = torch.cdist(x, centroids).min(1).values
    assert (label == 3).nonzero().flatten().tolist() == [int(distance.argmax())]
    theirs = KMeans(4, init=centroids.numpy(), n_init=1, max_iter=1).fit(x.numpy())
    assert torch.from_numpy(theirs.cluster_centers_)[3].allclose(x[distance.argmax()])


@pytest.mark.parametrize("k", [1, 2, 9])
def test_no_cluster_is_empty(k):
    x, far = normal(3, 9, 2), torch.full((k, 2), 1e3, dtype=torch.float64) * torch.arange(1, k + 1)[:, None]
    assert torch.bincount(answer("assign")(x, far), minlength=k).min() >= 1


def test_nmi_agrees_with_scikit_learn():
    a, b = torch.randint(5, (200,)), torch.randint(7, (200,))
    mixed = torch.where(torch.rand(200) < 0.5, a, b)
    for left, right in ((a, b), (a, mixed), (a, a), (a * 0, b)):
        expected = normalized_mutual_info_score(left, right)
        assert evaluate.nmi(left, right) == pytest.approx(expected, abs=1e-9)
    assert evaluate.nmi(a * 0, b * 0) == 0.0


def test_effective_rank_from_its_definition():
    x = normal(0, 30, 7)
    values = np.linalg.svd(x.numpy(), compute_uv=False)
    assert answer("effective_rank")(x).item() == pytest.approx(np.exp(entropy(values)), rel=1e-9)
    assert answer("effective_rank")(torch.outer(normal(1, 9), normal(2, 4))).item() == pytest.approx(1, abs=1e-6)
    assert answer("effective_rank")(torch.linalg.qr(normal(3, 8, 8))[0]).item() == pytest.approx(8, rel=1e-9)


def clouds(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(n) % 3
    return (3 * torch.eye(6)[labels] + 1.5 * normal(seed, n, 6).float()), labels


def test_nearest_neighbours_agree_with_scikit_learn():
    (train_x, train_y), (test_x, test_y) = clouds(90, 0), clouds(60, 1)
    oracle = KNeighborsClassifier(7, metric="cosine", weights=lambda d: np.exp((1 - d) / 0.1)).fit(train_x, train_y)
    expected = oracle.score(test_x, test_y)
    assert evaluate.knn_accuracy(train_x, train_y, test_x, test_y, k=7) == pytest.approx(expected)


def test_probe_agrees_with_scikit_learn():
    (train_x, train_y), (test_x, test_y) = clouds(120, 2), clouds(300, 3)
    strength = 1 / (len(train_x) * train_x.shape[1] / (6 * len(train_x)))
    expected = LogisticRegression(C=strength, max_iter=1000, tol=1e-8).fit(train_x, train_y).score(test_x, test_y)
    assert evaluate.probe_accuracy(train_x, train_y, test_x, test_y) == pytest.approx(expected, abs=0.005)


def test_features_that_are_not_finite_are_an_error():
    x, y = clouds(30, 0)
    with pytest.raises(CourseError, match="diverge"):
        evaluate.worth(x / 0, y, x, y)


def test_flops_of_a_transformer_are_those_of_its_shape():
    tokens, dim, depth = 10, 16, 3
    counted = count_flops(lambda: Transformer(dim, depth, 2)(torch.rand(2, tokens, dim)))
    by_hand = (
        2 * depth * (24 * tokens * dim**2 + 4 * tokens**2 * dim)
    )  # 2 images; 12 d^2 weights a block; q k^T and its use
    assert counted == by_hand


def test_positions_need_four_numbers_each():
    with pytest.raises(ValueError, match="multiple of 4"):
        position_codes(4, 10)
    codes = position_codes(4, 16)
    assert len({tuple(row) for row in codes.tolist()}) == 16  # every place has a code of its own
