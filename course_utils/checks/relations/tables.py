"""The tables of what numbers may be instead of the expected ones: name, what a student reads, and how one comes from the other."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.relations.case import Numbers


def _softmax(x: Numbers) -> Numbers:
    weights = np.exp(x - x.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


Table = list[tuple[str, str, Callable[[Numbers], Numbers]]]
ELEMENTWISE: Table = [
    ("sign", "Your result has the wrong sign.", lambda w: -w),
    ("twice", "Your result is twice the expected one.", lambda w: 2 * w),
    ("half", "Your result is half the expected one.", lambda w: w / 2),
    ("in bits", "Your result is the expected one divided by ln 2: in bits, not in nats.", lambda w: w / math.log(2)),
    ("in nats", "Your result is the expected one times ln 2: in nats, not in bits.", lambda w: w * math.log(2)),
    ("exp", "Your result is exp of the expected one.", np.exp),
    ("exp of minus", "Your result is exp(-x) of the expected x.", lambda w: np.exp(-w)),
    ("log", "Your result is the logarithm of the expected one.", np.log),
    ("minus log", "Your result is minus the logarithm of the expected one.", lambda w: -np.log(w)),
    ("square", "Your result is the square of the expected one.", np.square),
    ("root", "Your result is the square root of the expected one.", np.sqrt),
    ("reciprocal", "Your result is one divided by the expected one.", lambda w: 1 / w),
    ("complement", "Your result is 1 minus the expected one.", lambda w: 1 - w),
    ("absolute value", "Your result is the absolute value of the expected one.", np.abs),
    (
        "clipped at 0",
        "Your result is the expected one, with 0 in place of what is negative.",
        lambda w: np.maximum(w, 0),
    ),
    ("one more", "Your result is 1 more than expected.", lambda w: w + 1),
    ("one less", "Your result is 1 less than expected.", lambda w: w - 1),
    ("log 2 more", "Your result is log 2 more than expected.", lambda w: w + math.log(2)),
    ("log 2 less", "Your result is log 2 less than expected.", lambda w: w - math.log(2)),
]
RESHAPED: Table = [
    ("transposed", "Your result is the expected one transposed: rows and columns are swapped.", lambda w: w.T),
    ("reversed", "Your result is the expected one in reverse order.", lambda w: np.flip(w, 0)),
    ("reversed, last axis", "Your result is reversed along its last axis.", lambda w: np.flip(w, -1)),
    ("rolled forward", "Your result is the expected one, shifted by one place.", lambda w: np.roll(w, 1, 0)),
    ("rolled back", "Your result is the expected one, shifted back by one place.", lambda w: np.roll(w, -1, 0)),
    ("sorted", "Your result is the expected one, sorted.", lambda w: np.sort(w, axis=0)),
    ("summed", "Your result is the sum of the expected numbers.", lambda w: w.sum()),
    ("averaged", "Your result is the mean of the expected numbers.", lambda w: w.mean()),
    ("axes swapped", "Your result is the expected one with its last two axes swapped.", lambda w: w.swapaxes(-1, -2)),
    (
        "first axes swapped",
        "Your result is the expected one with its first two axes swapped.",
        lambda w: w.swapaxes(0, 1),
    ),
    ("shifted forward, last axis", "Your rows are shifted by one place.", lambda w: np.roll(w, 1, -1)),
    ("shifted back, last axis", "Your rows are shifted back by one place.", lambda w: np.roll(w, -1, -1)),
    ("added up", "Your result is the running sum of the expected one.", lambda w: np.cumsum(w, -1)),
    ("a softmax too many", "Your result is the softmax of the expected rows.", lambda w: _softmax(w)),
    ("a log-softmax too many", "Your result is the log-softmax of the expected rows.", lambda w: np.log(_softmax(w))),
    ("divided by the sum", "Your result is the expected one divided by its sum.", lambda w: w / w.sum()),
    (
        "rows divided by their sums",
        "Your rows are the expected ones divided by their sums.",
        lambda w: w / w.sum(-1, keepdims=True),
    ),
    (
        "rows of length 1",
        "Your rows are the expected ones, at unit length.",
        lambda w: w / np.sqrt((w * w).sum(-1, keepdims=True)),
    ),
    ("centred", "Your result is the expected one less its mean.", lambda w: w - w.mean()),
    (
        "another number in all places",
        "All your numbers are the mean of the expected ones.",
        lambda w: np.full_like(w, w.mean()),
    ),
    ("means of rows", "Your result has the means of the expected rows.", lambda w: w.mean(-1)),
    ("means of columns", "Your result has the means of the expected columns.", lambda w: w.mean(0)),
    ("sums of rows", "Your result has the sums of the expected rows.", lambda w: w.sum(-1)),
    ("sums of columns", "Your result has the sums of the expected columns.", lambda w: w.sum(0)),
    ("one row of it", "Your result is the first row of the expected one.", lambda w: w[0]),
]
APART: Table = [
    ("other shape", "The numbers are right, their shape is not: a dimension of size 1 is left over.", lambda g: g.squeeze()),
    ("not averaged", "You return one number for each; the mean of them is expected.", lambda g: g.mean()),
    ("not summed", "You return one number for each; the sum of them is expected.", lambda g: g.sum()),
    ("not normalised, rows", "Your rows do not add up to 1; divided by their sums they are right.", lambda g: g / g.sum(-1, keepdims=True)),
    ("not normalised", "Your numbers do not add up to 1; divided by their sum they are right.", lambda g: g / g.sum()),
    ("a place less", "Something follows behind the expected numbers.", lambda g: g[:-1]),
    ("a place more", "Something precedes the expected numbers.", lambda g: g[1:]),
]  # fmt: skip
NORMALISED: Table = [
    ("softmax missing", "The softmax of your rows is right.", lambda g: _softmax(g)),
    ("log-softmax missing", "The log-softmax of your rows is right.", lambda g: np.log(_softmax(g))),
    ("length 1 missing", "At unit length, your rows are right.", lambda g: g / np.sqrt((g * g).sum(-1, keepdims=True))),
    ("not centred", "Less its mean, your result is right.", lambda g: g - g.mean()),
    ("not centred, columns", "Less the means of its columns, your result is right.", lambda g: g - g.mean(0)),
    ("not added up", "The running sum of your result is right.", lambda g: np.cumsum(g, -1)),
]  # fmt: skip
PER_QUANTITY: list[tuple[str, str, Callable[[Numbers, float], Numbers]]] = [
    ("times {}", "Your result is the expected one times {}.", lambda w, q: w * q),
    ("divided by {}", "Your result is the expected one divided by {}.", lambda w, q: w / q),
    ("times {} squared", "Your result is the expected one times the square of {}.", lambda w, q: w * q * q),
    ("divided by {} squared", "Your result is the expected one divided by the square of {}.", lambda w, q: w / q / q),
    ("(n-1)/n, n = {}", "Your result is the expected one times (n-1)/n, n = {}: n in place of n-1.", lambda w, q: w * (q - 1) / q),
    ("n/(n-1), n = {}", "Your result is the expected one times n/(n-1), n = {}: n-1 in place of n.", lambda w, q: w * q / (q - 1)),
    ("(n+1)/n, n = {}", "Your result is the expected one times (n+1)/n, n = {}.", lambda w, q: w * (q + 1) / q),
    ("n/(n+1), n = {}", "Your result is the expected one times n/(n+1), n = {}.", lambda w, q: w * q / (q + 1)),
    ("plus log {}", "Your result is log({}) too large.", lambda w, q: w + np.log(q)),
    ("minus log {}", "Your result is log({}) too small.", lambda w, q: w - np.log(q)),
    ("log(n+1), not log n, n = {}", "Your result is too large by log(n+1) - log n, n = {}.", lambda w, q: w + np.log1p(1 / q)),
    ("log n, not log(n+1), n = {}", "Your result is too small by log(n+1) - log n, n = {}.", lambda w, q: w - np.log1p(1 / q)),
    ("power {}", "Your result is the expected one to the power of {}.", lambda w, q: w**q),
    ("plus {}", "Your result is too large by {}.", lambda w, q: w + q),
    ("minus {}", "Your result is too small by {}.", lambda w, q: w - q),
]  # fmt: skip
STATISTICS: list[tuple[str, Callable[[Tensor], Tensor]]] = [
    ("the mean", lambda a: a.mean()),
    ("the sum", lambda a: a.sum()),
    ("the largest entry", lambda a: a.max()),
    ("the smallest entry", lambda a: a.min()),
    ("the standard deviation", lambda a: a.std()),
    ("the variance", lambda a: a.var()),
    ("the standard deviation (divided by n)", lambda a: a.std(correction=0)),
    ("the variance (divided by n)", lambda a: a.var(correction=0)),
    ("the sum of squares", lambda a: (a * a).sum()),
    ("the mean square", lambda a: (a * a).mean()),
    ("the length", lambda a: a.norm()),
    ("the mean length of the rows", lambda a: a.norm(dim=-1).mean()),
    ("the mean absolute value", lambda a: a.abs().mean()),
    ("the log-sum-exp", lambda a: a.flatten().logsumexp(0)),
    ("the entropy", lambda a: torch.special.entr(a).sum()),
    ("the mean diagonal", lambda a: a.diagonal().mean()),
]
OFF_BY: list[tuple[str, str, Callable[[Numbers, float], Numbers]]] = [
    ("plus", "Your result is too large by {}.", lambda w, x: w + x),
    ("minus", "Your result is too small by {}.", lambda w, x: w - x),
    ("plus half", "Your result is too large by half of {}.", lambda w, x: w + x / 2),
    ("minus half", "Your result is too small by half of {}.", lambda w, x: w - x / 2),
    ("plus twice", "Your result is too large by twice {}.", lambda w, x: w + 2 * x),
    ("minus twice", "Your result is too small by twice {}.", lambda w, x: w - 2 * x),
    ("times", "Your result is the expected one times {}.", lambda w, x: w * x),
    ("divided by", "Your result is the expected one divided by {}.", lambda w, x: w / x),
    ("is", "Your result is {}, and nothing else.", lambda w, x: np.full_like(w, x)),
]  # fmt: skip
