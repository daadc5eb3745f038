"""The bilinear critic: which side of the matrix each vector stands on, and which pairs are scored."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def inputs(g, d, e, n, m, dtype=torch.float32):
    return normal(g, d, e, dtype=dtype), normal(g, n, d, dtype=dtype), normal(g, m, e, dtype=dtype)


bank = Bank(
    hidden=[
        Probe("7 contexts, 2 candidates", lambda g: inputs(g, 4, 4, 7, 2), seed=11, essential=True),
        Probe("as many contexts as candidates", lambda g: inputs(g, 3, 3, 5, 5), seed=12),
        Probe("everything of size 4", lambda g: inputs(g, 4, 4, 4, 4), seed=13),
        Probe("one of each", lambda g: inputs(g, 3, 2, 1, 1), seed=14),
        Probe("more dimensions of x than of y", lambda g: inputs(g, 9, 2, 3, 6), seed=15),
        Probe(
            "the identity: plain dot products",
            lambda g: (torch.eye(3), normal(g, 4, 3), normal(g, 2, 3)),
            seed=16,
        ),
        Probe(
            "float64, to seven digits, with gradients",
            lambda g: inputs(g, 6, 3, 4, 5, torch.float64),
            gradients=(0, 1, 2),
            dtype=True,
            rtol=1e-7,
            seed=17,
        ),
        Probe("leaves its inputs alone", lambda g: inputs(g, 3, 4, 2, 3), unchanged=True, seed=18),
    ]
)


@bank.alternative
def with_einsum(weight, x, y):
    return torch.einsum("nd,de,me->nm", x, weight, y)


@bank.alternative
def matrix_meets_y_first(weight, x, y):
    return x @ (weight @ y.T)


@bank.alternative
def one_pair_at_a_time(weight, x, y):
    return torch.stack([torch.stack([torch.dot(u, weight @ v) for v in y]) for u in x])


@bank.alternative
def with_linear_layers(weight, x, y):
    return F.linear(F.linear(x, weight.T), y)


@bank.misconception(
    "W stands the wrong way round: you compute xᵀ Wᵀ y. Its rows belong to x and its columns to y, which its shape (d, e) shows as soon as d\n"
    "and e differ."
)
def weight_transposed(weight, x, y):
    return x @ weight.T @ y.T


@bank.misconception(
    "Your table is transposed: one row per y, one column per x. Contexts x are rows here, so that each row is one game."
)
def result_transposed(weight, x, y):
    return y @ weight.T @ x.T


@bank.misconception(
    "x and y have changed places: you compute yᵀ W x for all pairs. x meets the rows of W, y its columns, and each row of the table belongs to an x."
)
def x_and_y_swapped(weight, x, y):
    return y @ weight @ x.T


@bank.misconception(
    "You score x_i with y_i only, an elementwise product. Asked for are all pairs: every context with every candidate, a table (N, M)."
)
def matching_pairs_only(weight, x, y):
    return ((x @ weight) * y).sum(dim=1)


@bank.misconception(
    "There is an elementwise product where two matrix products belong: W times a vector mixes its components."
)
def elementwise_weight(weight, x, y):
    return (x[:, None, :] * weight.diagonal() * y[None]).sum(dim=2)


@bank.misconception("W is not used: these are plain dot products of x and y. They are right for the identity only.")
def no_weight(weight, x, y):
    return x @ y.T


@bank.misconception(
    "You normalise x and y to length 1. The bilinear critic takes them as they are; their lengths matter."
)
def normalised(weight, x, y):
    return F.normalize(x, dim=1) @ weight @ F.normalize(y, dim=1).T


@bank.misconception(
    "You divide by the square root of the dimension, as attention does. The bilinear critic has no such factor; W can learn any scale."
)
def scaled_like_attention(weight, x, y):
    return x @ weight @ y.T / x.shape[1] ** 0.5


@bank.misconception(
    "You return the exponential of the scores, the density ratio of the paper's Eq. 3. The critic is its logarithm, xᵀ W y; the loss takes the\n"
    "exponential, safely."
)
def exponential(weight, x, y):
    return (x @ weight @ y.T).exp()


@bank.misconception(
    "Each row of your table is a softmax. The critic returns the bare scores; the loss turns them into probabilities."
)
def softmax_of_the_rows(weight, x, y):
    return (x @ weight @ y.T).softmax(dim=1)


@bank.misconception("You squash the scores with tanh. A log density ratio has no such limits; return xᵀ W y as it is.")
def squashed(weight, x, y):
    return (x @ weight @ y.T).tanh()


@bank.misconception(
    "W is applied to both vectors in your critic, as in two views through one network. Here it stands between x and y, once."
)
def weight_on_both_sides(weight, x, y):
    return (x @ weight) @ (y @ weight).T


@bank.misconception(
    "You use the symmetric part of W only, the mean of W and its transpose. W need not be symmetric: x and y are different things."
)
def symmetrised(weight, x, y):
    return x @ ((weight + weight.T) / 2) @ y.T


@bank.misconception("The sign is wrong: pairs that belong together should get a *high* score.")
def wrong_sign(weight, x, y):
    return -(x @ weight @ y.T)


@bank.misconception(
    "The scores are right, but no gradient reaches W: it is detached, or its numbers were copied out of the graph. This critic cannot learn."
)
def weight_detached(weight, x, y):
    return x @ weight.detach() @ y.T


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(weight, x, y):
    return x.float() @ weight.float() @ y.float().T
