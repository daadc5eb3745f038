"""A call of the other process as one step of autograd: its backward pass is asked of that process."""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from course_tools.grading.judge.host import Host


class _Call(torch.autograd.Function):
    """One call of the other process as one step of autograd."""

    @staticmethod
    def forward(ctx: Any, host: "Host", number: int, results: list[Tensor], anchor: Tensor, *inputs: Tensor) -> Any:
        ctx.host, ctx.number, ctx.wanted = host, number, len(inputs)
        ctx.set_materialize_grads(False)
        return tuple(results)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        return None, None, None, None, *ctx.host.backward(ctx.number, list(grads), ctx.wanted)


def attached(value: Any, grown: list[Tensor], inputs: list[Tensor], host: "Host", number: int) -> Any:
    """`value` with the tensors in `grown` attached to the graph. The anchor stands for parameters of the other process."""
    if not grown:
        return value
    anchor = torch.zeros((), requires_grad=True)
    with torch.enable_grad():
        results = _Call.apply(host, number, grown, anchor, *inputs)
    return _replaced(value, {id(old): new for old, new in zip(grown, results, strict=True)})


def _replaced(value: Any, new: dict[int, Any]) -> Any:
    if id(value) in new:
        return new[id(value)]
    if type(value) is tuple:
        return tuple(_replaced(item, new) for item in value)
    if type(value) is list:
        value[:] = [_replaced(item, new) for item in value]
    if type(value) is dict:
        value.update({key: _replaced(item, new) for key, item in value.items()})
    return value
