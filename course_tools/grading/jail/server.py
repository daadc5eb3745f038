"""The student's process: runs the cells of a submission, and answers what the trusted process asks about the names they define.

Everything in here is in the student's hands: nothing it says decides more than the value of a call. It reads what the trusted process
sends (arguments may be pickled objects) and is never told an expected value.
"""

import io
import os
import pickle
import socket
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import torch
from torch import Tensor

from course_tools.grading.bridge import randomness
from course_tools.grading.bridge.changes import snapshots
from course_tools.grading.bridge.decoder import Decoder
from course_tools.grading.bridge.encoder import Encoder, know_pandas
from course_tools.grading.bridge.values import Node, named
from course_tools.grading.bridge.wire import Channel, Lost, Message
from course_tools.grading.jail.shell import Outputs, Stream, StudentShell
from course_utils.checks.guard import Hung, bounded, first_line, inside_a_library, unwritten, where

PRINTED_LIMIT = 2**14
ACTIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, *args, **kwargs: function(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "getitem": lambda target, key: target[key],
    "setitem": lambda target, key, value: target.__setitem__(key, value),
    "len": len,
    "iter": iter,
    "next": next,
    "bool": bool,
    "str": lambda target: str(target)[:10_000],
    "repr": lambda target: repr(target)[:10_000],
    "look": lambda look, value, arguments: look(value, arguments),
}


class Server:
    """Serves one channel until it closes. References are numbers of objects in `objects`."""

    def __init__(self, channel: Channel, shell: StudentShell, before: "Server | None" = None) -> None:
        self.channel, self.shell = channel, shell
        self.objects: list[Any] = before.objects if before else []
        self.graphs: dict[int, tuple[list[Tensor], list[Tensor]]] = before.graphs if before else {}
        self._numbers = {id(value): number for number, value in enumerate(self.objects)}

    def serve(self) -> None:
        """Answer until the channel closes."""
        answers = {"cell": self.cell, "get": self.get, "do": self.do, "backward": self.backward, "copy": self.copy}
        while True:
            try:
                message, buffers = self.channel.receive()
            except Lost:
                return
            try:
                reply, out = answers[message["ask"]](message, buffers)
                self.channel.send(reply, out)
            except Lost:
                return
            except ValueError as error:  # too large
                self.channel.send(_failure(error))

    def cell(self, message: Message, buffers: list[bytes]) -> tuple[Message, list[bytes]]:
        """Run a cell of the submission."""
        return self.shell.run(message["source"], message["seconds"]), []

    def get(self, message: Message, buffers: list[bytes]) -> tuple[Message, list[bytes]]:
        """The value of a name."""
        if message["name"] not in self.shell.user_ns:
            return {"missing": True}, []
        know_pandas()
        encoder = Encoder(self._refer)
        try:
            return {"value": encoder.node(self.shell.user_ns[message["name"]])}, encoder.buffers
        except Exception as error:
            return _failure(error), []

    def do(self, message: Message, buffers: list[bytes]) -> tuple[Message, list[bytes]]:
        """One action on objects of this process, in the randomness and the modes of the one who asks."""
        know_pandas()
        decoder = Decoder(buffers, self._resolve)
        args, kwargs = decoder.value(message["args"]), decoder.value(message["kwargs"])
        for tensor in decoder.grown:
            tensor.requires_grad_()
        inputs = [value for value in decoder.slots if isinstance(value, Tensor) and value.requires_grad]
        before = snapshots(decoder.slots, self._refer)
        if message["random"]:
            randomness.restore([buffers[i] for i in message["random"]])
        start = randomness.states()
        printed = Outputs(PRINTED_LIMIT)
        out = Stream(printed, "stdout")
        encoder = Encoder(self._refer, {id(value): slot for slot, value in enumerate(decoder.slots)})
        reply: Message = {}
        with warnings.catch_warnings(record=True) as caught, redirect_stdout(out), redirect_stderr(out):
            warnings.simplefilter("always")
            try:
                with randomness.under(message["modes"]), bounded(message["seconds"]):
                    value = ACTIONS[message["action"]](*args, **kwargs)
                    reply["value"] = encoder.node(value)
                outputs = [value for value in encoder.slots if isinstance(value, Tensor) and not value.is_leaf]
                self.graphs[message["number"]] = (outputs, inputs)
            except BaseException as error:
                reply = _failure(error)
                encoder = Encoder(self._refer)
        reply["drew"] = randomness.states() != start
        reply["changed"] = []
        for slot, (old, (node, more)) in enumerate(zip(before, snapshots(decoder.slots, self._refer), strict=True)):
            if (node, more) != old:
                reply["changed"].append([slot, node, len(encoder.buffers)])
                encoder.buffers += more
        reply["printed"] = "".join(part for output in printed.kept for part in output["parts"])
        reply["warned"] = [[w.category.__name__, first_line(w.message)] for w in caught[:10]]
        return reply, encoder.buffers

    def backward(self, message: Message, buffers: list[bytes]) -> tuple[Message, list[bytes]]:
        """Gradients of an earlier call's results with respect to its arguments; those of the student's own parameters add up here."""
        decoder = Decoder(buffers, self._resolve)
        outputs, inputs = self.graphs[message["number"]]
        old = [tensor.grad for tensor in inputs]
        try:
            given = [(t, g) for t, g in zip(outputs, decoder.value(message["grads"]), strict=True) if g is not None]
            for tensor in inputs:
                tensor.grad = None
            with bounded(message["seconds"]), torch.enable_grad():
                torch.autograd.backward([t for t, _ in given], [g for _, g in given], retain_graph=True)
            encoder = Encoder(self._refer)
            return {"grads": encoder.node([tensor.grad for tensor in inputs])}, encoder.buffers
        except BaseException as error:
            return _failure(error), []
        finally:
            for tensor, grad in zip(inputs, old, strict=True):
                tensor.grad = grad

    def copy(self, message: Message, buffers: list[bytes]) -> tuple[Message, list[bytes]]:
        """Fork: the copy, which is this process as it is now, serves the socket that comes with the request."""
        _, descriptors, *_ = socket.recv_fds(self.channel.socket, 1, 1)
        sock = socket.socket(fileno=descriptors[0])
        if os.fork() == 0:
            self.channel.close()
            torch.set_num_threads(1)  # OpenMP's team of threads does not survive a fork
            Server(Channel(sock), self.shell, self).serve()
            os._exit(0)
        sock.close()
        return {}, []

    def _refer(self, value: Any, encoder: Encoder) -> Node:
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return {
            "reference": self._numbers[id(value)],
            "kinds": _kinds(type(value)),
            "callable": callable(value),
            "name": str(getattr(value, "__name__", "")),
        }

    def _resolve(self, node: Node, decoder: Decoder) -> Any:
        if "pickle" not in node:
            return self.objects[node["reference"]]
        tensors = [decoder.value(tensor) for tensor in node["tensors"]]
        return _Unpickler(decoder.buffers[node["pickle"]], {"tensor": tensors, "object": self.objects}).load()


class _Unpickler(pickle.Unpickler):
    """For what the trusted process sends. Tensors and the student's own objects are named in it, not contained."""

    def __init__(self, data: bytes, named: dict[str, list[Any]]) -> None:
        super().__init__(io.BytesIO(data))
        self.named = named

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (named.__module__, named.__name__):
            return lambda kind, number: self.named[kind][number]
        return super().find_class(module, name)


def _kinds(kind: type) -> list[str]:
    """Names of a class and of those it inherits from, `object` left out."""
    return [f"{base.__module__}:{base.__qualname__}" for base in kind.__mro__[:-1]]


def _failure(error: BaseException) -> Message:
    """An exception in words."""
    if isinstance(error, Hung):
        return {"error": {"hung": True}}
    place = where(error).removeprefix(f"{type(error).__name__}: {first_line(error)}")
    try:
        own = unwritten(error) if type(error) is NotImplementedError else error
        text = str(error.args[0] if isinstance(error, KeyError) and error.args else own)[:2000]
    except Exception:  # a student's own __str__
        text = "(no message)"
    library = inside_a_library(error) if error.__traceback__ else True
    return {"error": {"kinds": _kinds(type(error)), "text": text, "place": place, "library": library}}
