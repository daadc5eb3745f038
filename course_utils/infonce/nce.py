"""A model without a normaliser, fitted by noise-contrastive estimation on exact expectations."""

from collections.abc import Callable

import torch
from torch import Tensor

NceLoss = Callable[[Tensor, Tensor, int], Tensor]


def fit_unnormalised(loss_fn: NceLoss, data_counts: Tensor, k: int, steps: int = 200) -> Tensor:
    """Free scores log phi(x) of each outcome that minimise an NCE loss; the noise is uniform.

    loss_fn(data_scores (n,), noise_scores (n, k), k): scores are log phi(x) - log p_noise(x).
    data_counts: (outcomes,) integers. The data hold each outcome that often and every column of the noise all outcomes equally often,
    so the sample means are the exact expectations. Returns phi (outcomes,), float64; nothing makes it sum to 1 but the loss.
    Raises ValueError unless the counts' sum is a multiple of their number.
    """
    outcomes, n = len(data_counts), int(data_counts.sum())
    if n % outcomes:
        raise ValueError(f"{n} data points cannot be matched by uniform noise over {outcomes} outcomes: use a multiple")
    data = torch.repeat_interleave(torch.arange(outcomes), data_counts)
    noise = torch.arange(outcomes).repeat(n // outcomes)[:, None].expand(n, k)
    log_noise = -torch.log(torch.tensor(float(outcomes), dtype=torch.float64))
    log_phi = torch.zeros(outcomes, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_phi], max_iter=steps, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        scores = log_phi - log_noise
        loss = loss_fn(scores[data], scores[noise], k)
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_phi.detach().exp()
