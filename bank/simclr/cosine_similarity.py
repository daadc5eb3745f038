"""Cosine similarity of all pairs: other ways to be right, and the usual ways to compare something else."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal

bank = Bank(
    hidden=[
        Probe(
            "12 vectors against 5, 3 dimensions", lambda g: (normal(g, 12, 3), normal(g, 5, 3)), seed=11, essential=True
        ),
        Probe("one vector against one", lambda g: (normal(g, 1, 9), normal(g, 1, 9)), seed=12),
        Probe("a set with itself: ones on the diagonal", lambda g: ((z := normal(g, 5, 8)), z.clone()), seed=13),
        Probe(
            "lengths of a million and of a millionth",
            lambda g: (normal(g, 4, 6, scale=1e6), normal(g, 3, 6, scale=1e-4)),
            seed=14,
        ),
        Probe(
            "zeros on both sides",
            lambda g: (
                torch.cat([normal(g, 2, 4), torch.zeros(1, 4)]),
                torch.cat([torch.zeros(2, 4), normal(g, 2, 4)]),
            ),
            weight=3,
            seed=15,
            essential=True,
        ),
        Probe(
            "the gradient, with long vectors",
            lambda g: (normal(g, 5, 7, scale=3.0), normal(g, 5, 7)),
            gradients=(0, 1),
            weight=5,
            seed=16,
            essential=True,
        ),
        Probe(
            "float64, to seven digits",
            lambda g: (normal(g, 6, 5, dtype=torch.float64), normal(g, 4, 5, dtype=torch.float64)),
            dtype=True,
            rtol=1e-6,
            seed=17,
        ),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: (normal(g, 2, 6), normal(g, 7, 6)),
            unchanged=True,
            weight=3,
            seed=18,
        ),
    ]
)


def unit(z):
    return F.normalize(z, dim=1)


@bank.alternative
def broadcast_pairs(a, b):
    return F.cosine_similarity(a[:, None], b[None], dim=2)


@bank.alternative
def divided_by_the_lengths(a, b):
    lengths = a.norm(dim=1).clamp(min=1e-12)[:, None] * b.norm(dim=1).clamp(min=1e-12)[None]
    return a @ b.T / lengths


@bank.alternative
def with_einsum(a, b):
    return torch.einsum("nd,md->nm", a / a.norm(dim=1, keepdim=True).clamp(min=1e-12), unit(b))


@bank.misconception(
    "Your values depend on the lengths of the vectors: this is the dot product. The cosine divides by both lengths."
)
def dot_product(a, b):
    return a @ b.T


@bank.misconception(
    "Only the rows of a are normalised: your values still grow with the lengths in b. Both sides need length 1."
)
def only_a_normalised(a, b):
    return unit(a) @ b.T


@bank.misconception(
    "Only the rows of b are normalised: your values still grow with the lengths in a. Both sides need length 1."
)
def only_b_normalised(a, b):
    return a @ unit(b).T


@bank.misconception(
    "You normalised along the rows' index (dim=0), so each *column* has length 1. A vector is a row: dim=1."
)
def normalised_columns(a, b):
    return F.normalize(a, dim=0) @ F.normalize(b, dim=0).T


@bank.misconception(
    "You divide by the norm of the whole matrix: .norm() without dim is one number. Each row has a length of its own."
)
def one_length_for_all(a, b):
    return (a / a.norm().clamp(min=1e-12)) @ (b / b.norm().clamp(min=1e-12)).T


@bank.misconception("You divide by the *squared* lengths. The length is the root of the sum of squares.")
def divided_by_squares(a, b):
    return (a / a.pow(2).sum(dim=1, keepdim=True).clamp(min=1e-12)) @ (
        b / b.pow(2).sum(dim=1, keepdim=True).clamp(min=1e-12)
    ).T


@bank.misconception(
    "Your rows are divided by the sum of their absolute values (the 1-norm). The cosine is about the Euclidean length."
)
def one_norm(a, b):
    return F.normalize(a, p=1.0, dim=1) @ F.normalize(b, p=1.0, dim=1).T


@bank.misconception(
    "Row k of a is compared with row k of b only: one number per row. Every row of a meets every row of b, (N, M) numbers."
)
def row_by_row(a, b):
    return F.cosine_similarity(a, b)


@bank.misconception("The result is transposed: rows belong to a, columns to b. Shape (N, M).")
def transposed(a, b):
    return unit(b) @ unit(a).T


@bank.misconception("This is the cosine *distance*, 1 - cos: alike vectors get 0. Here alike is 1 and opposite is -1.")
def distance(a, b):
    return 1 - unit(a) @ unit(b).T


@bank.misconception("You return the size of the cosine without its sign: opposite vectors would count as alike.")
def absolute_value(a, b):
    return (unit(a) @ unit(b).T).abs()


@bank.misconception(
    "A row of zeros gives nan: 0/0. One such row makes the whole loss nan. Divide by max(length, a tiny number)."
)
def zero_by_zero(a, b):
    return (a / a.norm(dim=1, keepdim=True)) @ (b / b.norm(dim=1, keepdim=True)).T


@bank.misconception(
    "The values are right, but no gradient reaches a or b: somewhere the numbers leave the graph (.detach(), .numpy(), .item() or\n"
    "no_grad). The loss will be built on this, and could not train anything."
)
def without_gradient(a, b):
    return (unit(a) @ unit(b).T).detach()


@bank.misconception(
    "Right values, but the caller's vectors are different afterwards: `a /= ...` and operations that end in an underscore work on\n"
    "the very tensors you were given. Make new ones."
)
def normalises_in_place(a, b):
    a /= a.norm(dim=1, keepdim=True).clamp(min=1e-12)
    b /= b.norm(dim=1, keepdim=True).clamp(min=1e-12)
    return a @ b.T


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(a, b):
    return unit(a.float()) @ unit(b.float()).T


@bank.misconception(
    "A small number is added to both sides of the fraction, and a vector of zeros is then perfectly similar to everything. Only the\n"
    "denominator needs protection."
)
def small_number_on_both_sides(a, b):
    lengths = a.norm(dim=1)[:, None] * b.norm(dim=1)
    return (a @ b.T + 1e-8) / (lengths + 1e-8)
