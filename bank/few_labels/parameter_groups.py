"""Two learning rates: other right ways, and the ways for a group to lose its own."""

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import uniform
from course_utils.few_labels.probes.adapting import parts, rates_of

bank = Bank(
    hidden=[
        Probe("encoder 0.02, head 0.3", lambda g: parts(g, 0.02, 0.3), look=rates_of, weight=2, essential=True),
        Probe("the norm is frozen", lambda g: parts(g, 0.004, 0.05, (1,)), look=rates_of),
        Probe("first and last layer are frozen", lambda g: parts(g, 0.3, 0.1, (0, 2)), look=rates_of),
        Probe("rate 0 for the encoder", lambda g: parts(g, 0.0, 0.7), look=rates_of),
    ]
)


@bank.unseen("encoder 0.001, head 0.01", "encoder 0.5, head 0.2")
def other_rates(g):
    low, high = (0.01 + uniform(g, 2)).tolist()
    return parts(g, low, high + 1.5)


@bank.unseen("the first layer is frozen")
def other_rates_and_a_frozen_layer(g):
    low, high = (0.01 + uniform(g, 2)).tolist()
    return parts(g, low, high + 1.5, (0,))


def free(module):
    return [p for p in module.parameters() if p.requires_grad]


def group(params, rate):
    return {"params": params, "lr": rate, "initial_lr": rate}


@bank.alternative
def with_filter(encoder, head, encoder_rate, head_rate):
    def one(module, rate):
        return dict(params=list(filter(lambda p: p.requires_grad, module.parameters())), lr=rate, initial_lr=rate)

    return [one(encoder, encoder_rate), one(head, head_rate)]


@bank.alternative
def in_a_loop(encoder, head, encoder_rate, head_rate):
    groups = [group([], encoder_rate), group([], head_rate)]
    for place, module in enumerate((encoder, head)):
        for _, p in module.named_parameters():
            if p.requires_grad:
                groups[place]["params"].append(p)
    return groups


@bank.misconception(
    "The head's group has no `lr`: it silently gets the optimizer's default. Every group that differs needs its own."
)
def forgets_the_heads_rate(encoder, head, encoder_rate, head_rate):
    return [group(free(encoder), encoder_rate), {"params": free(head), "initial_lr": head_rate}]


@bank.misconception(
    "The encoder's group has no `lr`: it silently gets the optimizer's default, which is made for networks that know nothing yet."
)
def forgets_the_encoders_rate(encoder, head, encoder_rate, head_rate):
    return [{"params": free(encoder), "initial_lr": encoder_rate}, group(free(head), head_rate)]


@bank.misconception("Neither group has an `lr`: both get the optimizer's default.")
def forgets_both_rates(encoder, head, encoder_rate, head_rate):
    return [
        {"params": free(encoder), "initial_lr": encoder_rate},
        {"params": free(head), "initial_lr": head_rate},
    ]


@bank.misconception("The rates are exchanged: the large one belongs to the head, the small one to the encoder.")
def exchanged(encoder, head, encoder_rate, head_rate):
    return [group(free(encoder), head_rate), group(free(head), encoder_rate)]


@bank.misconception("Both groups have the encoder's rate. The head starts from nothing and has its own.")
def one_rate(encoder, head, encoder_rate, head_rate):
    return [group(free(encoder), encoder_rate), group(free(head), encoder_rate)]


@bank.misconception("Both groups have the head's rate. It is too large for what the encoder knows already.")
def the_heads_rate(encoder, head, encoder_rate, head_rate):
    return [group(free(encoder), head_rate), group(free(head), head_rate)]


@bank.misconception("Frozen parameters are in your groups: ask each for `requires_grad`.")
def frozen_ones_too(encoder, head, encoder_rate, head_rate):
    return [group(list(encoder.parameters()), encoder_rate), group(list(head.parameters()), head_rate)]


@bank.misconception("The head is in no group and never learns.")
def no_head(encoder, head, encoder_rate, head_rate):
    return [group(free(encoder), encoder_rate)]


@bank.misconception("The encoder is in no group: that is a probe, not fine-tuning. θ is to be trained as well as w.")
def no_encoder(encoder, head, encoder_rate, head_rate):
    return [group(free(head), head_rate)]


@bank.misconception("`initial_lr` is missing: a schedule would have nothing to scale.")
def no_initial_rate(encoder, head, encoder_rate, head_rate):
    return [{"params": free(encoder), "lr": encoder_rate}, {"params": free(head), "lr": head_rate}]


@bank.misconception("The order is head, encoder; the encoder's group comes first.")
def head_first(encoder, head, encoder_rate, head_rate):
    return [group(free(head), head_rate), group(free(encoder), encoder_rate)]
