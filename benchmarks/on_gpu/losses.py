"""NT-Xent: time, memory and gradients beside the notebook's and lightly's, and a batch that the full matrix makes large."""

import statistics as stats
from argparse import Namespace
from collections.abc import Callable
from functools import partial

import torch
from torch import Generator, Tensor

from course_tools.checks import bank
from course_tools.large_batch.loss import nt_xent

from .._timing import faster, interleaved, timed
from ._tools import Found, peak, relative

LARGE = 65_536  # rows of the matrix: 32,768 images in two views


def _call(loss: Callable[..., Tensor], z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    a, b = (view.detach().requires_grad_() for view in z)
    value = loss(a, b)
    value.backward()
    return value.detach(), a.grad, b.grad


def nt_xent_part(args: Namespace) -> Found:
    """Forward and backward of the loss, in milliseconds, and the peak memory beyond the embeddings."""
    losses: dict[str, Callable[..., Tensor]] = {
        "ours": partial(nt_xent, temperature=0.5),
        "notebook": partial(bank.reference("simclr/nt_xent"), temperature=0.5),
    }
    try:
        from lightly.loss import NTXentLoss

        losses["lightly"] = NTXentLoss(0.5)
    except ImportError:
        print("lightly is not installed: its loss is left out")
    found: Found = {}
    for n in (64, 128) if args.small else (1024, 4096, 8192):
        z = torch.randn(2, n, 128, generator=Generator().manual_seed(0)).to(args.device)

        results = {name: _call(loss, z) for name, loss in losses.items()}
        exact = _call(losses["notebook"], z.double())
        seconds = interleaved(
            {name: partial(_call, loss, z) for name, loss in losses.items()}, args.rounds, args.device
        )
        found[str(n)] = {
            name: {
                "ms": 1e3 * stats.median(seconds[name]),
                "MiB": peak(partial(_call, loss, z), args.device),
                "gradient error": relative(results[name][1], exact[1]),
                "slower than ours": faster(seconds[name], seconds["ours"]),
            }
            for name, loss in losses.items()
        }
    return found


def panels_part(args: Namespace) -> Found:
    """A batch of 65,536 rows: in panels, and with the whole matrix, whose memory is measured or found to be too much."""
    rows = 512 if args.small else LARGE
    z = torch.randn(2, rows // 2, 128, generator=Generator().manual_seed(0)).to(args.device)
    panels = partial(_call, partial(nt_xent, temperature=0.5), z)
    whole = partial(_call, partial(bank.reference("simclr/nt_xent"), temperature=0.5), z)
    seconds, (loss, *_) = timed(panels, args.device)
    found: Found = {"rows": rows, "panels, s": seconds, "panels, MiB": peak(panels, args.device), "loss": loss.item()}
    found["one matrix in float32, MiB"] = rows**2 * 4 / 2**20
    try:
        seconds, (same, *_) = timed(whole, args.device)
        found |= {"whole matrix, s": seconds, "whole matrix, MiB": peak(whole, args.device)}
        found["losses differ by"] = abs(same.item() - loss.item())
    except torch.cuda.OutOfMemoryError as error:
        found["whole matrix, MiB"] = f"more than the device has ({str(error).splitlines()[0][:120]})"
    return found
