"""The texts of a notebook that a person reads: whole markdown cells, and of code its docstrings, its comments and what it prints.

Names, other strings and the insides of answers stay as they are: code is the same in every language.
"""

import ast
import inspect
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

from nbformat import NotebookNode

from course_tools.build.release import REGIONS

LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[^\W\d_]{2}")
EXPRESSION = re.compile(r"\{[^{}]*\}")
START = re.compile(r'\bstart\("\w+"')
Translate = Callable[[str], str]


@dataclass(frozen=True)
class Text:
    """A text and its place in a cell's source. indent: of the lines after the first."""

    message: str
    begin: int
    end: int
    indent: str = ""


def texts(cell: NotebookNode) -> list[Text]:
    """In the order of the source."""
    source = cell.source
    if cell.cell_type != "code":
        return [Text(source, 0, len(source))] if LETTER.search(source) else []
    hidden = _regions(source)
    found = [*_comments(source), *_strings(source)]
    visible = (text for text in found if not any(begin <= text.begin < end for begin, end in hidden))
    return sorted(
        (text for text in visible if WORD.search(EXPRESSION.sub("", text.message))), key=lambda text: text.begin
    )


def stub(cell: NotebookNode) -> NotebookNode | None:
    """What students get in place of a cell that is an answer as a whole."""
    source = cell.metadata.get("course", {}).get("stub")
    return None if source is None else NotebookNode(cell_type="code", source=source, metadata={})


def translated(nb: NotebookNode, translate: Translate, language: str) -> NotebookNode:
    """The notebook in another language: ids, points and code as they were."""
    made = deepcopy(nb)
    for cell in made.cells:
        if answer := stub(cell):
            cell.metadata.course["stub"] = _replaced(answer, translate)
        else:
            cell.source = _replaced(cell, translate)
        cell.source = START.sub(rf'\g<0>, language="{language}"', cell.source)
        _sign(cell)
    return made


def _replaced(cell: NotebookNode, translate: Translate) -> str:
    source = cell.source
    for text in reversed(texts(cell)):
        lines = translate(text.message).splitlines()
        new = "\n".join([lines[0], *(text.indent + line if line else line for line in lines[1:])])
        source = source[: text.begin] + new + source[text.end :]
    return source


def _sign(cell: NotebookNode) -> None:
    """nbgrader's checksum, by which it knows an answer that nobody has touched."""
    if "checksum" in cell.metadata.get("nbgrader", {}):
        from nbgrader.utils import compute_checksum

        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)


def _regions(source: str) -> list[tuple[int, int]]:
    """Where the answers and the hidden tests are."""
    found = []
    for begin, end in REGIONS.items():
        for opened in re.finditer(re.escape(begin), source):
            closed = source.find(end, opened.end())
            found.append((opened.start(), closed + len(end) if closed >= 0 else len(source)))
    return found


def _comments(source: str) -> Iterator[Text]:
    starts = _starts(source)
    for token in _tokens(source):
        words = token.string.lstrip("#").strip()
        if token.type == tokenize.COMMENT and not token.string.startswith("###"):
            begin = starts[token.start[0] - 1] + token.start[1] + token.string.index(words)
            yield Text(words, begin, begin + len(words))


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(source).readline)
    except (tokenize.TokenError, SyntaxError):  # no Python, such as a %magic
        return


def _strings(source: str) -> Iterator[Text]:
    """Docstrings, and strings that are printed."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    starts = _starts(source)

    def place(node: ast.expr) -> tuple[int, int]:
        ends = (node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0)
        lines = source.splitlines()
        begin, end = (starts[n - 1] + len(lines[n - 1].encode()[:column].decode()) for n, column in ends)
        return begin, end

    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            first = node.body[0]
            assert isinstance(first, ast.Expr)
            begin, end = place(first.value)
            inner = source[begin + 3 : end - 3]
            kept = inner.rstrip()
            yield Text(inspect.cleandoc(kept), begin + 3, begin + 3 + len(kept), " " * first.col_offset)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            for argument in node.args:
                if isinstance(argument, ast.Constant | ast.JoinedStr):
                    begin, end = place(argument)
                    if one := re.fullmatch(r'(f?")((?:[^"\\\n]|\\.)*)"', source[begin:end]):
                        yield Text(one[2], begin + len(one[1]), end - 1)


def statements(nb: NotebookNode) -> Iterator[str]:
    """What `lab.claim` states and `lab.record` names, where it is written out: shown when the notebook runs."""
    for cell in nb.cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("lab.claim", "lab.record"):
                    first = node.args[0]
                    if isinstance(first, ast.Constant) and isinstance(first.value, str):
                        yield first.value


def names_on_plots(nb: NotebookNode) -> Iterator[str]:
    """What a cell that draws calls its curves: the keys of its dictionaries."""
    for cell in nb.cells:
        if cell.cell_type == "code" and "plots.plot_" in cell.source:
            for node in ast.walk(ast.parse(cell.source)):
                keys = node.keys if isinstance(node, ast.Dict) else []
                yield from (key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _starts(source: str) -> list[int]:
    """Where each line begins."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts
