"""Which mean an outlier moves: the numbers that a wrong idea of each loss leads to."""

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # three numbers: the public check decides all points

MSE, MAE, HUBER = 1000 / 9, 1.0, 2 / 3


def answer(mse=MSE, mae=MAE, huber=HUBER):
    return {"MSE": mse, "MAE": mae, "Huber": huber}


@bank.alternative
def to_two_decimals():
    return answer(111.11, 1.0, 0.67)


@bank.alternative
def as_fractions():
    return answer(1000 / 9, 1, 2 / 3)


bank.wrong_value(
    "divided_by_eight",
    answer(mse=125.0),
    "Under the squared error the best number is the mean of all *nine* readings; yours divides by eight.",
)
bank.wrong_value(
    "mean_of_the_good_ones",
    answer(mse=0.0),
    "The squared error does not know that a reading is false: the 1000 enters the mean with the same weight as all others.",
)
bank.wrong_value(
    "median_stays",
    answer(mae=0.0),
    "The median moves, though little: 0 is no longer among the readings. Sort the nine numbers and take the fifth.",
)
bank.wrong_value(
    "median_between",
    answer(mae=0.5),
    "Nine numbers have one in the middle, not two: the fifth, once they are sorted.",
)
bank.wrong_value(
    "huber_stays",
    answer(huber=0.0),
    "Huber's number moves as well. At 0 the influences do not cancel: the reading 0 pulled with 0 and now pulls with its bound.",
)
bank.wrong_value(
    "huber_as_the_median",
    answer(huber=1.0),
    "1 is the answer for delta = 1, and that of the median. With delta = 2 three readings are within the quadratic part: solve for those.",
)
bank.wrong_value(
    "huber_clips_too_little",
    answer(huber=2 / 9),
    "2/9 = delta / n: as if all other readings stayed in the quadratic part. Those beyond 2 are clipped as well, and do not answer any more.",
)
bank.wrong_value(
    "huber_as_a_winsorised_mean",
    answer(huber=2 / 4),
    "Which readings are still in the quadratic part, within 2 of your number? Three of them: their residuals have to balance what the clipped ones pull.",
)
bank.wrong_value(
    "exchanged",
    answer(mae=HUBER, huber=MAE),
    "MAE and Huber are exchanged: the median is one of the readings, Huber's number here lies between two.",
)
bank.wrong_value(
    "all_alike",
    answer(MSE, MSE, MSE),
    "The mean answers the squared error only. Solve the other two from their own influences.",
)
