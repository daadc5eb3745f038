"""What a statement of a notebook reads, binds and may change: what must be known to leave statements out.

Python does not say what a call changes, so there are two degrees. A *sure* change is one that the statement's form shows: an assignment to
an attribute or an item, a method called for nothing but its effect, an object handed to a function of the notebook's own. A *possible*
one is any other use in a call: `model(x)`, `train(model)`.
"""

import ast
import symtable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from course_tools.grading.model.names import Code, tables


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


AT_ONCE = _names("listcomp genexpr setcomp dictcomp")  # scopes whose bodies run where they stand
BINDERS = (ast.Assign, ast.AnnAssign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
CHANGING = _names(
    "add append backward clear discard eval extend insert load_state_dict pop popitem remove reverse setdefault shuffle sort step train"
    " update write zero_grad"
)
FILES = _names("dump mkdir open save savefig savetxt to_csv to_json unlink write write_bytes write_text")
PURE = _names(
    "abs all any bool dict display divmod enumerate filter float format getattr hasattr hash id int isinstance len list map max min"
    " print range repr reversed round set sorted str sum tuple type zip"
)
RANDOM = _names(
    "bernoulli choice choices multinomial normal permutation rand randint randn randperm random sample shuffle uniform"
)
SEEDS = _names("manual_seed manual_seed_all seed set_seed")


@dataclass(frozen=True)
class Effects(Code):
    """One statement at the top level of a cell, or a whole cell."""

    @cached_property
    def reads(self) -> frozenset[str]:
        """Names it reads where it stands."""
        top, *inner = tables(symtable.symtable(self.text, "<cell>", "exec"))
        names = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
        at_once = (table for table in inner if table.get_name() in AT_ONCE)
        return frozenset(names | {s.get_name() for t in at_once for s in t.get_symbols() if s.is_global()})

    @cached_property
    def later(self) -> frozenset[str]:
        """Names that the functions it defines read when they are called."""
        return self.used - self.reads

    @cached_property
    def certain(self) -> frozenset[str]:
        """Names that it binds whatever happens: in no branch and no loop, and not when a function of it is called."""
        plain = ast.Module([node for node in self.tree.body if isinstance(node, BINDERS)], [])
        return frozenset(
            s.get_name() for s in symtable.symtable(ast.unparse(plain), "", "exec").get_symbols() if _bound(s)
        )

    @cached_property
    def called(self) -> frozenset[str]:
        """Last names of what it calls: `randn` of `torch.randn(3)`."""
        return frozenset(_last(call.func) for call in self._calls)

    @cached_property
    def changes(self) -> frozenset[str]:
        """Names whose objects it surely changes, wherever these come from."""
        found = set()
        for node in _running(self.tree):
            match node:
                case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                    found.add(_root(node))
                case ast.Expr(value=ast.Call(func=ast.Attribute() as called)) if called.attr not in SEEDS:
                    found.add(_root(called))
                case ast.Call(func=ast.Attribute() as called) if _in_place(called.attr):
                    found.add(_root(called))
        return frozenset(found - {""})

    @cached_property
    def handed(self) -> tuple[tuple[str, str], ...]:
        """(name of the function, name of the object) of each object that is handed as it is to a function called by its bare name."""
        calls = [call for call in self._calls if isinstance(call.func, ast.Name) and call.func.id not in PURE]
        return tuple((_root(c.func), v.id) for c in calls for v in _arguments(c) if isinstance(v, ast.Name))

    @cached_property
    def possible(self) -> frozenset[str]:
        """Names whose objects some call in it could change."""
        calls = [call for call in self._calls if not (isinstance(call.func, ast.Name) and call.func.id in PURE)]
        return frozenset({_root(v) for c in calls for v in (c.func, *_arguments(c))} - {""})

    @cached_property
    def told(self) -> str:
        """`x` of `x.f("a", 1)`, if that is all of it and what is handed over is written out; else ""."""
        match self.tree.body:
            case [ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args, keywords=keywords))]:
                return name if all(_written_out(v) for v in (*args, *(k.value for k in keywords))) else ""
        return ""

    @cached_property
    def _calls(self) -> tuple[ast.Call, ...]:
        return tuple(node for node in _running(self.tree) if isinstance(node, ast.Call))


@cache
def effects(text: str) -> Effects:
    """The same statement of the instructor's stands in every submission."""
    return Effects(text)


def _bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run where they stand, not when a function that stands there is called."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _running(child)


def _root(node: ast.AST) -> str:
    """`x` of `x`, `x.a[0]` and `x.f().g`."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _written_out(node: ast.expr) -> bool:
    return not any(isinstance(part, ast.Name | ast.Call | ast.Await) for part in ast.walk(node))


def _in_place(name: str) -> bool:
    return name in CHANGING or (name.endswith("_") and not name.endswith("__"))


def _arguments(call: ast.Call) -> Iterator[ast.expr]:
    for value in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield value.value if isinstance(value, ast.Starred) else value
