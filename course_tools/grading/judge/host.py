"""The trusted side of a call: names of the student's process stand here as proxies, and what they return arrives as plain data.

A tensor that needs a gradient arrives attached to one step of autograd (see `gradients.py`); arguments changed in place are changed here
too. Objects that are no plain data stay there (see `remote.py`).
"""

import contextlib
import signal
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

from torch import Tensor

from course_tools.grading.bridge import randomness
from course_tools.grading.bridge.changes import write_back
from course_tools.grading.bridge.decoder import Decoder
from course_tools.grading.bridge.encoder import Encoder, know_pandas
from course_tools.grading.bridge.values import Node, NotPlain
from course_tools.grading.bridge.wire import Channel, Lost, Message
from course_tools.grading.judge.gradients import attached
from course_tools.grading.judge.remote import RemoteCallable, RemoteObject, pickled
from course_utils.checks.guard import Hung, tentative

GRACE = 5.0  # seconds a process may take beyond its limit to say that it was stopped


class Host:
    """The student's process as the trusted one sees it. `use` turns to another copy of it.

    unwritten: whether an answer said it is not written yet. lost: why the process cannot be asked any more, if so.

    Calls that only look for an explanation are put to one more copy, which is thrown away after the test: whatever they do there, no
    later call and no point can change by it.
    """

    def __init__(self, channel: Channel, seconds: float) -> None:
        self.channel, self.seconds = channel, seconds
        self.unwritten = False
        self.lost: Lost | None = None
        self.deadline = float("inf")
        self._aside: Channel | None = None
        self._number = 0
        self._random: tuple[bytes, ...] | None = randomness.states()

    def use(self, channel: Channel, lost: Lost | None = None) -> None:
        self.channel, self.lost = channel, lost

    def ask(self, message: Message, buffers: list[bytes] | None = None, seconds: float = 0.0) -> tuple[Message, Any]:
        """One question and its answer. Raises Lost; after that, at once."""
        if tentative.get():
            return self._ask_aside(message, buffers, seconds)
        if self.lost:
            raise self.lost
        try:
            self.channel.send(message, buffers)
            return self.channel.receive(seconds + GRACE)
        except Lost as lost:
            self.lost = lost
            raise

    def _ask_aside(self, message: Message, buffers: list[bytes] | None, seconds: float) -> tuple[Message, Any]:
        """The same to the copy for explanations. Raises Hung where that has no answer."""
        try:
            if self._aside is None:
                self._aside = self.copy()
            self._aside.send(message, buffers)
            return self._aside.receive(seconds + GRACE)
        except Lost:
            self.end_aside()
            raise Hung from None

    def end_aside(self) -> None:
        """Throw the copy for explanations away: the process that it is a copy of goes on."""
        if self._aside:
            self._aside.close()
            self._aside = None
            self._random = None

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
        """One action on the other side (see jail.server.ACTIONS), as if it happened here."""
        know_pandas()
        self._number += 1
        number = self._number
        encoder = Encoder(pickled)
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
        return attached(value, decoder.grown, inputs, self, number)

    def backward(self, number: int, grads: list[Tensor | None], wanted: int) -> list[Tensor | None]:
        """Gradients of the arguments of call `number`."""
        encoder = Encoder(pickled)
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

    def _nonsense(self, what: object) -> BaseException:
        if tentative.get():
            self.end_aside()
            return Hung()
        self.lost = Lost("protocol", f"the process sent nonsense ({what})")
        self.channel.close()
        return self.lost

    def _resolve(self, node: Node, decoder: Decoder) -> RemoteObject:
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
        self.unwritten |= type(raised) is NotImplementedError and not tentative.get()
        raised.place = str(error.get("place", ""))  # type: ignore[attr-defined]
        raise raised


def _error(kinds: list[str], text: str) -> Exception:
    """An exception of the most special class among `kinds` that this side has loaded too."""
    for kind in kinds:
        module, _, name = kind.partition(":")
        known = getattr(sys.modules.get(module), name, None)
        if isinstance(known, type) and issubclass(known, Exception) and not module.startswith("course_utils"):
            with contextlib.suppress(Exception):  # one that takes more than a text
                return known(text)
    return RuntimeError(text)
