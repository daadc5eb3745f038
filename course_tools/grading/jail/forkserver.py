"""A warm Python that has imported everything once and is forked for each notebook: a fork takes milliseconds, importing torch seconds.

It runs in the sandbox, with an empty environment, and never holds a secret: it is started, not forked from the grader. Each worker asks
for a student's process by one datagram with two sockets: one to talk to the process, one that ends it when it closes, on whatever side.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from course_tools.grading.bridge.wire import Channel, Lost
from course_tools.grading.jail import kernel, sandbox
from course_tools.grading.model.settings import Settings

ALWAYS = (
    "torch",
    "numpy",
    "IPython",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "course_tools.grading.jail.student",
)
START = 180.0  # seconds that the imports may take on a busy machine
REQUEST = 2**16


# --- the grader's side


class Zygote:
    """A running zygote. `process()` gives a new student's process; workers forked from this process may all ask."""

    def __init__(self, tier: sandbox.Tier, preload: list[str]) -> None:
        """Start it; it is ready once it answers. Raises Lost if it does not."""
        self.tier = tier
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the process runs
        with theirs:
            self._process = subprocess.Popen(
                sandbox.command(tier, theirs.fileno()),
                env=sandbox.environment(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                cwd="/",
            )
        self._control.send(json.dumps({"preload": preload}).encode())

    def process(self, memory: int, seconds: float, files: dict[str, bytes], limit: int) -> "Process":
        """A new process with `files` in its working folder. Raises Lost if there is none."""
        chat, their_chat = socket.socketpair()
        life, their_life = socket.socketpair()
        request = json.dumps({"memory": memory, "seconds": seconds}).encode()
        with their_chat, their_life:
            try:
                socket.send_fds(self._control, [request], [their_chat.fileno(), their_life.fileno()])
            except OSError as error:
                raise Lost("zygote", f"the zygote is gone: {error} {self._last_words()}".strip()) from None
        process = Process(Channel(chat, limit), life)
        try:
            process.channel.send({"files": list(files)}, list(files.values()))
            ready = process.channel.receive(START)[0]
            if not ready.get("ready"):
                raise Lost("zygote", str(ready.get("why"))[:300])
        except Lost as lost:
            process.close()
            raise Lost("zygote", f"no process for the notebook: {lost} {self._last_words()}".strip()) from None
        return process

    def close(self) -> None:
        """End it, and with it every process it forked."""
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()

    def gone(self) -> bool:
        """Whether it has ended. Known in every process that shares it."""
        watch = select.poll()
        watch.register(self._control, 0)  # a hang-up is always reported
        return bool(watch.poll(0))

    def _last_words(self) -> str:
        self._errors.seek(0)
        return self._errors.read()[-300:].decode(errors="replace").strip()

    def discard(self) -> None:
        """Have the next `warm` start another one."""
        _warm.pop(str(self.tier), None)
        self._control.close()


_warm: dict[str, Zygote] = {}


def warm(settings: Settings, preload: Iterable[str] = ()) -> Zygote:
    """This process's zygote, shared by the workers forked from it; a new one if it has ended. Raises UsageError without isolation."""
    tier = sandbox.choose(settings.trust, settings.isolation)
    if str(tier) in _warm and _warm[str(tier)].gone():
        _warm.pop(str(tier)).close()
    if str(tier) not in _warm:
        _warm[str(tier)] = Zygote(tier, sorted(set(preload)))
    return _warm[str(tier)]


@contextlib.contextmanager
def kept_warm(settings: Settings, preload: Iterable[str] = ()) -> Iterator[None]:
    """With a zygote. One that was warm before stays so."""
    before = set(_warm)
    warm(settings, preload)
    try:
        yield
    finally:
        cool(keep=before)


def cool(keep: Collection[str] = ()) -> None:
    """End the zygotes of this process, but for those of the tiers in `keep`."""
    for tier in set(_warm) - set(keep):
        _warm.pop(tier).close()


@dataclass
class Process:
    """A student's process: the channel to it, and its life."""

    channel: Channel
    life: socket.socket

    def __enter__(self) -> "Process":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> str:
        """End the process with everything it started, wait until it has ended, and say how it did if by a signal."""
        self.channel.close()
        with contextlib.suppress(OSError):
            self.life.shutdown(socket.SHUT_WR)
            self.life.settimeout(30)
            ended = json.loads(self.life.recv(REQUEST) or b"{}")
            self.life.close()
            return str(ended.get("signal", ""))
        self.life.close()
        return ""


# --- the zygote's side


def main(descriptor: int, tier: str) -> None:
    control = socket.socket(fileno=descriptor)
    settings = json.loads(control.recv(REQUEST))
    os.makedirs(os.environ["MPLCONFIGDIR"], exist_ok=True)
    for name in (*ALWAYS, *settings["preload"]):
        with contextlib.suppress(Exception):  # the notebook's own import will say what is wrong
            importlib.import_module(name)
    from course_tools.grading.jail.shell import StudentShell

    shell = StudentShell.instance()
    if threading.active_count() > 1:
        sys.exit(f"cannot fork: {[thread.name for thread in threading.enumerate()]}")
    gc.collect()
    gc.freeze()
    if sys.platform == "linux":
        kernel.adopt_orphans()
        kernel.collapse_memory()
    if tier == "container":  # inside it, the best there is
        tier = next((offered.name for offered in sandbox.available()), "none")
    _Nursery(control, tier, shell).serve()


@dataclass
class _Child:
    pid: int
    life: socket.socket
    pidfd: int
    scratch: str


class _Nursery:
    """Forks on request, and ends what nobody wants any more."""

    def __init__(self, control: socket.socket, tier: str, shell: Any) -> None:
        self.control, self.tier, self.shell = control, tier, shell
        self.children: list[_Child] = []
        self.watch = selectors.DefaultSelector()
        self.watch.register(control, selectors.EVENT_READ, self.fork)

    def serve(self) -> None:
        """Until the last asker is gone."""
        while self.control.fileno() >= 0:
            for key, _ in self.watch.select():
                key.data()
        for child in self.children:
            os.kill(child.pid, signal.SIGKILL)
            self.remove(child)

    def fork(self) -> None:
        message, descriptors, *_ = socket.recv_fds(self.control, REQUEST, 2)
        if not message:
            self.watch.unregister(self.control)
            self.control.close()
            return
        settings = json.loads(message)
        chat, life = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        prefix = f"notebook-{os.getpid()}-"  # whose it is
        scratch = "" if self.tier == "namespaces" else tempfile.mkdtemp(prefix=prefix, dir=sandbox.SCRATCH)
        ids = os.getuid(), os.getgid()
        try:
            pid = kernel.clone(kernel.NAMESPACES) if self.tier == "namespaces" else os.fork()
        except OSError as error:
            with contextlib.suppress(Lost):
                Channel(chat).send({"why": f"fork: {error}"})
            pid = -1
        if pid == 0:
            try:
                life.close()
                self.control.close()
                for child in self.children:
                    child.life.close()
                live(Channel(chat), self.shell, self.tier, ids, scratch, settings)
            finally:
                os._exit(1)
        chat.close()
        if pid < 0:
            life.close()
            return
        child = _Child(pid, life, os.pidfd_open(pid), scratch)
        self.children.append(child)
        self.watch.register(life, selectors.EVENT_READ, lambda: self.unwanted(child))
        self.watch.register(child.pidfd, selectors.EVENT_READ, lambda: self.ended(child))

    def unwanted(self, child: _Child) -> None:
        if child not in self.children:  # it ended in this very moment
            return
        self.watch.unregister(child.life)
        os.kill(child.pid, signal.SIGKILL)

    def ended(self, child: _Child) -> None:
        self.watch.unregister(child.pidfd)
        with contextlib.suppress(KeyError, ValueError):
            self.watch.unregister(child.life)
        self.children.remove(child)
        self.remove(child)

    def remove(self, child: _Child) -> None:
        """Reap it and what it left behind, and say how it ended."""
        status = os.waitpid(child.pid, 0)[1]
        self._end_orphans()
        if child.scratch:
            shutil.rmtree(child.scratch, ignore_errors=True)
        name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else ""
        with contextlib.suppress(OSError):
            child.life.send(json.dumps({"signal": name}).encode())
        child.life.close()
        os.close(child.pidfd)

    def _end_orphans(self) -> None:
        """Processes that outlived their notebook are children of this one now. In a process namespace there are none."""
        if self.tier == "namespaces" or sys.platform != "linux":
            return
        known = {child.pid for child in self.children}
        while True:
            listed = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
            orphans = [int(pid) for pid in listed if int(pid) not in known]
            if not orphans:
                return
            for pid in orphans:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def live(channel: Channel, shell: Any, tier: str, ids: tuple[int, int], scratch: str, settings: dict[str, Any]) -> None:
    """A student's process, from its first breath: locked up first, then given its files and a notebook."""
    from course_tools.grading.jail.student import Student

    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    try:
        work = sandbox.confine(tier, ids, scratch, settings["memory"], settings["seconds"])
    except OSError as error:
        channel.send({"why": f"isolation: {error}"})
        return
    message, buffers = channel.receive(60)
    os.chdir(work)
    for name, data in zip(message["files"], buffers, strict=True):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(data)
    sys.path.append(work)
    channel.send({"ready": True})
    Student(channel, shell).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
