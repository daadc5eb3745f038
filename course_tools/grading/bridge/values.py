"""Values as plain data: numbers, text, containers, arrays and tensors become JSON nodes with buffers beside them, and back.

Whatever else an object is, it stays where it is and travels as a reference. What a subclass adds (an `__eq__` that always agrees) is
left behind: a float arrives as a float.

Containers, arrays and tensors get a number ("slot") in the order they are met. Both sides number alike, so a changed argument
can be sent back by its slot, and the same object returned is the same object again.
"""

import importlib
import sys
from collections import namedtuple
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

DTYPES = {
    name: getattr(torch, name)
    for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")
}  # fmt: skip
NAMES = {dtype: name for name, dtype in DTYPES.items()}
PLAIN_ARRAYS = "biufcSUMm"
DEPTH = 100

Node = Any
Buffers = list[bytes]


class NotPlain(Exception):
    """A node that is none, or an object too large or too deep to send."""


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
            return plain if plain.bit_length() < 64 else {"int": hex(plain)}
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
    Fraction: lambda encoder, value, depth: {"fraction": [hex(value.numerator), hex(value.denominator)]},
    Decimal: lambda encoder, value, depth: {"decimal": Decimal.__str__(value)},
}


def know_pandas() -> None:
    """Let frames and series travel, once pandas is loaded."""
    if (pandas := sys.modules.get("pandas")) and pandas.DataFrame not in ENCODERS:
        ENCODERS.update({pandas.DataFrame: Encoder._frame, pandas.Series: Encoder._series})


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


DECODERS: dict[str, Callable[[Decoder, Node, int], Any]] = {
    "int": lambda decoder, node, depth: int(node["int"], 16),
    "text": lambda decoder, node, depth: str(node["text"]),
    "argument": lambda decoder, node, depth: decoder.arguments[node["argument"]],
    "again": lambda decoder, node, depth: decoder.slots[node["again"]],
    "list": Decoder._list,
    "tuple": lambda decoder, node, depth: tuple(decoder._items(node["tuple"], depth)),
    "named": Decoder._named,
    "dict": Decoder._dict,
    "set": lambda decoder, node, depth: set(decoder._items(node["set"], depth)),
    "frozenset": lambda decoder, node, depth: frozenset(decoder._items(node["frozenset"], depth)),
    "scalar": Decoder._scalar,
    "array": Decoder._array,
    "objects": Decoder._objects,
    "tensor": Decoder._tensor,
    "constant": Decoder._constant,
    "complex": lambda decoder, node, depth: complex(*node["complex"]),
    "bytes": lambda decoder, node, depth: decoder.buffers[node["bytes"]],
    "range": lambda decoder, node, depth: range(*node["range"]),
    "fraction": lambda decoder, node, depth: Fraction(*(int(part, 16) for part in node["fraction"])),
    "decimal": lambda decoder, node, depth: Decimal(node["decimal"]),
    "frame": Decoder._frame,
    "series": Decoder._series,
}


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
