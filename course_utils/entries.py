"""What a session writes down, one line of JSON each: `course_utils.session` writes the lines, `course run` reads them."""

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias

from course_utils.machine import Machine


@dataclass(frozen=True)
class Started:
    """A session: what runs, in which size, where, and with which versions of what."""

    task: str
    profile: str
    seed: int
    device: Machine
    versions: dict[str, str]
    settings: dict[str, str]


@dataclass(frozen=True)
class Metric:
    """A measured number, or list of numbers. headline: the one to show first; tolerance: half the width of its band, None for the usual rule."""

    name: str
    value: float | list[float]
    unit: str = ""
    headline: bool = False
    tolerance: float | None = None


@dataclass(frozen=True)
class Claim:
    """A statement, and whether the run bears it out; `detail` has the numbers."""

    name: str
    holds: bool
    detail: str = ""

    def __str__(self) -> str:
        return self.name + (f" ({self.detail})" if self.detail else "")


Entry: TypeAlias = Started | Metric | Claim
KINDS: dict[str, type[Started] | type[Metric] | type[Claim]] = {"session": Started, "metric": Metric, "claim": Claim}
NAMES = {kind: name for name, kind in KINDS.items()}


def to_line(entry: Entry) -> str:
    return json.dumps({"type": NAMES[type(entry)], **asdict(entry)})


def from_line(line: str) -> Entry | None:
    """The entry of a line; None for one that a crash cut off."""
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    kind = KINDS[fields.pop("type")]
    if kind is Started:
        fields["device"] = Machine(**fields["device"])
    return kind(**fields)
