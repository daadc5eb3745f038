"""Where a student stands in a task: points so far, exercises untouched, in work and done, and what comes next.

Each check notes its result in `.<task>.progress.json` beside the notebook, at home only: nothing is written headless or at grading, and
nothing is sent. The file may be deleted at any time; then the next checks begin it anew.
"""

import contextlib
import datetime
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from course_utils.errors import CourseError
from course_utils.exercises import Exercise, exercises
from course_utils.hints import Offer, offer
from course_utils.language import Sentence, shown

VERSION = 1
TRIES = 50  # of one answer that are kept
UNTOUCHED, WORK, DONE = Sentence("untouched"), Sentence("in work"), Sentence("done")
COLUMNS = Sentence("exercise"), Sentence("state"), Sentence("points")
BY_HAND = Sentence("graded by hand")
STYLE = Markup("""<style>
.course-standing { font: var(--jp-ui-font-size1, .85rem)/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color0, inherit) }
.course-standing p { margin: .2em 0 }
.course-standing { --course-done: var(--jp-brand-color1, #0b6e8a); --course-track: color-mix(in srgb, currentColor 20%, transparent) }
.course-standing progress { width: min(20em, 60vw); height: .7em; vertical-align: middle; margin-right: .8em; appearance: none; border: 0;
  border-radius: .35em; overflow: hidden; background: var(--course-track); accent-color: var(--course-done) }
.course-standing progress::-webkit-progress-bar { background: none }
.course-standing progress::-webkit-progress-value { background: var(--course-done) }
.course-standing progress::-moz-progress-bar { background: var(--course-done) }
.course-standing summary { cursor: pointer }
.course-standing span { white-space: nowrap }
.course-standing ol { list-style: none; margin: .2em 0; padding-left: 1.2em }
</style>""")


@dataclass(frozen=True)
class Noted:
    """The last check of one answer: points it gave, of how many, whether it was written at all, and when (ISO 8601).

    tries: different answers that were wrong, the last one last: hash -> the known mistake it made, "" if none.
    """

    points: float
    maximum: float
    written: bool
    when: str
    tries: Mapping[str, str] = field(default_factory=dict)


def progress_file(task: str, folder: Path | None = None) -> Path:
    return (folder or Path.cwd()) / f".{task}.progress.json"


def read(task: str, folder: Path | None = None) -> dict[str, Noted]:
    """By answer, what was noted; nothing where there is no file. Raises CourseError for one that this version cannot read."""
    path = progress_file(task, folder)
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["version"] == VERSION:
            return {answer: Noted(**one) for answer, one in kept["answers"].items()}
        why = f"has version {kept['version']}, not {VERSION}"
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        why = "cannot be read"
    raise CourseError(f"{path} {why}; delete it, and the next checks begin it anew (no points depend on it)")


def note(
    task: str,
    answer: str,
    points: float,
    maximum: float,
    written: bool,
    folder: Path | None = None,
    tried: str = "",
    mistake: str = "",
) -> None:
    """Keep the result of a check. A file that cannot be read or written is left as it is.

    tried: hash of an answer that was wrong, "" of one that was right; mistake: the known one that it made, if any.
    """
    with contextlib.suppress(CourseError, OSError):
        kept = read(task, folder)
        if not written and answer not in kept:
            return  # an exercise that nobody has touched
        tries = dict(kept[answer].tries) if answer in kept else {}
        if tried:
            tries.pop(tried, None)
            tries[tried] = mistake
        recent = dict(list(tries.items())[-TRIES:])
        kept[answer] = Noted(points, maximum, written, _now().isoformat(timespec="seconds"), recent)
        _replace(progress_file(task, folder), {"version": VERSION, "answers": {a: asdict(n) for a, n in kept.items()}})


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    """All of it or nothing, however the kernel ends."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".progress.json", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(content, indent=1) + "\n")
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _now() -> datetime.datetime:
    return datetime.datetime.now().astimezone()


@dataclass(frozen=True)
class Standing:
    """What was noted of a task, against its exercises."""

    task: str
    exercises: Sequence[Exercise]
    noted: Mapping[str, Noted]

    @property
    def checked(self) -> list[Exercise]:
        """The exercises that have a check."""
        return [one for one in self.exercises if one.public]

    @property
    def points(self) -> float:
        return round(sum(one.points for one in self.noted.values()), 2)

    @property
    def maximum(self) -> float:
        """What the checks at home can give."""
        return sum(sum(one.public.values()) for one in self.exercises)

    def state(self, exercise: Exercise) -> str:
        seen = [self.noted.get(answer) for answer in exercise.public]
        if all(one and one.points == one.maximum for one in seen):
            return DONE
        return WORK if any(one and one.written for one in seen) else UNTOUCHED

    def count(self, state: str) -> int:
        return sum(self.state(one) == state for one in self.checked)

    @property
    def last(self) -> datetime.datetime | None:
        """When an answer was last checked."""
        times = [datetime.datetime.fromisoformat(one.when) for one in self.noted.values()]
        return max(times, default=None)

    @property
    def next(self) -> Exercise | None:
        """The exercise in work that was checked last, or else the first that is not done."""
        work = [one for one in self.checked if self.state(one) == WORK]
        recent = max(work, default=None, key=lambda one: max(self.noted[a].when for a in one.public if a in self.noted))
        return recent or next((one for one in self.checked if self.state(one) != DONE), None)

    def summary(self) -> str:
        """In one line."""
        counts = [f"{self.count(state)} {shown(state)}" for state in (DONE, WORK, UNTOUCHED) if self.count(state)]
        text = Sentence("{:g} of {:g} points of the checks · exercises: {}")
        return shown(text.format(self.points, self.maximum, ", ".join(counts)))

    def advice(self) -> str:
        """What to do next, as a sentence."""
        return shown(Sentence("next: {}").format(self.step()))

    def step(self) -> Sentence:
        """What to do next."""
        if not (one := self.next):
            return Sentence("run the notebook whole (Restart Kernel and Run All Cells), Validate, save, and hand it in")
        if one.minutes:
            return Sentence("{} ({}, about {} minutes)").format(str(one), self.state(one), one.minutes)
        return Sentence("{} ({})").format(str(one), self.state(one))

    def offer(self, answer: str) -> Offer | None:
        """The hints that the last tries have earned, None if it is too early for one."""
        statement = next((one for one in self.exercises if answer in one.public), None)
        known = self.noted.get(answer)
        return offer(statement.hints, known.tries) if statement and known else None

    def rest(self) -> str:
        """What the checks at home do not decide, "" if nothing."""
        hidden = sum(sum(one.hidden.values()) for one in self.exercises)
        by_hand = sum(one.by_hand for one in self.exercises)
        tests, person = (
            Sentence("{:g} more points are decided by hidden tests at grading"),
            Sentence("{:g} for written answers by a person"),
        )
        parts = [shown(text.format(points)) for text, points in ((tests, hidden), (person, by_hand)) if points]
        return ", ".join(parts)

    def welcome(self) -> str:
        """For one who comes back: where they stand, and since when."""
        assert self.last
        days = (_now().date() - self.last.astimezone().date()).days
        ago = {0: Sentence("today"), 1: Sentence("yesterday")}.get(days) or Sentence("{} days ago").format(days)
        return shown(Sentence("{} (last check {})").format(self.summary(), ago))

    def rows(self) -> list[tuple[str, str, str]]:
        """Of each exercise: what it is, its state, its points."""
        return [
            (
                str(one),
                self.state(one) if one.public else BY_HAND,
                f"{sum(self.noted[a].points for a in one.public if a in self.noted):g} / {sum(one.public.values()):g}"
                if one.public
                else "",
            )
            for one in self.exercises
        ]

    def lines(self) -> list[str]:
        """As text."""
        from course_utils.tables import text_table

        rows = [(name, shown(state), points) for name, state, points in self.rows()]
        head = [f"{self.task}: {self.summary()}", *([self.rest()] if self.rest() else []), self.advice()]
        return [*head, "", text_table([shown(head) for head in COLUMNS], rows, right=(2,))] if self.rows() else head

    def bar(self) -> str:
        """One line with a bar, for below a check."""
        name = shown(Sentence("points of the checks in {}").format(self.task))
        return str(
            Markup(
                '{}<div class="course-standing"><p><progress aria-label="{}" value="{}" max="{}"></progress> {}</p><p>{}</p></div>'
            ).format(STYLE, name, self.points, self.maximum or 1, self.summary(), self.advice())
        )

    def html(self) -> str:
        """The bar, and the exercises folded."""
        rows = Markup("").join(
            Markup("<li>{} {}: {} <span>{}</span></li>").format(MARKS[state], one, shown(state), points)
            for one, state, points in self.rows()
        )
        rest = Markup("<p>{}</p>").format(self.rest()) if self.rest() else ""
        more = (
            Markup("<details open><summary>{}</summary><ol>{}</ol></details>").format(
                shown(Sentence("all exercises")), rows
            )
            if rows
            else ""
        )
        return self.bar() + str(Markup('<div class="course-standing">{}{}</div>').format(rest, more))

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.html()}


MARKS: dict[str, str] = {DONE: "✓", WORK: "…", UNTOUCHED: "○", BY_HAND: "✎"}


def standing(task: str, folder: Path | None = None) -> Standing:
    """Raises CourseError where the file cannot be read."""
    return Standing(task, exercises(task), read(task, folder))


class Points(float):
    """The points of a check, which a notebook shows as `html`. As text they are a number, and nbgrader reads no more."""

    html: str

    def __new__(cls, value: float, html: str) -> "Points":
        points = super().__new__(cls, value)
        points.html = html
        return points

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(float(self)), "text/html": self.html}


def progress_command(names: Sequence[str], folder: str | None = None) -> int:
    """`course progress`: what the files beside the notebooks say."""
    from course_utils.paths import NOTEBOOKS
    from course_utils.tasks import chosen

    found = False
    for task in chosen(names):
        places = [Path(folder)] if folder else [Path.cwd(), NOTEBOOKS / task]
        place = next((one for one in places if progress_file(task, one).exists()), None)
        if place or names:
            print(f"{chr(10) if found else ''}{standing(task, place or places[-1])}")
            found = True
    if not found:
        print("no check has been run yet: open a notebook, and run the check below an answer")
    return 0
