"""The state of python's, numpy's and torch's random generators, and the modes a call runs under, as plain data."""

import contextlib
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from course_tools.grading.bridge.values import DTYPES, NAMES


def states() -> tuple[bytes, ...]:
    """What decides the next random numbers."""
    _, internal, gauss = random.getstate()
    _, keys, *rest = np.random.get_state()
    return (
        np.array(internal, np.uint32).tobytes(),
        repr(gauss).encode(),
        np.asarray(keys, np.uint32).tobytes(),
        repr(rest).encode(),
        torch.random.get_rng_state().numpy().tobytes(),
    )


def restore(saved: list[bytes]) -> None:
    """Only for states that come from a process one trusts."""
    internal, gauss, keys, rest, tensors = saved
    random.setstate((3, tuple(int(word) for word in np.frombuffer(internal, np.uint32)), _number(gauss)))
    position, has_gauss, cached = (float(part) for part in rest.decode().strip("[]").split(","))
    np.random.set_state(("MT19937", np.frombuffer(keys, np.uint32), int(position), int(has_gauss), cached))
    torch.random.set_rng_state(torch.frombuffer(bytearray(tensors), dtype=torch.uint8))


def draw() -> None:
    """One number of each generator, for nothing."""
    random.random(), np.random.rand(), torch.rand(1)


def _number(text: bytes) -> float | None:
    return None if text == b"None" else float(text)


def modes() -> dict[str, Any]:
    """Gradient mode and default dtype."""
    return {"grad": torch.is_grad_enabled(), "dtype": NAMES[torch.get_default_dtype()]}


@contextlib.contextmanager
def under(modes: dict[str, Any]) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(DTYPES[modes["dtype"]])
    try:
        with torch.inference_mode(False), torch.set_grad_enabled(modes["grad"]):
            yield
    finally:
        torch.set_default_dtype(before)
