"""NT-Xent, forward and backward: ours for large batches against the notebook's, lightly's and pytorch-metric-learning's, in one run.

    python -m benchmarks.nt_xent [--sizes 256 1024 4096] [--rounds 7] [--threads 1]

Loss and gradient must agree before anything is timed (relative 1e-5 of float32). The limit is what a loss has to compute that looks at
every ordered pair: the logits, their exponentials and the two products of the gradient; ours looks at each pair of rows once. Peak
memory is that of the tensors of one call, beyond the embeddings. pytorch-metric-learning stands with its SupConLoss, which with one
positive is NT-Xent: its NTXentLoss pairs every positive with all negatives, 2 GiB at N = 256 and 34 at 1024.
"""

import argparse
import statistics as stats
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from course_tools.checks import bank
from course_tools.large_batch.loss import nt_xent
from course_utils.tables import text_table

from ._timing import conditions, faster, interleaved, peak_memory, started

DIM, TEMPERATURE = 128, 0.2
Loss = Callable[[Tensor, Tensor], Tensor]


def ours() -> Loss:
    return partial(nt_xent, temperature=TEMPERATURE)


def notebook() -> Loss:
    return partial(bank.reference("simclr/nt_xent"), temperature=TEMPERATURE)


def lightly() -> Loss:
    from lightly.loss import NTXentLoss

    return NTXentLoss(TEMPERATURE)


def metric_learning() -> Loss:
    from pytorch_metric_learning.losses import SupConLoss

    loss = SupConLoss(TEMPERATURE)
    return lambda a, b: loss(torch.cat([a, b]), torch.arange(len(a)).repeat(2))


LOSSES = {"ours": ours, "notebook": notebook, "lightly": lightly, "pytorch-metric-learning": metric_learning}


def call(loss: Loss, views: Tensor) -> tuple[Tensor, ...]:
    """The loss of views (2, N, D) and its gradients by both."""
    z_1, z_2 = (view.detach().requires_grad_() for view in views)
    value = loss(z_1, z_2)
    value.backward()
    return value.detach(), z_1.grad, z_2.grad


def limit(views: Tensor) -> None:
    """All logits, their exponentials, and the gradient's two products, in rows that fit the cache."""
    z = views.flatten(0, 1)
    for rows in z.split(512):
        weights = (rows @ z.T).exp_()
        weights @ z
        weights.T @ rows


def embeddings(n: int) -> Tensor:
    return torch.randn(2, n, DIM, generator=torch.Generator().manual_seed(0))


def assert_equal(losses: dict[str, Loss], views: Tensor) -> None:
    value, *expected = call(losses["lightly"], views)
    for name, loss in losses.items():
        found, *gradients = call(loss, views)
        assert torch.allclose(found, value, rtol=1e-5), f"{name}: {found.item()!r}, lightly {value.item()!r}"
        for one, other in zip(gradients, expected, strict=True):
            error = (one - other).abs().max() / other.abs().max()
            assert error < 1e-5, f"{name}: gradients differ by {error:.1e} of their largest"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024, 4096])
    args = started(parser, rounds=7)
    losses = {name: make() for name, make in LOSSES.items()}
    print(f"dimension {DIM}, float32; {conditions(args.rounds)}")
    rows = []
    for n in args.sizes:
        views = embeddings(n)
        assert_equal(losses, views)
        run: dict[str, Callable[[], object]] = {name: partial(call, loss, views) for name, loss in losses.items()}
        seconds = interleaved(run | {"limit": partial(limit, views)}, args.rounds)
        for name, values in seconds.items():
            peak = peak_memory(run[name]) if name in losses else None
            ratio = faster(values, seconds["ours"]) if name != "ours" else ""
            rows.append((name, str(n), f"{1e3 * stats.median(values):.1f}", ratio, f"{peak:.0f}" if peak else ""))
    print(text_table(("", "N", "CPU ms", "ours is faster by", "peak MiB"), rows, right=range(1, 5)))


if __name__ == "__main__":
    main()
