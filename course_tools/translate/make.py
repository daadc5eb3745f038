"""What `course build` makes for each language that has a catalogue:

    locale/fr/infonce.po -> notebooks/fr/infonce/infonce.ipynb      what students get
                         -> locale/fr/infonce/infonce.ipynb         with the answers, for who marks by hand
                         -> course_utils/locale/fr/infonce.mo       what its checks say
    locale/fr/checks.po  -> course_utils/locale/fr/checks.mo        what all checks say

What is untranslated or out of date is in English there. The .po files hold model answers: students get none of `locale/`.
"""

from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from course_tools.translate.catalogue import compiled, languages, read, said, template, translations
from course_tools.translate.texts import translated
from course_utils.language import FOLDER, SHARED


def notebooks(
    task: str, solution: NotebookNode, released: NotebookNode
) -> Iterator[tuple[str, NotebookNode, NotebookNode]]:
    """Each language, its notebook with the answers, and what students get."""
    for language in languages(task):
        found = translations(read(language, task))

        def translate(text: str, found: dict[str, str] = found) -> str:
            return found.get(text, text)

        yield language, translated(solution, translate, language), translated(released, translate, language)


def catalogues(task: str, solution: NotebookNode) -> dict[Path, bytes]:
    """What a running notebook reads of a task's translations."""
    wanted = {text for _, text in said(task, solution)}
    return {FOLDER / one / f"{task}.mo": compiled(read(one, task), wanted) for one in languages(task)}


def shared_catalogues() -> dict[Path, bytes]:
    """What is said in every task."""
    if not (spoken := languages(SHARED)):
        return {}
    fresh = template(SHARED)
    wanted = {str(message.id) for message in fresh if message.id}
    return {FOLDER / one / f"{SHARED}.mo": compiled(read(one, SHARED, fresh), wanted) for one in spoken}
