"""The section of the page about exercises: how hard, how well they tell students apart, how answers fail."""

from collections.abc import Iterator, Sequence

import numpy as np
from markupsafe import Markup

from course_tools.grading.overview import items, pictures
from course_tools.grading.overview.gather import Overview
from course_tools.grading.overview.item_response import ENOUGH, Fit
from course_tools.grading.overview.items import Item
from course_tools.html.elements import folded, name, paragraph, quiet, table, unbroken
from course_tools.html.pictures import inline
from course_utils.tables import counted

DEFINITIONS = (
    ("share", "mean share of the points: 1, everybody has them all"),
    ("r", "Pearson's correlation of the item's points with those of all other items"),
    (
        "upper − lower",
        "mean share among the 27% of students with the most points, minus that among the 27% with the fewest",
    ),
    ("exercise", "the public and the hidden check of one answer together, since they succeed and fail together"),
    ("a", "discrimination in the graded response model: how steeply the chance of a higher grade rises with ability"),
    ("b", "the ability at which half of the students earn all points; abilities have mean 0 and standard deviation 1"),
    ("±", "one standard error, from the observed information of the marginal likelihood"),
)


def exercises(seen: Overview) -> Iterator[Markup]:
    if not seen.items:
        yield paragraph("Nothing is graded yet.")
        return
    yield from _trust(seen)
    fits = seen.model.fits
    several = len({item.notebook for item in seen.items}) > 1
    rows = [
        (_name(item, several), _number(item.difficulty), _number(item.r), *_fit(fits.get((item.notebook, item.name))))
        for item in seen.items
    ]
    yield table(("exercise", unbroken("share"), "r", "a", "b"), rows)
    yield inline(pictures.difficulty(seen.items), "difficulty")
    yield from _agreement(seen)
    reasons = [
        (name(item.name), often, reason)
        for item in seen.items
        for reason, often in item.failures
        if often > 1 or not seen.hidden  # what one student alone did may say who it is
    ]
    yield folded("How answers fail", table(("exercise", "students", "what was wrong first"), reasons))
    cells = [
        (
            _name(item, several),
            *map(_number, (item.difficulty, item.r, item.discrimination)),
            unbroken(f"{item.seconds:.2f} s"),
        )
        for item in seen.cells
    ]
    yield folded("By graded cell", table(("cell", unbroken("share"), "r", "upper − lower", "time"), cells))
    yield folded("What the figures are", table(("figure", "what it is"), DEFINITIONS))


def _name(item: Item, several: bool) -> Markup:
    """With its notebook where there are several, and its points."""
    full = f"{item.notebook}: {item.name}" if several else item.name
    return Markup("{} {}").format(name(full), quiet(f"{item.max_points:g}\u00a0p."))


def _fit(fit: Fit | None) -> tuple[Markup, Markup]:
    """a and b with their standard errors."""
    if fit is None or not fit.known:
        return unbroken("–"), unbroken("–")
    pair = Markup("{} {}").format
    mark = " *" if fit.grades == 2 else ""
    return (
        pair(_number(fit.a), unbroken(f"± {fit.a_error:.2f}{mark}")),
        pair(_number(fit.b), unbroken(f"± {fit.b_error:.2f}")),
    )


def _trust(seen: Overview) -> Iterator[Markup]:
    """What the model can and cannot be believed here."""
    model = seen.model
    if model.why_not:
        yield paragraph(f"No item-response model: {model.why_not}.")
        return
    if model.students < ENOUGH:
        yield Markup('<p class="bad">{}</p>').format(
            f"{counted(model.students, 'student')}: with fewer than {ENOUGH}, a and b are rough. Read ±, one standard error, before comparing two items."
        )
    two = sum(fit.known and fit.grades == 2 for fit in model.fits.values())
    same = ", ".join(one for _, one in model.left_out)
    unknown = ", ".join(one for (_, one), fit in model.fits.items() if not fit.known)
    said = ["Partial credit counts as a grade of its own: nothing, some, all points (graded response model)."]
    said += (
        [f"* two grades, all points or not, where too few have the third ({counted(two, 'exercise')})."] if two else []
    )
    said += [f"– (nearly) all earn the same: {same}."] if same else []
    said += [f"– hardly rises with ability, or jumps, so that the model cannot place it: {unknown}."] if unknown else []
    yield paragraph(" ".join(said))


def _agreement(seen: Overview) -> Iterator[Markup]:
    fits = seen.model.fits
    pairs = [(item, fits[item.notebook, item.name]) for item in seen.items if (item.notebook, item.name) in fits]
    pairs = [(item, fit) for item, fit in pairs if fit.known and not np.isnan(item.r)]
    if len(pairs) < 3:
        return
    rank = items.correlation(*(_ranks(values) for values in ([i.r for i, _ in pairs], [f.a for _, f in pairs])))
    yield inline(pictures.agreement(pairs, rank), "agreement")
    yield paragraph(
        f"The model's discriminations rank the exercises as the item-total correlations do to {rank:.2f} (Spearman)."
    )


def _ranks(values: Sequence[float]) -> np.ndarray:
    return np.argsort(np.argsort(values)).astype(float)


def _number(value: float) -> Markup:
    return unbroken("–" if np.isnan(value) else f"{value:.2f}".replace("-", "−"))
