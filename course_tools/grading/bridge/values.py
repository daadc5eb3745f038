"""Values as plain data: numbers, text, containers, arrays and tensors become JSON nodes with buffers beside them, and back.

Whatever else an object is, it stays where it is and travels as a reference. What a subclass adds (an `__eq__` that always agrees) is
left behind: a float arrives as a float.

Containers, arrays and tensors get a number ("slot") in the order they are met. Both sides number alike, so a changed argument
can be sent back by its slot, and the same object returned is the same object again.
"""

from typing import Any

import torch

DTYPES = {
    name: getattr(torch, name)
    for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")
}  # fmt: skip
NAMES = {dtype: name for name, dtype in DTYPES.items()}
PLAIN_ARRAYS = "biufcSUMm"
DEPTH = 100
DIGITS = (
    2**14
)  # of a whole number, in base 16, and of a decimal: arithmetic on longer ones may take hours that no alarm ends

Node = Any
Buffers = list[bytes]


class NotPlain(Exception):
    """A node that is none, or an object too large or too deep to send."""


def named(kind: str, number: int) -> Any:
    """Stands in a pickle for an object that is not in it. Whoever reads the pickle has another function in its place."""
    raise AssertionError((kind, number))
