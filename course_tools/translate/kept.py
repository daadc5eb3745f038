"""What a translation must not change: formulas, code, links, tags, placeholders, and the marks around answers."""

import re
from collections import Counter

WORDS = re.compile(r"\\text\{[^{}]*\}")  # words in a formula may be translated
KEPT = re.compile(
    r"""(?P<formula> \$\$.+?\$\$ | \$[^$]+\$ )
      | (?P<code> ```.*?``` | `[^`\n]+` | <code>.*?</code> )
      | (?P<link> \]\([^)\s]*\) )
      | (?P<tag> </?[a-z][^<>]*> )
      | (?P<mark> \#\#\#\ (?:BEGIN|END)\ \w+(?:\ \w+)? )
      | (?P<placeholder> \{[^{}]*\} )""",
    re.DOTALL | re.VERBOSE,
)


def kept(text: str) -> Counter[str]:
    """What must be in a translation just as often."""
    return Counter(WORDS.sub(r"\\text{}", " ".join(found[0].split())) for found in KEPT.finditer(text))


def lost(text: str, translation: str) -> str:
    """What a translation lacks or has too much, in words; "" if it is sound."""
    before, after = kept(text), kept(translation)
    parts = [f"lacks {one}" for one in (before - after)] + [f"adds {one}" for one in (after - before)]
    return ", ".join(parts)
