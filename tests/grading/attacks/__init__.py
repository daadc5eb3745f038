"""Notebooks as strangers write them: hostile ones, and honest ones that are merely unlucky. All are written by code, none is kept.

The course they are handed in to imports nothing of ours: plain asserts, one of them hidden, one test with partial credit.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode, v4

IMPORTS = "import math\nimport numpy as np\nfrom helpers import close"
HELPERS = "def close(a, b):\n    return abs(a - b) < 1e-9\n"
SOFTMAX = "def softmax(x):\n    e = np.exp(x - np.max(x))\n    return e / e.sum()"
TOTAL = "def total(numbers):\n    result = 0\n    for number in numbers:\n        result += number\n    return result"
SOFTMAX_STUB = "def softmax(x):\n    raise NotImplementedError"
TOTAL_STUB = "def total(numbers):\n    raise NotImplementedError"
PUBLIC = """\
np.testing.assert_allclose(softmax(np.array([0.0, 0.0])), [0.5, 0.5])
assert close(float(np.sum(softmax(np.array([1.0, 2.0, 3.0])))), 1.0)
assert np.isclose(softmax(np.array([0.0, math.log(3)]))[1], 0.75)"""
SECRET = "271828.314159"
HIDDEN = f"""\
# Hidden tests.
### BEGIN HIDDEN TESTS
big = softmax(np.array([{SECRET}, {SECRET}, 0.0]))
assert np.allclose(big, [0.5, 0.5, 0.0]), "overflows at {SECRET}"
assert abs(softmax(np.array([1.0, 1.0, 1.0, 1.0]))[2] - 0.25) < 1e-9
### END HIDDEN TESTS"""
PARTIAL = """\
right = sum(total(list(range(n))) == n * (n - 1) // 2 for n in (3, 10, 17, 40))
float(right)"""
FULL = {"softmax_check": 2.0, "softmax_hidden": 3.0, "total_check": 4.0}


@dataclass(frozen=True)
class Submission:
    """What differs from the released notebook. before, between, after: extra cells; edit: a last change of the notebook; files: beside
    it; earns: points by test."""

    kind: str
    softmax: str = SOFTMAX_STUB
    total: str = TOTAL_STUB
    before: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    edit: Callable[[NotebookNode], object] | None = None
    files: dict[str, str] = field(default_factory=dict)
    earns: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FULL, 0.0))

    def notebook(self, places: dict[str, str]) -> NotebookNode:
        """As handed in. places: what `@name@` stands for in its code."""
        node = course(self.softmax, self.total, hidden=False)
        extra = [[v4.new_code_cell(source) for source in part] for part in (self.before, self.between, self.after)]
        node.cells = [*node.cells[:1], *extra[0], *node.cells[1:4], *extra[1], *node.cells[4:], *extra[2]]
        for cell in node.cells:
            for name, value in places.items():
                cell.source = cell.source.replace(f"@{name}@", value)
        if self.edit:
            self.edit(node)
        return node


def mark(grade_id: str, points: float = 0, **flags: bool) -> dict:
    kind = {"grade": False, "solution": False, "locked": False, "task": False} | flags
    return {"nbgrader": kind | {"grade_id": grade_id, "schema_version": 3} | ({"points": points} if points else {})}


def test_mark(name: str) -> dict:
    return mark(name, FULL[name], grade=True, locked=True)


test_mark.__test__ = False  # type: ignore[attr-defined]


def course(softmax: str = SOFTMAX, total: str = TOTAL, hidden: bool = True) -> NotebookNode:
    """The instructor's notebook, or with hidden=False what is released."""
    cells = [
        v4.new_code_cell(IMPORTS, metadata=mark("imports", locked=True)),
        v4.new_code_cell(softmax, metadata=mark("softmax", solution=True)),
        v4.new_code_cell(PUBLIC, metadata=test_mark("softmax_check")),
        v4.new_code_cell(HIDDEN if hidden else "# Hidden tests.", metadata=test_mark("softmax_hidden")),
        v4.new_code_cell(total, metadata=mark("total", solution=True)),
        v4.new_code_cell(PARTIAL, metadata=test_mark("total_check")),
    ]
    return v4.new_notebook(cells=cells)


def by_name(node: NotebookNode, name: str) -> NotebookNode:
    return next(cell for cell in node.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)


def write_course(root: Path) -> Path:
    """Into nbgrader's default layout; the path of the source."""
    path = root / "source" / "ps1" / "one.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(course()))
    (path.parent / "helpers.py").write_text(HELPERS)
    return path
