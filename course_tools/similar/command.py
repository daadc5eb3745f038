"""From submissions to the page."""

from pathlib import Path

from course_tools.grading.command import course_of
from course_tools.grading.intake.collect import take_in
from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.merge import grade_id, text
from course_tools.grading.model.notebook import notebook
from course_tools.grading.results.tables import write_csv
from course_tools.similar.page import write_similar
from course_tools.similar.pairs import Answers, Pair, pairs
from course_utils.errors import UsageError
from course_utils.paths import NOTEBOOKS
from course_utils.tables import text_table

FALSE_ALARMS = 0.01  # pairs listed by chance in a class of independent students, at most, in the mean


def similar_command(assignment: str, submissions: str | None = None, output: str | None = None) -> int:
    """Write similar.html and similar.csv beside the other results; print the pairs. Raises UsageError for fewer than three students."""
    course = course_of(assignment, output)
    source = Path(submissions) if submissions else course.root / "submitted"
    found: dict[str, dict[str, str]] = {}
    handed_out: dict[str, str] = {}
    for name, path in course.sources.items():
        answers = {cell.name for cell in Assignment.load(path).cells if cell.kind in ("answer", "manual")}
        handed_out |= _answers(NOTEBOOKS / assignment / f"{name}.ipynb", answers, name)
        for job in take_in(course, source).jobs:
            if job.notebook == name:
                found.setdefault(job.student, {}).update(_answers(Path(job.submission), answers, name))
    if len(found) < 3:
        raise UsageError(f"{len(found)} students: with fewer than three there is nothing to compare a pair with")
    every = pairs(found, handed_out)
    listed = suspicious(every)
    rows = [(p.first, p.second, f"{p.rate:.3g}", f"{p.score:.1f}", str(len(p.alike))) for p in listed]
    head = ("student", "and", "rate", "evidence", "answers")
    write_csv(course.results / "similar.csv", head, rows)
    title = f"Answers alike in {assignment}"
    page = write_similar(listed, found, title, len(every), course.results / "similar.html")
    if rows:
        print(text_table(head, rows, right=range(2, 5)))
    print(
        f"{len(listed)} of {len(every)} pairs share more than independent answers do; no verdict, a page to read: {page}"
    )
    return 0


def suspicious(found: list[Pair]) -> list[Pair]:
    """Those of which independent students would give fewer than FALSE_ALARMS in a class of this size."""
    return [pair for pair in found if pair.rate * len(found) < FALSE_ALARMS]


def _answers(path: Path, wanted: set[str], notebook_name: str) -> Answers:
    if (
        not path.is_file()
    ):  # a course whose released notebooks lie elsewhere: then what was handed out is rated as common
        return {}
    cells = notebook(path.read_bytes())["cells"]
    return {f"{notebook_name}: {grade_id(cell)}": text(cell) for cell in cells if grade_id(cell) in wanted}
