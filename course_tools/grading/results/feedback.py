"""A page for each notebook of each student: points, what the checks said, their own answers, and what a person wrote about them.

Nothing of the checks' code is on it, hidden or not, and nothing of the student's can run on it (see `untrusted.py`).
"""

import os
import zipfile
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from markupsafe import Markup

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.cells import SourceCell
from course_tools.grading.model.courses import Course
from course_tools.grading.model.notebook import named_cells
from course_tools.grading.model.records import GRADED, Record, Request
from course_tools.grading.results.scores import Score, Sheet
from course_tools.grading.results.untrusted import code, markdown, output, preformatted
from course_tools.grading.results.variants import exercise_of
from course_tools.html.elements import coloured, quiet, table
from course_tools.html.pages import page
from course_utils.errors import UsageError
from course_utils.progress import Progress, duration

MAX_OUTPUTS = 20  # of one answer cell


def write_feedback(course: Course, found: list[Sheet]) -> int:
    """Write every page, where nbgrader expects it, and say how many."""
    cells = {name: list(Assignment.load(path).named.values()) for name, path in course.sources.items()}
    with Progress("feedback", len(found), "pages") as bar:
        for sheet in found:
            path = course.feedback(sheet.student.id, sheet.record.notebook)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(feedback(sheet, cells[sheet.record.notebook]), encoding="utf-8")
            bar.update()
    return len(found)


def feedback(sheet: Sheet, cells: list[SourceCell]) -> str:
    """The page of one sheet."""
    record = sheet.record
    submitted = named_cells(record.executed)
    body = [f"<h1>{escape(record.notebook)}: {sheet.points:g} of {sheet.max_points:g} points</h1>", *_summary(sheet)]
    scores = {score.cell.name: score for score in sheet.scores}
    section = ""
    for cell in cells:
        parts = list(_cell(cell, scores.get(cell.name), submitted.get(cell.name), sheet.comments))
        parts += _numbers(record, exercise_of(cell.name)) if cell.name in scores else ()
        parts += [_settled(one, scores[cell.name]) for one in sheet.settled if one.grade_id == cell.name in scores]
        if parts and cell.section != section:
            section = cell.section
            body.append(f"<h2>{escape(section)}</h2>")
        body += parts
    return page(f"{record.notebook}, {sheet.student.name or sheet.student.id}", "\n".join(body))


def _summary(sheet: Sheet) -> Iterator[str]:
    """Who, when, and one line per check."""
    record = sheet.record
    who = [sheet.student.name or sheet.student.id, record.assignment]
    if record.submitted:
        who.append(f"submitted {record.submitted[:16].replace('T', ' ')}")
    yield f'<p class="quiet">{escape(" · ".join(who))}</p>'
    if record.outcome != GRADED:
        yield f'<p class="bad">Not graded: {escape(record.reason)}</p>'
    if sheet.penalty:
        yield f"<p>{duration(sheet.seconds_late)} late: {sheet.penalty:g} points are taken off.</p>"
    if sheet.settled:
        names = Markup(", ").join(Markup('<a href="#{0}">{0}</a>').format(one.grade_id) for one in sheet.settled)
        yield Markup("<p>Read again, as you asked: {}.</p>").format(names)
    if sheet.waits:
        yield "<p>Some answers are still to be read by a person; their points are to come.</p>"
    to_cell = Markup('<a href="#{0}">{0}</a>')
    rows = [(score.cell.section, to_cell.format(score.cell.name), _points(score)) for score in sheet.scores]
    yield table(("section", "check", "points"), rows)


def _cell(
    cell: SourceCell, score: Score | None, own: Mapping[str, Any] | None, comments: Mapping[str, str]
) -> Iterator[str]:
    """The student's answer, if it is one, then the verdict, if it gives points."""
    if cell.flags & {"solution", "task"}:
        if own is None:
            yield '<p class="quiet">(this answer is not in the submission)</p>'
        elif cell.cell_type == "code":
            yield f'<div class="input_area">{code(_source(own))}</div>'
            shown = "".join(map(output, (own.get("outputs") or [])[:MAX_OUTPUTS]))
            yield f'<div class="output_area">{shown}</div>' if shown else ""
        else:
            yield f"<blockquote>{markdown(_source(own))}</blockquote>"
    if score:
        yield f'<p id="{escape(cell.name)}"><code>{escape(cell.name)}</code> {_points(score)}</p>'
        if score.record and score.record.message:
            yield preformatted(score.record.message)
        elif score.record and score.record.reason:
            yield f'<p class="quiet">{escape(score.record.reason)}</p>'
    if comment := (score.comment if score else comments.get(cell.name)):
        yield f"<p><strong>Comment:</strong> {escape(comment)}</p>"


def _numbers(record: Record, exercise: str) -> Iterator[str]:
    """Of a question whose numbers differ from student to student."""
    if own := record.variants.get(exercise):
        yield f"<p>Your numbers: {escape(own)}.</p>"
    if other := record.others.get(exercise):
        yield f'<p class="bad">This answer is right for other numbers than yours: {escape(other)}.</p>'


def _settled(request: Request, score: Score) -> str:
    """What was asked to be read again, and what came of it."""
    before, now = request.before, score.manual
    if now is None:
        came = "it is to be read again."
    elif before is None:
        came = f"{now:g} of {score.cell.points:g} points; nobody had read it when you asked."
    elif before == now:
        came = f"it stays at {now:g} of {score.cell.points:g} points."
    else:
        came = f"{now:g} of {score.cell.points:g} points, where there were {before:g}."
    asked = Markup("<p><strong>You asked for it to be read again</strong> ({}):</p><blockquote><p>{}</p></blockquote>")
    settled = Markup("<p><strong>Decided</strong> ({}): {}</p>").format(request.settled[:10], came)
    return asked.format(request.asked[:10], request.text) + settled


def _points(score: Score) -> Markup:
    if score.waits:
        return quiet("to be read")
    return coloured(score.points >= score.cell.points, f"{score.points:g} of {score.cell.points:g}")


def _source(cell: Mapping[str, Any]) -> str:
    return "".join(cell.get("source", ""))


def write_zip(course: Course, found: list[Sheet], path: Path) -> int:
    """The pages in the folders that Moodle's "Upload multiple feedback files in a zip" knows; returns how many.

    Raises UsageError where the submissions did not come from Moodle.
    """
    known = [sheet for sheet in found if sheet.student.folder]
    if not known:
        raise UsageError("these submissions did not come from Moodle, so there are no folders to return feedback in")
    partial = path.with_suffix(".part")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for sheet in known:
            name = sheet.record.notebook
            archive.write(course.feedback(sheet.student.id, name), f"{sheet.student.folder}/{name}.html")
    os.replace(partial, path)
    return len(known)
