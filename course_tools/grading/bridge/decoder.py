"""From nodes to values (see `values.py`). A node comes from a process that nobody trusts: whatever it is, it is a value or `NotPlain`."""

import importlib
from collections import namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_tools.grading.bridge.values import DEPTH, DIGITS, DTYPES, PLAIN_ARRAYS, Buffers, Node, NotPlain


class Decoder:
    """Turns nodes into values. `resolve` finds the object of a reference, `arguments` are the objects of the other numbering."""

    def __init__(
        self, buffers: Buffers, resolve: Callable[[Node, "Decoder"], Any], arguments: list[Any] | None = None
    ) -> None:
        self.buffers, self.resolve, self.arguments = buffers, resolve, arguments or []
        self.slots: list[Any] = []
        self.grown: list[Tensor] = []  # results of operations on tensors that need a gradient

    def value(self, node: Node) -> Any:
        """Raises NotPlain for a malformed node."""
        try:
            return self._value(node, 0)
        except NotPlain:
            raise
        except Exception as error:  # whatever nonsense leads to
            raise NotPlain(f"not a value: {type(error).__name__}") from None

    def _value(self, node: Node, depth: int) -> Any:
        if depth > 2 * DEPTH:
            raise NotPlain("nested too deep")
        if not isinstance(node, dict):
            if isinstance(node, list):
                raise NotPlain("a bare list")
            return node
        kind = next(iter(node), "")
        decode = DECODERS.get(kind)
        return decode(self, node, depth) if decode else self.resolve(node, self)

    def _keep(self, value: Any, node: Node) -> Any:
        if node["slot"] != len(self.slots):
            raise NotPlain("slots out of order")
        self.slots.append(value)
        return value

    def _items(self, items: Any, depth: int) -> list[Any]:
        return [self._value(item, depth + 1) for item in items]

    def _list(self, node: Node, depth: int) -> list[Any]:
        value: list[Any] = self._keep([], node)
        value += self._items(node["list"], depth)
        return value

    def _dict(self, node: Node, depth: int) -> dict[Any, Any]:
        value: dict[Any, Any] = self._keep({}, node)
        for key, item in node["dict"]:
            decoded = self._value(key, depth + 1)
            value[decoded] = self._value(item, depth + 1)
        return value

    def _set(self, items: list[Node], depth: int) -> set[Any]:
        value = set()
        for item in self._items(items, depth):
            value.add(item)  # one by one: where all are in each other's way, an alarm can come between
        return value

    def _decimal(self, node: Node, depth: int) -> Decimal:
        value = Decimal(node["decimal"])  # which takes a time that grows with its length only
        if value.is_finite() and max(len(node["decimal"]), abs(value.adjusted())) > DIGITS:
            raise NotPlain("a decimal of very many digits")
        return value

    def _named(self, node: Node, depth: int) -> Any:
        return namedtuple(node["name"], node["fields"], rename=True)(*self._items(node["named"], depth))

    def _scalar(self, node: Node, depth: int) -> Any:
        return np.frombuffer(self.buffers[node["scalar"]], self._dtype(node))[0]

    def _array(self, node: Node, depth: int) -> np.ndarray:
        flat = np.frombuffer(self.buffers[node["array"]], self._dtype(node))
        return self._keep(flat.reshape(node["shape"]).copy(), node)

    def _objects(self, node: Node, depth: int) -> np.ndarray:
        flat = np.empty(len(node["objects"]), dtype=object)
        array = self._keep(flat.reshape(node["shape"]), node)
        for i, item in enumerate(node["objects"]):
            flat[i] = self._value(item, depth + 1)
        return array

    def _dtype(self, node: Node) -> np.dtype:
        dtype = np.dtype(str(node["dtype"]))
        if dtype.kind not in PLAIN_ARRAYS or not dtype.itemsize:
            raise NotPlain(f"an array of {dtype}")
        return dtype

    def _tensor(self, node: Node, depth: int) -> Tensor:
        dtype = DTYPES[node["dtype"]]
        data = self.buffers[node["tensor"]]
        flat = torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)
        value = flat.reshape(node["shape"]).clone()
        if node["parameter"]:
            value = torch.nn.Parameter(value, requires_grad=bool(node["requires"]))
        elif node["requires"] and node["leaf"]:
            value.requires_grad_()
        elif node["requires"]:
            self.grown.append(value)
        self._keep(value, node)
        if node["grad"] is not None:
            value.grad = self._value(node["grad"], depth + 1)
        return value

    def _constant(self, node: Node, depth: int) -> Any:
        name = node["constant"]
        return ... if name == "Ellipsis" else DTYPES[name.removeprefix("torch.")]

    def _frame(self, node: Node, depth: int) -> Any:
        pandas = importlib.import_module("pandas")
        columns, index = self._items(node["labels"], depth)
        data = dict(enumerate(self._items(node["frame"], depth)))
        return pandas.DataFrame(data, index=index).set_axis(columns, axis=1)

    def _series(self, node: Node, depth: int) -> Any:
        pandas = importlib.import_module("pandas")
        data, index, name = self._items(node["series"], depth)
        return pandas.Series(data, index=index, name=name)


def whole(text: str) -> int:
    """The whole number written in base 16."""
    if len(text) > DIGITS + 3:
        raise NotPlain("a whole number of very many digits")
    return int(text, 16)


DECODERS: dict[str, Callable[[Decoder, Node, int], Any]] = {
    "int": lambda decoder, node, depth: whole(node["int"]),
    "text": lambda decoder, node, depth: str(node["text"]),
    "argument": lambda decoder, node, depth: decoder.arguments[node["argument"]],
    "again": lambda decoder, node, depth: decoder.slots[node["again"]],
    "list": Decoder._list,
    "tuple": lambda decoder, node, depth: tuple(decoder._items(node["tuple"], depth)),
    "named": Decoder._named,
    "dict": Decoder._dict,
    "set": lambda decoder, node, depth: decoder._set(node["set"], depth),
    "frozenset": lambda decoder, node, depth: frozenset(decoder._set(node["frozenset"], depth)),
    "scalar": Decoder._scalar,
    "array": Decoder._array,
    "objects": Decoder._objects,
    "tensor": Decoder._tensor,
    "constant": Decoder._constant,
    "complex": lambda decoder, node, depth: complex(*node["complex"]),
    "bytes": lambda decoder, node, depth: decoder.buffers[node["bytes"]],
    "range": lambda decoder, node, depth: range(*node["range"]),
    "fraction": lambda decoder, node, depth: Fraction(*map(whole, node["fraction"])),
    "decimal": Decoder._decimal,
    "frame": Decoder._frame,
    "series": Decoder._series,
}
