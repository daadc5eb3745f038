"""From values to nodes (see `values.py`)."""

import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_tools.grading.bridge.values import DEPTH, DIGITS, NAMES, PLAIN_ARRAYS, Buffers, Node, NotPlain


class Encoder:
    """Turns values into nodes. `refer` makes the node of an object that does not travel."""

    def __init__(self, refer: Callable[[Any, "Encoder"], Node], known: dict[int, int] | None = None) -> None:
        self.refer, self.buffers = refer, Buffers()
        self.slots: list[Any] = []
        self._known = known or {}  # id -> slot of the other side's numbering
        self._seen: dict[int, int] = {}

    def node(self, value: Any, depth: int = 0) -> Node:
        if depth > DEPTH:
            raise NotPlain(f"a value nested more than {DEPTH} deep")
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if issubclass(kind, str):
            return {"text": str.__str__(value)} if kind is not str else value
        if issubclass(kind, int):
            plain = int.__index__(value)
            return plain if plain.bit_length() < 64 else {"int": written(plain)}
        if issubclass(kind, float) and not issubclass(kind, np.generic):
            return float.__float__(value)
        if (slot := self._known.get(id(value))) is not None:
            return {"argument": slot}
        if (slot := self._seen.get(id(value))) is not None:
            return {"again": slot}
        for base, encode in ENCODERS.items():
            if issubclass(kind, base):
                return encode(self, value, depth)
        return self.refer(value, self)

    def keep(self, value: Any) -> int:
        self._seen[id(value)] = len(self.slots)
        self.slots.append(value)
        return len(self.slots) - 1

    def buffer(self, data: bytes) -> int:
        self.buffers.append(data)
        return len(self.buffers) - 1

    def _list(self, value: list[Any], depth: int) -> Node:
        slot = self.keep(value)
        return {"list": [self.node(item, depth + 1) for item in list.__iter__(value)], "slot": slot}

    def _tuple(self, value: tuple[Any, ...], depth: int) -> Node:
        items = [self.node(item, depth + 1) for item in tuple.__iter__(value)]
        fields = getattr(type(value), "_fields", None)
        if isinstance(fields, tuple) and len(fields) == len(items):
            return {"named": items, "fields": [str(field) for field in fields], "name": type(value).__name__}
        return {"tuple": items}

    def _dict(self, value: dict[Any, Any], depth: int) -> Node:
        slot = self.keep(value)
        pairs = [[self.node(k, depth + 1), self.node(v, depth + 1)] for k, v in dict.items(value)]
        return {"dict": pairs, "slot": slot}

    def _set(self, value: Any, depth: int) -> Node:
        kind = "set" if isinstance(value, set) else "frozenset"
        return {kind: [self.node(item, depth + 1) for item in list(value)]}

    def _scalar(self, value: np.generic, depth: int) -> Node:
        array = np.asarray(value)
        if array.dtype.kind not in PLAIN_ARRAYS:
            return self.refer(value, self)
        return {"scalar": self.buffer(array.tobytes()), "dtype": array.dtype.str}

    def _array(self, value: np.ndarray, depth: int) -> Node:
        array = np.asarray(value)
        slot = self.keep(value)
        if array.dtype.kind == "O":
            return {
                "objects": [self.node(v, depth + 1) for v in array.ravel()],
                "shape": list(array.shape),
                "slot": slot,
            }
        if array.dtype.kind not in PLAIN_ARRAYS:
            return self.refer(value, self)
        return {
            "array": self.buffer(array.tobytes()),
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "slot": slot,
        }

    def _tensor(self, value: Tensor, depth: int) -> Node:
        plain = Tensor.detach(value)
        if plain.layout is not torch.strided or plain.dtype not in NAMES or plain.is_meta:
            return self.refer(value, self)
        slot = self.keep(value)
        plain = plain.resolve_conj().resolve_neg().cpu()
        # a copy has the strides of its shape; .contiguous() may leave others where an axis has one entry
        data = plain.clone(memory_format=torch.contiguous_format).reshape(-1).view(torch.uint8)
        return {
            "tensor": self.buffer(data.numpy().tobytes()),
            "dtype": NAMES[plain.dtype],
            "shape": list(plain.shape),
            "slot": slot,
            "requires": bool(value.requires_grad),
            "leaf": bool(value.is_leaf),
            "parameter": isinstance(value, torch.nn.Parameter),
            "grad": self.node(value.grad, depth + 1) if value.is_leaf and value.grad is not None else None,
        }

    def _constant(self, value: Any, depth: int) -> Node:
        return {"constant": repr(value)}

    def _range(self, value: range, depth: int) -> Node:
        return {"range": [value.start, value.stop, value.step]}

    def _frame(self, value: Any, depth: int) -> Node:
        columns = [self.node(np.asarray(value.iloc[:, i]), depth + 1) for i in range(value.shape[1])]
        labels = [self.node(np.asarray(value.columns), depth + 1), self.node(np.asarray(value.index), depth + 1)]
        return {"frame": columns, "labels": labels}

    def _series(self, value: Any, depth: int) -> Node:
        parts = [np.asarray(value), np.asarray(value.index), value.name]
        return {"series": [self.node(part, depth + 1) for part in parts]}


def written(value: int) -> str:
    """A whole number in base 16."""
    if value.bit_length() > 4 * DIGITS:
        raise NotPlain(f"a whole number of {value.bit_length()} bits")
    return hex(value)


ENCODERS: dict[Any, Callable[[Encoder, Any, int], Node]] = {
    list: Encoder._list,
    tuple: Encoder._tuple,
    dict: Encoder._dict,
    (set, frozenset): Encoder._set,
    np.generic: Encoder._scalar,
    np.ndarray: Encoder._array,
    Tensor: Encoder._tensor,
    (type(...), torch.dtype): Encoder._constant,
    complex: lambda encoder, value, depth: {"complex": [value.real, value.imag]},
    (bytes, bytearray): lambda encoder, value, depth: {"bytes": encoder.buffer(bytes(value))},
    range: Encoder._range,
    Fraction: lambda encoder, value, depth: {"fraction": [written(value.numerator), written(value.denominator)]},
    Decimal: lambda encoder, value, depth: {"decimal": Decimal.__str__(value)},
}


def know_pandas() -> None:
    """Let frames and series travel, once pandas is loaded."""
    if (pandas := sys.modules.get("pandas")) and pandas.DataFrame not in ENCODERS:
        ENCODERS.update({pandas.DataFrame: Encoder._frame, pandas.Series: Encoder._series})
