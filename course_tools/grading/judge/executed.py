"""The graded submission as a notebook, as nbgrader's formgrader and the feedback show it."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from course_tools.grading.judge.trusted import Grading
from course_tools.grading.model.merge import Step
from course_tools.grading.model.records import CellRecord

HARMLESS = {
    "text/plain",
    "image/png",
    "image/jpeg",
}  # on a page that shows it; HTML and scripts would run in the formgrader
LEFT_OUT = "[not run at grading: no point depends on it]\n"


def write_executed(path: Path, node: dict[str, Any], grading: Grading, cells: tuple[CellRecord, ...]) -> str:
    """The graded notebook, as nbgrader's formgrader and the feedback show it: without hidden tests, with what each test said."""
    results = {cell.grade_id: cell for cell in cells}
    room = grading.limits.outputs
    shown = []
    for number, step in enumerate(grading.steps):
        cell = _shown(step, grading.outputs.get(number), results)
        if step.runs and grading.needed.sources[number] is None:
            cell["outputs"] = [_stream(LEFT_OUT)]
        size = _size(cell.get("outputs", ""))
        if size > room:
            cell["outputs"] = [_stream(f"[{size} bytes of output are not kept]\n")]
        room -= min(size, room)
        shown.append(cell)
    language = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    whole = {"cells": shown, "metadata": language, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", errors="replace")
    draft.replace(path)
    return str(path)


def _shown(step: Step, output: dict[str, Any] | None, results: dict[str, CellRecord]) -> dict[str, Any]:
    ours = step.ours
    kind = ours.cell_type if ours else (step.theirs or {}).get("cell_type", "raw")
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": step.source}
    if ours:
        cell["metadata"]["nbgrader"] = ours.mark
    if kind == "code":
        said = results[ours.name].message if ours and ours.kind == "test" else ""
        theirs, count = (output or {}).get("outputs"), (output or {}).get("count")
        cell["outputs"] = [_stream(said)] if said else [_harmless(one) for one in _list(theirs) if _is_output(one)]
        cell["execution_count"] = count if type(count) is int else None
    return cell


def _is_output(output: Any) -> bool:
    """Whether it is what nbformat calls an output: the student's process may have sent anything."""
    if not isinstance(output, dict):
        return False
    match output.get("output_type"):
        case "stream":
            return output.get("name") in ("stdout", "stderr") and isinstance(output.get("text"), str)
        case "display_data" | "execute_result":
            return isinstance(output.get("data"), dict) and isinstance(output.get("metadata"), dict)
        case "error":
            names = isinstance(output.get("ename"), str) and isinstance(output.get("evalue"), str)
            return names and all(isinstance(line, str) for line in _list(output.get("traceback", [None])))
    return False


def _harmless(output: dict[str, Any]) -> dict[str, Any]:
    if "data" not in output:
        return output
    return output | {"data": {kind: value for kind, value in output["data"].items() if kind in HARMLESS}}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _size(outputs: Any) -> int:
    try:
        return len(json.dumps(outputs))
    except RecursionError:  # nested too deep to be written
        return sys.maxsize


def _stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}
