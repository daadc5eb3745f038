"""Pages of notebooks in other languages: which there are, what they say of themselves, and how one leads to the other.

The frame of each page is in English. `in_head` and `marked` say so, to browsers and to those who have pages read aloud.
"""

import re
from functools import cache
from os.path import relpath
from typing import Any

from course_tools.site.notes import SAME
from course_tools.translate import catalogue
from course_utils.language import ENGLISH
from course_utils.tasks import tasks

PAGE = re.compile(r"notebooks/(?:(?P<language>\w+)/)?(?P<task>\w+)")
LANG = re.compile(r'<html[^>]* lang="(\w+)"')
FRAME = (  # of a page in another language, what is in that language, and what is not
    ("<body>", '<body lang="en">'),
    ('<article role="main"', '<article lang="{}" role="main"'),
    ('<div class="toc-tree">', '<div class="toc-tree" lang="{}">'),
)


def languages(task: str) -> list[str]:
    """English, and those a notebook is translated into."""
    return [ENGLISH, *catalogue.languages(task)]


def versions() -> list[tuple[str, str]]:
    """(task, language) of every page of a notebook."""
    return [(task, language) for task in tasks() for language in languages(task)]


def address(task: str, language: str) -> str:
    """Of the notebook's page, in the folder of notebooks and without its ending."""
    return task if language == ENGLISH else f"{language}/{task}"


@cache
def notes(task: str, language: str) -> dict[str, str]:
    """What is translated of `course_tools.site.notes`."""
    return {} if language == ENGLISH else catalogue.translations(catalogue.read(language, task))


def links(task: str, language: str) -> str:
    """To the same notebook in the other languages, each in its own."""
    return " · ".join(
        f'<a href="{way(task, language, other)}" hreflang="{other}" lang="{other}">{notes(task, other).get(SAME, SAME)}</a>'
        for other in languages(task)
        if other != language
    )


def way(task: str, here: str, there: str) -> str:
    """From one of its pages to another."""
    folder = address(task, here).rpartition("/")[0]
    return f"{relpath(address(task, there), folder or '.')}.html"


def in_head(app: Any, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Sphinx, before it writes a page: its language, and where the others are."""
    found = PAGE.fullmatch(name)
    if not found or found["task"] not in tasks():
        return
    here, task = found["language"] or ENGLISH, found["task"]
    context["language"] = here
    if len(others := languages(task)) > 1:
        context["metatags"] += "".join(
            f'\n<link rel="alternate" hreflang="{other}" href="{way(task, here, other)}">' for other in others
        )


def marked(page: str) -> str:
    """The page with the language of each of its parts, where that is not English."""
    found = LANG.search(page)
    if found and found[1] != ENGLISH:
        for old, new in FRAME:
            page = page.replace(old, new.format(found[1]))
    return page
