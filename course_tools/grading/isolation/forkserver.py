"""The fork server as the grader sees it: started in its tier, asked for a process for each notebook, kept warm between gradings.

What runs inside is `course_tools.grading.jail.forkserver`. A worker asks it for a student's process by one datagram with two sockets: one to
talk to the process, one that ends it when it closes, on whatever side.
"""

import contextlib
import json
import select
import socket
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType

from course_tools.grading.bridge.wire import Channel, Lost
from course_tools.grading.isolation import tiers
from course_tools.grading.jail.forkserver import REQUEST
from course_tools.grading.jail.sandbox import Tier
from course_tools.grading.model.settings import Settings

START = 180.0  # seconds that the imports may take on a busy machine


class ForkServer:
    """A running fork server. `process()` gives a new student's process; workers forked from this process may all ask."""

    def __init__(self, tier: Tier, preload: list[str]) -> None:
        """Start it; it is ready once it answers. Raises Lost if it does not."""
        self.tier = tier
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the process runs
        with theirs:
            self._process = subprocess.Popen(
                tiers.command(tier, theirs.fileno()),
                env=tiers.environment(),
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
                raise Lost("fork server", f"the fork server is gone: {error} {self._last_words()}".strip()) from None
        process = Process(Channel(chat, limit), life)
        try:
            process.channel.send({"files": list(files)}, list(files.values()))
            ready = process.channel.receive(START)[0]
            if not ready.get("ready"):
                raise Lost("fork server", str(ready.get("why"))[:300])
        except Lost as lost:
            process.close()
            raise Lost("fork server", f"no process for the notebook: {lost} {self._last_words()}".strip()) from None
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


_warm: dict[str, ForkServer] = {}


def warm(settings: Settings, preload: Iterable[str] = ()) -> ForkServer:
    """This process's fork server, shared by the workers forked from it; a new one if it has ended. Raises UsageError without isolation."""
    tier = tiers.choose(settings.trust, settings.isolation)
    if str(tier) in _warm and _warm[str(tier)].gone():
        _warm.pop(str(tier)).close()
    if str(tier) not in _warm:
        _warm[str(tier)] = ForkServer(tier, sorted(set(preload)))
    return _warm[str(tier)]


@contextlib.contextmanager
def kept_warm(settings: Settings, preload: Iterable[str] = ()) -> Iterator[None]:
    """With a fork server. One that was warm before stays so."""
    before = set(_warm)
    warm(settings, preload)
    try:
        yield
    finally:
        cool(keep=before)


def cool(keep: Collection[str] = ()) -> None:
    """End the fork servers of this process, but for those of the tiers in `keep`."""
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
