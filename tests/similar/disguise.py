"""A copy as somebody makes it who hopes not to be found: new names, other comments, other spacing, independent lines moved."""

import ast
import builtins
import random


class _Renamed(ast.NodeTransformer):
    """Arguments and local variables get new names."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node


def disguised(source: str, luck: random.Random) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    stored |= {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    outside = {
        n.id for node in tree.body if isinstance(node, ast.Assign) for n in node.targets if isinstance(n, ast.Name)
    }
    local = sorted(stored - outside - set(dir(builtins)))
    tree = _Renamed({name: f"{luck.choice('pqrsuvw')}{i}" for i, name in enumerate(local)}).visit(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body = _moved(node.body, luck)
    lines = ast.unparse(tree).replace(", ", ",").splitlines()
    return "\n".join(["# my own solution, version 2", *lines])


def _moved(body: list[ast.stmt], luck: random.Random) -> list[ast.stmt]:
    """Assignments next to each other change places if neither reads what the other writes."""
    body = list(body)
    for i in range(len(body) - 1):
        first, second = body[i], body[i + 1]
        if isinstance(first, ast.Assign) and isinstance(second, ast.Assign) and luck.random() < 0.5:
            names = [{n.id for n in ast.walk(s) if isinstance(n, ast.Name)} for s in (first, second)]
            written = [
                {n.id for t in s.targets for n in ast.walk(t) if isinstance(n, ast.Name)} for s in (first, second)
            ]
            if not (names[0] & written[1] or names[1] & written[0]):
                body[i], body[i + 1] = second, first
    return body
