"""A figure as SVG inside a page: it takes the page's font and, in light and dark, its colours."""

import io
import re

from markupsafe import Markup
from matplotlib import rc_context

from course_utils.figures import GRAY, Picture

THEMED = {"#000000": "currentColor", "#dddddd": "var(--line)", GRAY: "var(--soft)", "#262626": "currentColor"}
# what belongs to a file of its own, names that are the same in every picture, and the font
LEFT_OUT = re.compile(
    r"<metadata>.*?</metadata>|<style.*?</style>|(?<=<g) id=\"[^\"]*\"|font-family: [^;]*; ", re.DOTALL
)
FRAME = re.compile(r".*?<svg[^>]*?viewBox=\"([^\"]+)\"[^>]*>", re.DOTALL)


def inline(figure: Picture, name: str) -> Markup:
    """The figure with its `alt`; `name` keeps what it defines apart from other pictures of the page."""
    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    drawing = LEFT_OUT.sub("", file.getvalue())
    for colour, variable in THEMED.items():
        drawing = drawing.replace(colour, variable)
    frame = Markup('<svg class="picture" role="img" aria-label="{}" viewBox="{}">')
    box = FRAME.match(drawing)
    assert box, "matplotlib writes a viewBox"
    return frame.format(figure.alt, box[1]) + Markup(drawing[box.end() :])
