"""The section of the page about questions whose numbers differ from student to student: whether one variant is harder."""

from collections.abc import Iterator

from markupsafe import Markup

from course_tools.grading.overview.gather import Overview
from course_tools.grading.results.variants import GROUP_HEAD, MEDIUM, TEST_HEAD
from course_tools.html.elements import folded, name, paragraph, table, unbroken

DEFINITIONS = (
    (
        "hardest, easiest",
        "the lowest and the highest share of right answers among the variants, of those who wrote one",
    ),
    (
        "p",
        "how often equally hard variants would differ as much: chi-squared, against tables drawn with the same margins",
    ),
    ("power", f"the share of such classes in which a medium difference (Cohen's w = {MEDIUM}) would be found"),
)


def variants(seen: Overview) -> Iterator[Markup]:
    yield table(TEST_HEAD[1:], [(name(one.exercise), *map(unbroken, one.row()[2:])) for one in seen.varied])
    for one in seen.varied:
        yield paragraph(f"{one.exercise}: {one.verdict()}.")
        if not seen.hidden:  # few share a variant, so it may say who it is
            rows = [
                (name(numbers), students, right, f"{share:.2f}")
                for *_, numbers, students, right, share in one.group_rows()
            ]
            yield folded(f"Each variant of {one.exercise}", table(GROUP_HEAD[2:], rows))
    yield folded("What these figures are", table(("figure", "what it is"), DEFINITIONS))
