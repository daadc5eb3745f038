"""How far items can be believed in a class of a given size: the graded response model fitted to classes whose items are known.

    python -m benchmarks.item_response [--classes 40] [--items 16]

For each size: correlation and root mean square error of the estimates, and how often the true value lies within 1.96 standard errors.
"""

import argparse

import numpy as np

from course_tools.grading.overview.item_response import fit
from course_utils.tables import text_table
from tests.grading.overview.simulated import grades, parameters

SIZES = (40, 60, 100, 200, 500, 1000)


def measured(students: int, items: int, seed: int) -> list[float]:
    """Share of items that the model can place; r, RMSE and coverage of a, and of b."""
    generator = np.random.default_rng(seed)
    a, b = parameters(items, generator)
    fits = fit(grades(a, b, students, generator)) or []
    placed = [index for index, one in enumerate(fits) if one.known]
    found = np.array([(fits[i].a, fits[i].a_error, fits[i].b, fits[i].b_error) for i in placed])
    row = [len(placed) / items]
    for true, value, error in ((a[placed], *found[:, :2].T), (b[placed, 1], *found[:, 2:].T)):
        row += [np.corrcoef(true, value)[0, 1], np.sqrt(np.mean((value - true) ** 2)), np.mean(abs(value - true) < 1.96 * error)]  # fmt: skip
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, default=40)
    parser.add_argument("--items", type=int, default=16)
    args = parser.parse_args()
    rows = []
    for students in SIZES:
        mean = np.mean([measured(students, args.items, seed) for seed in range(args.classes)], axis=0)
        rows.append((str(students), *(f"{value:.2f}" for value in mean)))
    head = ("students", "placed", "r of a", "RMSE", "within", "r of b", "RMSE", "within")
    print(text_table(head, rows, right=range(8)))


if __name__ == "__main__":
    main()
