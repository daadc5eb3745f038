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

Of a question whose numbers vary from student to student, `bank` is a function of them (`course_tools.checks.variants`). In here a variant
is its name; "" stands for the numbers that the source is written with.
"""

import functools
import importlib.util
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Generator

from course_tools.paths import BANK, SOLUTIONS
from course_utils.checks.check import observe_all
from course_utils.checks.fingerprints import probes as public_probes
from course_utils.checks.observation import Observation
from course_utils.checks.probe import Probe
from course_utils.checks.relations import responses
from course_utils.checks.rules import judge
from course_utils.checks.suite import Mistake, Suite
from course_utils.errors import CourseError
from course_utils.paths import ROOT

if TYPE_CHECKING:
    from course_tools.checks.variants import Varied

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


def load(name: str, variant: str = "") -> Bank:
    """The bank of "task/exercise". Raises CourseError if its file is missing or defines no `bank`, or there is no such variant."""
    found = _defined(name)
    if isinstance(found, Bank):
        return found
    found.numbers(variant)
    return found.banks[variant]


def varied(name: str) -> "Varied | None":
    """How the numbers of "task/exercise" vary; None if they do not."""
    found = _defined(name)
    return None if isinstance(found, Bank) else found


@functools.cache
def _defined(name: str) -> "Bank | Varied":
    from course_tools.checks.variants import Varied

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
    found = getattr(module, "bank", None)
    if not isinstance(found, Bank | Varied):
        raise CourseError(f"{path}: defines no `bank = Bank(...)`")
    return found


@functools.cache
def _sources(task: str) -> dict[str, str]:
    """The imports cell and the answer cells of the generated solution notebook, by their names."""
    path = SOLUTIONS / task / f"{task}.ipynb"
    if not path.is_file():
        raise CourseError(f"{path} is missing: run `course build {task}`")
    code = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    marked = [(cell["metadata"].get("nbgrader", {}), "".join(cell["source"])) for cell in code]
    return {
        mark["grade_id"]: source for mark, source in marked if mark.get("solution") or mark.get("grade_id") == "imports"
    }


@functools.cache
def _answers(task: str) -> dict[str, Any]:
    """Names that these cells define."""
    namespace: dict[str, Any] = {"__name__": f"solution_{task}"}
    for cell, source in _sources(task).items():
        exec(compile(source, f"<solution {task} {cell}>", "exec"), namespace)
    return namespace


@functools.cache
def reference(name: str, variant: str = "") -> Answer:
    """The reference answer to "task/exercise": the object of that name in the solution notebook. Raises CourseError if there is none."""
    task, _, exercise = name.partition("/")
    answers = _answers(task)
    if variant and (known := varied(name)):
        answers = dict(answers)
        exec(known.fill(_sources(task)[exercise], variant), answers)
    if exercise not in answers:
        raise CourseError(f"solutions/{task}.py defines no {exercise!r}, which check {name!r} is about")
    return answers[exercise]


def mistake(name: str, wrong: str, reference: dict[str, Observation], variant: str = "") -> Mistake:
    """The misconception `wrong` of an exercise. It is run when it is asked for, once per probe."""
    answer, hint = load(name, variant).misconceptions[wrong]
    seen: dict[str, Observation] = {}

    def on(probe: Probe) -> Observation | None:
        if probe.name not in seen:
            seen.update(observe_all([probe], answer))
        return seen[probe.name] if judge(probe, seen[probe.name], reference[probe.name]) else None

    return Mistake(wrong, hint, on)


def suite(name: str, probes: list[Probe], variant: str = "") -> Suite:
    """A suite on any probes of "task/exercise", its reference observations computed here and now from the solution."""
    right = reference(name, variant)
    expected = observe_all(probes, right)
    mistakes = [mistake(name, wrong, expected, variant) for wrong in load(name, variant).misconceptions]
    known = {probe.name: responses(probe, right, expected[probe.name]) for probe in probes if callable(right)}
    return Suite(probes, expected, mistakes, known)


@functools.cache  # a grader asks for it again with every submission
def varied_suite(name: str, variant: str) -> Suite:
    """The public tests of a variant of "task/exercise"."""
    return suite(name, public_probes(name), variant)


@functools.cache  # a grader asks for it again with every submission
def hidden_suite(name: str) -> Suite:
    """The hidden tests of "task/exercise"."""
    return suite(name, load(name).hidden)
