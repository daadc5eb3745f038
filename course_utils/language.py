"""In which language a person is spoken to: English, or what a notebook's first cell or COURSE_LANGUAGE asks for.

A sentence is made, compared and kept in English, and translated when it is shown:

    problem = Sentence("returned shape {}, expected {}").format(got, want)    # equals its English; gettext finds the template
    print(shown(problem))

The catalogues are `course_utils/locale/LANGUAGE/DOMAIN.mo`, compiled by `course build`: one for what all checks say, one for each task that
is translated. Who asks for no language reads no file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

from course_utils.errors import CourseError

if TYPE_CHECKING:
    from gettext import NullTranslations

FOLDER = Path(__file__).parent / "locale"
SHARED = "checks"  # the catalogue of what is said in every task
ENGLISH = "en"

_catalogue: "NullTranslations | None" = None
_language = ENGLISH


class Sentence(str):
    """A sentence in English that remembers how it was made: its template, and the values put in, which may be sentences too."""

    parts: tuple[str, tuple[Any, ...]] | None = None

    def format(self, *values: Any) -> "Sentence":  # type: ignore[override]
        made = Sentence(str(self).format(*values))
        made.parts = (str(self), values)
        return made

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> "Sentence":
        """The same of its template."""
        template, values = self.parts or (str(self), None)
        made = Sentence(template.replace(old, new, count))
        return made if values is None else made.format(*values)

    def __add__(self, other: str) -> "Sentence":
        return Sentence("{}{}").format(self, other)


def listed(parts: Sequence[object], template: str = "{}, {}") -> Sentence:
    """One sentence of several parts, each two of them put into `template`."""
    made = Sentence("{}").format(parts[0])
    for part in parts[1:]:
        made = Sentence(template).format(made, part)
    return made


def shown(text: str) -> str:
    """As a person reads it."""
    if _catalogue is None or not text:
        return text
    template, values = getattr(text, "parts", None) or (text, None)
    translated = _catalogue.gettext(template) if any(map(str.isalpha, template)) else template
    if values is None:
        return translated
    return translated.format(*(shown(value) if isinstance(value, str) else value for value in values))


def spoken() -> str:
    """The language that was asked for, such as "en" or "fr"."""
    return _language


def speak(language: str | None, task: str) -> None:
    """From now on, show what is said in `task` in that language, as far as it is translated; None or "en": in English.

    Raises CourseError for a language that has no catalogue.
    """
    if not language or language == ENGLISH:
        use(None)
        return
    from gettext import GNUTranslations

    found = None
    for domain in (SHARED, task):
        path = FOLDER / language / f"{domain}.mo"
        if path.is_file():
            with path.open("rb") as stream:
                catalogue = GNUTranslations(stream)
            if found:
                catalogue.add_fallback(found)
            found = catalogue
    if found is None:
        there = ", ".join([ENGLISH, *languages()])
        raise CourseError(f"language {language!r} (or COURSE_LANGUAGE): this course speaks {there}")
    use(found, language)


def use(catalogue: "NullTranslations | None", language: str = ENGLISH) -> None:
    """Translate by this catalogue from now on."""
    global _catalogue, _language
    _catalogue, _language = catalogue, language


def languages() -> list[str]:
    """The languages that checks can speak, but English."""
    return sorted(path.name for path in FOLDER.glob("*") if path.is_dir())
