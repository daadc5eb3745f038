"""What a course says in its nbgrader_config.py, read without running it: importing nbgrader takes a second."""

import ast
import math
from pathlib import Path
from typing import Any

from course_tools.grading.model.settings import Limits


def configured(root: Path, *names: str) -> Any:
    """The literal that the config assigns to the first of `names` that it knows ("Execute.timeout"); None without one."""
    config = root / "nbgrader_config.py"
    found: dict[str, Any] = {}
    for node in ast.parse(config.read_text(encoding="utf-8")).body if config.is_file() else ():
        if isinstance(node, ast.Assign):
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            found |= {ast.unparse(target).removeprefix("c."): value for target in node.targets}
    return next((found[name] for name in names if name in found), None)


def limits_of(root: Path, cell: float | None = None, notebook: float | None = None, everything: bool = False) -> Limits:
    """The limits of a course: `ExecutePreprocessor.timeout` and `interrupt_on_timeout` as stock nbgrader knows them, but for what is given.

    cell: seconds of a cell and of a test; notebook: of all together.
    """
    limits = Limits()
    whole = notebook if notebook is not None else limits.notebook
    timeout = cell if cell is not None else configured(root, "Execute.timeout", "ExecutePreprocessor.timeout")
    interrupt = configured(root, "Execute.interrupt_on_timeout", "ExecutePreprocessor.interrupt_on_timeout")
    if timeout is None:
        each, test = limits.cell, limits.test
    else:  # nbclient's -1 is no limit
        each = test = float(timeout) if timeout > 0 else math.inf
    return Limits(
        cell=min(each, whole), test=min(test, whole), notebook=whole, stop=interrupt is False, everything=everything
    )
