"""From loss to nats: counting candidates, the sign, and what must not be done to a bound."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform

bank = Bank(
    hidden=[
        Probe(
            "a loss of 2 nats among 3 negatives", lambda g: (torch.tensor(2.0), 3), note="= log 4 - 2", essential=True
        ),
        Probe(
            "a blind critic, 65,535 negatives", lambda g: (torch.tensor(65536.0).log(), 65535), atol=1e-5, note="= 0"
        ),
        Probe("a perfect critic, one negative", lambda g: (torch.tensor(0.0), 1), note="= log 2"),
        Probe("no negatives: no information", lambda g: (torch.tensor(0.0), 0), note="= 0"),
        Probe("losses far above log K", lambda g: (uniform(g, 6) * 500, 15), seed=11),
        Probe("a block of losses", lambda g: (uniform(g, 2, 3, 4) * 3, 20), seed=12),
        Probe(
            "float64, to seven digits, with gradient",
            lambda g: (uniform(g, 5).double() * 2, 11),
            gradients=(0,),
            dtype=True,
            rtol=1e-7,
            seed=13,
        ),
        Probe("leaves the losses alone", lambda g: (normal(g, 7).abs(), 6), unchanged=True, seed=14),
    ]
)


def right(loss, num_negatives):
    return math.log(num_negatives + 1) - loss


@bank.alternative
def with_log1p(loss, num_negatives):
    return math.log1p(num_negatives) - loss


@bank.alternative
def in_the_tensor_s_own_precision(loss, num_negatives):
    return torch.log(loss.new_full((), num_negatives + 1)) - loss


@bank.alternative
def by_the_chance_level(loss, num_negatives):
    """How much better than guessing: minus log of 1/K, minus the loss."""
    return -(loss + math.log(1 / (1 + num_negatives)))


@bank.alternative
def loss_by_loss(loss, num_negatives):
    return torch.stack([math.log(1 + num_negatives) - one for one in loss.flatten()]).reshape(loss.shape)


@bank.misconception(
    "You take log of the number of negatives. K counts *all* candidates, the positive included: 255 negatives make log 256."
)
def negatives_only(loss, num_negatives):
    return torch.as_tensor(float(num_negatives)).log() - loss


@bank.misconception(
    "You took the positive off, as if the number you are given were K. It is the number of negatives; the positive has to be added."
)
def positive_taken_off(loss, num_negatives):
    return torch.as_tensor(num_negatives - 1.0).log() - loss


@bank.misconception(
    "You count one candidate too many: with one positive and n negatives there are n + 1. (log(K + 1) is what authors write who call the number\n"
    "of negatives K; do not apply it twice.)"
)
def positive_counted_twice(loss, num_negatives):
    return math.log(num_negatives + 2) - loss


@bank.misconception(
    "You count two views per candidate, as in a SimCLR batch of 2N. Here the number of negatives is given: one positive comes on top."
)
def simclr_count(loss, num_negatives):
    return math.log(2 * num_negatives + 1) - loss


@bank.misconception(
    "The sign is wrong: you return the loss minus log K. The information is what the critic is *better* than blind guessing, log K minus the loss."
)
def wrong_sign(loss, num_negatives):
    return -right(loss, num_negatives)


@bank.misconception("You add the loss to log K. A large loss is a bad critic, and must show *less* information.")
def loss_added(loss, num_negatives):
    return math.log(num_negatives + 1) + loss


@bank.misconception(
    "You cut the bound off at 0. A negative bound is true and useful to see (the critic is worse than guessing), and the cut makes averages too\n"
    "large and stops the gradient."
)
def clipped_at_zero(loss, num_negatives):
    return right(loss, num_negatives).clamp(min=0)


@bank.misconception(
    "You take the absolute value. A loss above log K is worse than guessing; your bound would praise it for that."
)
def absolute_value(loss, num_negatives):
    return right(loss, num_negatives).abs()


@bank.misconception("Your bound is in bits: 1.4427 times the expected one. Loss and bound are both in nats.")
def in_bits(loss, num_negatives):
    return right(loss, num_negatives) / math.log(2)


@bank.misconception(
    "Two units are mixed: the logarithm of K is to base 2 and the loss is in nats. Use the natural logarithm for both."
)
def units_mixed(loss, num_negatives):
    return math.log2(num_negatives + 1) - loss


@bank.misconception("Your logarithm is the decimal one. Losses are in nats: take the natural logarithm of K.")
def decimal_logarithm(loss, num_negatives):
    return math.log10(num_negatives + 1) - loss


@bank.misconception(
    "The losses were averaged on the way. The bound has the shape of `loss`: one number for each; whoever wants a mean takes it later."
)
def averaged(loss, num_negatives):
    return right(loss, num_negatives).mean()


@bank.misconception("The losses were added up on the way. The bound has the shape of `loss`: one number for each.")
def summed(loss, num_negatives):
    return right(loss, num_negatives).sum()


@bank.misconception(
    "You return log K, the ceiling. No critic can show more than that; how much this one shows depends on its loss."
)
def the_ceiling(loss, num_negatives):
    return torch.full_like(loss, math.log(num_negatives + 1))


@bank.misconception("You subtract the loss from K itself. A blind critic has loss *log* K, and must end up at 0.")
def logarithm_forgotten(loss, num_negatives):
    return num_negatives + 1 - loss


@bank.misconception(
    "You return minus the loss. The log K is missing: a critic that sees nothing has loss log K, and shows 0 nats."
)
def log_k_forgotten(loss, num_negatives):
    return -loss


@bank.misconception(
    "You take the logarithm of the loss. The loss is in nats already, a mean of logarithms; subtract it as it is."
)
def logarithm_of_the_loss(loss, num_negatives):
    return math.log(num_negatives + 1) - loss.log()


@bank.misconception(
    "You return K times the positive's probability, how many times better than guessing. The bound is its logarithm, in nats."
)
def ratio_to_chance(loss, num_negatives):
    return (num_negatives + 1) * (-loss).exp()


@bank.misconception(
    "You divide by log K, which gives the *share* of the ceiling. The bound itself is asked for, in nats; shares at different K cannot be compared."
)
def share_of_the_ceiling(loss, num_negatives):
    log_k = torch.as_tensor(num_negatives + 1.0).log().to(loss.dtype)
    return 1 - loss / log_k


@bank.misconception(
    "The loss is divided by K. It is a mean over games, and each game has one loss however many candidates it has."
)
def loss_divided_by_candidates(loss, num_negatives):
    return math.log(num_negatives + 1) - loss / (num_negatives + 1)


@bank.misconception(
    "Your bound says log(n) where it should have log(n + 1), and it is cut off at 0 as well. Count the positive among the candidates, and leave\n"
    "negative bounds as they are."
)
def negatives_only_and_clipped(loss, num_negatives):
    return negatives_only(loss, num_negatives).clamp(min=0)


@bank.misconception(
    "The value is right, but no gradient reaches the loss: somewhere the number leaves the graph (.item(), .detach(), float(...) or no_grad).\n"
    "The bound can be maximised by training, so let the gradient through."
)
def detached(loss, num_negatives):
    return right(loss, num_negatives).detach()


@bank.misconception(
    "Right value, but the caller's losses are different afterwards: an operation that ends in an underscore, or `loss -= ...`, works on the very\n"
    "tensor you were given. Make a new one."
)
def subtracts_in_place(loss, num_negatives):
    bound = right(loss, num_negatives)
    with torch.no_grad():
        loss.sub_(math.log(num_negatives + 1)).neg_()
    return bound


@bank.misconception(
    "float64 went in and float32 came out: there is a .float() or a dtype=torch.float32 on the way. Keep the precision of the input."
)
def casts_to_float32(loss, num_negatives):
    return right(loss.float(), num_negatives)
