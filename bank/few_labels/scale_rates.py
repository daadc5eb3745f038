"""The schedule's step: other right ways, and the ways to make all rates alike or to scale what was scaled."""

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import uniform
from course_utils.few_labels.probes.adapting import after_scaling, scheduled

bank = Bank(
    hidden=[
        Probe(
            "two groups, 0.3",
            lambda g: scheduled(g, (0.02, 0.7), (0.02, 0.7), 0.3),
            look=after_scaling,
            weight=2,
            essential=True,
        ),
        Probe("after many steps", lambda g: scheduled(g, (0.4, 0.1), (0.1, 0.025), 0.2), look=after_scaling, weight=2),
        Probe("one group", lambda g: scheduled(g, (0.3,), (0.3,), 0.6), look=after_scaling),
        Probe("back to the peak", lambda g: scheduled(g, (0.5, 0.6), (0.01, 0.012), 1.0), look=after_scaling),
    ]
)


@bank.unseen("two groups, half")
def two_fresh_groups(g):
    rates = (0.1 + uniform(g, 2)).tolist()
    return scheduled(g, rates, rates, 0.1 + 0.8 * float(uniform(g, 1)))


@bank.unseen("for the second time", "up again from 0")
def two_used_groups(g):
    rates = (0.1 + uniform(g, 2)).tolist()
    return scheduled(g, rates, [rate / 3 for rate in rates], 0.1 + 0.8 * float(uniform(g, 1)))


@bank.unseen("three groups", "down to 0")
def three_groups(g):
    rates = (0.1 + uniform(g, 3)).tolist()
    return scheduled(g, rates, rates, 0.1 + 0.8 * float(uniform(g, 1)))


def set_rates(groups, rates):
    for group, rate in zip(groups, rates, strict=True):
        group["lr"] = rate
    return list(rates)


def initial(groups):
    return [group["initial_lr"] for group in groups]


def current(groups):
    return [group["lr"] for group in groups]


@bank.alternative
def rates_first(groups, share):
    return set_rates(groups, [share * rate for rate in initial(groups)])


@bank.alternative
def one_by_one(groups, share):
    rates = []
    for place in range(len(groups)):
        groups[place].update(lr=groups[place]["initial_lr"] * share)
        rates.append(groups[place]["lr"])
    return tuple(rates)


@bank.misconception(
    "All groups get one rate, that of the first: the head then learns as slowly as the encoder. Each group has its own `initial_lr`."
)
def the_first_for_all(groups, share):
    rate = share * initial(groups)[0]
    return set_rates(groups, [rate] * len(groups))


@bank.misconception(
    "All groups get one rate, that of the last: the encoder then learns as fast as the head. Each group has its own `initial_lr`."
)
def the_last_for_all(groups, share):
    rate = share * initial(groups)[-1]
    return set_rates(groups, [rate] * len(groups))


@bank.misconception("All groups get the mean of the rates: they are no longer apart.")
def the_mean_for_all(groups, share):
    rates = initial(groups)
    return set_rates(groups, [share * sum(rates) / len(rates)] * len(rates))


@bank.misconception(
    "The share is applied to the present rate, which earlier steps have scaled already: the shares multiply, and the rate is soon 0 for good."
)
def compounding(groups, share):
    return set_rates(groups, [share * rate for rate in current(groups)])


@bank.misconception("The share itself is set as the rate. It is a factor of each group's `initial_lr`.")
def share_as_rate(groups, share):
    return set_rates(groups, [float(share)] * len(groups))


@bank.misconception("Only the first group is scaled; the others keep the rate they had.")
def first_group_only(groups, share):
    groups[0]["lr"] = share * groups[0]["initial_lr"]
    return current(groups)


@bank.misconception("The rates are returned but not set: the optimizer goes on with the old ones.")
def returned_only(groups, share):
    return [share * rate for rate in initial(groups)]


@bank.misconception("`initial_lr` is scaled too: at the next step the schedule starts from a smaller rate.")
def initial_too(groups, share):
    rates = set_rates(groups, [share * rate for rate in initial(groups)])
    for group, rate in zip(groups, rates, strict=True):
        group["initial_lr"] = rate
    return rates
