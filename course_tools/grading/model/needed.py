"""What of a submission must run to grade it: the student's own cells, and of the instructor's whatever these and the tests need.

The rest (training to look at, plots, records) shows something and decides nothing. A statement of an unchanged cell of the instructor's
is run if it gives or surely changes a value that something that runs reads, or if it imports: what a module takes to load must not fall
into the time of a test. A cell that the student wrote or changed is run whole, unless it only tells an observer something.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.effects import FILES, RANDOM, Effects, effects
from course_tools.grading.model.merge import Step
from course_tools.grading.model.names import DYNAMIC, Code, plain

OBSERVERS = (
    "course_utils.session",
    "start",
)  # what it returns records and shows; nothing that is computed depends on that


@dataclass(frozen=True)
class Needed:
    """sources: of each step, what is run; None for nothing. doubtful: tests whose names a statement left out may have changed."""

    sources: tuple[str | None, ...]
    doubtful: frozenset[str] = frozenset()

    def leaves_out(self, steps: Sequence[Step]) -> bool:
        return any(step.runs and step.source != source for step, source in zip(steps, self.sources, strict=True))


def everything(steps: Sequence[Step]) -> Needed:
    """All cells, as stock nbgrader runs them."""
    return Needed(tuple(step.source if step.runs else None for step in steps))


def needed(assignment: Assignment, steps: Sequence[Step]) -> Needed:
    """Everything, too, where a cell of the student's could depend on anything: it looks names up, or a test uses numbers it drew."""
    book = _read(assignment, steps)
    return (book and book.needed(steps)) or everything(steps)


@dataclass
class _Statement:
    step: int
    effects: Effects
    own: bool = False
    draws: bool = False
    kept: bool = False

    @property
    def parts(self) -> Iterator[Effects]:
        """The statements of a cell that stands here whole: `import math` above a function still binds a module."""
        return (Effects(part.text) for part in self.effects.statements()) if self.own else iter((self.effects,))


@dataclass
class _Notebook:
    """statements: in order; tests: name, how many statements stand before it, and names it asks the student's process for."""

    statements: list[_Statement] = field(default_factory=list)
    tests: list[tuple[str, int, frozenset[str]]] = field(default_factory=list)

    def needed(self, steps: Sequence[Step]) -> Needed | None:
        """None if a test uses numbers that a cell of the student's drew: they are others where less was drawn before."""
        self._learn()
        asked = [(name, at) for _, at, names in self.tests for name in names]
        if any(self.statements[i].draws for i in self._followed(asked)[1]):
            return None
        for statement in self.statements:
            statement.kept |= statement.own
        kept = [want for i, s in enumerate(self.statements) if s.kept for want in self._wants(i)]
        for i in self._followed([*kept, *asked])[1]:
            self.statements[i].kept = True
        own = {s.step for s in self.statements if s.own}
        lines: dict[int, list[str]] = {}
        for s in self.statements:
            if s.kept:
                lines.setdefault(s.step, []).append(s.effects.text)
        sources = [
            step.source if number in own else "\n".join(lines[number]) if number in lines else None
            for number, step in enumerate(steps)
        ]
        return Needed(tuple(sources), frozenset(test for test, at, names in self.tests if self._doubts(at, names)))

    def _learn(self) -> None:
        """Which names stand for modules and functions, and what each statement surely changes."""
        parts = [part for s in self.statements for part in s.parts]
        defining = [one for one in parts if one.defines_only]
        self.imported = {name for one in defining if one.imports for name in one.bound}
        self.functions = {name for one in defining if not one.imports for name in one.bound}
        self.objects = {name for one in parts if not one.defines_only for name in one.bound}
        module, start = OBSERVERS
        if any(s.effects.text == f"from {module} import {start}" for s in self.statements if not s.own):
            observing = (s for s in self.statements if not s.own and s.effects.called == {start})
            observers = {name for s in observing for name in s.effects.bound}
            self.objects -= observers
            observers -= {name for s in self.statements if s.own for name in s.effects.bound}
            for statement in self.statements:
                statement.own &= statement.effects.told not in observers
        self.changes = [self._changes(s.effects) for s in self.statements]

    def _changes(self, one: Effects) -> frozenset[str]:
        handed = {given for function, given in one.handed if function in self.functions}
        return frozenset((one.changes & (self.objects | self.imported)) | (handed & self.objects))

    def _followed(self, todo: list[tuple[str, int]]) -> tuple[set[str], set[int]]:
        """The names, and the statements, that wanted names (each as of before a statement) lead back to."""
        seen, found, todo = set(), set[int](), list(todo)
        while todo:
            want = todo.pop()
            if want in seen:
                continue
            seen.add(want)
            name, at = want
            for i in range(at - 1, -1, -1):
                one = self.statements[i].effects
                if (name in one.bound or name in self.changes[i]) and i not in found:
                    found.add(i)
                    todo += self._wants(i)
                if name in one.certain and at < len(self.statements):
                    break
        return {name for name, _ in seen}, found

    def _wants(self, i: int) -> Iterator[tuple[str, int]]:
        one = self.statements[i].effects
        yield from ((name, i) for name in one.reads)
        yield from ((name, len(self.statements)) for name in one.later)  # a function may be called whenever

    def _doubts(self, at: int, names: frozenset[str]) -> bool:
        used = self._followed([(name, at) for name in names])[0] & self.objects
        return any(used & s.effects.possible for s in self.statements[:at] if s.draws or not s.kept)


@cache
def _parted(text: str) -> tuple[Effects, ...]:
    """The statements of a cell of the instructor's."""
    return tuple(effects(statement.text) for statement in Code(text).statements())


def _read(assignment: Assignment, steps: Sequence[Step]) -> _Notebook | None:
    """None if a cell of the student's could depend on anything."""
    handed_out = {cell.source for cell in assignment.cells if cell.kind == "free"}
    book = _Notebook()
    for number, step in enumerate(steps):
        if step.ours and step.ours.kind == "test":
            book.tests.append((step.ours.name, len(book.statements), frozenset(step.ours.plan.student)))
        if not step.runs:
            continue
        ours = step.ours.kind == "locked" if step.ours else step.source in handed_out
        try:
            code = effects(plain(step.source)) if ours else Effects(plain(step.source))
            names, called = code.used, code.called
        except (SyntaxError, ValueError, RecursionError):  # it will say so when it runs
            book.statements.append(_Statement(number, effects(""), own=True))
            continue
        if ours:
            for one in _parted(code.text):
                always = one.imports or one.used & DYNAMIC or one.called & FILES
                book.statements.append(_Statement(number, one, kept=bool(always)))
        elif names & DYNAMIC:
            return None
        else:
            book.statements.append(_Statement(number, code, own=True, draws=bool(called & RANDOM)))
    return book
