"""A language nobody speaks: English with accents, between brackets. What shows no brackets was forgotten."""

import re
from gettext import NullTranslations

from course_tools.translate.kept import KEPT

LANGUAGE = "pseudo"
ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "áćéíñóśúýźÁĆÉÍÑÓŚÚÝŹ")
LEADING = re.compile(r"(?:### BEGIN SOLUTION\n|#+ |- |\d+\. |\*\*|\s|<details><summary>)*")
TRAILING = re.compile(r"\s*(?:\n### END SOLUTION)?$")


def pseudo(text: str) -> str:
    """The text in it: formulas, code, links and placeholders as they were."""
    begin = LEADING.match(text)
    assert begin
    rest = text[begin.end() :]
    body, place = "", 0
    for found in KEPT.finditer(rest):
        body += rest[place : found.start()].translate(ACCENTS) + found[0]
        place = found.end()
    body += rest[place:].translate(ACCENTS)
    end = TRAILING.search(body)
    assert end
    return f"{begin[0]}⟦{body[: end.start()]}⟧{end[0]}"


class Pseudo(NullTranslations):
    """As a catalogue that has every sentence."""

    def gettext(self, message: str) -> str:
        return pseudo(message)
