"""What one run of a notebook produced, and the judgement of it: error, points, claims, metrics against their bands."""

import json
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_tools.cells import CellTime, Points
from course_utils.entries import Claim, Metric, Started, from_line
from course_utils.machine import Machine
from course_utils.measured import Band, bands_for
from course_utils.paths import ROOT


@dataclass
class Result:
    """A run: `metrics` and `bands` by name, wall-clock seconds."""

    name: str
    task: str
    profile: str
    parameters: dict[str, Any]
    date: str
    seconds: float = 0.0
    error: str = ""
    interrupted: bool = False
    points: Points = field(default_factory=Points)
    metrics: dict[str, Metric] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    bands: dict[str, Band] = field(default_factory=dict)
    device: Machine | None = None
    versions: dict[str, str] = field(default_factory=dict)
    commit: str = ""
    cells: list[CellTime] = field(default_factory=list)

    def read_log(self, path: Path) -> None:
        """Take in what lab.start, lab.record and lab.claim appended to `path`; a line cut off by a crash is skipped."""
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            match from_line(line):
                case Started() as session:
                    self.task, self.device, self.versions = session.task, session.device, session.versions
                case Metric() as metric:
                    self.metrics[metric.name] = metric
                case Claim() as claim:
                    self.claims = [other for other in self.claims if other.name != claim.name] + [claim]

    def find_bands(self) -> None:
        """Look up the bands recorded for this task, profile and device."""
        if self.device:
            self.bands = bands_for(self.task, self.profile, self.device.kind, self.device.device_class)

    def failures(self) -> list[str]:
        """Why this run fails, one line each; empty when it passes."""
        if self.error:
            return [self.error]
        reasons = []
        if self.points.lost:
            reasons.append(f"{self.points.earned:g} of {self.points.maximum:g} points ({'; '.join(self.points.lost)})")
        if self.profile != "smoke":
            reasons += [f"claim does not hold: {claim}" for claim in self.claims if not claim.holds]
        for name, band in self.bands.items():
            if name not in self.metrics:
                reasons.append(
                    f"metric {name!r} has a band but was not recorded; record the bands again if it was renamed"
                )
            elif (value := self.metrics[name].value) not in band:
                reasons.append(f"metric {name!r} is {value:.4g}, outside {band}")
        return reasons

    def headline(self) -> str:
        """The metric flagged as headline (or else the first number), in words, with its band."""
        numbers = [metric for metric in self.metrics.values() if not isinstance(metric.value, list)]
        flagged = [metric for metric in numbers if metric.headline] or numbers
        return self.against_band(flagged[0]) if flagged else "no metric recorded"

    def against_band(self, metric: Metric) -> str:
        value = f"{metric.name} {metric.value:.4g} {metric.unit}".strip()
        band = self.bands.get(metric.name)
        if band is None:
            return f"{value} (no band recorded)"
        return f"{value} ({'in' if metric.value in band else 'OUTSIDE'} {band})"

    def points_text(self) -> str:
        """`20/20`, with the points that are given by hand named apart."""
        if not self.points.maximum and not self.points.pending:
            return "none"
        by_hand = f" (+{self.points.pending:g} by hand)" if self.points.pending else ""
        return f"{self.points.earned:g}/{self.points.maximum:g}{by_hand}"

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self) | {"failures": self.failures()}, indent=1) + "\n", encoding="utf-8")


def git_commit() -> str:
    """The checkout's commit, with "+" when files differ from it; empty outside git."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
