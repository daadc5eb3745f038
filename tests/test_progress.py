"""The progress line on a terminal: one line that fits, and no forecast where the units differ."""

import io
import os
import shutil
import sys

from course_tools.translate.pseudo import LANGUAGE, Pseudo
from course_utils import language
from course_utils.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def drawn(monkeypatch, **settings):
    """What four steps draw on a terminal 40 characters wide, line by line."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_, **__: os.terminal_size((40, 24)))
    with Progress("work", total=4, per_second=1e9, **settings) as bar:
        for step in range(4):
            bar.update(note=f"step {step} " + "x" * 60)
    return stream.getvalue().strip("\n").split("\r\x1b[2K")[1:]


def test_a_line_never_wraps(monkeypatch):
    lines = drawn(monkeypatch)
    assert len(lines) == 5
    assert all(len(line) < 40 for line in lines)
    assert lines[-1].startswith("work 4/4 steps")


def test_its_words_are_those_of_the_language(monkeypatch):
    language.use(Pseudo(), LANGUAGE)
    try:
        lines = drawn(monkeypatch)
    finally:
        language.use(None)
    assert lines[-1].startswith("⟦wórk⟧ 4/4 ⟦śtépś⟧") and any("⟦⟦0 ś⟧ lé" in line for line in lines)


def test_uneven_units_give_no_forecast(monkeypatch):
    assert "left" in "".join(drawn(monkeypatch))
    uneven = "".join(drawn(monkeypatch, even=False))
    assert "left" not in uneven
    assert "steps/s" not in uneven
