"""Guards around a call of somebody else's function: bounded in time, seeded, unable to close our output, its errors put in words."""

import contextlib
import ctypes
import io
import random
import re
import signal
import threading
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np
import torch

from course_utils.language import Sentence

REPEAT = 0.5  # seconds; the function may catch the first alarm


class Hung(BaseException):
    """Raised by the alarm inside a call that takes too long. Not an Exception: a student's `except Exception` must not eat it."""


class Output(io.StringIO):
    """Takes what a function prints; the function cannot close it."""

    def close(self) -> None:
        pass


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Raises Hung inside after so many seconds: by an alarm, or from another thread where a system has none (Windows)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with (_alarm if hasattr(signal, "setitimer") else _watched)(seconds):
        yield


@contextlib.contextmanager
def _watched(seconds: float) -> Iterator[None]:
    thread = ctypes.c_ulong(threading.get_ident())
    raise_there = ctypes.pythonapi.PyThreadState_SetAsyncExc
    lock, over = threading.Lock(), threading.Event()

    def watch() -> None:
        pause = seconds
        while not over.wait(pause):
            pause = REPEAT
            with lock:
                if not over.is_set():
                    raise_there(thread, ctypes.py_object(Hung))

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            over.set()
            raise_there(thread, None)  # one that was sent and has not arrived


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def alarm(*_: Any) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


tentative: ContextVar[bool] = ContextVar("tentative", default=False)


@contextlib.contextmanager
def only_to_explain() -> Iterator[None]:
    """Calls in here look for what to say about a wrong answer. Nothing they do may last: see `course_tools.grading.judge.host`."""
    before = tentative.set(True)
    try:
        yield
    finally:
        tentative.reset(before)


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed python's, numpy's and torch's CPU generators; afterwards they are as before."""
    python, arrays, tensors = random.getstate(), np.random.get_state(), torch.random.get_rng_state()
    random.seed(seed)
    np.random.seed(seed)
    torch.random.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)
        torch.random.set_rng_state(tensors)


@contextlib.contextmanager
def float32_by_default() -> Iterator[None]:
    """Numbers without a type are float32 inside, whatever the person chose; afterwards their choice holds again."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def inside_a_library(error: BaseException) -> bool:
    """Whether the error comes from an installed package, or from compiled code that a line without `raise` called into."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return "site-packages" in last.filename or not re.search(r"(^|[:;])\s*raise\b", last.line or "raise")


def where(error: BaseException) -> str:
    """'ValueError: too many values (line 3: `a, b = z`)', with the deepest line of the student's own code."""
    lines = _own_frames(error)
    place = Sentence(" (line {}: `{}`)").format(lines[-1].lineno, lines[-1].line) if lines and lines[-1].line else ""
    place = getattr(error, "place", place)  # of an error that comes from another process (see `course_tools.grading`)
    return Sentence("{}: {}{}").format(type(error).__name__, first_line(error), place)


def unwritten(error: NotImplementedError) -> str:
    """What is not written yet: the answer, or a function of the student's that it calls."""
    names = [frame.name for frame in _own_frames(error)]
    calls = names[-1] if names and names[-1] != names[0] else ""
    calling = Sentence("it calls {}, which is not written yet").format(calls)
    return first_line(error) or (calling if calls else Sentence("not written yet"))


def _own_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """The frames of the student's own code, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame for frame in frames if "ipykernel" in frame.filename or "<" in frame.filename]


def first_line(message: BaseException | str) -> str:
    try:
        return (str(message).strip().splitlines() or [""])[0][:200]
    except Exception:  # a student's own __str__
        return "(no message)"


def has_gap(value: Any) -> bool:
    """Whether a ... of the released cell is still there."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return value is ... or any(part is ... for part in parts)
