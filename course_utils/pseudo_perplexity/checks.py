"""Public probes of the pseudo-perplexity exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
The exercises on real models are probed with tiny transformers of known weights, see `tiny.py`.
"""

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.pseudo_perplexity.exact import flip_chain


def log_probs(g: Generator, *lengths: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Log-probabilities of the tokens of some sentences, at most 0."""
    return [-normal(g, n, dtype=dtype, scale=2.0).abs() for n in lengths]


def uniform_model(vocabulary: int, *lengths: int) -> list[Tensor]:
    """What a model without any idea says of some sentences."""
    return [torch.full((n,), 1 / vocabulary).log() for n in lengths]


def random_joint(g: Generator, *sizes: int) -> Tensor:
    """A table of positive probabilities, float64."""
    return normal(g, *sizes, scale=1.2, dtype=torch.float64).flatten().softmax(0).view(sizes)


def growing_losses(g: Generator, length: int) -> Tensor:
    """As l_1, ..., l_T: positive and increasing, float64."""
    return normal(g, length, dtype=torch.float64).abs().cumsum(0) / length


def covariance(g: Generator, length: int) -> Tensor:
    """A covariance matrix in which coordinates of different variance go together, float64."""
    factor = normal(g, length, length + 2, dtype=torch.float64)
    return factor @ factor.T / length


def two_bits() -> Tensor:
    """Bits that are nearly always equal, and mostly 0."""
    return torch.tensor([[0.89, 0.01], [0.01, 0.09]], dtype=torch.float64)


PROBES: dict[str, list[Probe]] = {
    "perplexity": [
        Probe("three sentences of 4, 1 and 7 tokens", lambda g: (log_probs(g, 4, 1, 7),), weight=2),
        Probe("one sentence", lambda g: (log_probs(g, 5),), seed=1),
        Probe(
            "no idea: all 50 words equally likely",
            lambda g: (uniform_model(50, 3, 6),),
            note="= 50, the size of the vocabulary",
            weight=2,
        ),
        Probe("an empty sentence in between", lambda g: (log_probs(g, 3, 0, 2),), seed=2, weight=2),
        Probe(
            "float64 in, float64 out",
            lambda g: (log_probs(g, 6, 2, dtype=torch.float64),),
            dtype=True,
            rtol=1e-6,
            seed=3,
        ),
    ],
    "half_sure": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=5e-2)],
    "chain_rule_terms": [
        Probe("from left to right", lambda g: (random_joint(g, 3, 3, 3), [2, 0, 1], [0, 1, 2])),
        Probe("from right to left", lambda g: (random_joint(g, 3, 3, 3), [2, 0, 1], [2, 1, 0])),
        Probe("4 positions, order 2, 0, 3, 1", lambda g: (random_joint(g, 3, 3, 3, 3), [1, 2, 0, 2], [2, 0, 3, 1])),
        Probe("one position", lambda g: (random_joint(g, 4), [3], [0]), note="= log p(x)"),
        Probe("the bits of the chain, order 1, 3, 0, 2", lambda g: (flip_chain(0.1, 4), [0, 0, 1, 1], [1, 3, 0, 2])),
        Probe(
            "positions of different size, float64",
            lambda g: (random_joint(g, 2, 4, 3), [1, 3, 0], [1, 2, 0]),
            dtype=True,
            unchanged=True,
            seed=1,
        ),
    ],
    "pseudo_log_likelihoods": [
        Probe("two bits that are mostly equal", lambda g: (two_bits(),), weight=2),
        Probe("three positions of size 2, 3 and 4", lambda g: (random_joint(g, 2, 3, 4),), weight=2),
        Probe("one position: nothing to condition on", lambda g: (random_joint(g, 5),), note="= log p(x)"),
        Probe(
            "independent positions",
            lambda g: (torch.einsum("a,b->ab", random_joint(g, 3), random_joint(g, 3)),),
            note="= log p(x), and only here",
        ),
        Probe(
            "leaves the table alone, float64",
            lambda g: (random_joint(g, 2, 2, 2),),
            unchanged=True,
            dtype=True,
            weight=2,
            seed=1,
        ),
    ],
    "doubled_text": [Probe("your numbers", lambda g: (), reveal=False, rtol=0.0, atol=1e-2)],
    "masked_entropies": [
        Probe("four bits of the chain", lambda g: (flip_chain(0.1, 4),), weight=2),
        Probe("three positions of size 2, 3 and 4", lambda g: (random_joint(g, 2, 3, 4),), weight=2),
        Probe(
            "independent positions: the context does not matter",
            lambda g: (torch.einsum("a,b->ab", random_joint(g, 3), random_joint(g, 3)),),
        ),
        Probe("one position", lambda g: (random_joint(g, 5),), note="= its entropy"),
        Probe("leaves the table alone, float64", lambda g: (random_joint(g, 2, 2, 2, 2),), unchanged=True, dtype=True),
    ],
    "expected_mlm_loss": [
        Probe("six positions, q = 0.15", lambda g: (growing_losses(g, 6), 0.15), weight=2),
        Probe("five positions, q = 0.6", lambda g: (growing_losses(g, 5), 0.6), seed=1),
        Probe("a tiny q: one mask at a time", lambda g: (growing_losses(g, 6), 1e-5), note="l_1, nearly", weight=2),
        Probe("q = 1: everything is hidden", lambda g: (growing_losses(g, 4), 1.0), note="= l_T"),
        Probe(
            "leaves the losses alone, float64",
            lambda g: (growing_losses(g, 7), 0.3),
            unchanged=True,
            dtype=True,
            seed=2,
        ),
    ],
    "chain_perplexities": [
        Probe("flip 0.1, six bits", lambda g: (0.1, 6), weight=2),
        Probe("flip 0.3, two bits", lambda g: (0.3, 2)),
        Probe("flip 0.05, a thousand bits", lambda g: (0.05, 1000), weight=2),
        Probe("fair coins", lambda g: (0.5, 10), note="= 2, both"),
        Probe("flip 0.9", lambda g: (0.9, 5)),
    ],
    "gaussian_conditionals": [
        Probe("three coordinates", lambda g: (covariance(g, 3), normal(g, 3, dtype=torch.float64)), weight=2),
        Probe(
            "independent coordinates of variance 1, 4, 9",
            lambda g: (torch.tensor([1.0, 4.0, 9.0]).double().diag(), normal(g, 3, dtype=torch.float64)),
            note="nothing to learn from the others",
        ),
        Probe("six coordinates", lambda g: (covariance(g, 6), normal(g, 6, dtype=torch.float64)), seed=1),
        Probe(
            "leaves its inputs alone, float64",
            lambda g: (covariance(g, 4), normal(g, 4, dtype=torch.float64)),
            unchanged=True,
            dtype=True,
            seed=2,
        ),
    ],
}
