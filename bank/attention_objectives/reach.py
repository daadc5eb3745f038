"""The gradient test: other ways to differentiate, and the ways in which effects cancel or are overlooked."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import Mixing, normal, triangle
from course_utils.checks import Probe


def band(T, width):
    i = torch.arange(T)
    return (i[:, None] - i).abs() <= width


bank = Bank(
    hidden=[
        Probe("a mask that leaks one token", lambda g: (Mixing(torch.ones(6, 6, dtype=torch.bool).tril(1), 4), normal(g, 6, 4)), weight=2, seed=11, essential=True),
        Probe("a window, outputs that add up to 0", lambda g: (Mixing(band(7, 1), 5, centred=True), normal(g, 7, 5)), weight=2, seed=12, essential=True),
        Probe("nobody sees anybody", lambda g: (Mixing(torch.zeros(4, 4, dtype=torch.bool), 3), normal(g, 4, 3)), seed=13),
        Probe("features that do not mix, a window", lambda g: (Mixing(band(5, 1), 3, sparse=True), normal(g, 5, 3)), seed=17),
        Probe("one row", lambda g: (Mixing(triangle(1), 4), normal(g, 1, 4)), seed=14),
        Probe("a prefix, the first feature says nothing", lambda g: (Mixing(triangle(6) | (torch.arange(6) < 3), 4, first=False), normal(g, 6, 4)), seed=15, essential=True),
        Probe("float64, x left alone", lambda g: (Mixing(torch.rand(5, 5, generator=g) < 0.5, 3), normal(g, 5, 3, dtype=torch.float64)), unchanged=True, dtype=True, seed=16),
    ]
)  # fmt: skip


@bank.unseen("causal, 5 positions", "each sees only its left neighbour", "booleans, and x left alone")
def another_mask(g):
    return Mixing(torch.rand(7, 7, generator=g) < 0.5, 3), normal(g, 7, 3)


@bank.unseen("outputs that add up to 0")
def another_mask_centred(g):
    return Mixing(torch.rand(8, 8, generator=g) < 0.5, 6, centred=True), normal(g, 8, 6)


def jacobian(function, x):
    return torch.autograd.functional.jacobian(function, x)


def right(function, x):
    return jacobian(function, x).abs().amax((1, 3)) > 1e-6


@bank.alternative
def by_functorch(function, x):
    return (torch.func.jacrev(function)(x).abs() > 1e-6).any(3).any(1)


@bank.alternative
def output_by_output(function, x):
    leaf = x.detach().clone().requires_grad_()
    out = function(leaf)
    found = torch.zeros(len(x), len(x), dtype=torch.bool)
    if not out.requires_grad:
        return found
    for i in range(out.shape[0]):
        for e in range(out.shape[1]):
            (grad,) = torch.autograd.grad(out[i, e], leaf, retain_graph=True, allow_unused=True)
            if grad is not None:
                found[i] |= (grad.abs() > 1e-6).any(1)
    return found


@bank.misconception(
    "Rows and columns are exchanged: your entry [i, j] says whether output j depends on input i. A causal function must come out *lower* triangular."
)
def transposed(function, x):
    return right(function, x).T


@bank.misconception(
    "You add up the entries of an output row and differentiate the sum. Effects of opposite sign cancel: after a LayerNorm the sum is 0 whatever the input."
)
def sum_of_outputs(function, x):
    return jacobian(function, x).sum(1).abs().amax(2) > 1e-6


@bank.misconception(
    "You differentiate the sum of *all* outputs: one gradient cannot say which output row it belongs to."
)
def all_outputs_at_once(function, x):
    any_of = jacobian(function, x).abs().amax((1, 3)) > 1e-6
    return any_of.any(0).expand(len(x), -1)


@bank.misconception("You look at the first entry of each output row only. A dependence may show in any of them.")
def first_feature_only(function, x):
    return jacobian(function, x)[:, 0].abs().amax(2) > 1e-6


@bank.misconception(
    "The diagonal is always False in your result. Whether an output sees its own row is part of the question."
)
def diagonal_left_out(function, x):
    return right(function, x) & ~torch.eye(len(x), dtype=torch.bool)


@bank.misconception("True and False are exchanged: True where there is a gradient.")
def inverted(function, x):
    return ~right(function, x)


@bank.misconception("You return how large the gradients are. Asked for is whether there are any: True or False.")
def amounts(function, x):
    return jacobian(function, x).abs().amax((1, 3))


@bank.misconception("You take positive gradients only. An effect may as well be negative: absolute values first.")
def only_positive(function, x):
    return jacobian(function, x).amin((1, 3)) > 1e-6


@bank.misconception(
    "The gradients accumulate: those of earlier rows are still there when the next row is asked. Each row needs gradients of its own."
)
def accumulating(function, x):
    return right(function, x).long().cumsum(0) > 0


@bank.misconception(
    "This is what a causal function *should* give, and no function was asked. Differentiate the one that is given."
)
def assumed(function, x):
    return torch.ones(len(x), len(x), dtype=torch.bool).tril()


@bank.misconception("*All* pairs of entries have to depend on each other in your result. One of them is enough.")
def all_entries(function, x):
    return (jacobian(function, x).abs() > 1e-6).all(3).all(1)


@bank.misconception(
    "Your threshold is far above rounding: weak dependences, which leak as well, are overlooked. Rounding is about one millionth."
)
def coarse_threshold(function, x):
    return jacobian(function, x).abs().amax((1, 3)) > 0.6
