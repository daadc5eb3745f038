"""Effective tokens: other ways to write a saturating sum, and other curves."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.training import log_spaced

bank = Bank(
    hidden=[
        Probe("a table", lambda g: (log_spaced(g, 4, 3, 9)[:, None], 1 + log_spaced(g, 5, -1, 2), 15.0), weight=2, essential=True, seed=11),
        Probe("two epochs, R* = 1", lambda g: (log_spaced(g, 2, 1, 3), torch.tensor(2.0).double(), 1.0), weight=2, seed=12),
        Probe("one epoch", lambda g: (log_spaced(g, 3, 1, 3), torch.ones(3).double(), 3.0), seed=13),
        Probe("inputs left alone", lambda g: (log_spaced(g, 3, 2, 4), torch.tensor([3.0, 30.0, 300.0]).double(), 9.0), unchanged=True, dtype=True, seed=14),
    ]
)  # fmt: skip


@bank.unseen("one epoch", "four epochs", "many epochs")
def others(g):
    return log_spaced(g, 2, 1, 4), torch.tensor([1.0, 5.0]).double(), 6.0 + torch.rand((), generator=g).item()


@bank.alternative
def as_a_sum(unique, epochs, scale):
    return unique + unique * scale * (1 - torch.exp(-(epochs - 1) / scale))


@bank.alternative
def from_the_limit(unique, epochs, scale):
    return (1 + scale) * unique - scale * unique * torch.exp((1 - epochs) / scale)


@bank.misconception("R counts repetitions: one fewer than epochs. One epoch is worth U.")
def epochs_as_repetitions(unique, epochs, scale):
    return unique * (1 - scale * torch.expm1(-epochs / scale))


@bank.misconception("The first reading is missing: U in full comes before all repetitions.")
def without_the_first(unique, epochs, scale):
    return -unique * scale * torch.expm1(-(epochs - 1) / scale)


@bank.misconception("R* stands in front of the bracket as well: without it repetitions are worth one reading at most.")
def no_scale_in_front(unique, epochs, scale):
    return unique * (1 - torch.expm1(-(epochs - 1) / scale))


@bank.misconception("Every epoch counts in full in yours: nothing is lost by repeating.")
def all_in_full(unique, epochs, scale):
    return unique * epochs + 0 * unique


@bank.misconception("The exponential grows: its exponent is negative.")
def growing(unique, epochs, scale):
    return unique * (1 + scale * torch.expm1(((epochs - 1) / scale).clamp(max=50)))


@bank.misconception(
    "R is multiplied by R* in the exponent. It is divided: R* is the number of repetitions after which little is gained."
)
def multiplied_in_the_exponent(unique, epochs, scale):
    return unique * (1 - scale * torch.expm1(-(epochs - 1) * scale))


@bank.misconception("That is what one token is worth. Multiply by the number of unique ones.")
def per_token(unique, epochs, scale):
    return 1 - scale * torch.expm1(-(epochs - 1) / scale) + 0 * unique


@bank.misconception("Yours stops growing at once after R* repetitions. The value of a repetition decays smoothly.")
def cut_off(unique, epochs, scale):
    return unique * (1 + (epochs - 1).clamp(max=scale))
