"""What of an answer can be recognised in another: its structure, its words and its comments, as sets of marks.

Structure is copydetect's: tokens with every name replaced. All are taken in overlapping pieces of K characters (Schleimer et al. 2003; not
thinned out, answers are short), so that new names, other comments, other spacing and moved lines leave most marks as they were.
"""

import io
import tokenize
from collections.abc import Iterator

from copydetect.utils import filter_code

K = 14  # characters of a piece

Mark = tuple[str, str]


def marks(source: str) -> frozenset[Mark]:
    """Of one answer cell. Code that is no Python has what can be read of it."""
    structure, _ = filter_code(source, "answer.py", "python")
    words = list(_words(source))
    kinds = {kind: " ".join(word for found, word in words if found == kind) for kind in ("word", "comment")}
    return frozenset((kind, one) for kind, text in (kinds | {"structure": structure}).items() for one in _pieces(text))


def _pieces(text: str) -> set[str]:
    return {text[i : i + K] for i in range(max(1, len(text) - K + 1))} if text.strip() else set()


def _words(source: str) -> Iterator[tuple[str, str]]:
    """Tokens without layout; comments with their spaces closed up."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                yield "comment", " ".join(token.string.lstrip("# ").split())
            elif token.string.strip():
                yield "word", token.string
    except (tokenize.TokenError, SyntaxError):
        return
