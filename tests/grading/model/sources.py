"""An assignment made of a few cells."""

import json

from nbformat import v4

from course_tools.grading.model.assignment import Assignment
from tests.grading.attacks import mark


def load(tmp_path, *cells, name="one"):
    """An assignment of (kind, source) cells; kind: answer, test, locked or free."""
    flags = {"answer": {"solution": True}, "test": {"grade": True, "locked": True}, "locked": {"locked": True}}
    nodes = []
    for index, (kind, source) in enumerate(cells):
        points = 1 if kind == "test" else 0
        nodes.append(
            v4.new_code_cell(source, metadata=mark(f"{kind}{index}", points, **flags[kind]) if kind in flags else {})
        )
    path = tmp_path / f"{name}.ipynb"
    path.write_text(json.dumps(v4.new_notebook(cells=nodes)))
    return Assignment.load(path)
