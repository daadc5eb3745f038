"""The gradient of one anchor's loss: other ways to derive it, and the usual slips of the pen."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import uniform

bank = Bank(
    hidden=[
        Probe(
            "12 candidates, the last one positive",
            lambda g: (uniform(g, 12) * 2 - 1, 11, 0.3),
            weight=2,
            seed=11,
            essential=True,
        ),
        Probe("100 candidates, temperature 0.05", lambda g: (uniform(g, 100) * 2 - 1, 50, 0.05), seed=12),
        Probe("one candidate: nothing to learn", lambda g: (uniform(g, 1), 0, 0.5), seed=13, atol=1e-5),
        Probe("temperature 3", lambda g: (uniform(g, 6) * 2 - 1, 1, 3.0), seed=14),
        Probe("a sure winner", lambda g: (torch.tensor([-0.9, 0.95, -0.8]), 1, 0.1), atol=1e-5),
        Probe("float64", lambda g: ((uniform(g, 8) * 2 - 1).double(), 3, 0.2), rtol=1e-5, seed=15),
        Probe(
            "leaves its input alone, at another size",
            lambda g: (uniform(g, 9) * 2 - 1, 0, 0.7),
            unchanged=True,
            weight=2,
            seed=16,
        ),
    ]
)


def partner(similarities, positive):
    return F.one_hot(torch.tensor(positive), len(similarities)).to(similarities.dtype)


def probabilities(similarities, temperature):
    return torch.softmax(similarities / temperature, dim=0)


def right(similarities, positive, temperature):
    return (probabilities(similarities, temperature) - partner(similarities, positive)) / temperature


@bank.alternative
def by_autograd(similarities, positive, temperature):
    s = similarities.detach().clone().requires_grad_()
    F.cross_entropy(s[None] / temperature, torch.tensor([positive])).backward()
    return s.grad


@bank.alternative
def by_hand(similarities, positive, temperature):
    weights = (similarities / temperature).exp()
    result = weights / weights.sum() / temperature
    result[positive] = -(1 - weights[positive] / weights.sum()) / temperature
    return result


@bank.alternative
def with_one_hot(similarities, positive, temperature):
    return right(similarities, positive, temperature)


@bank.misconception(
    "The factor 1/temperature is missing: this is the derivative with respect to the logits s/τ. By the chain rule each s_k enters\n"
    "through s_k/τ."
)
def chain_rule_forgotten(similarities, positive, temperature):
    return right(similarities, positive, temperature) * temperature


@bank.misconception(
    "The sign is wrong: this is the step of gradient *descent*. The derivative itself is negative at the positive."
)
def descent_direction(similarities, positive, temperature):
    return -right(similarities, positive, temperature)


@bank.misconception("You multiply by the temperature at the end. The derivative of s/τ with respect to s is 1/τ.")
def multiplies_by_temperature(similarities, positive, temperature):
    return right(similarities, positive, temperature) * temperature**2


@bank.misconception(
    "You divide by the temperature twice at the end: the softmax has its own, and the chain rule adds one factor 1/τ."
)
def divided_twice(similarities, positive, temperature):
    return right(similarities, positive, temperature) / temperature


@bank.misconception("Your softmax has no temperature: its logits are s/τ, as in the loss.")
def softmax_without_temperature(similarities, positive, temperature):
    return (similarities.softmax(0) - partner(similarities, positive)) / temperature


@bank.misconception(
    "The temperature is nowhere: your result is that of temperature 1. It divides the logits, and it enters by the chain rule."
)
def ignores_temperature(similarities, positive, temperature):
    return right(similarities, positive, 1.0)


@bank.misconception(
    "The entry of the positive is treated like a negative: your entries are all pushes, none pulls. They must add up to 0.\n"
    "Where does the partner's similarity occur a second time in the loss?"
)
def only_the_denominator(similarities, positive, temperature):
    return probabilities(similarities, temperature) / temperature


@bank.misconception(
    "The entry of the positive is -1/τ whatever the similarities are: you *set* it. It occurs in the denominator too, and both parts add up."
)
def only_the_numerator_at_the_positive(similarities, positive, temperature):
    result = probabilities(similarities, temperature)
    result[positive] = -1
    return result / temperature


@bank.misconception(
    "The entry of the positive is 0: you dropped it. It is pulled as hard as all the negatives together are pushed."
)
def positive_left_out(similarities, positive, temperature):
    return probabilities(similarities, temperature) * (1 - partner(similarities, positive)) / temperature


@bank.misconception("You always take candidate 0 for the positive. Its position is the second argument.")
def positive_is_always_first(similarities, positive, temperature):
    return right(similarities, 0, temperature)


@bank.misconception(
    "The 1 is subtracted from every entry. It comes from the partner's term alone: one entry of the gradient has it."
)
def one_from_every_entry(similarities, positive, temperature):
    return (probabilities(similarities, temperature) - 1) / temperature


@bank.misconception(
    "The 1 is subtracted after the division by τ. Both parts of the derivative go through s/τ: divide last, all of it."
)
def one_subtracted_after_dividing(similarities, positive, temperature):
    return probabilities(similarities, temperature) / temperature - partner(similarities, positive)


@bank.misconception(
    "This is the derivative of the partner's *probability*, p(1-p)... The loss is minus its logarithm, and its derivative is simpler."
)
def derivative_of_the_probability(similarities, positive, temperature):
    p = probabilities(similarities, temperature)
    return p[positive] * (partner(similarities, positive) - p) / temperature


@bank.misconception(
    "The caller's similarities are different afterwards: `/=` and operations that end in an underscore work on the very tensor you\n"
    "were given. Make a new one."
)
def divides_in_place(similarities, positive, temperature):
    similarities /= temperature
    return (similarities.softmax(0) - partner(similarities, positive)) / temperature
