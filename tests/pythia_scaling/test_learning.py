"""Learning curves against what theory says of them."""

import pytest
import torch

from course_utils.pythia_scaling.learning import mixture_error, nearest_neighbour_error, random_feature_errors


def test_mixture_error_is_that_of_least_squares():
    # E tr (X'X)^-1 = d / (n - d - 1) for Gaussian features
    found = mixture_error(torch.tensor([400]), 0.25, repeats=400)
    assert found.item() == pytest.approx(5 / (100 - 5 - 1) + 15 / (300 - 15 - 1), rel=0.08)


def test_the_best_mixture_is_in_between():
    errors = {share: mixture_error(torch.tensor([800]), share, repeats=100).item() for share in (0.05, 0.37, 0.95)}
    assert errors[0.37] < errors[0.05] and errors[0.37] < errors[0.95]  # sqrt(5) / (sqrt(5) + sqrt(15)) = 0.37


@pytest.mark.parametrize(("dimension", "expected"), [(2, 1.0), (4, 0.5)])
def test_nearest_neighbour_exponent(dimension, expected):
    n = torch.tensor([256, 4096])
    error = nearest_neighbour_error(n, dimension, noise=0.0, tests=1000)
    assert -(error.log().diff() / n.log().diff()).item() == pytest.approx(expected, abs=0.15)


def test_noise_on_the_labels_is_a_floor():
    error = nearest_neighbour_error(torch.tensor([20_000]), 1, noise=0.1)
    assert error.item() == pytest.approx(0.01, rel=0.3)


def test_random_features_interpolate_and_still_generalise():
    d, train, test, bound = random_feature_errors((30, 300, 3000))
    assert d.tolist() == [30, 300, 3000]
    assert train[0] > 0 and train[2] == 0
    assert test[1] > 2 * test[2]  # the peak at d = n
    assert bound.tolist() == pytest.approx([0.1**0.5, 1.0, 10**0.5])
