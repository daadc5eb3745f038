"""Standardising without peeking: other ways to be right, and the ways to peek or to scale by something else."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def with_a_constant(g):
    """Features of which the first is constant in training and the same in the test."""
    train, test = normal(g, 8, 4) * 3, normal(g, 5, 4)
    train[:, 0], test[:, 0] = -4.0, -4.0
    return train, test


bank = Bank(
    hidden=[
        Probe(
            "30 training and 10 test rows",
            lambda g: (normal(g, 30, 5) * 2 - 3, normal(g, 10, 5) * 5 + 1),
            weight=2,
            atol=1e-4,
            seed=11,
            essential=True,
        ),
        Probe("one test row", lambda g: (normal(g, 7, 3) + 2, normal(g, 1, 3)), atol=1e-4, seed=12),
        Probe("two training rows", lambda g: (normal(g, 2, 4), normal(g, 3, 4)), atol=1e-4, seed=13),
        Probe(
            "features of very different scales",
            lambda g: (normal(g, 9, 4) * torch.tensor([0.1, 1.0, 10.0, 100.0]), normal(g, 6, 4)),
            rtol=1e-3,
            atol=1e-3,
            seed=14,
        ),
        Probe(
            "features of a thousandth",
            lambda g: (normal(g, 12, 3, scale=1e-3), normal(g, 5, 3, scale=1e-3)),
            weight=2,
            rtol=1e-2,  # std + eps is as good
            atol=1e-2,
            seed=18,
        ),
        Probe("a constant feature among others", with_a_constant, atol=1e-4, weight=3, seed=15, essential=True),
        Probe(
            "float64",
            lambda g: (normal(g, 6, 3, dtype=torch.float64), normal(g, 4, 3, dtype=torch.float64)),
            atol=1e-4,
            seed=16,
        ),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: (normal(g, 5, 6) + 1, normal(g, 8, 6)),
            unchanged=True,
            weight=2,
            atol=1e-4,
            seed=17,
        ),
    ]
)


def spread(rows, eps=1e-6):
    return rows.std(dim=0, unbiased=False).clamp(min=eps)


@bank.alternative
def eps_added(train, test, eps=1e-6):
    mean = train.mean(0, keepdim=True)
    std = ((train - mean) ** 2).mean(0, keepdim=True).sqrt()
    return (train - mean) / (std + eps), (test - mean) / (std + eps)


@bank.alternative
def with_var_mean(train, test, eps=1e-6):
    variance, mean = torch.var_mean(train, dim=0, correction=0)
    scale = variance.sqrt()
    scale = torch.where(scale > eps, scale, torch.full_like(scale, eps))
    return tuple((rows - mean) / scale for rows in (train, test))


@bank.alternative
def as_a_list(train, test, eps=1e-6):
    centred = train - train.mean(0)
    length = torch.maximum(centred.norm(dim=0) / len(train) ** 0.5, torch.tensor(eps))
    return [centred / length, (test - train.mean(0)) / length]


@bank.misconception(
    "The test rows are scaled by their own mean and deviation. A difference between the two sets then disappears, and one test row alone\n"
    "could not be scaled at all. Use the training statistics for both."
)
def test_scaled_by_itself(train, test, eps=1e-6):
    return (train - train.mean(0)) / spread(train, eps), (test - test.mean(0)) / spread(test, eps)


@bank.misconception(
    "Mean and deviation come from both sets together: the test rows take part in choosing the scale. That is peeking: use `train` only."
)
def both_sets_together(train, test, eps=1e-6):
    rows = torch.cat([train, test])
    return (train - rows.mean(0)) / spread(rows, eps), (test - rows.mean(0)) / spread(rows, eps)


@bank.misconception(
    "The test rows have the training mean but their own deviation. Both numbers come from the training rows."
)
def test_has_its_own_deviation(train, test, eps=1e-6):
    return (train - train.mean(0)) / spread(train, eps), (test - train.mean(0)) / spread(test, eps)


@bank.misconception(
    "The test rows have the training deviation but their own mean. Both numbers come from the training rows."
)
def test_has_its_own_mean(train, test, eps=1e-6):
    return (train - train.mean(0)) / spread(train, eps), (test - test.mean(0)) / spread(train, eps)


@bank.misconception("The test rows come back as they were. They are scaled too, by the training statistics.")
def test_left_alone(train, test, eps=1e-6):
    return (train - train.mean(0)) / spread(train, eps), test.clone()


@bank.misconception(
    "Your deviation divides by N - 1, torch's default; six rows then come out 9% too small. The statement asks for the population's, by N."
)
def divided_by_n_minus_one(train, test, eps=1e-6):
    std = train.std(dim=0).clamp(min=eps)
    return (train - train.mean(0)) / std, (test - train.mean(0)) / std


@bank.misconception("You divide by the variance. The standard deviation is its square root.")
def divided_by_the_variance(train, test, eps=1e-6):
    variance = train.var(dim=0, unbiased=False).clamp(min=eps)
    return (train - train.mean(0)) / variance, (test - train.mean(0)) / variance


@bank.misconception(
    "Every *row* is scaled to mean 0 and deviation 1 (dim=1). Each feature is a column, with a mean of its own over the rows: dim=0."
)
def row_by_row(train, test, eps=1e-6):
    def scaled(rows):
        return (rows - rows.mean(1, keepdim=True)) / rows.std(1, unbiased=False, keepdim=True).clamp(min=eps)

    return scaled(train), scaled(test)


@bank.misconception(
    "One mean and one deviation for all features: .mean() without dim is a single number. Each feature has a scale of its own: dim=0."
)
def one_scale_for_all(train, test, eps=1e-6):
    std = train.std(unbiased=False).clamp(min=eps)
    return (train - train.mean()) / std, (test - train.mean()) / std


@bank.misconception("The mean is not subtracted: the deviation is 1 but the mean is not 0.")
def not_centred(train, test, eps=1e-6):
    return train / spread(train, eps), test / spread(train, eps)


@bank.misconception("The features are centred but not divided by their deviation.")
def not_scaled(train, test, eps=1e-6):
    return train - train.mean(0), test - train.mean(0)


@bank.misconception(
    "You scale to the interval from 0 to 1, by minimum and maximum. Asked for are mean 0 and standard deviation 1."
)
def min_and_max(train, test, eps=1e-6):
    low, high = train.amin(0), train.amax(0)
    width = (high - low).clamp(min=eps)
    return (train - low) / width, (test - low) / width


@bank.misconception(
    "A constant feature gives nan: its deviation is 0, and 0/0 spoils the whole probe. Divide by at least eps."
)
def zero_by_zero(train, test, eps=1e-6):
    std = train.std(dim=0, unbiased=False)
    return (train - train.mean(0)) / std, (test - train.mean(0)) / std


@bank.misconception(
    "eps is inside the square root, as in batch norm: sqrt(variance + eps) is never below 0.001, so small features stay small. Bound the\n"
    "standard deviation itself."
)
def eps_inside_the_root(train, test, eps=1e-6):
    std = (train.var(dim=0, unbiased=False) + eps).sqrt()
    return (train - train.mean(0)) / std, (test - train.mean(0)) / std


@bank.misconception("The two sets come back in the wrong order: first the training rows, then the test rows.")
def order_swapped(train, test, eps=1e-6):
    return (test - train.mean(0)) / spread(train, eps), (train - train.mean(0)) / spread(train, eps)


@bank.misconception("You return one set. Both are needed, as a tuple: training rows, test rows.")
def only_the_test_rows(train, test, eps=1e-6):
    return (test - train.mean(0)) / spread(train, eps)


@bank.misconception(
    "Right numbers, but the caller's features are different afterwards: `train -= ...` and operations that end in an underscore work on\n"
    "the very tensors you were given. Make new ones."
)
def scales_in_place(train, test, eps=1e-6):
    mean, std = train.mean(0), spread(train, eps)
    for rows in (train, test):
        rows -= mean
        rows /= std
    return train, test
