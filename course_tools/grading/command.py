"""`course grade`, `feedback`, `export`, `items` and `class`: what each does from submissions to files, and what it says at the end.

Exit codes: 0, all is done; 3, done, with what was left out listed; 1 and 2 come from the exceptions of `course_utils.errors`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from course_tools.grading.intake.collect import Intake, take_in
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.config import limits_of
from course_tools.grading.model.courses import Course, find_course
from course_tools.grading.model.receipts import keep, pass_on
from course_tools.grading.model.records import GRADED, Job, Policy, Record, Student
from course_tools.grading.model.roster import kept_roster
from course_tools.grading.model.settings import Limits
from course_tools.grading.model.times import parse_time
from course_tools.grading.results.journal import Contents, Journal
from course_tools.grading.results.late import parse_late
from course_tools.grading.results.scores import Sheet, totals
from course_tools.grading.results.seed import seed_of, variant_keys
from course_tools.grading.results.tables import GRADE_HEAD, ITEM_HEAD, grade_rows, item_rows, summary, write_csv
from course_tools.grading.results.variants import GROUP_HEAD, ROW_HEAD, others, spread_table, spreads, variant_rows
from course_utils.errors import UsageError
from course_utils.machine import cores
from course_utils.paths import ROOT
from course_utils.progress import Progress, duration

LISTED = 40  # lines of trouble on the terminal; all of them are in notes.csv


def grade_command(
    assignment: str,
    submissions: str | None = None,
    engine: str = "local",
    jobs: int | None = None,
    output: str | None = None,
    due: str | None = None,
    late: str | None = None,
    worksheet: str | None = None,
    trust: bool = False,
    by_hand: bool = False,
    seed: int | None = None,
    cell_timeout: float | None = None,
    notebook_timeout: float | None = None,
    everything: bool = False,
) -> int:
    """Grade what is new, rebuild the gradebook, write the tables. Raises UsageError before anything starts.

    by_hand: a test that two processes cannot grade waits for a person; otherwise it is such an error. seed: what checks draw their inputs
    from. cell_timeout, notebook_timeout: seconds, in place of the course's own. everything: run also what decides nothing.
    """
    started = time.monotonic()
    course = course_of(assignment, output)
    if not by_hand:
        _refuse_ungradable(course)
    source = Path(submissions) if submissions else course.root / "submitted"
    limits = limits_of(course.root, cell_timeout, notebook_timeout, everything)
    times = _times(worksheet)
    changed = _policy(due, late)
    intake = take_in(course, source, times)
    roster = kept_roster(course.roster)
    strangers = _strangers(course, roster, intake)
    with Journal(course.journal) as journal:
        known = journal.contents
        if changed:
            old = known.policy or Policy("", "none")
            journal.append(replace(old, **changed))
        for student in intake.students.values():
            extension = known.students[student.id].extension if student.id in known.students else 0.0
            journal.append(replace(student, extension=extension))
        drawn = seed_of(course, known, seed)
        journal.append(drawn, *intake.records)
        keys = variant_keys(course, roster)
        taken = [job.under(drawn.value, limits, keys.get(job.student, "")) for job in intake.jobs]
        for shard in sorted(course.results.glob("shards/*.jsonl")):  # of a Slurm run that nobody waited for
            journal.merge(shard, taken)
        todo = [job for job in taken if not known.settles(job)]
        journal.append(*_new_times(taken, known))
        grade_jobs(todo, journal, engine, jobs or cores(), trust, limits)
        keep(course, intake.receipts)
        found = _synchronized(course, journal)
        damaged = known.damaged
    current = {f"{job.student}/{job.notebook}" for job in intake.jobs} | {record.name for record in intake.records}
    mine = [sheet for sheet in found if sheet.record.name in current]
    write_tables(course, found, intake)
    print(summary(mine, {f"{job.student}/{job.notebook}" for job in todo}))
    records = [sheet.record for sheet in mine]
    failures = report(course, records, intake, damaged)
    if lines := [*strangers, *(other.line() for other in others(records, course, roster))]:
        print("\n".join(shortened(lines, "variants.csv")))
    spent = duration(time.monotonic() - started)
    print(
        f"{len(todo)} notebooks graded now, {len(intake.jobs) - len(todo)} unchanged since the last run; {spent} in all"
    )
    print(f"gradebook: {course.gradebook}\ntables:    {course.results}")
    return 3 if failures else 0


def _strangers(course: Course, roster: Mapping[str, Student], intake: Intake) -> list[str]:
    """A line on each submission of somebody who is not in the roster, if there is one. Raises UsageError if nobody is."""
    left = [student for student in intake.students if student not in roster] if roster else []
    if left and len(left) == len(intake.students):
        raise UsageError(
            f"nobody who handed in is in {course.roster}: it knows {next(iter(roster))!r} and the like, the submissions are of {left[0]!r}"
        )
    return [f"NOT IN THE ROSTER {student}: graded with the numbers of the common notebook" for student in left]


def _refuse_ungradable(course: Course) -> None:
    if problems := [line for path in course.sources.values() for line in Assignment.load(path).lint()]:
        raise UsageError(
            f"{'; '.join(problems)}: rewrite the test, or add --ungradable-by-hand and such a cell waits for a person"
        )


def _new_times(jobs: Sequence[Job], known: Contents) -> list[Record]:
    """Records of graded jobs whose time of submission has become known, or another, since."""
    settled = [(job, known.records[f"{job.student}/{job.notebook}"]) for job in jobs if known.settles(job)]
    return [
        replace(record, submitted=job.submitted)
        for job, record in settled
        if job.submitted not in ("", record.submitted)
    ]


def grade_jobs(todo: Sequence[Job], journal: Journal, engine: str, workers: int, trust: bool, limits: Limits) -> None:
    """Run the jobs; each record is in the journal before the next one is waited for."""
    if not todo:
        return
    from course_tools.grading.engines.dispatch import grade_all

    with Progress("grading", len(todo), "notebooks") as bar:
        for record in grade_all(todo, engine=engine, workers=workers, trust=trust, limits=limits):
            journal.append(record)
            bar.update(note=f"{record.name}: {record.points:g} of {record.max_points:g}")


def feedback_command(assignment: str, output: str | None = None) -> int:
    """Write the feedback pages, and the zip for Moodle where the submissions came from there."""
    from course_tools.grading.results.feedback import write_feedback, write_zip

    with opened(assignment, output) as (course, found):
        written = write_feedback(course, found)
        pass_on(course, {sheet.student.id for sheet in found})
        print(f"{written} pages: {course.output / 'feedback'}")
        if any(sheet.student.folder for sheet in found):
            path = course.results / "feedback.zip"
            print(f"{write_zip(course, found, path)} of them for Moodle: {path}")
    return 0


def export_command(
    assignment: str,
    output: str | None = None,
    moodle: str | None = None,
    grade_column: str = "",
    scale: bool = False,
) -> int:
    """Write items.csv and grades.csv; with `moodle`, a copy of that worksheet with the grades entered.

    A grade is entered when it is complete: students with answers to read, or whose notebook could not be graded, are listed instead. Raises UsageError where Moodle's
    maximum differs from ours and `scale` is not set.
    """
    from course_tools.grading.results.moodle import read_worksheet

    sheet = read_worksheet(Path(moodle), grade_column) if moodle else None
    with opened(assignment, output) as (course, found):
        write_tables(course, found)
        print(f"tables: {course.results}")
        if not sheet:
            return 0
        factor = _factor(course, found, sheet.maximum(), scale)
        every = totals(found)
        left = sheet.grade({one.student.id: one.points * factor for one in every if not one.lacks})
        left |= {one.student.id: one.lacks for one in every if one.lacks}
        path = course.results / Path(moodle or "").name
        sheet.write(path)
    print(f"worksheet: {path}, with {len(every) - len(left)} grades")
    for student, why in left.items():
        print(f"NO GRADE {student}: {why}")
    return 3 if left else 0


def _factor(course: Course, found: Sequence[Sheet], moodle: float | None, scale: bool) -> float:
    """What our points are multiplied with."""
    notebooks = {sheet.record.notebook: sheet.max_points for sheet in found}
    ours = sum(notebooks.values())
    if moodle is None or moodle == ours:
        return 1.0
    if not scale:
        raise UsageError(
            f"{course.assignment} has {ours:g} points and the worksheet {moodle:g}: add --scale, or set Moodle's"
        )
    return moodle / ours


def items_command(assignment: str, output: str | None = None) -> int:
    """Print the item analysis, and write it as CSV."""
    from course_tools.grading.overview.items import HEAD, analyse, text_table

    with opened(assignment, output) as (course, found):
        items, varied = analyse(found), spreads(found)
        path = course.results / "item_analysis.csv"
        write_csv(path, HEAD, [item.row() for item in items])
        if varied:
            write_csv(
                course.results / "variant_difficulty.csv",
                GROUP_HEAD,
                [row for one in varied for row in one.group_rows()],
            )
    print(text_table(items))
    if varied:
        print(f"\n{spread_table(varied)}")
    print(f"table: {path}; `course class {assignment}` has the same on a page, with the rest of the class")
    return 0


def class_command(assignment: str, output: str | None = None, hide_names: bool = False) -> int:
    """Write the page of the class, with pseudonyms beside the one with names, and print what is on it in short."""
    from course_tools.grading.overview.gather import gather
    from course_tools.grading.overview.page import class_page
    from course_tools.grading.overview.summary import summary_lines

    with opened(assignment, output) as (course, found):
        seen = gather(course, found, hide_names)
        path = course.results / ("class_hidden_names.html" if hide_names else "class.html")
        path.write_text(class_page(seen), encoding="utf-8")
    print("\n".join([*summary_lines(seen), f"page: {path}"]))
    return 0


def course_root() -> Path:
    """The folder we are in, if that is a course of nbgrader's; else this checkout."""
    here = Path.cwd()
    return here if (here / "nbgrader_config.py").is_file() or (here / "source").is_dir() else ROOT


def course_of(assignment: str, output: str | None) -> Course:
    """The assignment in the course's folder."""
    return find_course(course_root(), assignment, Path(output) if output else None)


@contextmanager
def opened(assignment: str, output: str | None) -> Iterator[tuple[Course, list[Sheet]]]:
    """A graded assignment, with what was entered in the formgrader meanwhile."""
    course = course_of(assignment, output)
    if not course.journal.is_file():
        raise UsageError(f"{assignment} is not graded yet: `course grade {assignment}` comes first")
    with Journal(course.journal) as journal:
        yield course, _synchronized(course, journal)


def _synchronized(course: Course, journal: Journal) -> list[Sheet]:
    from course_tools.grading.results.gradebook import synchronize  # nbgrader takes a second to import

    return synchronize(course, journal)


def _times(worksheet: str | None) -> dict[str, datetime] | None:
    from course_tools.grading.results.moodle import read_worksheet

    return read_worksheet(Path(worksheet)).times() if worksheet else None


def _policy(due: str | None, late: str | None) -> dict[str, str]:
    """The fields of the policy that change, checked."""
    changed = {}
    if late is not None:
        parse_late(late)
        changed["late"] = late
    if due is not None:
        try:
            changed["due"] = parse_time(due, local=True).isoformat()
        except ValueError as error:
            raise UsageError(
                f"--due {due!r} is no time ({error}); write 2026-11-30T23:59 or 2026-11-30T23:59+01:00"
            ) from None
    return changed


def write_tables(course: Course, found: Sequence[Sheet], intake: Intake | None = None) -> None:
    write_csv(course.results / "items.csv", ITEM_HEAD, item_rows(found))
    if roster := kept_roster(course.roster):
        write_csv(course.results / "variants.csv", ROW_HEAD, variant_rows(found, course, roster))
    write_csv(course.results / "grades.csv", GRADE_HEAD, grade_rows(found))
    if intake:
        notes = [(note.file, note.kind, note.text) for note in intake.notes]
        write_csv(course.results / "notes.csv", ("file", "kind", "text"), notes)


def report(course: Course, records: Sequence[Record], intake: Intake, damaged: int) -> int:
    """Print what was not graded, what crashed or hung while it was, and what was left aside; returns how many of the first two."""
    failures = [f"NOT GRADED {one.name} ({one.outcome}): {one.reason}" for one in records if one.outcome != GRADED]
    for record in records:
        cut = [
            cell for cell in record.cells if cell.status == "timeout" or cell.reason.startswith(("crashed", "timeout"))
        ]
        if cut:
            failures.append(f"CUT SHORT {record.name}: {len(cut)} of {len(record.cells)} cells: {cut[0].reason}")
    lines = [*failures]
    lines += [f"left aside: {note.file} ({note.kind}): {note.text}" for note in intake.notes if note.kind != "ignored"]
    if damaged:
        lines.append(f"{damaged} damaged lines in {course.journal} were skipped; what they said was graded again")
    print("\n".join([*([] if failures else ["all graded"]), *shortened(lines, "items.csv and notes.csv")]))
    return len(failures)


def shortened(lines: Sequence[str], table: str = "") -> list[str]:
    """As many lines as a terminal bears; all of them are in the table, if there is one."""
    see = f": see {table}" if table else ""
    more = [f"... and {len(lines) - LISTED} more{see}"] if len(lines) > LISTED else []
    return [*lines[:LISTED], *more]
