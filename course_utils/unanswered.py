"""A cell that needs a missing answer says which one, in one line. What does not need it runs.

`install(task)` puts a handler into the kernel. An error that comes from an answer that is not there yet, or from a cell that was left
out for that reason, becomes a line instead of a traceback; every other error is shown as ever.

Where a person works, such a cell counts as run, so *Run All* goes on behind it. Headless (`course run`, nbgrader) it still fails: the
line is an error output, and nothing about points changes.
"""

import ast
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from types import TracebackType
from typing import Any

from course_utils.checks.guard import first_line, has_gap, inside_a_library
from course_utils.errors import CourseError
from course_utils.exercises import exercise_of
from course_utils.language import Sentence, shown
from course_utils.progress import live

# what a missing answer can lead to; all else is shown by IPython itself
KINDS = (NameError, LookupError, TypeError, AttributeError, ValueError, RuntimeError, ArithmeticError, CourseError)
STYLE = (
    "border-left:4px solid var(--jp-border-color1,#8a8f98);padding:.35em .8em;margin:.2em 0;"
    "font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:var(--jp-ui-font-size1,.85rem)"
)


@dataclass(frozen=True)
class Missing:
    """An answer that is not there yet; `exercise` is its number, "" where the notebook does not say."""

    name: str
    exercise: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.exercise})" if self.exercise else self.name


class Handler:
    """What is missing in one kernel. left_out: name -> {cell that would have made it: its source, and the answer it waits for}."""

    def __init__(self, shell: Any, task: str) -> None:
        self.shell, self.task = shell, task
        self.left_out: dict[str, dict[str, tuple[str, Missing]]] = {}
        self.answered: set[str] = set()
        self.source, self.cell, self.line = "", "", ""
        self.missing: Missing | None = None

    def before(self, info: Any) -> None:
        self.source, self.cell = info.raw_cell, getattr(info, "cell_id", None) or info.raw_cell
        self.missing, self.line = None, ""

    def handle(
        self, shell: Any, kind: type[BaseException], error: BaseException, trace: TracebackType, **_: Any
    ) -> None:
        """IPython's custom exception handler."""
        with contextlib.suppress(Exception):  # whatever goes wrong here, the error itself is shown
            self._explain(error)
        if not self.missing:
            shell.showtraceback((kind, error, trace), running_compiled_code=True)
        elif live():
            from IPython.display import display

            html = f'<div role="note" style="{STYLE}">{escape(self.line)}</div>'
            display({"text/plain": self.line, "text/html": html}, raw=True)
        else:
            shell._showtraceback(NotImplementedError, NotImplementedError(self.line), [self.line])

    def after(self, result: Any) -> None:
        """Of a cell that was left out, remember what it would have made; where a person works, let the next one run."""
        names, changed = made(self._tree())
        if self.missing:
            for name in names | changed:
                self.left_out.setdefault(name, {})[self.cell] = (self.source, self.missing)
            result.error_in_exec = None if live() else NotImplementedError(self.line)
        elif result.success:
            for name, cells in list(self.left_out.items()):
                cells.pop(self.cell, None)
                if name in names or not cells:
                    del self.left_out[name]
            if live() and (wanted := self._promised()) and wanted not in names:
                print(
                    shown(
                        Sentence("this cell does not define {}, which its check asks for; it defines {}").format(
                            wanted, ", ".join(sorted(names)) or Sentence("nothing")
                        )
                    )
                )
            written = "raise NotImplementedError" not in self.source
            self.answered = self.answered | names if written else self.answered - names

    def _explain(self, error: BaseException) -> None:
        loaded = {node.id for node in ast.walk(self._tree()) if isinstance(node, ast.Name)}
        if root := self._unwritten(error) or self._gap(error, loaded):
            self.missing = root
            self.line = shown(Sentence("not run: this cell needs {}, which is not answered yet").format(str(root)))
            return
        name = (error.name or "") if isinstance(error, NameError) else ""
        if name not in self.left_out and (exercise := exercise_of(self.task, name)):
            self.missing = Missing(name, exercise.number)
            text = Sentence("not run: this cell needs {}; run the cell of that answer first")
            self.line = shown(text.format(str(self.missing)))
            return
        waiting = {name} if isinstance(error, NameError) else loaded
        key = error.args[0] if isinstance(error, KeyError) and error.args else None
        words = [str(part) for part in (key if isinstance(key, tuple) else (key,)) if part is not None]

        def lacks(name: str) -> bool:
            value = self.shell.user_ns.get(name)
            return key is not None and isinstance(value, dict) and key not in value

        absent = [
            (not any(word in source for word in words), not lacks(name), name, root)
            for name in waiting & self.left_out.keys()
            for source, root in self.left_out[name].values()
        ]
        for unsure, _, name, root in sorted(absent, key=lambda one: one[:3])[:1]:
            certain = isinstance(error, NameError) or (key is not None and not unsure)
            said = "" if certain else f" ({type(error).__name__}: {first_line(error)})"
            self.missing = root
            if root.name in self.answered:
                text = Sentence(
                    "not run: this cell needs {}; run the cell above that makes it, now that {} is answered"
                )
            else:
                text = Sentence("not run: this cell needs {}, from a cell above that waits for {}")
            self.line = shown(text.format(name, str(root))) + said

    def _unwritten(self, error: BaseException | None) -> Missing | None:
        """The answer that raised NotImplementedError, here or in what led to `error`."""
        while error is not None:
            if type(error) is NotImplementedError and not inside_a_library(error):
                own = [name for name in _own_functions(error.__traceback__) if name != "<module>"]
                if own:
                    return self._named(own[-1])
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return None

    def _gap(self, error: BaseException, loaded: set[str]) -> Missing | None:
        """The value that is still `...`, if that is what `error` is about."""
        if "ellipsis" not in str(error).lower() and not isinstance(error, NotImplementedError):
            return None
        names = set(loaded)
        for name in loaded:
            code = getattr(self.shell.user_ns.get(name), "__code__", None)
            names |= set(code.co_names) if code else set()
        gaps = sorted(name for name in names if has_gap(self.shell.user_ns.get(name)))
        return self._named(gaps[0]) if gaps else None

    def _promised(self) -> str:
        """The name that this cell defined as it was released, if it is the cell of an answer."""
        exercise = exercise_of(self.task, self.cell)
        return self.cell if exercise and self.cell in exercise.names & exercise.public.keys() else ""

    def _named(self, qualified: str) -> Missing:
        parts = [part for part in qualified.split(".") if not part.startswith("<")]
        for name in reversed(parts):
            if name not in self.left_out and (exercise := exercise_of(self.task, name)):
                return Missing(name, exercise.number)
        return Missing(parts[0] if parts else qualified)

    def _tree(self) -> ast.Module:
        try:
            return ast.parse(self.shell.transform_cell(self.source))
        except SyntaxError:
            return ast.Module([], [])


def install(task: str) -> None:
    """In a Jupyter kernel, once; a second call is for another task."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return
    if isinstance(present := getattr(shell, "course_unanswered", None), Handler):
        present.task = task
        return
    handler = shell.course_unanswered = Handler(shell, task)
    shell.set_custom_exc(KINDS, lambda *given, tb_offset=None: handler.handle(*given))
    shell.events.register("pre_run_cell", handler.before)
    shell.events.register("post_run_cell", handler.after)


def made(tree: ast.Module) -> tuple[set[str], set[str]]:
    """The names that a cell binds, and those of the objects that it changes (`results["a"] = 1`, `runs.append(1)`)."""
    bound: set[str] = set()
    changed: set[str] = set()
    for node in _at_top(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            changed.add(_base(node))
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
        ):
            changed.add(_base(node.value.func))
    return bound, changed - {"", "lab", "plots"}


def _at_top(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the cell runs: all of it but the insides of functions and classes."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _at_top(child)


def _base(node: ast.expr) -> str:
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _own_functions(trace: TracebackType | None) -> Iterator[str]:
    """The qualified names of the notebook's functions in a traceback, outermost first."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "ipykernel" in code.co_filename or "<" in code.co_filename:
            yield code.co_qualname
        trace = trace.tb_next
