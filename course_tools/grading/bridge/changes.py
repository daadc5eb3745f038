"""Arguments that a call changes in place: what they held before and after, and the same change made on the other side."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_tools.grading.bridge.encoder import Encoder
from course_tools.grading.bridge.values import Buffers, Node, NotPlain


def snapshots(objects: list[Any], refer: Callable[[Any, Encoder], Node]) -> list[tuple[Node, Buffers]]:
    """What each of the objects holds now. One that holds another names it by its slot."""
    taken = []
    known = {id(value): slot for slot, value in enumerate(objects)}
    for value in objects:
        encoder = Encoder(refer, {other: slot for other, slot in known.items() if other != id(value)})
        taken.append((encoder.node(value), encoder.buffers))
    return taken


def write_back(target: Any, new: Any) -> None:
    """Make `target` hold what `new` holds: an argument that was changed in place on the other side."""
    if isinstance(target, Tensor) and isinstance(new, Tensor):
        target.grad = new.grad
        if target.shape == new.shape and target.dtype == new.dtype:
            with torch.no_grad():
                target.copy_(new)
        else:
            target.data = new.data
    elif isinstance(target, np.ndarray) and isinstance(new, np.ndarray):
        target[...] = new
    elif isinstance(target, list) and isinstance(new, list):
        target[:] = new
    elif isinstance(target, dict) and isinstance(new, dict):
        target.clear()
        target.update(new)
    else:
        raise NotPlain("an argument became something else")
