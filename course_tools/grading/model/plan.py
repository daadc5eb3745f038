"""For each test, where every name in it comes from.

A test runs in the trusted process. The names it needs are bound there from the instructor's own statements (imports, functions, data), run
in that process; only what depends on an answer is asked of the student's. So a student who binds `np` or `abs` changes nothing.
"""

import builtins
from collections.abc import Iterator
from dataclasses import dataclass, replace

from course_tools.grading.model.cells import Plan, SourceCell
from course_tools.grading.model.names import DYNAMIC, Code, plain


@dataclass(frozen=True)
class _Origin:
    """A statement of the source. ours: it runs in the trusted process; otherwise its names are asked of the student."""

    code: Code
    ours: bool
    test: bool = False


def planned(cells: list[SourceCell]) -> Iterator[SourceCell]:
    """The cells, with a plan for each test."""
    before: list[_Origin] = []
    theirs: set[str] = set()  # names whose value depends on an answer
    for cell in cells:
        code = Code(plain(cell.source)) if cell.cell_type == "code" else Code("")
        if cell.kind == "test":
            try:
                plan = _plan(code, before)
                problems = (*_problems(code), *_borrowed_problems(plan))
            except SyntaxError as error:
                problems, plan = (f"line {error.lineno}: is no Python ({error.msg})",), Plan()
            yield replace(cell, plan=plan, problems=problems)
            before += [_Origin(statement, ours=True, test=True) for statement in code.statements()]
            continue
        yield cell
        answered = cell.kind in ("answer", "manual")
        for statement in code.statements():
            ours = statement.imports or (not answered and (statement.defines_only or not statement.used & theirs))
            before.append(_Origin(statement, ours))
            theirs = theirs - statement.bound if ours else theirs | statement.bound


def _plan(test: Code, before: list[_Origin]) -> Plan:
    """Follow the names of a test back through the statements before it, the latest that binds a name deciding whose it is."""
    wanted, ours, student = sorted(test.used - DYNAMIC), set[int](), set[str]()
    seen = set(wanted)
    while wanted:
        name = wanted.pop()
        binding = [i for i, origin in enumerate(before) if name in origin.code.bound]
        if not binding and (hasattr(builtins, name) or name in test.bound):
            continue
        if binding and before[binding[-1]].test:
            continue  # bound by an earlier test, in whose namespace this one runs
        if not binding or not before[binding[-1]].ours:
            student.add(name)
            continue
        involved = [
            i
            for i, origin in enumerate(before)
            if origin.ours and not origin.test and name in origin.code.bound | origin.code.touched
        ]
        ours.update(involved)
        new = {used for i in involved for used in before[i].code.used} - seen - DYNAMIC
        seen |= new
        wanted += sorted(new)
    return Plan(tuple(before[i].code.text for i in sorted(ours)), tuple(sorted(student)))


def _problems(code: Code) -> Iterator[str]:
    for line, name in code.dynamic():
        magic = " (a %magic or a !command)" if name == "get_ipython" else ""
        yield f"line {line}: uses {name}{magic}, which the trusted process does not have"


def _borrowed_problems(plan: Plan) -> Iterator[str]:
    """Of the instructor's statements that a test builds on."""
    for statement in plan.ours:
        for _, name in Code(statement).dynamic():
            first = statement.partition("\n")[0]
            yield f"builds on `{first}`, which uses {name}, and that the trusted process does not have"
