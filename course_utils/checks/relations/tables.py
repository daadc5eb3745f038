"""The tables of what numbers may be instead of the expected ones: name, what a student reads, and how one comes from the other."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.relations.case import Numbers
from course_utils.language import Sentence


def _softmax(x: Numbers) -> Numbers:
    weights = np.exp(x - x.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


Table = list[tuple[str, Sentence, Callable[[Numbers], Numbers]]]
ELEMENTWISE: Table = [
    ("sign", Sentence("Your result has the wrong sign."), lambda w: -w),
    ("twice", Sentence("Your result is twice the expected one."), lambda w: 2 * w),
    ("half", Sentence("Your result is half the expected one."), lambda w: w / 2),
    (
        "in bits",
        Sentence("Your result is the expected one divided by ln 2: in bits, not in nats."),
        lambda w: w / math.log(2),
    ),
    (
        "in nats",
        Sentence("Your result is the expected one times ln 2: in nats, not in bits."),
        lambda w: w * math.log(2),
    ),
    ("exp", Sentence("Your result is exp of the expected one."), np.exp),
    ("exp of minus", Sentence("Your result is exp(-x) of the expected x."), lambda w: np.exp(-w)),
    ("log", Sentence("Your result is the logarithm of the expected one."), np.log),
    ("minus log", Sentence("Your result is minus the logarithm of the expected one."), lambda w: -np.log(w)),
    ("square", Sentence("Your result is the square of the expected one."), np.square),
    ("root", Sentence("Your result is the square root of the expected one."), np.sqrt),
    ("reciprocal", Sentence("Your result is one divided by the expected one."), lambda w: 1 / w),
    ("complement", Sentence("Your result is 1 minus the expected one."), lambda w: 1 - w),
    ("absolute value", Sentence("Your result is the absolute value of the expected one."), np.abs),
    (
        "clipped at 0",
        Sentence("Your result is the expected one, with 0 in place of what is negative."),
        lambda w: np.maximum(w, 0),
    ),
    ("one more", Sentence("Your result is 1 more than expected."), lambda w: w + 1),
    ("one less", Sentence("Your result is 1 less than expected."), lambda w: w - 1),
    ("log 2 more", Sentence("Your result is log 2 more than expected."), lambda w: w + math.log(2)),
    ("log 2 less", Sentence("Your result is log 2 less than expected."), lambda w: w - math.log(2)),
]
RESHAPED: Table = [
    (
        "transposed",
        Sentence("Your result is the expected one transposed: rows and columns are swapped."),
        lambda w: w.T,
    ),
    ("reversed", Sentence("Your result is the expected one in reverse order."), lambda w: np.flip(w, 0)),
    ("reversed, last axis", Sentence("Your result is reversed along its last axis."), lambda w: np.flip(w, -1)),
    ("rolled forward", Sentence("Your result is the expected one, shifted by one place."), lambda w: np.roll(w, 1, 0)),
    (
        "rolled back",
        Sentence("Your result is the expected one, shifted back by one place."),
        lambda w: np.roll(w, -1, 0),
    ),
    ("sorted", Sentence("Your result is the expected one, sorted."), lambda w: np.sort(w, axis=0)),
    ("summed", Sentence("Your result is the sum of the expected numbers."), lambda w: w.sum()),
    ("averaged", Sentence("Your result is the mean of the expected numbers."), lambda w: w.mean()),
    (
        "axes swapped",
        Sentence("Your result is the expected one with its last two axes swapped."),
        lambda w: w.swapaxes(-1, -2),
    ),
    (
        "first axes swapped",
        Sentence("Your result is the expected one with its first two axes swapped."),
        lambda w: w.swapaxes(0, 1),
    ),
    ("shifted forward, last axis", Sentence("Your rows are shifted by one place."), lambda w: np.roll(w, 1, -1)),
    ("shifted back, last axis", Sentence("Your rows are shifted back by one place."), lambda w: np.roll(w, -1, -1)),
    ("added up", Sentence("Your result is the running sum of the expected one."), lambda w: np.cumsum(w, -1)),
    ("a softmax too many", Sentence("Your result is the softmax of the expected rows."), lambda w: _softmax(w)),
    (
        "a log-softmax too many",
        Sentence("Your result is the log-softmax of the expected rows."),
        lambda w: np.log(_softmax(w)),
    ),
    ("divided by the sum", Sentence("Your result is the expected one divided by its sum."), lambda w: w / w.sum()),
    (
        "rows divided by their sums",
        Sentence("Your rows are the expected ones divided by their sums."),
        lambda w: w / w.sum(-1, keepdims=True),
    ),
    (
        "rows of length 1",
        Sentence("Your rows are the expected ones, at unit length."),
        lambda w: w / np.sqrt((w * w).sum(-1, keepdims=True)),
    ),
    ("centred", Sentence("Your result is the expected one less its mean."), lambda w: w - w.mean()),
    (
        "another number in all places",
        Sentence("All your numbers are the mean of the expected ones."),
        lambda w: np.full_like(w, w.mean()),
    ),
    ("means of rows", Sentence("Your result has the means of the expected rows."), lambda w: w.mean(-1)),
    ("means of columns", Sentence("Your result has the means of the expected columns."), lambda w: w.mean(0)),
    ("sums of rows", Sentence("Your result has the sums of the expected rows."), lambda w: w.sum(-1)),
    ("sums of columns", Sentence("Your result has the sums of the expected columns."), lambda w: w.sum(0)),
    ("one row of it", Sentence("Your result is the first row of the expected one."), lambda w: w[0]),
]
APART: Table = [
    ("other shape", Sentence("The numbers are right, their shape is not: a dimension of size 1 is left over."), lambda g: g.squeeze()),
    ("not averaged", Sentence("You return one number for each; the mean of them is expected."), lambda g: g.mean()),
    ("not summed", Sentence("You return one number for each; the sum of them is expected."), lambda g: g.sum()),
    ("not normalised, rows", Sentence("Your rows do not add up to 1; divided by their sums they are right."), lambda g: g / g.sum(-1, keepdims=True)),
    ("not normalised", Sentence("Your numbers do not add up to 1; divided by their sum they are right."), lambda g: g / g.sum()),
    ("a place less", Sentence("Something follows behind the expected numbers."), lambda g: g[:-1]),
    ("a place more", Sentence("Something precedes the expected numbers."), lambda g: g[1:]),
]  # fmt: skip
NORMALISED: Table = [
    ("softmax missing", Sentence("The softmax of your rows is right."), lambda g: _softmax(g)),
    ("log-softmax missing", Sentence("The log-softmax of your rows is right."), lambda g: np.log(_softmax(g))),
    ("length 1 missing", Sentence("At unit length, your rows are right."), lambda g: g / np.sqrt((g * g).sum(-1, keepdims=True))),
    ("not centred", Sentence("Less its mean, your result is right."), lambda g: g - g.mean()),
    ("not centred, columns", Sentence("Less the means of its columns, your result is right."), lambda g: g - g.mean(0)),
    ("not added up", Sentence("The running sum of your result is right."), lambda g: np.cumsum(g, -1)),
]  # fmt: skip
PER_QUANTITY: list[tuple[str, Sentence, Callable[[Numbers, float], Numbers]]] = [
    ("times {}", Sentence("Your result is the expected one times {}."), lambda w, q: w * q),
    ("divided by {}", Sentence("Your result is the expected one divided by {}."), lambda w, q: w / q),
    ("times {} squared", Sentence("Your result is the expected one times the square of {}."), lambda w, q: w * q * q),
    ("divided by {} squared", Sentence("Your result is the expected one divided by the square of {}."), lambda w, q: w / q / q),
    ("(n-1)/n, n = {}", Sentence("Your result is the expected one times (n-1)/n, n = {}: n in place of n-1."), lambda w, q: w * (q - 1) / q),
    ("n/(n-1), n = {}", Sentence("Your result is the expected one times n/(n-1), n = {}: n-1 in place of n."), lambda w, q: w * q / (q - 1)),
    ("(n+1)/n, n = {}", Sentence("Your result is the expected one times (n+1)/n, n = {}."), lambda w, q: w * (q + 1) / q),
    ("n/(n+1), n = {}", Sentence("Your result is the expected one times n/(n+1), n = {}."), lambda w, q: w * q / (q + 1)),
    ("plus log {}", Sentence("Your result is log({}) too large."), lambda w, q: w + np.log(q)),
    ("minus log {}", Sentence("Your result is log({}) too small."), lambda w, q: w - np.log(q)),
    ("log(n+1), not log n, n = {}", Sentence("Your result is too large by log(n+1) - log n, n = {}."), lambda w, q: w + np.log1p(1 / q)),
    ("log n, not log(n+1), n = {}", Sentence("Your result is too small by log(n+1) - log n, n = {}."), lambda w, q: w - np.log1p(1 / q)),
    ("power {}", Sentence("Your result is the expected one to the power of {}."), lambda w, q: w**q),
    ("plus {}", Sentence("Your result is too large by {}."), lambda w, q: w + q),
    ("minus {}", Sentence("Your result is too small by {}."), lambda w, q: w - q),
]  # fmt: skip
STATISTICS: list[tuple[Sentence, Callable[[Tensor], Tensor]]] = [
    (Sentence("the mean"), lambda a: a.mean()),
    (Sentence("the sum"), lambda a: a.sum()),
    (Sentence("the largest entry"), lambda a: a.max()),
    (Sentence("the smallest entry"), lambda a: a.min()),
    (Sentence("the standard deviation"), lambda a: a.std()),
    (Sentence("the variance"), lambda a: a.var()),
    (Sentence("the standard deviation (divided by n)"), lambda a: a.std(correction=0)),
    (Sentence("the variance (divided by n)"), lambda a: a.var(correction=0)),
    (Sentence("the sum of squares"), lambda a: (a * a).sum()),
    (Sentence("the mean square"), lambda a: (a * a).mean()),
    (Sentence("the length"), lambda a: a.norm()),
    (Sentence("the mean length of the rows"), lambda a: a.norm(dim=-1).mean()),
    (Sentence("the mean absolute value"), lambda a: a.abs().mean()),
    (Sentence("the log-sum-exp"), lambda a: a.flatten().logsumexp(0)),
    (Sentence("the entropy"), lambda a: torch.special.entr(a).sum()),
    (Sentence("the mean diagonal"), lambda a: a.diagonal().mean()),
]
OFF_BY: list[tuple[str, Sentence, Callable[[Numbers, float], Numbers]]] = [
    ("plus", Sentence("Your result is too large by {}."), lambda w, x: w + x),
    ("minus", Sentence("Your result is too small by {}."), lambda w, x: w - x),
    ("plus half", Sentence("Your result is too large by half of {}."), lambda w, x: w + x / 2),
    ("minus half", Sentence("Your result is too small by half of {}."), lambda w, x: w - x / 2),
    ("plus twice", Sentence("Your result is too large by twice {}."), lambda w, x: w + 2 * x),
    ("minus twice", Sentence("Your result is too small by twice {}."), lambda w, x: w - 2 * x),
    ("times", Sentence("Your result is the expected one times {}."), lambda w, x: w * x),
    ("divided by", Sentence("Your result is the expected one divided by {}."), lambda w, x: w / x),
    ("is", Sentence("Your result is {}, and nothing else."), lambda w, x: np.full_like(w, x)),
]  # fmt: skip
