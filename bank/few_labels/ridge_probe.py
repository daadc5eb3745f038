"""A probe in closed form: other right ways, and the ways to let test rows leak, forget the bias or bend the penalty."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.adapting import shifted_rows

bank = Bank(
    hidden=[
        Probe(
            "20 rows, 7 test rows, 4 classes", lambda g: shifted_rows(g, 20, 7, 5, 4), weight=2, seed=11, essential=True
        ),
        Probe("ridge 0.1", lambda g: shifted_rows(g, 15, 4, 3, 2, 0.1), seed=12),
        Probe("one test row, elsewhere", lambda g: shifted_rows(g, 9, 1, 4, 3), weight=2, seed=13),
        Probe("six rows, twelve features", lambda g: shifted_rows(g, 6, 3, 12, 2), seed=14),
        Probe(
            "float64, to eight digits",
            lambda g: shifted_rows(g, 12, 4, 3, 3, dtype=torch.float64),
            dtype=True,
            rtol=1e-8,
            seed=15,
        ),
        Probe(
            "leaves its inputs alone, at another size", lambda g: shifted_rows(g, 7, 2, 2, 2), unchanged=True, seed=16
        ),
    ]
)


def statistics(h):
    return h.mean(dim=0), h.std(dim=0, unbiased=False).clamp(min=1e-6)


def solved(x, y, ridge):
    return torch.linalg.solve(x.T @ x + ridge * torch.eye(x.shape[1], dtype=x.dtype), x.T @ y)


def probe(train_x, train_y, test_x, classes, ridge):
    y = F.one_hot(train_y, classes).to(train_x.dtype)
    return test_x @ solved(train_x, y - y.mean(dim=0), ridge) + y.mean(dim=0)


def right(train_h, train_y, test_h, classes, ridge):
    mean, std = statistics(train_h)
    return probe((train_h - mean) / std, train_y, (test_h - mean) / std, classes, ridge)


@bank.alternative
def by_the_kernel(train_h, train_y, test_h, classes, ridge=1.0):
    mean, std = statistics(train_h)
    x, t = (train_h - mean) / std, (test_h - mean) / std
    y = F.one_hot(train_y, classes).to(x.dtype)
    bias = y.mean(dim=0)
    return t @ x.T @ torch.linalg.solve(x @ x.T + ridge * torch.eye(len(x), dtype=x.dtype), y - bias) + bias


@bank.alternative
def by_least_squares_on_more_rows(train_h, train_y, test_h, classes, ridge=1.0):
    mean, std = statistics(train_h)
    x, t = (train_h - mean) / std, (test_h - mean) / std
    d = x.shape[1]
    y = torch.eye(classes, dtype=x.dtype)[train_y]
    rows = torch.cat([x, ridge**0.5 * torch.eye(d, dtype=x.dtype)])
    wanted = torch.cat([y - y.mean(0), torch.zeros(d, classes, dtype=x.dtype)])
    return t @ torch.linalg.lstsq(rows, wanted).solution + y.mean(0)


@bank.alternative
def with_an_unpenalised_column(train_h, train_y, test_h, classes, ridge=1.0):
    mean, std = statistics(train_h)
    x, t = (train_h - mean) / std, (test_h - mean) / std
    x, t = (torch.cat([z, torch.ones(len(z), 1, dtype=z.dtype)], dim=1) for z in (x, t))
    penalty = ridge * torch.eye(x.shape[1], dtype=x.dtype)
    penalty[-1, -1] = 0
    return t @ torch.linalg.solve(x.T @ x + penalty, x.T @ F.one_hot(train_y, classes).to(x.dtype))


@bank.misconception(
    "The test rows are standardised by their own mean and width. Nothing may be learned from them: what one row is called would depend on the others."
)
def scaler_of_the_test_rows(train_h, train_y, test_h, classes, ridge=1.0):
    (a, b), (c, d) = statistics(train_h), statistics(test_h)
    return probe((train_h - a) / b, train_y, (test_h - c) / d, classes, ridge)


@bank.misconception(
    "The scaler is fitted on *all* rows, the test rows among them. It belongs to the classifier: the training rows alone decide."
)
def scaler_of_all_rows(train_h, train_y, test_h, classes, ridge=1.0):
    a, b = statistics(torch.cat([train_h, test_h]))
    return probe((train_h - a) / b, train_y, (test_h - a) / b, classes, ridge)


@bank.misconception(
    "The scaler is fitted on the test rows and used for both. It belongs to the classifier: the training rows alone decide."
)
def scaler_of_the_test_rows_for_both(train_h, train_y, test_h, classes, ridge=1.0):
    a, b = statistics(test_h)
    return probe((train_h - a) / b, train_y, (test_h - a) / b, classes, ridge)


@bank.misconception("The test rows are not standardised, the training rows are: the weights do not fit them.")
def test_rows_raw(train_h, train_y, test_h, classes, ridge=1.0):
    a, b = statistics(train_h)
    return probe((train_h - a) / b, train_y, test_h, classes, ridge)


@bank.misconception(
    "Nothing is standardised. The penalty then falls on each feature by its unit of measurement, and the bias is no longer the mean."
)
def not_standardised(train_h, train_y, test_h, classes, ridge=1.0):
    return probe(train_h, train_y, test_h, classes, ridge)


@bank.misconception("The features are centred but not divided by their standard deviation.")
def centred_only(train_h, train_y, test_h, classes, ridge=1.0):
    a, _ = statistics(train_h)
    return probe(train_h - a, train_y, test_h - a, classes, ridge)


@bank.misconception("The bias is missing: classes that are frequent among the labels get no head start.")
def no_bias(train_h, train_y, test_h, classes, ridge=1.0):
    return right(train_h, train_y, test_h, classes, ridge) - F.one_hot(train_y, classes).to(train_h.dtype).mean(dim=0)


@bank.misconception("The penalty is missing: plain least squares, which with few rows fits them exactly.")
def no_penalty(train_h, train_y, test_h, classes, ridge=1.0):
    return right(train_h, train_y, test_h, classes, 1e-6)


@bank.misconception(
    "The penalty is multiplied by the number of rows. The squares are *added up* in the formula, so ridge stands by itself."
)
def penalty_times_rows(train_h, train_y, test_h, classes, ridge=1.0):
    return right(train_h, train_y, test_h, classes, ridge * len(train_h))


@bank.misconception("The standard deviation divides by N - 1; the population's divides by N.")
def sample_deviation(train_h, train_y, test_h, classes, ridge=1.0):
    mean, std = train_h.mean(dim=0), train_h.std(dim=0).clamp(min=1e-6)
    return probe((train_h - mean) / std, train_y, (test_h - mean) / std, classes, ridge)


@bank.misconception("Your targets are -1 and 1. The formula asks for one-hot rows, 0 and 1.")
def signs_as_targets(train_h, train_y, test_h, classes, ridge=1.0):
    return 2 * right(train_h, train_y, test_h, classes, ridge) - 1


@bank.misconception("The square root of the penalty is used, or its square: ridge itself stands on the diagonal.")
def penalty_squared(train_h, train_y, test_h, classes, ridge=1.0):
    return right(train_h, train_y, test_h, classes, ridge**2)


@bank.misconception("Classes are returned. Asked for are the scores, one for each class: the caller takes the largest.")
def classes_returned(train_h, train_y, test_h, classes, ridge=1.0):
    return right(train_h, train_y, test_h, classes, ridge).argmax(dim=1)
