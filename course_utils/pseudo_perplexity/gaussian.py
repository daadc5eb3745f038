"""Gaussian sequences, where perplexity and pseudo-perplexity have a closed form."""

import math

import torch
from torch import Tensor


def autoregressive_covariance(r: float, length: int) -> Tensor:
    """Covariance r^|s-t| of a stationary sequence of unit variance in which each value is r times the one before plus noise.

    float64, (length, length).
    """
    t = torch.arange(length, dtype=torch.float64)
    return r ** (t[:, None] - t).abs()


def gaussian_perplexities(covariance: Tensor) -> tuple[float, float]:
    """Perplexity and pseudo-perplexity per coordinate of a Gaussian under itself: exp of its (pseudo-)entropy divided by T.

    covariance: (T, T), positive definite. With precision Q = covariance^-1, the entropy is (T log 2 pi e - log det Q) / 2, and the
    pseudo-entropy, the sum of the entropies of x_t given all others, (T log 2 pi e - sum_t log Q_tt) / 2. These are densities: both
    can be below 1.
    """
    length = len(covariance)
    constant = math.log(2 * math.pi * math.e)
    entropy = (constant + torch.logdet(covariance) / length) / 2
    pseudo_entropy = (constant - torch.linalg.inv(covariance).diagonal().log().mean()) / 2
    return entropy.exp().item(), pseudo_entropy.exp().item()
