"""The instructor's bank: hidden probes, accepted alternatives and misconceptions of every exercise. It is never released.

`bank/<task>/<exercise>.py` defines one `bank`:

    bank = Bank(hidden=[Probe(...), ...])

    @bank.alternative
    def with_logsumexp(z_i, z_j, temperature=0.5): ...

    @bank.misconception("Your value is log(2N): each anchor still counts itself among its candidates.")
    def keeps_the_diagonal(z_i, z_j, temperature=0.5): ...

    @bank.unseen("10 -> 20 -> 5")
    def other_sizes(g): ...

The reference answers are not written here: they are the answer cells of the solution notebook.
"""

import functools
import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Generator

from course_tools.paths import BANK, SOLUTIONS
from course_utils.checks.check import observe_all
from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe
from course_utils.checks.relations import responses
from course_utils.checks.rules import judge
from course_utils.checks.suite import Mistake, Suite
from course_utils.errors import CourseError
from course_utils.paths import ROOT

Answer = Any
Inputs = Callable[[Generator], Sequence[Any]]


@dataclass
class Bank:
    """What the instructor knows about one exercise. `alternatives` and `misconceptions` are filled by the decorators, in order."""

    hidden: list[Probe]
    alternatives: dict[str, Answer] = field(default_factory=dict)
    misconceptions: dict[str, tuple[Answer, str]] = field(default_factory=dict)
    inputs: dict[str, Inputs] = field(default_factory=dict)

    def alternative(self, answer: Callable[..., Any]) -> Callable[..., Any]:
        """A right answer that differs from the reference: must earn full points."""
        self.alternatives[answer.__name__] = answer
        return answer

    def misconception(self, hint: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A plausible wrong answer: must lose points, with `hint` in its verdict."""

        def register(answer: Callable[..., Any]) -> Callable[..., Any]:
            if not hint:
                raise CourseError(f"misconception {answer.__name__!r} has no hint: say in words what causes it")
            if answer.__name__ in self.misconceptions:
                raise CourseError(f"a second misconception {answer.__name__!r}: it would replace the first")
            self.misconceptions[answer.__name__] = (answer, hint)
            return answer

        return register

    def unseen(self, *probes: str) -> Callable[[Inputs], Inputs]:
        """Inputs at grading of the public `probes` whose own are the same for every seed, and so can be known beforehand."""

        def register(inputs: Inputs) -> Inputs:
            self.inputs |= dict.fromkeys(probes, inputs)
            return inputs

        return register

    def wrong_value(self, name: str, value: Any, hint: str) -> None:
        """A misconception of a question that asks for a value."""
        self.misconceptions[name] = (value, hint)


def exists(task: str) -> bool:
    return (BANK / task).is_dir()


@functools.cache
def load(name: str) -> Bank:
    """The bank of "task/exercise". Raises CourseError if its file is missing or defines no `bank`."""
    path = BANK / f"{name}.py"
    if not path.is_file():
        raise CourseError(f"{name} has no bank: write bank/{name}.py (see CONTRIBUTING.md)")
    spec = importlib.util.spec_from_file_location(f"bank_{name.replace('/', '_')}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except CourseError as error:
        raise CourseError(f"{path.relative_to(ROOT)}: {error}") from None
    if not isinstance(getattr(module, "bank", None), Bank):
        raise CourseError(f"{path}: defines no `bank = Bank(...)`")
    return module.bank


@functools.cache
def _answers(task: str) -> dict[str, Any]:
    """Names defined by the imports cell and the answer cells of the generated solution notebook."""
    path = SOLUTIONS / task / f"{task}.ipynb"
    if not path.is_file():
        raise CourseError(f"{path} is missing: run `course build {task}`")
    namespace: dict[str, Any] = {"__name__": f"solution_{task}"}
    for cell in json.loads(path.read_text())["cells"]:
        grader = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code" and (grader.get("solution") or grader.get("grade_id") == "imports"):
            code = compile("".join(cell["source"]), f"<solution {task} {grader['grade_id']}>", "exec")
            exec(code, namespace)
    return namespace


def reference(name: str) -> Answer:
    """The reference answer to "task/exercise": the object of that name in the solution notebook. Raises CourseError if there is none."""
    task, _, exercise = name.partition("/")
    answers = _answers(task)
    if exercise not in answers:
        raise CourseError(f"solutions/{task}.py defines no {exercise!r}, which check {name!r} is about")
    return answers[exercise]


def mistake(name: str, wrong: str, reference: dict[str, Observation]) -> Mistake:
    """The misconception `wrong` of an exercise. It is run when it is asked for, once per probe."""
    answer, hint = load(name).misconceptions[wrong]
    seen: dict[str, Observation] = {}

    def on(probe: Probe) -> Observation | None:
        if probe.name not in seen:
            seen.update(observe_all([probe], answer))
        return seen[probe.name] if judge(probe, seen[probe.name], reference[probe.name]) else None

    return Mistake(wrong, hint, on)


def suite(name: str, probes: list[Probe]) -> Suite:
    """A suite on any probes of "task/exercise", its reference observations computed here and now from the solution."""
    right = reference(name)
    expected = observe_all(probes, right)
    mistakes = [mistake(name, wrong, expected) for wrong in load(name).misconceptions]
    known = {probe.name: responses(probe, right, expected[probe.name]) for probe in probes if callable(right)}
    return Suite(probes, expected, mistakes, known)


@functools.cache  # a grader asks for it again with every submission
def hidden_suite(name: str) -> Suite:
    """The hidden tests of "task/exercise"."""
    return suite(name, load(name).hidden)
