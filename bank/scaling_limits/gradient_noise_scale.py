"""The noise scale: other ways to solve two equations, and the biased ways."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.training import batches, exact_batches

bank = Bank(
    hidden=[
        Probe("12 batches of 3, 5 of 20", lambda g: batches(g, 12, 5, 7, 3, 20), weight=2, essential=True, seed=11),
        Probe("exact norms: signal 1, noise 40", lambda g: exact_batches(1.0, 40.0, 2, 10), rtol=1e-3, weight=2),
        Probe("hardly any noise", lambda g: batches(g, 4, 2, 3, 50, 200, signal=9.0), rtol=1e-3, seed=13),
        Probe("one batch each", lambda g: batches(g, 1, 1, 6, 1, 4, signal=3.0), seed=14),
        Probe("an estimate of the signal below 0", lambda g: (torch.eye(4), torch.eye(4)[:2] * 0.3, 1, 4), note="unbiased, so it may be"),
        Probe("float64, inputs left alone", lambda g: [a.double() if i < 2 else a for i, a in enumerate(batches(g, 4, 6, 5, 2, 9))], dtype=True, unchanged=True, seed=15),
    ]
)  # fmt: skip


@bank.unseen("exact norms: signal 2, noise 12", "mostly noise")
def other_norms(g):
    a, b = torch.rand(2, generator=g).tolist()
    return exact_batches(1 + a, 4 + 3 * b, 2, 24)


@bank.alternative
def by_a_linear_system(small, large, b, B):
    norms = torch.stack([(small * small).sum(1).mean(), (large * large).sum(1).mean()])
    system = torch.tensor([[1.0, 1 / b], [1.0, 1 / B]], dtype=norms.dtype)
    signal, noise = torch.linalg.solve(system.double(), norms.double()).to(norms.dtype)
    return signal, noise, noise / signal


@bank.alternative
def the_noise_first(small, large, b, B):
    of_small, of_large = (z.norm(dim=1).pow(2).mean() for z in (small, large))
    noise = b * B * (of_small - of_large) / (B - b)
    signal = of_large - noise / B
    return signal, noise, noise / signal


def norms(small, large):
    return small.square().sum(dim=1).mean(), large.square().sum(dim=1).mean()


def solved(of_small, of_large, b, B):
    return (B * of_large - b * of_small) / (B - b), (of_small - of_large) / (1 / b - 1 / B)


@bank.misconception(
    "The squared norm of the large batch is taken for the true gradient's. It still holds S/B: one batch size cannot tell signal from noise."
)
def signal_from_the_large_batch(small, large, b, B):
    _, noise = solved(*norms(small, large), b, B)
    signal = norms(small, large)[1]
    return signal, noise, noise / signal


@bank.misconception(
    "All large batches are averaged first, and the norm of that mean taken for the signal: it still holds noise, of a still larger batch."
)
def signal_from_the_grand_mean(small, large, b, B):
    _, noise = solved(*norms(small, large), b, B)
    signal = large.mean(dim=0).square().sum() + 0 * noise
    return signal, noise, noise / signal


@bank.misconception(
    "Gradients are averaged before their norm is taken. The equations are about the mean of the squared norms."
)
def norms_of_means(small, large, b, B):
    signal, noise = solved(small.mean(dim=0).square().sum(), large.mean(dim=0).square().sum(), b, B)
    return signal, noise, noise / signal


@bank.misconception("The norms are not squared.")
def not_squared(small, large, b, B):
    signal, noise = solved(small.norm(dim=1).mean(), large.norm(dim=1).mean(), b, B)
    return signal, noise, noise / signal


@bank.misconception(
    "The mean norm is squared. The mean of the squares is larger, and it is what the equations are about."
)
def squared_mean_norm(small, large, b, B):
    signal, noise = solved(small.norm(dim=1).mean() ** 2, large.norm(dim=1).mean() ** 2, b, B)
    return signal, noise, noise / signal


@bank.misconception("The ratio is upside down: noise over signal.")
def ratio_inverted(small, large, b, B):
    signal, noise = solved(*norms(small, large), b, B)
    return signal, noise, signal / noise


@bank.misconception(
    "The batch sizes are exchanged in the signal: it is the large batch's norm that is multiplied by B."
)
def sizes_exchanged(small, large, b, B):
    of_small, of_large = norms(small, large)
    signal, noise = (B * of_small - b * of_large) / (B - b), (of_small - of_large) / (1 / b - 1 / B)
    return signal, noise, noise / signal


@bank.misconception(
    "The noise is divided by the difference of the batch sizes. It is the difference of their inverses."
)
def noise_over_sizes(small, large, b, B):
    of_small, of_large = norms(small, large)
    signal, noise = (B * of_large - b * of_small) / (B - b), (of_small - of_large) / (B - b)
    return signal, noise, noise / signal


@bank.misconception("The noise is that of a small batch. Per example it is b times as large.")
def noise_of_a_small_batch(small, large, b, B):
    signal, noise = solved(*norms(small, large), b, B)
    return signal, noise / b, noise / b / signal


@bank.misconception("That is the variance between the small batches, not b times it, and not from the two sizes.")
def variance_between_batches(small, large, b, B):
    signal, _ = solved(*norms(small, large), b, B)
    noise = small.var(dim=0, unbiased=False).sum() + 0 * signal
    return signal, noise, noise / signal


@bank.misconception("Squared entries are averaged over the parameters. The norm is their sum.")
def mean_over_parameters(small, large, b, B):
    signal, noise = solved(small.square().mean(), large.square().mean(), b, B)
    return signal, noise, noise / signal


@bank.misconception(
    "An estimate below 0 is cut to something tiny. Unbiased estimates may fall below 0, and cutting them makes their mean too large."
)
def cut_at_zero(small, large, b, B):
    signal, noise = solved(*norms(small, large), b, B)
    signal = signal.clamp(min=1e-12)
    return signal, noise, noise / signal


@bank.misconception(
    "A ratio is made for each pair of batches, and the ratios averaged. Average the norms first: a ratio of noisy numbers is biased."
)
def mean_of_ratios(small, large, b, B):
    signals, noises = solved(small.square().sum(1)[:, None], large.square().sum(1)[None], b, B)
    return signals.mean(), noises.mean(), (noises / signals).mean()
