"""The item-response model on classes whose items are known: it finds them, its errors are honest, and it says what it cannot see."""

import numpy as np
import pytest

from course_tools.grading.overview.item_response import ENOUGH, LEAST, fit, fitted
from course_tools.grading.overview.items import by_item
from tests.grading.overview.simulated import grades, parameters
from tests.grading.overview.test_items import sheet


def simulated(students, items=16, seed=0):
    generator = np.random.default_rng(seed)
    a, b = parameters(items, generator)
    return a, b[:, 1], grades(a, b, students, generator)


def cells(points):
    """As an assignment has them: (students, items) of 0, 1 and 2 points."""
    return by_item([sheet(f"s{index:04d}", row) for index, row in enumerate(np.asarray(points, float))])


def rmse(a, b):
    return np.sqrt(np.mean((a - b) ** 2))


@pytest.mark.parametrize(
    ("students", "r_a", "rmse_a", "r_b", "rmse_b"), [(1000, 0.95, 0.15, 0.98, 0.15), (250, 0.85, 0.3, 0.93, 0.3)]
)
def test_known_items_are_found_and_the_errors_are_honest(students, r_a, rmse_a, r_b, rmse_b):
    inside = []
    for seed in range(3):
        a, b, answers = simulated(students, seed=seed)
        found = fit(answers)
        a_found, b_found = np.array([one.a for one in found]), np.array([one.b for one in found])
        assert np.corrcoef(a, a_found)[0, 1] > r_a and rmse(a, a_found) < rmse_a
        assert np.corrcoef(b, b_found)[0, 1] > r_b and rmse(b, b_found) < rmse_b
        inside += list(abs(a_found - a) < 1.96 * np.array([one.a_error for one in found]))
        inside += list(abs(b_found - b) < 1.96 * np.array([one.b_error for one in found]))
    assert 0.85 < np.mean(inside) < 1


def test_a_small_class_has_large_errors_and_a_tiny_one_no_model():
    errors = {n: np.median([one.a_error for one in fit(simulated(n)[2])]) for n in (ENOUGH // 2, 4 * ENOUGH)}
    assert errors[ENOUGH // 2] > 2 * errors[4 * ENOUGH]
    model = fitted(cells(simulated(LEAST - 1)[2]))
    assert not model.fits and f"{LEAST - 1} students, and at least {LEAST}" in model.why_not
    assert "at least 3 are needed" in fitted(cells(simulated(100, items=2)[2])).why_not


def test_partial_credit_is_a_grade_where_enough_students_have_it():
    _a, b, answers = simulated(300, items=5)
    answers[:, 1] = np.where(answers[:, 1] == 2, 2, 0)  # nobody has part of the points
    answers[3:, 2] = np.maximum(answers[3:, 2], 1)  # three students have nothing
    answers[:, 3] = 2
    answers[:4, 3] = 0  # four of 300 do not have all
    model = fitted(cells(answers))
    kept = {name: one.grades for (_, name), one in model.fits.items()}
    assert kept == {"q0": 3, "q1": 2, "q2": 2, "q4": 3}
    assert model.left_out == (("one", "q3"),)
    assert abs(model.fits["one", "q2"].b - b[2]) < 3 * model.fits["one", "q2"].b_error


def test_an_item_without_or_against_ability_is_not_placed():
    _, _, answers = simulated(400, items=8)
    generator = np.random.default_rng(1)
    answers[:, 0] = 2 - answers[:, 1]
    answers[:, 2] = generator.permutation(answers[:, 2])
    found = fit(answers)
    assert not found[0].known
    assert not found[2].known or found[2].a < 3 * found[2].a_error
    assert all(one.known for one in found[3:])


def test_answers_that_nobody_has_read_are_left_out_not_counted_as_wrong():
    _a, b, answers = simulated(400, items=8)
    missing = np.random.default_rng(2).random(answers.shape) < 0.2
    found = fit(np.where(missing, -1, answers))
    assert rmse(b, np.array([one.b for one in found])) < 0.4
    waiting = [sheet(f"s{i:04d}", row.astype(float), waits=np.flatnonzero(gone)) for i, (row, gone) in enumerate(zip(answers, missing, strict=True))]  # fmt: skip
    model = fitted(by_item(waiting))
    assert [one.b for one in model.fits.values()] == pytest.approx([one.b for one in found])
