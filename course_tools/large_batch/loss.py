"""NT-Xent for large batches: memory grows with the batch and not with its square, and many processes can share one batch.

The mean loss of all 2N anchors (Chen et al. 2020, Eq. 1) is taken from their cosines s and the masses m_i = sum_k exp(s_ik / t), k != i.
Its derivative by s_ik is exp(s_ik / t) (1/m_i + 1/m_k) / 2Nt, less 2 / 2Nt between partners: symmetric, so each pair of rows is looked at
once for the masses and once for the gradient, a panel of rows at a time, which is then thrown away.
"""

from typing import Any

import torch
from torch import Tensor, distributed
from torch.autograd.function import once_differentiable
from torch.nn.functional import normalize

ROWS = {"cpu": 128, "cuda": 2048}  # in a panel


def nt_xent(z_1: Tensor, z_2: Tensor, temperature: float = 0.5, gathered: bool = False) -> Tensor:
    """The NT-Xent loss, averaged over the 2N anchors of the batch; it can be differentiated once.

    Args:
        z_1, z_2: (n, D) embeddings, not normalised; row k of both comes from image k.
        temperature: at least 0.003.
        gathered: the batch is that of all processes of the default group of torch.distributed together, each with the same n. Every
            process gets the loss of the whole batch, and the gradients are those that DistributedDataParallel expects: the mean over
            the processes of a parameter's gradients is the gradient of the loss.

    Returns:
        A scalar in nats.
    """
    if not temperature >= 0.003:
        raise ValueError(f"temperature must be at least 0.003, got {temperature:g}: below, exp(-2 / temperature) is 0")
    z = normalize(torch.stack([z_1, z_2]), dim=-1)
    fits = 2 / temperature <= 80  # exp(-80) in float32
    return _NTXent.apply(z if fits else z.double(), temperature, gathered).to(z.dtype)


class _NTXent(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, temperature: float, gathered: bool) -> Tensor:
        """z: (2, n, D) unit vectors."""
        rank, world = (distributed.get_rank(), distributed.get_world_size()) if gathered else (0, 1)
        everyone = _gather(z, world).flatten(0, 1)
        count = len(everyone)
        first, second = everyone.chunk(2)
        mine = range(0, count, ROWS.get(z.device.type, 128))[rank::world]

        mass = z.new_zeros(count)
        for start in mine:
            rows, rest, panel = _panel(everyone, start, temperature)
            mass[rows] += panel.sum(dim=1)
            mass[rest] += panel[:, len(panel) :].sum(dim=0)
        _add_up(mass, world)
        loss = mass.log().mean() + (1 - (first * second).sum(dim=1).mean()) / temperature

        if ctx.needs_input_grad[0]:
            gradient = torch.zeros_like(everyone)
            for start in mine:
                rows, rest, panel = _panel(everyone, start, temperature)
                panel *= 1 / mass[rows, None] + 1 / mass[start:]
                gradient[rows].addmm_(panel, everyone[start:])
                gradient[rest].addmm_(panel[:, len(panel) :].T, everyone[rows])
            _add_up(gradient, world)
            to_first, to_second = gradient.chunk(2)
            to_first.sub_(second, alpha=2)
            to_second.sub_(first, alpha=2)
            gradient.mul_(world / (count * temperature))
            n = z.shape[1]
            ctx.save_for_backward(gradient.view(2, -1, z.shape[2])[:, rank * n : (rank + 1) * n])
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None]:
        return upstream * ctx.saved_tensors[0], None, None


def _panel(z: Tensor, start: int, temperature: float) -> tuple[slice, slice, Tensor]:
    """exp((cosine - 1) / temperature) of some rows with themselves and all later ones, 0 where a row meets itself.

    Returns the rows, the later ones, and (rows, rows + later).
    """
    stop = min(start + ROWS.get(z.device.type, 128), len(z))
    panel = ((z[start:stop] / temperature) @ z[start:].T).sub_(1 / temperature).exp_()
    panel.diagonal().zero_()
    return slice(start, stop), slice(stop, None), panel


def _gather(z: Tensor, world: int) -> Tensor:
    """(2, n, D) of each process -> (2, world * n, D)."""
    if world == 1:
        return z
    parts = [torch.empty_like(z) for _ in range(world)]
    distributed.all_gather(parts, z.contiguous())
    return torch.cat(parts, dim=1)


def _add_up(tensor: Tensor, world: int) -> None:
    if world > 1:
        distributed.all_reduce(tensor)
