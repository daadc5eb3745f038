"""What one run of a notebook produced, and the judgement of it: error, points, claims, metrics against their bands."""

import json
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course_tools.run.cells import Points
from course_utils.measured import bands_for
from course_utils.paths import ROOT


@dataclass
class Result:
    """A run: `metrics` {name: {value, unit, headline, tolerance}}, `bands` {name: (low, high)}, wall-clock seconds."""

    name: str
    task: str
    profile: str
    parameters: dict[str, Any]
    date: str
    seconds: float = 0.0
    error: str = ""
    interrupted: bool = False
    points: Points = field(default_factory=Points)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    bands: dict[str, tuple[float, float]] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    commit: str = ""
    cells: list[dict[str, Any]] = field(default_factory=list)

    def read_log(self, path: Path) -> None:
        """Take in what lab.start, lab.record and lab.claim appended to `path`; a line cut off by a crash is skipped."""
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            match entry.pop("type"):
                case "session":
                    self.task, self.device, self.versions = entry["task"], entry["device"], entry["versions"]
                case "metric":
                    self.metrics[entry.pop("name")] = entry
                case "claim":
                    self.claims = [claim for claim in self.claims if claim["name"] != entry["name"]] + [entry]

    def find_bands(self) -> None:
        """Look up the bands recorded for this task, profile and device."""
        if self.device:
            self.bands = bands_for(self.task, self.profile, self.device["kind"], self.device["device_class"])

    def failures(self) -> list[str]:
        """Why this run fails, one line each; empty when it passes."""
        if self.error:
            return [self.error]
        reasons = []
        if self.points.lost:
            reasons.append(f"{self.points.earned:g} of {self.points.maximum:g} points ({'; '.join(self.points.lost)})")
        if self.profile != "smoke":
            reasons += [f"claim does not hold: {_detailed(claim)}" for claim in self.claims if not claim["holds"]]
        for name, (low, high) in self.bands.items():
            if name not in self.metrics:
                reasons.append(
                    f"metric {name!r} has a band but was not recorded; record the bands again if it was renamed"
                )
            elif not low <= self.metrics[name]["value"] <= high:
                reasons.append(f"metric {name!r} is {self.metrics[name]['value']:.4g}, outside {low:.4g} to {high:.4g}")
        return reasons

    def headline(self) -> str:
        """The metric flagged as headline (or else the first number), in words, with its band."""
        numbers = {name: metric for name, metric in self.metrics.items() if not isinstance(metric["value"], list)}
        flagged = [name for name, metric in numbers.items() if metric["headline"]] or list(numbers)
        return self.against_band(flagged[0]) if flagged else "no metric recorded"

    def against_band(self, name: str) -> str:
        metric = self.metrics[name]
        value = f"{metric['value']:.4g} {metric['unit']}".strip()
        low, high = self.bands.get(name, (None, None))
        if low is None or high is None:
            return f"{name} {value} (no band recorded)"
        return f"{name} {value} ({'in' if low <= metric['value'] <= high else 'OUTSIDE'} {low:.4g} to {high:.4g})"

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self) | {"failures": self.failures()}, indent=1) + "\n", encoding="utf-8")


def _detailed(claim: dict[str, Any]) -> str:
    return claim["name"] + (f" ({claim['detail']})" if claim["detail"] else "")


def git_commit() -> str:
    """The checkout's commit, with "+" when files differ from it; empty outside git."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""
