"""The trusted side of a call: names of the student's process stand here as proxies, and what they return arrives as plain data.

A tensor that needs a gradient arrives attached to one step of autograd whose backward pass is asked of the other process; arguments
changed in place are changed here too. Objects that are no plain data stay there: they can be called, iterated and asked for attributes,
but never compared, since the answer would be the student's.
"""

import contextlib
import io
import signal
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import cloudpickle
import torch
from torch import Tensor

from course_tools.grading.bridge import randomness
from course_tools.grading.bridge.values import Decoder, Encoder, Node, NotPlain, know_pandas, write_back
from course_tools.grading.bridge.wire import Channel, Lost, Message
from course_utils.checks.guard import Hung
from course_utils.checks.probe import Elsewhere

GRACE = 5.0  # seconds a process may take beyond its limit to say that it was stopped


class Host:
    """The student's process as the trusted one sees it. `use` turns to another copy of it.

    unwritten: whether an answer said it is not written yet. lost: why the process cannot be asked any more, if so.
    """

    def __init__(self, channel: Channel, seconds: float) -> None:
        self.channel, self.seconds = channel, seconds
        self.unwritten = False
        self.lost: Lost | None = None
        self.deadline = float("inf")
        self._number = 0
        self._random = randomness.states()

    def use(self, channel: Channel, lost: Lost | None = None) -> None:
        self.channel, self.lost = channel, lost

    def ask(self, message: Message, buffers: list[bytes] | None = None, seconds: float = 0.0) -> tuple[Message, Any]:
        """One question and its answer. Raises Lost; after that, at once."""
        if self.lost:
            raise self.lost
        try:
            self.channel.send(message, buffers)
            return self.channel.receive(seconds + GRACE)
        except Lost as lost:
            self.lost = lost
            raise

    def cell(self, source: str, seconds: float) -> Message:
        """Run a cell of the submission; {"outputs": [...], "error": name, "count": number}."""
        return self.ask({"ask": "cell", "source": source, "seconds": seconds}, seconds=seconds)[0]

    def copy(self) -> Channel:
        """A copy of the process as it is now, behind a channel of its own."""
        ours, theirs = socket.socketpair()
        with theirs:
            if self.lost:
                raise self.lost
            try:
                self.channel.send({"ask": "copy"})
                socket.send_fds(self.channel.socket, [b"+"], [theirs.fileno()])
                self.channel.receive(GRACE)
            except (Lost, OSError) as error:
                ours.close()
                self.lost = error if isinstance(error, Lost) else Lost("crashed", "the process is gone")
                raise self.lost from None
        return Channel(ours, self.channel.limit)

    def fetch(self, name: str) -> Any:
        """The value of a student's name. Raises NameError if there is none."""
        with self._timed() as seconds:
            reply, buffers = self.ask({"ask": "get", "name": name}, seconds=seconds)
        if "value" not in reply:
            self._raise(reply) if "error" in reply else None
            raise NameError(f"name {name!r} is not defined")
        know_pandas()
        value = self._decode(Decoder(buffers, self._resolve), reply["value"])
        self.unwritten |= value is ...
        return value

    def do(self, action: str, *args: Any, **kwargs: Any) -> Any:
        """One action on the other side (see student.ACTIONS), as if it happened here."""
        know_pandas()
        self._number += 1
        number = self._number
        encoder = Encoder(_pickled)
        message: Message = {"ask": "do", "action": action, "number": number, "modes": randomness.modes(), "random": []}
        message["args"], message["kwargs"] = encoder.node(args), encoder.node(kwargs)
        inputs = [value for value in encoder.slots if isinstance(value, Tensor) and value.requires_grad]
        state = randomness.states()
        if state != self._random:  # the test seeded or drew: its numbers decide; else the other side's go on
            message["random"] = [encoder.buffer(part) for part in state]
        with self._timed() as seconds:
            message["seconds"] = seconds
            reply, buffers = self.ask(message, encoder.buffers, seconds)
        if reply.get("drew"):  # so here too, and the same seed set again is a change
            randomness.draw()
        self._random = randomness.states()
        try:
            self._echo(reply)
            for slot, node, first in reply["changed"]:
                back = Decoder(buffers[first:], self._resolve, encoder.slots)
                write_back(encoder.slots[slot], back.value(node))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, NotPlain) as error:
            raise self._nonsense(error) from None
        if "value" not in reply:
            self._raise(reply)
        decoder = Decoder(buffers, self._resolve, encoder.slots)
        value = self._decode(decoder, reply["value"])
        return _attached(value, decoder.grown, inputs, self, number)

    def backward(self, number: int, grads: list[Tensor | None], wanted: int) -> list[Tensor | None]:
        """Gradients of the arguments of call `number`."""
        encoder = Encoder(_pickled)
        message: Message = {"ask": "backward", "number": number, "grads": encoder.node(grads)}
        with self._timed() as seconds:
            message["seconds"] = seconds
            reply, buffers = self.ask(message, encoder.buffers, seconds)
        if "grads" not in reply:
            self._raise(reply)
        found = self._decode(Decoder(buffers, self._resolve), reply["grads"])
        if not isinstance(found, list) or len(found) != wanted:
            raise self._nonsense("gradients")
        return [grad if isinstance(grad, Tensor) else None for grad in found]

    @contextlib.contextmanager
    def _timed(self) -> Iterator[float]:
        """Seconds the next answer may take: what is left to the test that asks. The caller's alarm waits meanwhile."""
        left, every = signal.setitimer(signal.ITIMER_REAL, 0)
        start = time.monotonic()
        seconds = min(self.seconds, self.deadline - start, left or self.seconds)
        try:
            if seconds <= 0:
                raise Hung
            yield seconds
        finally:
            if left:
                signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-3), every)

    def _decode(self, decoder: Decoder, node: Node) -> Any:
        try:
            return decoder.value(node)
        except NotPlain as error:
            raise self._nonsense(error) from None

    def _nonsense(self, what: object) -> Lost:
        self.lost = Lost("protocol", f"the process sent nonsense ({what})")
        self.channel.close()
        return self.lost

    def _resolve(self, node: Node, decoder: Decoder) -> "RemoteObject":
        number, kinds, name = node["reference"], node["kinds"], node["name"]
        plain = isinstance(number, int) and isinstance(name, str) and isinstance(kinds, list)
        if not plain or not kinds or not all(isinstance(kind, str) and len(kind) < 200 for kind in kinds):
            raise NotPlain("a reference that is none")
        base = RemoteCallable if node["callable"] else RemoteObject
        return type(kinds[0].rpartition(":")[2], (base,), {})(self, number, kinds, name)

    def _echo(self, reply: Message) -> None:
        if printed := str(reply["printed"]):
            print(printed, end="")
        for category, text in reply["warned"]:
            warnings.warn(str(text), type(str(category), (UserWarning,), {}), stacklevel=3)

    def _raise(self, reply: Message) -> None:
        """The exception of the other side, as the class of that name this side knows."""
        error = reply.get("error")
        if not isinstance(error, dict):
            raise self._nonsense("neither a value nor an error")
        if error.get("hung"):
            raise Hung
        kinds, text = [str(kind) for kind in error.get("kinds", ())], str(error.get("text", ""))
        if "builtins:SystemExit" in kinds:
            raise SystemExit(text)
        raised = _error(kinds, text)
        if type(raised) is NotImplementedError and error.get("library"):  # not the student's way to say "not written"
            raised = type("NotImplementedError", (NotImplementedError,), {})(text)
        self.unwritten |= type(raised) is NotImplementedError
        raised.place = str(error.get("place", ""))  # type: ignore[attr-defined]
        raise raised


class RemoteObject(Elsewhere):
    """An object of the student's process that is no plain data."""

    def __init__(self, host: Host, number: int, kinds: list[str], name: str) -> None:
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


class _Pickler(cloudpickle.Pickler):
    """For arguments that are no plain data: modules, optimizers, functions. Their tensors travel beside them, by slot."""

    def __init__(self, file: io.BytesIO, encoder: Encoder) -> None:
        super().__init__(file)
        self.encoder = encoder
        self.tensors: list[Node] = []

    def persistent_id(self, value: Any) -> tuple[str, int] | None:
        if isinstance(value, RemoteObject):
            return "object", value._number
        if isinstance(value, Tensor):
            self.tensors.append(self.encoder.node(value))
            return "tensor", len(self.tensors) - 1
        return None


def _pickled(value: Any, encoder: Encoder) -> Node:
    """The node of an argument that is no plain data. Only this side pickles, and it never reads a pickle."""
    if isinstance(value, RemoteObject):
        return {"reference": value._number}
    file = io.BytesIO()
    pickler = _Pickler(file, encoder)
    pickler.dump(value)
    return {"pickle": encoder.buffer(file.getvalue()), "tensors": pickler.tensors}


class _Call(torch.autograd.Function):
    """One call of the other process as one step of autograd."""

    @staticmethod
    def forward(ctx: Any, host: Host, number: int, results: list[Tensor], anchor: Tensor, *inputs: Tensor) -> Any:
        ctx.host, ctx.number, ctx.wanted = host, number, len(inputs)
        ctx.set_materialize_grads(False)
        return tuple(results)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> Any:
        return None, None, None, None, *ctx.host.backward(ctx.number, list(grads), ctx.wanted)


def _attached(value: Any, grown: list[Tensor], inputs: list[Tensor], host: Host, number: int) -> Any:
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


def _loaded(kind: str) -> Any:
    """What "module:name" means on this side, if that module is loaded; plain types mean nothing."""
    module, _, name = kind.partition(":")
    return None if module in ("builtins", "__main__") else getattr(sys.modules.get(module), name, None)


def _error(kinds: list[str], text: str) -> Exception:
    """An exception of the most special class among `kinds` that this side has loaded too."""
    for kind in kinds:
        module, _, name = kind.partition(":")
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and issubclass(known, Exception) and not module.startswith("course_utils"):
            with contextlib.suppress(Exception):  # one that takes more than a text
                return known(text)
    return RuntimeError(text)
