"""A warm Python that has imported everything once and is forked for each notebook: a fork takes milliseconds, importing torch seconds.

It runs in the sandbox, with an empty environment, and never holds a secret: it is started, not forked from the grader (see
`course_tools.grading.isolation.forkserver`, which asks).
"""

import contextlib
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_tools.grading.bridge.wire import Channel, Lost
from course_tools.grading.jail import kernel, sandbox

ALWAYS = (
    "torch",
    "numpy",
    "IPython",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "course_tools.grading.jail.server",
)
REQUEST = 2**16


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
    _Loop(control, tier, shell).serve()


@dataclass
class _Child:
    pid: int
    life: socket.socket
    pidfd: int
    scratch: str


class _Loop:
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
    from course_tools.grading.jail.server import Server

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
    Server(channel, shell).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
