"""Which names a piece of notebook code binds and needs: what a test can take from the instructor's notebook, and what from the student."""

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from IPython.core.inputtransformer2 import TransformerManager

# what depends on where code runs, or looks at the code of a function: it would be answered for the wrong process
DYNAMIC = frozenset({"eval", "exec", "globals", "locals", "vars", "get_ipython", "In", "Out", "_", "__", "getsource"})
OF_MODULES = frozenset({"inspect.getsource", "inspect.getsourcelines", "inspect.signature", "inspect.getfullargspec"})


@lru_cache(maxsize=4096)  # the instructor's cells stand in every submission
def plain(source: str) -> str:
    """Notebook code as Python: `%magic` and `!command` become calls of `get_ipython()`."""
    return TransformerManager().transform_cell(source)


@dataclass(frozen=True)
class Code:
    """Python code at the top level of a notebook: a cell or one statement of it."""

    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Raises SyntaxError."""
        return ast.parse(self.text)

    @cached_property
    def bound(self) -> frozenset[str]:
        """Names it gives a value, those that a function declares `global` included."""
        top, *inner = tables(symtable.symtable(self.text, "<cell>", "exec"))
        names = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
        return frozenset(
            names | {s.get_name() for t in inner for s in t.get_symbols() if s.is_declared_global() and s.is_assigned()}
        )

    @cached_property
    def used(self) -> frozenset[str]:
        """Names it reads from the notebook, in function bodies too."""
        top, *inner = tables(symtable.symtable(self.text, "<cell>", "exec"))
        names = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
        return frozenset(
            names | {s.get_name() for t in inner for s in t.get_symbols() if s.is_global() and s.is_referenced()}
        )

    @cached_property
    def touched(self) -> frozenset[str]:
        """Names whose objects it may change without binding them: `x.append(1)`, `x[0] = 1`, `torch.manual_seed(0)`."""
        found = set()
        for node in ast.walk(self.tree):
            targets: Iterable[ast.AST] = ()
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                targets = (node.value.func,)
            elif isinstance(node, ast.Assign):
                targets = node.targets
            elif isinstance(node, ast.AugAssign):
                targets = (node.target,)
            found |= {name for target in targets if (name := _root(target))}
        return frozenset(found)

    def dynamic(self) -> Iterator[tuple[int, str]]:
        """Line and name of whatever in it can mean something only in the notebook's own process. Raises SyntaxError."""
        names = (self.used - self.bound) & DYNAMIC
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name) and node.id in names:
                yield node.lineno, node.id
            elif isinstance(node, ast.Attribute) and ast.unparse(node) in OF_MODULES:
                yield node.lineno, ast.unparse(node)

    @cached_property
    def defines_only(self) -> bool:
        """Whether running it computes nothing: an import, a function, a class."""
        kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return all(isinstance(node, kinds) for node in self.tree.body)

    @cached_property
    def imports(self) -> bool:
        return all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in self.tree.body)

    def statements(self) -> list["Code"]:
        """Its statements; none of code that is no Python."""
        try:
            return [Code(ast.unparse(node)) for node in self.tree.body]
        except SyntaxError:
            return []


def tables(table: symtable.SymbolTable) -> list[symtable.SymbolTable]:
    return [table, *(each for child in table.get_children() for each in tables(child))]


def _root(node: ast.AST) -> str:
    """`x` of `x.a[0].b`, "" of a bare name."""
    depth = 0
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node, depth = node.value, depth + 1
    return node.id if depth and isinstance(node, ast.Name) else ""
