"""Learning curves without a language model: mixtures of sources, nearest neighbours in d dimensions, and more features than examples."""

from collections.abc import Sequence

import torch
from torch import Tensor


def mixture_error(
    counts: Tensor, share: float, seed: int = 0, repeats: int = 60, informed: tuple[int, int] = (5, 15)
) -> Tensor:
    """Excess error of a linear regression on a mixture of two sources, averaged over `repeats` draws.

    The first source, a `share` of the examples, has the first `informed[0]` features, the second the others; what a source does not
    have is 0. Noise has variance 1. counts: (k,) examples in all. Returns (k,): the sum of squared errors of the coefficients.
    """
    generator = torch.Generator().manual_seed(seed)
    first, second = informed
    errors = []
    for n in counts.tolist():
        from_first = max(round(share * n), first + 1)
        error = 0.0
        for features, rows in ((first, from_first), (second, max(n - from_first, second + 1))):
            x = torch.randn(repeats, rows, features, generator=generator, dtype=torch.float64)
            noise = torch.randn(repeats, rows, 1, generator=generator, dtype=torch.float64)
            error += torch.linalg.lstsq(x, noise).solution.square().sum(dim=(1, 2)).mean().item()
        errors.append(error)
    return torch.tensor(errors, dtype=torch.float64)


def nearest_neighbour_error(
    counts: Tensor, dimension: int, seed: int = 0, noise: float = 0.02, tests: int = 400
) -> Tensor:
    """Mean squared error of the nearest neighbour's label, for a smooth function on the torus [0, 1)^dimension.

    The torus has no edge, so the exponent 2 / dimension shows early. counts: (k,) training examples. Returns (k,) float64.
    """
    generator = torch.Generator().manual_seed(seed)

    def function(x: Tensor) -> Tensor:
        return (2 * torch.pi * x).sin().sum(dim=1) / dimension**0.5

    test = torch.rand(tests, dimension, generator=generator)
    errors = []
    for n in counts.tolist():
        train = torch.rand(n, dimension, generator=generator)
        labels = function(train) + noise * torch.randn(n, generator=generator)
        distance = torch.zeros(tests, n)
        for axis in range(dimension):
            apart = (test[:, None, axis] - train[None, :, axis]).abs()
            distance += torch.minimum(apart, 1 - apart).square()
        errors.append((labels[distance.argmin(dim=1)] - function(test)).square().mean().item())
    return torch.tensor(errors, dtype=torch.float64)


def random_feature_errors(
    counts: Sequence[int], examples: int = 300, inputs: int = 20, flipped: float = 0.05, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A linear classifier on d random ReLU features, by least squares of smallest norm, for each d in `counts`.

    Two Gaussian classes in `inputs` dimensions; a share `flipped` of the training labels is wrong. Returns float64 (k,): d, training
    error, test error, and sqrt(d / n), what a VC bound says of their difference up to a constant.
    """
    generator = torch.Generator().manual_seed(seed)

    def draw(n: int) -> tuple[Tensor, Tensor]:
        labels = torch.randint(2, (n, 1), generator=generator).double() * 2 - 1
        return labels * 2 / inputs**0.5 + torch.randn(n, inputs, generator=generator, dtype=torch.float64), labels

    (x, y), (x_test, y_test) = draw(examples), draw(1000)
    given = torch.where(torch.rand(examples, 1, generator=generator) < flipped, -y, y)
    rows = []
    for d in counts:
        weights = torch.randn(inputs, d, generator=generator, dtype=torch.float64) / inputs**0.5
        bias = torch.randn(d, generator=generator, dtype=torch.float64)
        features, test_features = ((data @ weights + bias).relu() / d**0.5 for data in (x, x_test))
        solution = torch.linalg.pinv(features, rtol=1e-10) @ given
        wrong = [
            ((f @ solution).sign() != labels).double().mean()
            for f, labels in ((features, given), (test_features, y_test))
        ]
        rows.append([d, *wrong, (d / examples) ** 0.5])
    return tuple(torch.tensor(rows, dtype=torch.float64).T)
