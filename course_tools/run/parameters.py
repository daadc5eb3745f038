"""Notebook parameters: what the cell tagged `parameters` declares, and `-p name=value` held against it beforehand."""

import ast
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from papermill import inspect_notebook

from course_utils.errors import UsageError

TRUE_FALSE = {"true": True, "false": False}


def read_notebook(path: Path) -> NotebookNode:
    """The notebook at `path`. Raises UsageError when there is none, or the file is no valid notebook."""
    try:
        nb = nbformat.read(path, as_version=4)
        nbformat.validate(nb)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # nbformat raises what the broken content makes it raise
        reason = str(error).partition("\n")[0]
        raise UsageError(f"{path}: not a valid notebook ({reason}); build it again with `course build`") from None
    nb.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3", "language": "python"})
    return nb


def split_assignments(texts: Sequence[str], option: str = "-p") -> dict[str, str]:
    """["seed=3"] -> {"seed": "3"}. Raises UsageError on anything but name=value."""
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"{option} {text}: write it as NAME=VALUE, for example {option} seed=3")
        if name == "profile":
            raise UsageError(f"{option} {text}: choose the profile with --profile {value}")
        values[name] = value
    return values


def combinations(sweep: Sequence[str]) -> list[dict[str, str]]:
    """["seed=0,1", "rate=0.1,0.2"] -> the four combinations, {name: value} each; [{}] for no sweep. Errors as for assignments."""
    chosen = {name: values.split(",") for name, values in split_assignments(sweep, "--sweep").items()}
    return [dict(zip(chosen, values, strict=True)) for values in product(*chosen.values())]


def declared(nb: NotebookNode) -> dict[str, Any]:
    """{name: default} of the notebook's parameters cell; a default that is no literal stays source text."""
    return {name: _literal(found["default"]) for name, found in inspect_notebook(nb).items()}


def bind(name: str, nb: NotebookNode, given: dict[str, str], profile: str) -> dict[str, Any]:
    """The values to run `nb` with: `given`, each in its default's type, and the profile where the notebook has one.

    Raises UsageError on a parameter the notebook does not declare, and on a value of another type.
    """
    known = declared(nb)
    for key in given:
        if key not in known:
            listed = ", ".join(f"{other}={default!r}" for other, default in known.items() if other != "profile")
            raise UsageError(f"{name} has no parameter {key!r}; it has: {listed or '(none: no parameters cell)'}")
    values = {key: _convert(name, key, text, known[key]) for key, text in given.items()}
    return ({"profile": profile} if "profile" in known else {}) | values


def _convert(name: str, key: str, text: str, default: Any) -> Any:
    """`text` in the type of `default`; None accepts any literal, and a whole number will do for a float."""
    if isinstance(default, str):
        return text
    value = TRUE_FALSE.get(text.lower(), _literal(text))
    if default is None or type(value) is type(default):
        return value
    if isinstance(default, float) and type(value) is int:
        return float(value)
    raise UsageError(f"{name}: -p {key}={text}: {key} is of type {type(default).__name__} (default {default!r})")


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
