"""What ships of a question whose numbers vary: lines that the right number, or a known wrong one, unlocks, and that nobody can read.

The numbers expected of everybody stand in the fingerprints. Those of a variant would be somebody else's answer to be looked up, so each of
its lines is encrypted with the very answer it is about. All numbers within the probe's tolerance give the same key: they lie in one cell of
a grid as wide as the tolerance, and where its lines are is all that is stored.

It hides what is expected, not more: whatever tells right from wrong can be tried with one number after another.
"""

import base64
import hashlib
import math
from collections.abc import Iterable
from typing import Any

from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe
from course_utils.errors import CourseError

TAG = 8  # bytes that say whether the key fits


def lock(probe: Probe, seen: Observation, words: str, salt: str) -> dict[str, Any]:
    """`words`, for whoever answers what was `seen`. Raises CourseError for a probe with both tolerances, or with none."""
    if (probe.rtol > 0) == (probe.atol > 0):
        raise CourseError(f"{probe.name!r} needs rtol or atol, one of them 0, if its question varies")
    grid = [round(_place(_lowest(x, probe), probe) % 1, 4) if _counts(x, probe) else 0.0 for x in _numbers(seen)]
    plain = words.encode()
    stream = _stream(probe, seen, grid, salt, TAG + len(plain))
    mixed = bytes(a ^ b for a, b in zip(plain, stream[TAG:], strict=True))
    return {"grid": grid, "words": base64.b64encode(stream[:TAG] + mixed).decode()}


def unlock(probe: Probe, seen: Observation, locked: Iterable[dict[str, Any]], salt: str) -> str | None:
    """The words for what was `seen`; None if there are none."""
    for one in locked:
        data = base64.b64decode(one["words"])
        if len(one["grid"]) == len(_numbers(seen)):
            stream = _stream(probe, seen, one["grid"], salt, len(data))
            if stream[:TAG] == data[:TAG]:
                return bytes(a ^ b for a, b in zip(data[TAG:], stream[TAG:], strict=True)).decode()
    return None


def _numbers(seen: Observation) -> list[float]:
    return [number for array in seen.values.values() for number in array.data]


def _stream(probe: Probe, seen: Observation, grid: list[float], salt: str, length: int) -> bytes:
    cells = [_cell(x, line, probe) for x, line in zip(_numbers(seen), grid, strict=True)]
    parts = [(name, array.shape) for name, array in seen.values.items()]
    return hashlib.shake_256(f"{salt} {sorted(parts)} {cells}".encode()).digest(length)


def _cell(x: float, line: float, probe: Probe) -> str:
    """Which cell of the grid the number lies in; what no grid holds is a cell of its own."""
    if not _counts(x, probe):
        return str(x)
    return f"{'-' if probe.rtol and x < 0 else ''}{math.floor(_place(x, probe) - line)}"


def _counts(x: float, probe: Probe) -> bool:
    return math.isfinite(x) and (x != 0 or not probe.rtol)


def _lowest(x: float, probe: Probe) -> float:
    """The smallest number, or that next to 0, that is as good as x."""
    return x * (1 - probe.rtol) - probe.atol


def _place(x: float, probe: Probe) -> float:
    """Where x lies, in units of all that is as good as it: on a logarithmic scale if the tolerance is relative."""
    if probe.rtol:
        return math.log(abs(x)) / math.log((1 + probe.rtol) / (1 - probe.rtol))
    return x / (2 * probe.atol)
