"""TeX to MathML, which browsers show without a script."""

import re
from html import escape

from latex2mathml.converter import convert

# log, exp, KL: perhaps at the start of a formula, perhaps before a bracket
NAMED = re.compile(
    r'(<mrow>(?:<m(?:sub|sup|under)>)?)?<m[io]>([A-Za-z]{2,})</m[io]>(?=(<mo stretchy="false">&#x00028;)?)'
)


def mathml(tex: str, display: str = "inline") -> str:
    """The formula as a <math> element, or as code where it is no TeX the converter knows."""
    try:
        braced = re.sub(r"(\\math\w+)\s+(\w)", r"\1{\2}", tex.strip())  # \mathcal N, which the converter renders plain
        return NAMED.sub(spaced, convert(braced, display=display))
    except Exception:  # whatever the converter trips over, the reader still gets the formula
        return f"<code>{escape(tex)}</code>"


def spaced(name: re.Match[str]) -> str:
    """The name of a function as an operator, so that a thin space keeps it from its neighbours, brackets excepted."""
    before, after = (0 if side else 0.17 for side in (name[1], name[3]))
    return f'{name[1] or ""}<mo lspace="{before}em" rspace="{after}em">{name[2]}</mo>'
