"""The kill matrix of a class in which the numbers of questions vary: of every student's variant, at grading and at home, every right answer
earns all points, the untouched cell and every known mistake nothing, and neither does what is right for another student.

Students with the same variant are judged alike, so each variant is judged once and counted as often as a student has it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from course_tools.checks import bank, variants
from course_tools.checks.fresh import variant_answered
from course_tools.checks.variants import WRITTEN, Varied
from course_tools.paths import SOLUTIONS
from course_utils.checks import fingerprints
from course_utils.checks.check import Verdict, decide, evaluate, observe_all
from course_utils.errors import UsageError
from course_utils.progress import Progress
from course_utils.tables import text_table
from course_utils.tasks import chosen

HEAD = ("question", "variants", "drawn", "right answers", "mistakes", "neighbours", "judged wrong", "same variant")


@dataclass(frozen=True)
class Tried:
    """One question in a class. variants: there are; drawn: by somebody. right, mistakes, neighbours: answers judged, over all students; neighbours:
    of every ordered pair of students whose numbers differ, the answer of the one handed in by the other. alike: share of pairs with equal
    numbers. problems: what was judged wrong."""

    question: str
    variants: int
    drawn: int
    right: int
    mistakes: int
    neighbours: int
    alike: float
    problems: tuple[str, ...]

    def row(self) -> tuple[str, ...]:
        counts = (self.variants, self.drawn, self.right, self.mistakes, self.neighbours, len(self.problems))
        return (self.question, *(f"{count:,}" for count in counts), f"{self.alike:.1%}")


def tried(name: str, students: int) -> Tried:
    """All of it for "task/exercise" in a class of so many students."""
    task, _, exercise = name.partition("/")
    known = variants.questions(task)[exercise]
    class_ = Counter(variants.drawn(task, f"student {number}")[exercise] for number in range(students))
    problems = [f"is nowhere in solutions/{task}.py: {text!r}" for text in known.missing(_sources(task))]
    right = mistakes = neighbours = 0
    for mine, count in class_.items():
        answers = {"solution": bank.reference(name, mine), **bank.load(name, mine).alternatives}
        problems += [line for label, answer in answers.items() for line in _refused(name, mine, label, answer)]
        wrong = bank.load(name, mine).misconceptions
        problems += [line for label, (answer, _) in wrong.items() for line in _missed(name, mine, label, answer)]
        problems += [f"{mine}: an untouched cell earns points" for v in _verdicts(name, mine, ...) if v.fraction]
        others = [other for other in (WRITTEN, *class_) if other != mine]
        problems += [line for other in others for line in _taken(name, known, mine, other)]
        right += count * len(answers)
        mistakes += count * len(wrong)
        neighbours += count * (students - count)
    alike = 1 - neighbours / (students * (students - 1)) if students > 1 else 1.0
    return Tried(name, len(known.variants), len(class_), right, mistakes, neighbours, alike, tuple(problems))


def _verdicts(name: str, variant: str, answer: Any) -> tuple[Verdict, Verdict]:
    """At grading and at home."""
    task, _, exercise = name.partition("/")
    seen = observe_all(fingerprints.probes(name), answer)
    at_home = fingerprints.varied_suite(name, fingerprints.load(task)[exercise], variant, seen)
    return evaluate(bank.varied_suite(name, variant), answer), decide(at_home, seen)


def _refused(name: str, variant: str, label: str, answer: Any) -> Iterator[str]:
    for verdict in _verdicts(name, variant, answer):
        if verdict.fraction < 1:
            yield f"{variant}: {label}, a right answer, loses points: {verdict.lines[0].problem}"


def _missed(name: str, variant: str, label: str, answer: Any) -> Iterator[str]:
    for verdict in _verdicts(name, variant, answer):
        if verdict.fraction:
            yield f"{variant}: {label} is not caught"
        elif verdict.mistake is None or verdict.mistake.name != label:
            yield f"{variant}: {label} is told it is {verdict.mistake.name if verdict.mistake else 'nothing'}"


def _taken(name: str, known: Varied, mine: str, other: str) -> Iterator[str]:
    """What is wrong with the judgement on the answer to `other` by a student who has `mine`."""
    at_grading, at_home = _verdicts(name, mine, bank.reference(name, other))
    numbers = variants.label(known.numbers(other))
    if at_grading.fraction or at_home.fraction:
        yield f"{mine}: the answer for {numbers} earns points"
    elif (said := variant_answered(name, mine, at_grading)) != numbers:
        yield f"{mine}: the answer for {numbers} is taken for {said or (at_grading.mistake and at_grading.mistake.name)}"


def _sources(task: str) -> list[str]:
    cells = json.loads((SOLUTIONS / task / f"{task}.ipynb").read_text(encoding="utf-8"))["cells"]
    stubs = (cell["metadata"].get("course", {}).get("stub", "") for cell in cells)
    return ["".join(cell["source"]) for cell in cells] + list(stubs)


def variants_command(tasks: list[str], exercise: str | None, students: int) -> int:
    """`course check --variants N`: print a row for each question whose numbers vary, and all that is judged wrong; 1 if anything is."""
    if students < 1:
        raise UsageError(f"--variants {students}: of how many students?")
    names = [f"{task}/{e}" for task in chosen(tasks) for e in variants.questions(task) if exercise in (None, e)]
    if not names:
        raise UsageError("none of these questions has numbers that vary")
    found = []
    with Progress("variants", len(names), "questions", even=False) as bar:
        for name in names:
            found.append(tried(name, students))
            bar.update(name)
    for one in found:
        for problem in one.problems:
            print(f"WRONG {one.question}: {problem}")
    print(text_table(HEAD, [one.row() for one in found], right=range(1, len(HEAD))))
    return 1 if any(one.problems for one in found) else 0
