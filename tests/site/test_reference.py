"""Docstrings as the reference shows them: items as a list, examples as they are, no sign that Sphinx would take for its own."""

from course_tools.site.reference import for_sphinx

DOCSTRING = """\
Log-probabilities log p_theta(x) of |x| tokens, *all* of them,
on two lines.

logits: (N, C), any
    float type
eps: of the root

Raises ValueError where C < 2.

>>> f(a_b * 2)
4
"""


def test_a_docstring_as_sphinx_gets_it():
    lines = DOCSTRING.splitlines()
    for_sphinx(None, "function", "f", None, None, lines)
    assert lines == [
        r"Log-probabilities log p\_theta(x) of \|x\| tokens, \*all\* of them, on two lines.",
        "",
        "- logits: (N, C), any float type",
        "",
        "- eps: of the root",
        "",
        "Raises ValueError where C < 2.",
        "",
        ">>> f(a_b * 2)",
        "4",
        "",
    ]
