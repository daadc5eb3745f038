"""The page of a class: what an instructor asks in the week after a deadline, on one page that fetches nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from statistics import fmean, median

import numpy as np
from markupsafe import Markup

from course_tools.grading.model.times import parse_time
from course_tools.grading.overview import pictures
from course_tools.grading.overview.gather import Overview, Person
from course_tools.grading.overview.items_section import exercises
from course_tools.grading.overview.regrades import Regrade
from course_tools.grading.overview.variants_section import variants
from course_tools.html.elements import folded, name, paragraph, quiet, table, unbroken
from course_tools.html.pages import page
from course_tools.html.pictures import inline
from course_utils.progress import duration
from course_utils.tables import counted

SHOWN = 10  # rows before the rest is folded away


def class_page(seen: Overview) -> str:
    """The whole page."""
    title = f"The class in {seen.assignment}"
    heading = Markup("<h1>{}</h1>").format(title)
    sections = {
        "Points and time": points_and_time(seen),
        "Known mistakes": mistakes(seen),
        "Exercises": exercises(seen),
        "What the last regrade moved": moved(seen),
        **({"Variants": variants(seen)} if seen.varied else {}),
        "Students": students(seen),
    }
    body = [heading]
    for section, parts in sections.items():
        body += [Markup("<h2>{}</h2>").format(section), *parts]
    return page(title, Markup("\n").join(body))


def points_and_time(seen: Overview) -> Iterator[Markup]:
    graded = [person for person in seen.people.values() if person.graded]
    left = len(seen.people) - len(graded)
    whole = f", of whom {left} could not be graded whole" if left else ""
    yield paragraph(f"{counted(len(seen.people), 'student')}{whole}.")
    if not graded:
        return
    given, maximum = [person.total.points for person in graded], max(person.total.max_points for person in graded)
    low, middle, high = np.percentile(given, [25, 50, 75])
    waiting = sum(person.total.waits for person in graded)
    rows = [
        ("points, mean", f"{fmean(given):.1f} of {maximum:g}"),
        ("points, quartiles", f"{low:.1f}, {middle:.1f}, {high:.1f}"),
        ("answers still to be read", f"of {counted(waiting, 'student')}" if waiting else "none"),
        ("grading, each", duration(median(person.seconds for person in graded)) + " in the median"),
        ("grading, all", duration(sum(person.seconds for person in graded))),
    ]
    yield table(("figure", "value"), [*rows, *_hand_in(seen)])
    yield inline(pictures.points(given, maximum), "points")
    if last := [person.times[-1] for person in seen.people.values() if person.times]:
        due = parse_time(seen.due).astimezone(last[0].tzinfo).date() if seen.due else None
        yield inline(pictures.hand_in(last, due), "hand-in")


def _hand_in(seen: Overview) -> Iterator[tuple[str, str]]:
    times = [person.times for person in seen.people.values() if person.times]
    if not times:
        yield "handed in", "at times that nothing says; `course grade --worksheet` takes them from Moodle's worksheet"
        return
    last = sorted(mine[-1] for mine in times)
    yield "handed in", f"{last[0]:%d %B, %H:%M} to {last[-1]:%d %B, %H:%M}; half by {last[len(last) // 2]:%d %B, %H:%M}"
    gaps = [(b - a).total_seconds() for mine in times for a, b in pairwise(mine)]
    if gaps:
        again = sum(len(mine) > 1 for mine in times)
        yield "handed in again", f"{counted(again, 'student')}; {_span(median(gaps))} between submissions in the median"


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours" if hours >= 2 else f"{seconds / 60:.0f} minutes"  # fmt: skip


def mistakes(seen: Overview) -> Iterator[Markup]:
    if not seen.mistakes:
        yield paragraph("No check named a mistake that it knows.")
        return
    students = len(seen.people)
    rows = [
        (
            Markup("{}: {}<br>{}").format(one.exercise, one.name.replace("_", " "), quiet(one.hint)),
            Markup("{} {}").format(len(one.students), unbroken(f"({len(one.students) / students:.0%})")),
            len(one.still),
        )
        for one in seen.mistakes
    ]
    yield paragraph(
        f"{counted(len(rows), 'known mistake')} met. Met: by how many students, in any graded submission; left: in their last one."
    )
    yield from _long(("mistake", unbroken("met"), unbroken("left")), rows, "mistakes")


def moved(seen: Overview) -> Iterator[Markup]:
    if not seen.regrades:
        yield paragraph("No notebook was graded twice.")
        return
    why = Counter(", ".join(one.why) for one in seen.regrades)
    rows = []
    for reason, count in why.most_common():
        mine = [one for one in seen.regrades if ", ".join(one.why) == reason]
        changes = [one.change for one in mine if one.cells]
        span = f"{min(changes):+g} to {max(changes):+g}" if changes else "–"
        rows.append((reason, count, len(changes), span))
    yield paragraph(
        "The last two gradings of each notebook, before lateness; by hand: what a person entered since the last one."
    )
    yield table(("why", "notebooks", "moved", "points"), rows)
    ranked = sorted((one for one in seen.regrades if one.cells), key=lambda one: (-abs(one.change), _who(seen, one)))
    several = len({one.notebook for one in seen.regrades}) > 1
    lines = [
        (
            name(_who(seen, one) + (f", {one.notebook}" if several else "")),
            unbroken(f"{one.change:+g}".replace("-", "−")),
            f"{', '.join(one.why)}: "
            + ", ".join(f"{cell} {before:g} → {after:g}" for cell, (before, after) in one.cells.items()),
        )
        for one in ranked
    ]
    if lines:
        yield from _long(("student", unbroken("points"), "why, and which cells"), lines, "notebooks that moved")


def _who(seen: Overview, one: Regrade) -> str:
    person = seen.people.get(one.student)
    return person.name if person else "a student who is not in the class any more"


def students(seen: Overview) -> Iterator[Markup]:
    rows = [
        (
            name(person.name),
            f"{person.total.points:g} of {person.total.max_points:g}" + (" so far" if person.total.waits else ""),
            _when(person, seen.hidden),
            len(person.times) or "–",
            duration(person.seconds),
        )
        for person in seen.people.values()
    ]
    head = ("student", "points", "handed in", "times", "grading")
    yield folded(f"All {len(rows)}", table(head, rows))


def _when(person: Person, hidden: bool) -> str:
    """To the day where names are hidden: a minute may say who it was."""
    last: datetime | None = person.times[-1] if person.times else None
    return f"{last:%Y-%m-%d}" + ("" if hidden else f" {last:%H:%M}") if last else "–"


def _long(head: Sequence[object], rows: Sequence[Sequence[object]], what: str) -> Iterator[Markup]:
    """A table, its end folded away."""
    yield table(head, rows[:SHOWN])
    if rows[SHOWN:]:
        yield folded(f"{len(rows) - SHOWN} more {what}", table(head, rows[SHOWN:]))
