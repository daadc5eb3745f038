"""What can be seen of a call, as plain data: numbers, gradients, changed inputs, failures.

Everything a verdict needs is in an `Observation`. It is compared (`alike`) and stored (`pack`, `unpack`) from its fields, so a new field
needs no line here; `field(compare=False)` marks what is for a person only, and is neither compared nor stored.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
from torch import Tensor

from course_utils.checks.chance import Tally

# numbers kept of one array; of a larger one, evenly spaced entries and the overall mean and standard deviation
STORED = 96
DIGITS = {"float64": 12}  # kept of a number; of other types, 8


@dataclass(frozen=True)
class Array:
    """Numbers of one array: all of them up to STORED, else a sample, the mean and the standard deviation."""

    shape: tuple[int, ...]
    dtype: str
    data: tuple[float, ...]

    @classmethod
    def of(cls, value: Any) -> "Array":
        """value: tensor, array or number. Raises TypeError for anything else."""
        if isinstance(value, Tensor) and not value.is_complex():
            dtype = str(value.dtype).removeprefix("torch.")
            flat = value.detach().cpu().double().numpy()
        elif isinstance(value, (bool, int, float, np.ndarray, np.generic)) and not np.iscomplexobj(value):
            flat = np.asarray(value)
            dtype = str(flat.dtype)
            flat = flat.astype(float)
        else:
            raise TypeError(type(value).__name__)
        shape, flat = tuple(flat.shape), flat.ravel()
        if flat.size > STORED:
            spaced = flat[np.linspace(0, flat.size - 1, STORED - 2).astype(int)]
            flat = np.concatenate([spaced, [flat.mean(), flat.std()]])
        return cls(shape, dtype, tuple(float(f"{number:.{DIGITS.get(dtype, 8)}g}") for number in flat))


@dataclass(frozen=True)
class Failure:
    """Why there is nothing to compare.

    kind: "unwritten", "raised", "hung" or "type". of: the class of the exception, or of the value that is no number.
    text: one line for a person.
    """

    kind: str
    of: str
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Observation:
    """What one probe saw; after a failure, nothing else.

    values: parts of the result by name, "" if there is one. gradients: argument positions -> arrays, None where no gradient arrived.
    changed: positions of the arguments that the call changed, if the probe minds. tallies: of many calls, where the probe has a law.
    """

    values: dict[str, Array] = field(default_factory=dict)
    gradients: dict[str, Array | None] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    tallies: dict[str, Tally] = field(default_factory=dict)
    failure: Failure | None = None
    printed: str = field(default="", compare=False)
    warned: str = field(default="", compare=False)


def alike(a: Any, b: Any, close: Callable[[Array, Array], bool]) -> bool:
    """Whether two observations, or parts of them, are equal where every two arrays are `close`, and tallies like each other."""
    if isinstance(a, Array) and isinstance(b, Array):
        return close(a, b)
    if isinstance(a, Tally) and isinstance(b, Tally):
        return a.like(b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key], close) for key in a)
    if is_dataclass(a) and type(a) is type(b):
        return all(alike(getattr(a, part.name), getattr(b, part.name), close) for part in _compared(type(a)))
    return a == b


def pack(value: Any) -> Any:
    """An observation as JSON holds it, without what has its default."""
    if is_dataclass(value):
        found = {part: getattr(value, part.name) for part in _compared(type(value))}
        return {part.name: pack(item) for part, item in found.items() if item != _default(part)}
    if isinstance(value, dict):
        return {key: pack(item) for key, item in value.items()}
    return list(value) if isinstance(value, tuple) else value


def unpack(kind: Any, plain: Any) -> Any:
    """The value of type `kind` that `pack` wrote down."""
    if plain is None:
        return None
    if is_dataclass(kind):
        hints = _hints(kind)  # type: ignore[arg-type]
        return kind(**{name: unpack(hints[name], item) for name, item in plain.items()})  # type: ignore[operator]
    inner = [argument for argument in get_args(kind) if argument is not NoneType]
    if get_origin(kind) is dict:
        return {key: unpack(inner[1], item) for key, item in plain.items()}
    if get_origin(kind) is tuple:
        return tuple(unpack(inner[0], item) for item in plain)
    return unpack(inner[0], plain) if inner else plain


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _compared(kind: Any) -> list[Field[Any]]:
    return [part for part in fields(kind) if part.compare]


def _default(part: Field[Any]) -> Any:
    return part.default if part.default_factory is MISSING else part.default_factory()
