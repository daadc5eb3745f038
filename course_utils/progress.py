"""Progress of long work, with what it costs: one line that rewrites itself, on a terminal, in JupyterLab and in a headless run alike.

In a notebook the line is a display that is updated in place, so an executed notebook keeps only its last state, holds no widget
and writes nothing to stderr (where nbgrader would take it for an error).
"""

import os
import shutil
import sys
import time
from types import TracebackType

from course_utils.language import Sentence, shown

STEPS = Sentence("steps")


def in_notebook() -> bool:
    """Whether this process is a Jupyter kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return shell is not None and hasattr(shell, "kernel")


def live() -> bool:
    """Whether a person may be looking: a notebook that is not executed headless (`course run`, nbgrader)."""
    return in_notebook() and not (os.environ.get("COURSE_METRICS") or os.environ.get("NBGRADER_EXECUTION"))


def duration(seconds: float) -> str:
    """42 -> '42 s', 200 -> '3 min 20 s'."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Progress:
    """`with Progress("training", total=400) as bar: ... bar.update(note="loss 5.12")`.

    Redraws at most `per_second` times a second. The last state stays: done, seconds spent and the last note; when the work is cut
    off by an exception the line says where. `even=False` gives no time left and no speed: the units differ in length.
    Words are shown in the language that is spoken, as far as it has them.
    """

    def __init__(
        self, description: str, total: int, unit: str = STEPS, per_second: float = 2.0, even: bool = True
    ) -> None:
        self.description, self.total, self.unit, self.even = description, total, unit, even
        self.done, self.note = 0, ""
        self._interval, self._drawn, self._start = 1 / per_second, 0.0, time.monotonic()
        self._display = None

    def __enter__(self) -> "Progress":
        self._start = time.monotonic()
        return self

    def update(self, note: str = "", n: int = 1) -> None:
        """`n` more units are done."""
        self.done += n
        self.note = note or self.note
        now = time.monotonic()
        if now - self._drawn >= self._interval:
            self._drawn = now
            self._draw(self._line())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopped = Sentence("stopped by {}")
        state = "" if kind is None else f" · {shown(stopped.format(kind.__name__))}"
        self._draw(self._line(final=True) + state, end="\n")

    def _line(self, final: bool = False) -> str:
        spent = time.monotonic() - self._start
        unit = shown(self.unit)
        parts = [f"{shown(self.description)} {self.done}/{self.total} {unit}", duration(spent)]
        if self.even and not final and 0 < self.done < self.total:
            parts.append(shown(Sentence("{} left").format(duration(spent / self.done * (self.total - self.done)))))
        elif self.even and final and self.done and spent > 0:
            parts.append(f"{self.done / spent:.3g} {unit}/s")
        return " · ".join([*parts, shown(self.note)] if self.note else parts)

    def _draw(self, line: str, end: str = "") -> None:
        if in_notebook():
            from IPython.display import display

            text = {"text/plain": line}
            if self._display is None:
                self._display = display(text, raw=True, display_id=True)
            else:
                self._display.update(text, raw=True)
        elif sys.stderr.isatty():
            shown = line[: shutil.get_terminal_size().columns - 1]  # a wrapped line could not be rewritten
            sys.stderr.write(f"\r\x1b[2K{shown}{end}")
            sys.stderr.flush()
        elif end:
            sys.stderr.write(f"{line}{end}")
