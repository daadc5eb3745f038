"""Where pages list the tasks: README.md and docs/index.md, between `<!-- NAME: ... -->` and `<!-- end -->`, from the registry."""

import re
from collections.abc import Callable
from pathlib import Path

from babel import Locale

from course_tools.translate.catalogue import languages
from course_utils.paths import ROOT
from course_utils.tasks import TASKS, Task

REGION = re.compile(r"(?P<start><!-- (?P<name>\w+): [^>]*-->\n\n).*?(?P<end>\n\n<!-- end -->)", re.DOTALL)
PAGES = ("README.md", "docs/index.md")


def stale(folder: Path = ROOT) -> dict[Path, str]:
    """The pages whose lists are not those of the registry, as they should be."""
    pages = {path: path.read_text(encoding="utf-8") for path in (folder / name for name in PAGES)}
    filled = {path: REGION.sub(_filled, text) for path, text in pages.items()}
    return {path: text for path, text in filled.items() if text != pages[path]}


def _filled(region: re.Match[str]) -> str:
    return region["start"] + LISTS[region["name"]]() + region["end"]


def tasks_table() -> str:
    return _table("task", lambda task: f"`{task.name}`")


def pages_table() -> str:
    """As `tasks_table`, with links to the pages of the site."""
    return _table("notebook", lambda task: f"[{_short(task)}](notebooks/{task.name}){_in_other_languages(task)}")


def contents() -> str:
    """The site's table of contents."""
    pages = "\n".join(f"notebooks/{task.name}" for task in TASKS)
    return f"```{{toctree}}\n:hidden:\n:caption: Notebooks\n\n{pages}\n```"


def _table(head: str, named: Callable[[Task], str]) -> str:
    rows = [f"| {named(task)}{'' if task.core else ' (extension)'} | {task.builds} | {task.sums} |" for task in TASKS]
    return "\n".join([f"| {head} | you build | |", "|---|---|---|", *rows])


def _in_other_languages(task: Task) -> str:
    """Links to its pages in them, each in its own words."""
    names = {code: Locale.parse(code).get_display_name() for code in languages(task.name)}
    return "".join(
        f' · <a href="notebooks/{code}/{task.name}.html" hreflang="{code}" lang="{code}">{name}</a>'
        for code, name in names.items()
    )


def _short(task: Task) -> str:
    """ "1 · SimCLR: learning to see" -> "SimCLR"."""
    return task.title.partition(" · ")[2].partition(":")[0]


LISTS = {"tasks": tasks_table, "pages": pages_table, "contents": contents}
