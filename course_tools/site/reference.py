"""Reference pages: what each task's room and the shared packages offer to notebooks, from their docstrings, by sphinx.ext.autodoc."""

import re
from pathlib import Path

from course_utils.tasks import tasks

PACKAGES = ("data", "models", *tasks())  # these name what they offer in `__all__`, most of it imported
SHARED = {
    "session": "The session of a notebook",
    "data": "Data",
    "models": "Language models",
    "encoders": "Image encoders",
    "checks.probe": "Probes of checks",
    "checks.check": "Checks",
}
ITEM = re.compile(r"[a-z][\w\\, ]*: ")  # `name: what it is`
STARTS = re.compile(rf"^ *(?={ITEM.pattern}|Raises |Returns )", re.MULTILINE)
INDEX = """\
# Reference

What notebooks may import from `course_utils`, from its docstrings.

```{{toctree}}
{}
```
"""
PAGE = """\
# {title}

```{{eval-rst}}
.. automodule:: course_utils.{module}
   :members:
   :member-order: bysource
{imported}
```
"""


def write_reference(folder: Path) -> None:
    """A page for each module in `folder`, named as it is, and their index; a room shows what its `__all__` names."""
    folder.mkdir()
    pages = SHARED | {task: f"Task {task}" for task in tasks()}
    for module, title in pages.items():
        imported = "   :imported-members:" if module in PACKAGES else ""
        page = PAGE.format(title=title, module=module, imported=imported)
        (folder / f"{module}.md").write_text(page, encoding="utf-8")
    (folder / "index.md").write_text(INDEX.format("\n".join(pages)), encoding="utf-8")


def for_sphinx(_app: object, _what: str, _name: str, _object: object, _options: object, lines: list[str]) -> None:
    """Our docstrings are plain text: for `autodoc-process-docstring`, with items as a list, and no sign that means anything."""
    parts = [part for block in re.split(r"\n\s*\n", "\n".join(lines)) for part in STARTS.split(block) if part.strip()]
    lines[:] = [line for part in parts for line in (*_paragraph(part), "")]


def _paragraph(part: str) -> list[str]:
    if part.startswith(">>>"):
        return part.splitlines()
    text = re.sub(r"([|*_])", r"\\\1", " ".join(part.split()))
    return [f"- {text}" if ITEM.match(text) else text]
