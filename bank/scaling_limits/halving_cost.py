"""What a halving costs: other ways to write the number, and its neighbours."""

import math

from course_tools.checks.bank import Bank

bank = Bank(hidden=[])  # one number: the public check decides all points


@bank.alternative
def a_million_or_so():
    return 1024 * 1024


@bank.alternative
def by_logarithms():
    return math.exp(math.log(2) / 0.05)


bank.wrong_value("forty", 40.0, "40 is 2 / 0.05. The factor stands under a power: 2 to the power 1 / 0.05.")
bank.wrong_value("twenty", 20.0, "20 is the exponent: 1 / 0.05. The factor is 2 to that power.")
bank.wrong_value(
    "power_itself", 2**0.05, "That is 2 to the power 0.05: what the loss gains from twice the compute, not the reverse."
)
bank.wrong_value("inverted", 2**-20.0, "That is below 1. Compute must grow.")
bank.wrong_value("e_to_the_twenty", math.exp(20), "e to the power 20 divides the loss by e. A half is asked for.")
bank.wrong_value("ten_to_the_twenty", 1e20, "10 to the power 20 divides the loss by 10. A half is asked for.")
bank.wrong_value("half_of_it", 2.0**19, "One doubling is missing: 1 / 0.05 = 20.")
bank.wrong_value("four", 4.0, "4 is the price at an exponent of 1/2, the rate of a mean. Here it is 0.05.")
bank.wrong_value(
    "about_a_million", 1e6, "About a million, and it can be had exactly: 2 to the power of a whole number."
)
