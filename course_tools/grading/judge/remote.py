"""Objects of the student's process that are no plain data: they can be called, iterated and asked for attributes here, but never compared,
since the answer would be the student's."""

import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import cloudpickle
from torch import Tensor

from course_tools.grading.bridge.encoder import Encoder
from course_tools.grading.bridge.values import Node, named
from course_utils.checks.probe import Elsewhere

if TYPE_CHECKING:
    from course_tools.grading.judge.host import Host


class RemoteObject(Elsewhere):
    """An object of the student's process that is no plain data."""

    def __init__(self, host: "Host", number: int, kinds: list[str], name: str) -> None:
        for key, value in {"_host": host, "_number": number, "_kinds": kinds, "__name__": name}.items():
            object.__setattr__(self, key, value)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """So that `isinstance(model, nn.Module)` holds here for what is one there."""
        return next((kind for kind in map(_loaded, self._kinds) if isinstance(kind, type)), type(self))

    def look(self, look: Any, value: Any, arguments: Any) -> Any:
        return self._host.do("look", look, value, arguments)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"{name!r} stays in the student's process")
        return self._host.do("getattr", self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._host.do("setattr", self, name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._host.do("getitem", self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._host.do("setitem", self, key, value)

    def __len__(self) -> int:
        return self._host.do("len", self)

    def __bool__(self) -> bool:
        return self._host.do("bool", self) is True

    def __iter__(self) -> Iterator[Any]:
        there = self._host.do("iter", self)
        while True:
            try:
                yield self._host.do("next", there)
            except StopIteration:
                return

    def __next__(self) -> Any:
        return self._host.do("next", self)

    def __str__(self) -> str:
        return str(self._host.do("str", self))

    def __repr__(self) -> str:
        return str(self._host.do("repr", self))

    def __eq__(self, other: object) -> bool:
        if other is self:
            return True
        raise TypeError(
            f"cannot compare an object of type {type(self).__name__}: return a number, a text, an array or a container"
        )

    def __contains__(self, item: Any) -> bool:
        raise TypeError(f"cannot look into an object of type {type(self).__name__}: return a list, a set or a dict")

    def __hash__(self) -> int:
        return hash((RemoteObject, self._number))


class RemoteCallable(RemoteObject):
    """A function, class or callable object of the student's process."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._host.do("call", self, *args, **kwargs)


def _loaded(kind: str) -> Any:
    """What "module:name" means on this side, if that module is loaded; plain types mean nothing."""
    module, _, name = kind.partition(":")
    return None if module in ("builtins", "__main__") else getattr(sys.modules.get(module), name, None)


class _Pickler(cloudpickle.Pickler):
    """For arguments that are no plain data: modules, optimizers, functions. Their tensors travel beside them, by slot.

    A `persistent_id` would say the same, but is asked about every number and text in them too.
    """

    def __init__(self, file: io.BytesIO, encoder: Encoder) -> None:
        super().__init__(file)
        self.encoder = encoder
        self.tensors: list[Node] = []

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, RemoteObject):
            return named, ("object", value._number)
        if isinstance(value, Tensor):
            self.tensors.append(self.encoder.node(value))
            return named, ("tensor", len(self.tensors) - 1)
        return super().reducer_override(value)


def pickled(value: Any, encoder: Encoder) -> Node:
    """The node of an argument that is no plain data. Only this side pickles, and it never reads a pickle."""
    if isinstance(value, RemoteObject):
        return {"reference": value._number}
    file = io.BytesIO()
    pickler = _Pickler(file, encoder)
    pickler.dump(value)
    return {"pickle": encoder.buffer(file.getvalue()), "tensors": pickler.tensors}
