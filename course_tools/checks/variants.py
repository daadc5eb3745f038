"""Questions whose numbers vary from student to student: the bank of such a question is a function of them.

    @varies(({"N": n} for n in (48, 64, 96)), text=("$N = {N}$ images", "2 * {N} - 1"))
    def bank(N=128):
        bank = Bank(hidden=[])
        bank.wrong_value("itself_a_candidate", math.log(2 * N), f"{math.log(2 * N):.4f} is log(2N)")
        return bank

The defaults are the numbers that the source is written with: everybody's where there is no roster, and nobody's where there is one. `text`:
whatever of the notebook has numbers of the question in it, as a format; the right answer is that of the solution with these replaced.

Which variant a student has follows from the student's key, an HMAC of the id under the course's secret
(`course_tools.grading.results.seed`): it needs no list.
"""

import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from course_tools.checks import bank
from course_tools.paths import BANK
from course_utils.errors import CourseError

Numbers: TypeAlias = Mapping[str, Any]
WRITTEN = ""  # the variant that the source is written with


class Varied:
    """A question that varies. variants: by what they are called, such as "N = 96", the numbers of each."""

    def __init__(self, make: Callable[..., "bank.Bank"], pool: Iterable[Numbers], text: Sequence[str]) -> None:
        self.make, self.text = make, tuple(text)
        self.written = {name: one.default for name, one in inspect.signature(make).parameters.items()}
        self.variants = {label(numbers): numbers for numbers in pool}
        if label(self.written) in self.variants:
            raise CourseError(f"{label(self.written)} is what the source is written with, and can be nobody's variant")

    def numbers(self, variant: str) -> Numbers:
        """Raises CourseError for a variant that there is none of (any more)."""
        if variant != WRITTEN and variant not in self.variants:
            raise CourseError(f"there is no variant {variant!r}; there are: {'; '.join(self.variants)}")
        return self.variants[variant] if variant else self.written

    @functools.cached_property
    def banks(self) -> dict[str, "bank.Bank"]:
        return {variant: self.make(**self.numbers(variant)) for variant in (WRITTEN, *self.variants)}

    def fill(self, source: str, variant: str) -> str:
        """The text of a cell with the numbers of the variant in the place of those that it is written with."""
        new = {one.format(**self.written): one.format(**self.numbers(variant)) for one in self.text}
        longest_first = sorted(map(re.escape, new), key=len, reverse=True)
        return re.sub("|".join(longest_first), lambda found: new[found[0]], source)

    def missing(self, sources: Sequence[str]) -> list[str]:
        """The texts that occur nowhere in `sources`."""
        written = [one.format(**self.written) for one in self.text]
        return [one for one in written if not any(one in source for source in sources)]


def varies(pool: Iterable[Numbers], text: Sequence[str]) -> Callable[[Callable[..., "bank.Bank"]], Varied]:
    """Make a function from numbers to a bank the bank of a question that varies. pool: the numbers of each variant."""
    return lambda make: Varied(make, pool, text)


def label(numbers: Numbers) -> str:
    """What a variant is called."""
    return ", ".join(f"{name} = {value}" for name, value in numbers.items())


@functools.cache
def questions(task: str) -> dict[str, Varied]:
    """The questions of a task that vary, by exercise."""
    files = sorted((BANK / task).glob("*.py"))
    names = [file.stem for file in files if "@varies" in file.read_text(encoding="utf-8")]  # to load all takes seconds
    return {name: varied for name in names if (varied := bank.varied(f"{task}/{name}"))}


def drawn(task: str, key: str) -> dict[str, str]:
    """Exercise -> the variant of the student with this key."""
    return {exercise: _drawn(f"{key}/{task}/{exercise}", varied) for exercise, varied in questions(task).items()}


def _drawn(luck: str, varied: Varied) -> str:
    number = int.from_bytes(hashlib.sha256(luck.encode()).digest()[:8])
    return list(varied.variants)[number % len(varied.variants)]


def filled(task: str, cells: list[dict[str, Any]], variants: Mapping[str, str]) -> list[dict[str, Any]]:
    """The cells of a notebook of the task (as JSON has them) with the numbers of `variants`: exercise -> variant.

    Its checks say which variant they are of. The cells that change are copies.
    """
    found = []
    for cell in cells:
        source = text = "".join(cell["source"])
        for exercise, variant in variants.items():
            text = questions(task)[exercise].fill(text, variant)
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == f"{exercise}_check":
                text = f'{text.rstrip().removesuffix(")")}, variant="{variant}")'
        found.append(cell if text == source else cell | {"source": text.splitlines(keepends=True)})
    return found
