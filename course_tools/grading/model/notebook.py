"""A submitted notebook, read as what it is: bytes that anybody may have written."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_tools.grading.model import words

LONE = re.compile(r"\\u[dD][89a-fA-F]")  # in JSON, half of a character: most often one of a pair
OTHER_FORMATS = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip"), (b"<", "an HTML page"), (b"# %%", "a Python script"))


class Refused(Exception):
    """A file that is not read. kind: the type of the trouble; text: one line for a person."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind, self.text = kind, words.plain(text)


def _place(error: Exception) -> str:
    """Where a text stops being JSON."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.removesuffix(' starting at')} in line {error.lineno}"
    return str(error).partition(":")[0] or "nested too deeply"


def notebook(data: bytes) -> dict[str, Any]:
    """The notebook in `data`: nbformat 4, with cells that have a type, a source and metadata. Raises Refused for anything else.

    Half a character, which JSON can say and no file can hold, becomes a question mark.
    """
    if not data.strip():
        raise Refused("empty", "is empty: it was not saved, or not uploaded to its end")
    try:
        text = data.decode("utf-8-sig")
        node = json.loads(text)
        if LONE.search(text):
            node = json.loads(json.dumps(node, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError) as error:
        other = next((what for start, what in OTHER_FORMATS if data.lstrip().startswith(start)), "")
        detail = f"it is {other}" if other else _place(error)
        raise Refused("not_a_notebook", f"is no notebook: {detail}") from None
    if not isinstance(node, dict) or "nbformat" not in node:
        raise Refused("not_a_notebook", "is JSON, but no notebook")
    if node["nbformat"] != 4:
        raise Refused("wrong_nbformat", f"has notebook format {str(node['nbformat'])[:20]}, not 4: save it in Jupyter")
    cells = node.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        raise Refused("not_a_notebook", "has cells that are no cells")
    return node


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or not isinstance(cell.get("metadata", {}), dict):
        return False
    source = cell.get("source")
    text = isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))
    return text and cell.get("cell_type") in ("code", "markdown", "raw")


def grade_ids(node: dict[str, Any]) -> set[str]:
    """Names of the cells that nbgrader knows."""
    marks = [cell.get("metadata", {}).get("nbgrader") for cell in node["cells"]]
    return {mark["grade_id"] for mark in marks if isinstance(mark, dict) and isinstance(mark.get("grade_id"), str)}


def named_cells(path: str) -> dict[str, Mapping[str, Any]]:
    """The cells of an executed submission by their grade_id; none if there is no such file."""
    try:
        cells = notebook(Path(path).read_bytes())["cells"] if path else []
    except (OSError, Refused):
        return {}
    marked = ((cell.get("metadata", {}).get("nbgrader") or {}, cell) for cell in cells)
    return {mark["grade_id"]: cell for mark, cell in marked if "grade_id" in mark}
