"""`course translate`: write the texts that are to be translated, and say what is missing or out of date."""

import re
from collections.abc import Sequence

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog

from course_tools.build import generate
from course_tools.paths import LOCALE, SOLUTIONS
from course_tools.translate import pseudo
from course_tools.translate.catalogue import messages, po_file, read, template, write
from course_tools.translate.kept import lost
from course_tools.translate.texts import translated
from course_utils import __version__
from course_utils.errors import UsageError
from course_utils.language import SHARED
from course_utils.paths import ROOT
from course_utils.tables import text_table
from course_utils.tasks import require_task

INCOMPLETE = 3  # exit code
MARK = re.compile("### (BEGIN|END)")
UNTRANSLATED, STALE, BROKEN = "untranslated", "stale", "broken"


def extract_command(domains: Sequence[str], language: str | None) -> int:
    """Bring catalogues up to date with their sources; begin those that are asked for and not there yet."""
    for one, domain in _chosen(domains, language, begin=True):
        path = po_file(one, domain)
        catalogue = read(one, domain) if path.is_file() else _begun(one, domain)
        write(catalogue, path)
        print(f"{path.relative_to(ROOT)}: {len(list(messages(catalogue)))} texts")
    return 0


def status_command(domains: Sequence[str], language: str | None) -> int:
    """List every text without a translation, or with one that is older than the text, or that lost a formula."""
    rows, listed = [], []
    for one, domain in _chosen(domains, language):
        found = list(messages(read(one, domain)))
        flags = [_flag(str(m.id), str(m.string or ""), m.fuzzy) for m in found]
        counts = [sum(flag.startswith(word) for flag in flags) for word in (UNTRANSLATED, STALE, BROKEN)]
        rows.append((one, domain, *map(str, (len(found), *counts))))
        for message, flag in zip(found, flags, strict=True):
            if flag:
                place = message.locations[0][0] if message.locations else ""
                listed.append(f"{one}/{domain}.po, {place}: {flag}: {_opening(str(message.id))}")
    print(text_table(("language", "catalogue", "texts", UNTRANSLATED, STALE, BROKEN), rows, right=(2, 3, 4, 5)))
    if listed:
        print("", *listed, sep="\n")
    return INCOMPLETE if listed else 0


def _opening(text: str) -> str:
    """The first line of what is said."""
    return next((line for line in text.splitlines() if line.strip() and not MARK.match(line)), text).strip()[:80]


def _flag(text: str, translation: str, fuzzy: bool) -> str:
    if not translation:
        return UNTRANSLATED
    if fuzzy:
        return STALE
    problem = lost(text, translation)
    return f"{BROKEN} ({problem})" if problem else ""


def pseudo_command(domains: Sequence[str]) -> int:
    """Write notebooks in the language nobody speaks, for a person to look through."""
    if not domains:
        raise UsageError("name the tasks to write, as in `course translate pseudo infonce`")
    for task in map(require_task, domains):
        path = ROOT / "build" / pseudo.LANGUAGE / f"{task}.ipynb"
        nb = generate.notebook(SOLUTIONS / f"{task}.py")
        generate.write(translated(nb, pseudo.pseudo, pseudo.LANGUAGE), path)
        print(path.relative_to(ROOT))
    return 0


def _chosen(domains: Sequence[str], language: str | None, begin: bool = False) -> list[tuple[str, str]]:
    """(language, domain): those that are there, or that are to begin. Raises UsageError for what does not exist."""
    for domain in domains:
        if domain != SHARED:
            require_task(domain)
    there = sorted((path.parent.name, path.stem) for path in LOCALE.glob("*/*.po"))
    if language:
        _require_language(language)
        there = [one for one in there if one[0] == language]
        if begin:
            there = sorted({*there, *((language, domain) for domain in domains)})
    found = [one for one in there if not domains or one[1] in domains]
    if not found:
        raise UsageError("there is no such catalogue; `course translate extract TASK --language fr` begins one")
    return found


def _require_language(language: str) -> None:
    try:
        Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        raise UsageError(f"language {language!r}: give a code such as fr or pt_BR") from None


def _begun(language: str, domain: str) -> Catalog:
    catalogue = Catalog(
        locale=language,
        domain=domain,
        header_comment="# Learning at Scale: see CONTRIBUTING.md, Languages.",
        project="Learning at Scale",
        version=__version__,
        msgid_bugs_address="none",
        last_translator="none",
        language_team=language,
        fuzzy=False,
    )
    catalogue.update(template(domain))
    return catalogue
