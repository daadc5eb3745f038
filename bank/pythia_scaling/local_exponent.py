"""The exponent at one place: signs, logarithms, and derivatives of something else."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pythia_scaling.checks import numbers

bank = Bank(
    hidden=[
        Probe("two points", lambda g: (numbers(2, 8), numbers(3, 1.5)), essential=True),
        Probe("ten points, unevenly spaced", lambda g: (x := numbers(*(1.7**i + i for i in range(10))), 2 + 3 / x)),
        Probe("constant: exponent 0", lambda g: (numbers(1, 2, 9), numbers(4, 4, 4))),
    ]
)


@bank.unseen("5 / x^0.3 has 0.3 everywhere", "a law with a floor flattens")
def another_curve(g):
    return (1 + torch.rand(6, generator=g)).cumsum(0).double(), (1 + torch.rand(6, generator=g)).double()


@bank.alternative
def ratios(x, y):
    return (y[:-1] / y[1:]).log() / (x[1:] / x[:-1]).log()


@bank.alternative
def decimal(x, y):
    return -torch.diff(y.log10()) / torch.diff(x.log10())


@bank.alternative
def one_at_a_time(x, y):
    return torch.stack([-(y[i + 1].log() - y[i].log()) / (x[i + 1].log() - x[i].log()) for i in range(len(x) - 1)])


@bank.misconception("The sign: minus the slope, so that a falling loss has a positive exponent.")
def slope(x, y):
    return -ratios(x, y)


@bank.misconception("That is the ordinary slope of y over x. The exponent is the slope of log y over log x.")
def no_logarithms(x, y):
    return -y.diff() / x.diff()


@bank.misconception("Only x is in logarithms. The exponent is the slope of log y over log x.")
def y_without_logarithm(x, y):
    return -y.diff() / x.log().diff()


@bank.misconception("Only y is in logarithms. The exponent is the slope of log y over log x.")
def x_without_logarithm(x, y):
    return -y.log().diff() / x.diff()


@bank.misconception("x and y are swapped: your numbers are one over the exponent.")
def upside_down(x, y):
    return -x.log().diff() / y.log().diff()


@bank.misconception(
    "Your logarithms have different bases (log10 of one variable, ln of the other): off by a factor of 2.3026."
)
def two_bases(x, y):
    return -y.log10().diff() / x.log().diff()


@bank.misconception("Your slopes all start at the first point. Each should be between a point and the *next*.")
def from_the_first(x, y):
    return (y[0] / y[1:]).log() / (x[1:] / x[0]).log()


@bank.misconception(
    "You return one value for each point (central differences). One for each gap between neighbours is asked for: n - 1."
)
def central(x, y):
    return -torch.gradient(y.log(), spacing=(x.log(),))[0]
