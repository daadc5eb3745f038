"""Which mean an outlier moves: the numbers that a wrong idea of each loss leads to."""

from course_tools.checks.bank import Bank
from course_tools.checks.variants import varies


@varies(
    ({"X": X} for X in (500, 600, 700, 800, 1100, 1300, 1400, 1600, 1700)),
    text=("is misread as **{X}**", '{{"MSE": {X} / 9,'),
)
def bank(X=1000):
    known = Bank(hidden=[])  # three numbers: the public check decides all points

    def answer(mse=X / 9, mae=1.0, huber=2 / 3):
        return {"MSE": mse, "MAE": mae, "Huber": huber}

    @known.alternative
    def to_two_decimals():
        return answer(round(X / 9, 2), 1.0, 0.67)

    @known.alternative
    def as_fractions():
        return answer(X / 9, 1, 2 / 3)

    known.wrong_value(
        "divided_by_eight",
        answer(mse=X / 8),
        "Under the squared error the best number is the mean of all *nine* readings; yours divides by eight.",
    )
    known.wrong_value(
        "mean_of_the_good_ones",
        answer(mse=0.0),
        f"The squared error does not know that a reading is false: the {X} enters the mean with the same weight as all others.",
    )
    known.wrong_value(
        "median_stays",
        answer(mae=0.0),
        "The median moves, though little: 0 is no longer among the readings. Sort the nine numbers and take the fifth.",
    )
    known.wrong_value(
        "median_between",
        answer(mae=0.5),
        "Nine numbers have one in the middle, not two: the fifth, once they are sorted.",
    )
    known.wrong_value(
        "huber_stays",
        answer(huber=0.0),
        "Huber's number moves as well. At 0 the influences do not cancel: the reading 0 pulled with 0 and now pulls with its bound.",
    )
    known.wrong_value(
        "huber_as_the_median",
        answer(huber=1.0),
        "1 is the answer for delta = 1, and that of the median. With delta = 2 three readings are within the quadratic part: solve for those.",
    )
    known.wrong_value(
        "huber_clips_too_little",
        answer(huber=2 / 9),
        "2/9 = delta / n: as if all other readings stayed in the quadratic part. Those beyond 2 are clipped as well, and do not answer any more.",
    )
    known.wrong_value(
        "huber_as_a_winsorised_mean",
        answer(huber=2 / 4),
        "Which readings are still in the quadratic part, within 2 of your number? Three of them: their residuals have to balance what the clipped ones pull.",
    )
    known.wrong_value(
        "exchanged",
        answer(mae=2 / 3, huber=1.0),
        "MAE and Huber are exchanged: the median is one of the readings, Huber's number here lies between two.",
    )
    known.wrong_value(
        "all_alike",
        answer(X / 9, X / 9, X / 9),
        "The mean answers the squared error only. Solve the other two from their own influences.",
    )
    return known
