"""DPO: other right ways, and the terms, signs and gradients that go wrong."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.after import pairs, wide_margins

ALL = (0, 1, 2, 3)
bank = Bank(
    hidden=[
        Probe("nine pairs, beta 0.4", lambda g: (*pairs(g, 9), 0.4), gradients=ALL, weight=2, essential=True, seed=11),
        Probe(
            "the default of beta",
            lambda g: pairs(g, 3, scale=20.0),
            gradients=(0, 1),
            weight=2,
            essential=True,
            seed=12,
        ),
        Probe("margins of 5,000", lambda g: (*wide_margins(g, 5, 5000.0), 2.0), gradients=(0, 1), weight=2, seed=13),
        Probe("one pair", lambda g: (*pairs(g, 1), 1.0), gradients=(0, 1), seed=14),
        Probe(
            "float64, inputs left alone",
            lambda g: (*pairs(g, 4, dtype=torch.float64), 0.7),
            dtype=True,
            unchanged=True,
            seed=15,
        ),
    ]
)


@bank.alternative
def with_softplus(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    with torch.no_grad():
        offset = ref_chosen - ref_rejected
    return F.softplus(-beta * (chosen - rejected - offset)).mean()


@bank.alternative
def as_cross_entropy(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    rewards = beta * torch.stack([chosen - ref_chosen.detach(), rejected - ref_rejected.detach()], dim=1)
    return F.cross_entropy(rewards, torch.zeros(len(rewards), dtype=torch.long))


def margins(chosen, rejected, ref_chosen, ref_rejected):
    return (chosen - ref_chosen.detach()) - (rejected - ref_rejected.detach())


def loss(z):
    return -F.logsigmoid(z).mean()


@bank.misconception(
    "The value is right, and a gradient reaches the reference: it would be trained to dislike the preferred answer. It is a fixed point of comparison."
)
def reference_is_trained(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))


@bank.misconception("The reference is left out: the policy then drifts wherever the pairs push it.")
def no_reference(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * (chosen - rejected))


@bank.misconception("Chosen and rejected are exchanged: the policy learns to prefer what was rejected.")
def exchanged(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(-beta * margins(chosen, rejected, ref_chosen, ref_rejected))


@bank.misconception("The reference's difference is added. It is subtracted: only what the policy has *changed* counts.")
def reference_added(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * ((chosen - rejected) + (ref_chosen - ref_rejected).detach()))


@bank.misconception("beta is missing.")
def no_beta(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(margins(chosen, rejected, ref_chosen, ref_rejected))


@bank.misconception("You divide by beta. It multiplies the margin.")
def divided_by_beta(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(margins(chosen, rejected, ref_chosen, ref_rejected) / beta)


@bank.misconception("beta multiplies the policy's log-probabilities only. It multiplies the whole margin.")
def beta_on_the_policy(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * (chosen - rejected) - (ref_chosen - ref_rejected).detach())


@bank.misconception("beta multiplies the loss from outside. It belongs inside the sigmoid.")
def beta_outside(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return beta * loss(margins(chosen, rejected, ref_chosen, ref_rejected))


@bank.misconception(
    "A sigmoid that is rounded to 0 has no logarithm: the loss of a wide margin is infinite and its gradient nan. logsigmoid is safe."
)
def log_of_sigmoid(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return -(beta * margins(chosen, rejected, ref_chosen, ref_rejected)).sigmoid().log().mean()


@bank.misconception("The logarithm is missing: that is minus the probability of the right order.")
def probability(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return -(beta * margins(chosen, rejected, ref_chosen, ref_rejected)).sigmoid().mean()


@bank.misconception("The sign is missing: the logarithm of a probability is negative, and a loss is minimised.")
def not_negated(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return -loss(beta * margins(chosen, rejected, ref_chosen, ref_rejected))


@bank.misconception("The pairs are added up. Take their mean.")
def summed(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * margins(chosen, rejected, ref_chosen, ref_rejected)) * len(chosen)


@bank.misconception("The margins are averaged before the sigmoid. Each pair has a loss of its own.")
def mean_margin(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * margins(chosen, rejected, ref_chosen, ref_rejected).mean())


@bank.misconception(
    "Log-probabilities are turned into probabilities and their ratio taken without the logarithm. The margin is one of logarithms."
)
def ratios(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * ((chosen - ref_chosen.detach()).exp() - (rejected - ref_rejected.detach()).exp()))


@bank.misconception("The rejected answer is detached: the policy is then never pushed away from it.")
def rejected_detached(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return loss(beta * margins(chosen, rejected.detach(), ref_chosen, ref_rejected))


@bank.misconception("A hinge: pairs in the right order cost nothing in yours. The logistic loss never quite lets go.")
def hinge(chosen, rejected, ref_chosen, ref_rejected, beta=0.1):
    return (1 - beta * margins(chosen, rejected, ref_chosen, ref_rejected)).clamp(min=0).mean()


@bank.misconception("Another default: beta is 0.1 if it is not given.")
def another_default(chosen, rejected, ref_chosen, ref_rejected, beta=1.0):
    return loss(beta * margins(chosen, rejected, ref_chosen, ref_rejected))
