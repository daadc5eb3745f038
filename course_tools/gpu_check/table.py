"""The check as a page of Markdown that can be committed: device, versions, commit, and a row for each number."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any


def write_table(check: dict[str, Any], path: Path) -> None:
    """check: as `Check` is written to JSON."""
    packages = ", ".join(f"{name} {version}" for name, version in check["versions"].items())
    lines = ["# GPU check" + (": a rehearsal on a CPU, which measures nothing" if check["rehearsal"] else ""), ""]
    lines += [f"{check['device']}; {packages}; commit {check['commit'] or 'unknown'}.", ""]
    lines += ["| step | what it shows | status | seconds | date |", "|---|---|---|---|---|"]
    for one in check["outcomes"].values():
        status = one["status"] + (f": {_cell(one['why'])}" if one["why"] else "")
        lines.append(f"| {one['name']} | {one['shows']} | {status} | {one['seconds']:.0f} | {one['date'][:16]} |")
    lines += [
        f"| {name} | | left out: {why} | | |"
        for name, why in check["left_out"].items()
        if name not in check["outcomes"]
    ]
    for one in check["outcomes"].values():
        if rows := list(_rows(one)):
            lines += ["", f"## {one['name']}", "", "| | |", "|---|---|", *rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _rows(outcome: dict[str, Any]) -> Iterator[str]:
    found = outcome["found"]
    if not isinstance(found, dict):
        return
    if "metrics" in found:  # a notebook
        points, claims = found["points"], found["claims"]
        yield f"| points | {points['earned']:g} of {points['maximum']:g} |"
        yield f"| claims that hold | {sum(claim['holds'] for claim in claims)} of {len(claims)} |"
        for name, metric in found["metrics"].items():
            if not isinstance(metric["value"], list):
                yield f"| {_cell(name)} | {metric['value']:.5g} {metric['unit']}".rstrip() + " |"
        return
    parts = [part for part in found.values() if isinstance(part, dict)]
    yield from (f"| {_cell(name)} | {_cell(value)} |" for part in parts or [found] for name, value in _flat(part))


def _flat(found: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        label = f"{before}{name}"
        if isinstance(value, dict):
            yield from _flat(value, f"{label}: ")
        elif value is not None:
            yield label, f"{value:,.5g}" if isinstance(value, float) else str(value)


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
