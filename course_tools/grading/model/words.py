"""Words of strangers on their way to a terminal, a table or a file: nothing in them moves a cursor, turns a line around or is no text."""

import re

UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str, instead: str = "") -> str:
    """`text` without control characters (tab and line feed stay), marks that change the direction of reading, and lone surrogates."""
    return UNSEEN.sub(instead, text)
