"""All that the page of a class shows, from the journal and the scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from course_tools.grading.model.courses import Course
from course_tools.grading.overview.item_response import Model, fitted
from course_tools.grading.overview.items import Item, analyse, by_item, exercises
from course_tools.grading.overview.mistakes import Met, met
from course_tools.grading.overview.people import handed_in, pseudonym, shown_name
from course_tools.grading.overview.regrades import Regrade, regrades
from course_tools.grading.results.journal import history, read
from course_tools.grading.results.scores import Sheet, Total, graded_cells, totals
from course_tools.grading.results.seed import course_secret
from course_tools.grading.results.variants import Spread, spreads


@dataclass(frozen=True)
class Person:
    """One student over all notebooks. seconds: that grading took; times: of hand-in, the earliest first."""

    name: str
    total: Total
    seconds: float
    times: Sequence[datetime]

    @property
    def graded(self) -> bool:
        """Whether all that was handed in could be graded."""
        return not self.total.failed


@dataclass(frozen=True)
class Overview:
    """A class in one assignment. people: by id, in the order of their names; hidden: whether these are pseudonyms; items: by exercise;
    cells: the same figures by graded cell; due: "" if there is no deadline; varied: the questions whose numbers differ from student to student."""

    assignment: str
    people: Mapping[str, Person]
    hidden: bool
    due: str
    items: Sequence[Item]
    cells: Sequence[Item]
    model: Model
    mistakes: Sequence[Met]
    regrades: Sequence[Regrade]
    varied: Sequence[Spread] = ()


def gather(course: Course, found: list[Sheet], hide: bool = False) -> Overview:
    """found: the sheets of the class. hide: pseudonyms in place of names."""
    entries, contents = history(course.journal), read(course.journal)
    secret = course_secret(course) if hide else b""
    times, seconds = handed_in(entries), dict[str, float]()
    for sheet in found:
        seconds[sheet.student.id] = seconds.get(sheet.student.id, 0.0) + sheet.record.seconds
    people = {
        one.student.id: Person(
            pseudonym(secret, one.student) if hide else shown_name(one.student),
            one,
            seconds[one.student.id],
            times.get(one.student.id, ()),
        )
        for one in totals(found)
    }
    together = exercises(course)
    return Overview(
        course.assignment,
        dict(sorted(people.items(), key=lambda one: one[1].name)),
        hide,
        contents.policy.due if contents.policy else "",
        analyse(found, together),
        analyse(found),
        fitted(by_item(found, together)),
        met(course.assignment, entries, [sheet.record for sheet in found]),
        regrades(graded_cells(course), entries),
        spreads(found),
    )
