"""The class in a few lines, for a terminal."""

from collections import Counter
from collections.abc import Iterator
from statistics import fmean

from course_tools.grading.overview.gather import Overview
from course_utils.tables import counted

MOST = 3


def summary_lines(seen: Overview) -> Iterator[str]:
    graded = [person for person in seen.people.values() if person.graded]
    mean = f", {fmean(person.total.points for person in graded):.1f} of {graded[0].total.max_points:g} points in the mean" if graded else ""  # fmt: skip
    yield f"{counted(len(seen.people), 'student')}, {len(graded)} graded whole{mean}"
    for one in seen.mistakes[:MOST]:
        yield f"met by {len(one.students)}, left in {len(one.still)}: {one.exercise}, {one.name.replace('_', ' ')}"
    hard = sorted(seen.items, key=lambda item: item.difficulty)[:MOST]
    if hard:
        yield "hardest: " + ", ".join(f"{item.name} ({item.difficulty:.0%} of its points)" for item in hard)
    if seen.model.why_not:
        yield f"no item-response model: {seen.model.why_not}"
    if seen.regrades:
        why = Counter(", ".join(one.why) for one in seen.regrades).most_common()
        reasons = "; ".join(f"{reason}: {count}" for reason, count in why)
        yield f"graded again ({reasons}): {sum(bool(one.cells) for one in seen.regrades)} of {len(seen.regrades)} notebooks moved"
