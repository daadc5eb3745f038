"""Catalogues: `locale/LANGUAGE/TASK.po` has a task's texts and what its checks say, `locale/LANGUAGE/checks.po` what all checks say.

Templates are extracted anew from the sources each time, so that what is untranslated or out of date is never itself out of date. A text
that has changed since it was translated is *fuzzy*, as gettext calls it: its translation is kept for the translator, and not used.
"""

import io
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from nbformat import NotebookNode

from course_tools.paths import LOCALE, SOLUTIONS
from course_tools.site.notes import NOTES
from course_tools.translate import texts
from course_tools.translate.kept import lost
from course_utils.checks import fingerprints
from course_utils.errors import CourseError
from course_utils.language import SHARED
from course_utils.paths import ROOT
from course_utils.recall import questions

STUBS = ("your code here", "*Your answer here.*")  # as in nbgrader_config.py
OF_THE_GRADIENT = ("tables.py", "numbers.py")  # sentences that are said of a gradient too
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def po_file(language: str, domain: str) -> Path:
    return LOCALE / language / f"{domain}.po"


def languages(domain: str) -> list[str]:
    """The languages that have a catalogue of a domain: a task, or "checks"."""
    return sorted(path.parent.name for path in LOCALE.glob(f"*/{domain}.po"))


def template(domain: str) -> Catalog:
    """All messages of a domain as its sources have them now, with where they come from."""
    made = Catalog(project="Learning at Scale", domain=domain, fuzzy=False)
    for place, message in _of_all_checks() if domain == SHARED else _of_task(domain):
        made.add(message, locations=[(place, 1)])
    return made


def _of_task(task: str) -> Iterator[tuple[str, str]]:
    from course_tools.build.generate import notebook

    place = f"solutions/{task}.py"
    nb = notebook(SOLUTIONS / f"{task}.py")
    for cell in nb.cells:
        for text in texts.texts(texts.stub(cell) or cell):
            yield place, text.message
    yield from (("nbgrader_config.py", words) for words in STUBS)
    yield from (("course_tools/site/notes.py", note) for note in NOTES)
    yield from said(task, nb)


def said(task: str, nb: NotebookNode) -> Iterator[tuple[str, str]]:
    """What a running notebook says of this task alone: statements, pictures, names of public probes, replies to recall questions, hints."""
    shown = [*texts.statements(nb), *filter(texts.WORD.search, texts.names_on_plots(nb))]
    yield from ((f"solutions/{task}.py", text) for text in shown)
    yield from _of_pictures(task)
    for probes in import_module(f"course_utils.{task}.checks").PROBES.values():
        for probe in probes:
            yield from ((f"course_utils/{task}/checks.py", text) for text in (probe.name, probe.note) if _worded(text))
    for question in questions(task).values():
        yield from ((f"course_utils/{task}/recall.py", text) for text in question.texts)
    for exercise, record in fingerprints.load(task).items():
        for mistake in record["mistakes"]:
            yield f"bank/{task}/{exercise}.py", mistake["hint"]


def _of_pictures(task: str) -> Iterator[tuple[str, str]]:
    room = ROOT / "course_utils" / task
    for path in (ROOT / "course_utils/figures.py", *sorted([*room.glob("plots.py"), *room.glob("plots/*.py")])):
        for _, message, _, _ in extract_from_file("python", path, keywords={"words": None}):
            yield path.relative_to(ROOT).as_posix(), str(message)


def _of_all_checks() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "course_utils").rglob("*.py")):
        if path.name == "language.py" or b"Sentence(" not in path.read_bytes():
            continue
        for _, message, _, _ in extract_from_file("python", path, keywords={"Sentence": None}):
            if isinstance(message, str) and _worded(PLACEHOLDER.sub("", message)):
                yield path.relative_to(ROOT).as_posix(), message
                if path.name in OF_THE_GRADIENT and "our result" in message:
                    yield path.relative_to(ROOT).as_posix(), message.replace("our result", "our gradient")


def _worded(text: str) -> bool:
    return bool(texts.LETTER.search(text))


def read(language: str, domain: str, fresh: Catalog | None = None) -> Catalog:
    """A language's catalogue, brought up to date with the sources in memory. Raises CourseError for a file that cannot be read."""
    path = po_file(language, domain)
    try:
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language, domain=domain, abort_invalid=True)
    except (OSError, ValueError, SyntaxError) as error:
        raise CourseError(f"{path.relative_to(ROOT)}: cannot be read ({error})") from None
    fresh = fresh or template(domain)
    fresh.creation_date = catalogue.creation_date
    catalogue.update(fresh)
    return catalogue


def write(catalogue: Catalog, path: Path) -> None:
    stream = io.BytesIO()
    write_po(stream, catalogue, width=0, include_previous=True, include_lineno=False, ignore_obsolete=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue())


def messages(catalogue: Catalog) -> Iterator[Message]:
    """Without the header."""
    return (message for message in catalogue if message.id)


def translations(catalogue: Catalog) -> dict[str, str]:
    """What may be shown. Raises CourseError for a translation that lost a formula, code, a link or a placeholder."""
    found = {str(m.id): str(m.string) for m in messages(catalogue) if m.string and not m.fuzzy}
    for text, translation in found.items():
        if problem := lost(text, translation):
            name = f"locale/{catalogue.locale}/{catalogue.domain}.po"
            raise CourseError(f"{name}: the translation of {text.splitlines()[0][:60]!r} {problem}")
    return found


def compiled(catalogue: Catalog, wanted: set[str]) -> bytes:
    """As gettext reads it (.mo), with these messages only."""
    small = Catalog(locale=catalogue.locale, domain=catalogue.domain, fuzzy=False)
    small.creation_date = small.revision_date = catalogue.creation_date
    for text, translation in translations(catalogue).items():
        if text in wanted:
            small.add(text, translation)
    stream = io.BytesIO()
    write_mo(stream, small)
    return stream.getvalue()
