"""What frozen features are worth: a linear probe in closed form, alignment, uniformity and retrieval."""

import torch
from torch import Tensor


def probe_accuracy(
    train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor, ridge: float = 1e-2
) -> float:
    """Accuracy of a linear classifier, fitted by ridge regression on one-hot labels, on standardised features.

    train: (n, D), labels (n,) from 0. ridge: strength, as a share of n.
    """
    mean, std = train.mean(dim=0), train.std(dim=0).clamp(min=1e-6)
    x, z = ((part - mean) / std for part in (train, test))
    targets = torch.nn.functional.one_hot(train_labels).to(x.dtype)
    centre = targets.mean(dim=0)
    gram = x.T @ x + ridge * len(x) * torch.eye(x.shape[1])
    weights = torch.linalg.solve(gram, x.T @ (targets - centre))
    return ((z @ weights + centre).argmax(dim=1) == test_labels).double().mean().item()


def alignment(z_1: Tensor, z_2: Tensor) -> float:
    """Mean squared distance of two views on the unit sphere, (n, D) each (Wang & Isola 2020): 0 is perfect."""
    return (unit(z_1) - unit(z_2)).square().sum(dim=1).mean().item()


def uniformity(z: Tensor) -> float:
    """log of the mean of exp(-2 |x - y|^2) over pairs on the unit sphere, (n, D) (Wang & Isola 2020): lower is more even."""
    return torch.pdist(unit(z)).square().mul(-2).exp().mean().log().item()


def unit(z: Tensor) -> Tensor:
    return torch.nn.functional.normalize(z, dim=-1)


def spectrum(z: Tensor) -> Tensor:
    """Singular values of centred unit vectors (n, D), as shares of their sum, in descending order."""
    values = torch.linalg.svdvals(unit(z) - unit(z).mean(dim=0))
    return values / values.sum()


def retrieval(queries: Tensor, candidates: Tensor, top: int = 1) -> float:
    """Share of the queries (n, D) whose own candidate (same row) is among the `top` nearest by cosine."""
    similarity = unit(queries) @ unit(candidates).T
    own = similarity.diagonal()[:, None]
    return ((similarity > own).sum(dim=1) < top).double().mean().item()
