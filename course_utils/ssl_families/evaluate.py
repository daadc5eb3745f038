"""What a representation is worth: nearest neighbours, a linear probe, agreement of clusters with classes; and what it costs."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize, one_hot
from torch.utils.flop_counter import FlopCounterMode

from course_utils.errors import CourseError


@dataclass(frozen=True)
class Worth:
    """Test accuracies of two simple classifiers on frozen features, as shares of 1."""

    knn: float
    probe: float


def worth(train_h: Tensor, train_y: Tensor, test_h: Tensor, test_y: Tensor, k: int = 20) -> Worth:
    """20-NN and linear probe, on features scaled to mean 0 and standard deviation 1 on the training images.

    train_h (n, dim), test_h (m, dim), labels (n,), (m,).

    Raises:
        CourseError: a feature is not finite.
    """
    if not (train_h.isfinite().all() and test_h.isfinite().all()):
        raise CourseError("some features are not finite; did the training diverge?")
    mean, std = train_h.mean(0), train_h.std(0, unbiased=False).clamp(min=1e-6)
    train_x, test_x = (train_h - mean) / std, (test_h - mean) / std
    return Worth(knn_accuracy(train_x, train_y, test_x, test_y, k), probe_accuracy(train_x, train_y, test_x, test_y))


def knn_accuracy(
    train_x: Tensor, train_y: Tensor, test_x: Tensor, test_y: Tensor, k: int = 20, temperature: float = 0.1
) -> float:
    """Weighted vote of the k training images of largest cosine similarity s, each with weight exp(s / temperature) (Wu et al. 2018)."""
    bank, found = normalize(train_x, dim=1), []
    for part in normalize(test_x, dim=1).split(1000):
        s, nearest = (part @ bank.T).topk(k, dim=1)
        votes = one_hot(train_y[nearest], int(train_y.max()) + 1) * (s / temperature).exp()[:, :, None]
        found.append(votes.sum(1).argmax(1))
    return (torch.cat(found) == test_y).float().mean().item()


def probe_accuracy(train_x: Tensor, train_y: Tensor, test_x: Tensor, test_y: Tensor, max_iter: int = 100) -> float:
    """Multinomial logistic regression, fitted by L-BFGS from zero: mean cross-entropy + dim / (12 n) |W|^2. Nothing in it is random."""
    decay, classes = train_x.shape[1] / (6 * len(train_x)), int(train_y.max()) + 1
    weight = torch.zeros(classes, train_x.shape[1], requires_grad=True)
    bias = torch.zeros(classes, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=max_iter, tolerance_change=1e-7, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(torch.addmm(bias, train_x, weight.T), train_y) + 0.5 * decay * weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(objective)
    return (torch.addmm(bias, test_x, weight.T).argmax(1) == test_y).float().mean().item()


def nmi(a: Tensor, b: Tensor) -> float:
    """Normalised mutual information of two labellings (n,), (n,): 2 I(a; b) / (H(a) + H(b)), in [0, 1]; 0 if both are constant."""
    joint = torch.zeros(int(a.max()) + 1, int(b.max()) + 1, dtype=torch.float64)
    joint.index_put_((a.long(), b.long()), torch.ones(len(a), dtype=torch.float64), accumulate=True)
    joint /= joint.sum()
    h_a, h_b, h_ab = (-torch.xlogy(p, p).sum() for p in (joint.sum(1), joint.sum(0), joint))
    return float(2 * (h_a + h_b - h_ab) / (h_a + h_b)) if h_a + h_b > 0 else 0.0


def count_flops(work: Callable[[], object]) -> int:
    """Floating-point operations of `work()`: matrix products and convolutions, forward and backward, a multiply-add counted as two."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def best_seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """Shortest of `repeats` timings of `work()`, after one call that does not count; waits for a GPU to finish."""

    def once() -> float:
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter() - start

    once()
    return min(once() for _ in range(repeats))
