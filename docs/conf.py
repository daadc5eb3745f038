"""Sphinx configuration of the course site; `course site` collects the pages and builds them."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from course_tools.html.formulas import mathml
from course_tools.site.languages import in_head
from course_tools.site.reference import for_sphinx
from course_utils import __version__

project = "Learning at Scale"
author = copyright = "Learning at Scale contributors"
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc"]
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
add_module_names = False
suppress_warnings = ["ref.python"]  # a type such as `bytes` where a class has an attribute of that name
default_role = "code"  # docstrings write names as `name`
highlight_language = "none"

myst_enable_extensions = ["amsmath", "dollarmath"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # by default they come from elsewhere

html_theme = "furo"
html_title = "Learning at Scale"
html_static_path = ["_static"]
html_css_files = ["site.css", "live/live.css"]
html_copy_source = False
html_show_search_summary = False  # it fetches pages, which a browser refuses to do from a folder


def formula(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> None:
    """A formula as MathML, as in the report of a run: no script and no font is needed to read it."""
    made = mathml(node.astext(), "block" if isinstance(node, nodes.math_block) else "inline")
    if made.startswith("<code>"):
        logging.getLogger(__name__).warning("this formula cannot be shown: %s", node.astext(), location=node)
    translator.body.append(made if isinstance(node, nodes.math) else f'<div class="math">{made}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.connect("autodoc-process-docstring", for_sphinx)
    app.connect("html-page-context", in_head)
    app.add_html_math_renderer("mathml", (formula, None), (formula, None))


html_math_renderer = "mathml"
