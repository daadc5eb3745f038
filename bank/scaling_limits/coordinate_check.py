"""Coordinate check: other fits, and other sizes of a change."""

import numpy as np
import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.training import layer_outputs, outputs_of_one_size

TOLERANCE = {"rtol": 1e-3, "atol": 1e-4}
bank = Bank(
    hidden=[
        Probe("entries change by width^0.8", lambda g: layer_outputs(g, (20, 50, 90, 200), 0.8), weight=2, essential=True, seed=11, **TOLERANCE),
        Probe("two widths", lambda g: layer_outputs(g, (30, 300), 0.2), seed=12, **TOLERANCE),
        Probe("logits", lambda g: outputs_of_one_size(g, (16, 64, 256, 512)), weight=2, seed=13, **TOLERANCE),
        Probe("unevenly spaced widths", lambda g: layer_outputs(g, (8, 10, 400), -0.4), seed=14, **TOLERANCE),
    ]
)  # fmt: skip


@bank.alternative
def with_polyfit(widths, before, after):
    sizes = [float(((b - a) ** 2).mean()) ** 0.5 for a, b in zip(before, after, strict=True)]
    return torch.tensor(np.polyfit(np.log(widths), np.log(sizes), 1)[0], dtype=torch.float32)


@bank.alternative
def with_norms(widths, before, after):
    sizes = torch.stack([(b - a).norm() / a.numel() ** 0.5 for a, b in zip(before, after, strict=True)])
    table = torch.stack([torch.ones(len(widths)), torch.tensor(widths).float().log()], dim=1)
    return torch.linalg.lstsq(table, sizes.log()[:, None]).solution[1, 0]


def slope(widths, sizes):
    u, v = torch.tensor(widths).float().log(), torch.stack(sizes).log()
    return ((u - u.mean()) @ (v - v.mean())) / (u - u.mean()).square().sum()


def changes(before, after):
    return [b - a for a, b in zip(before, after, strict=True)]


@bank.misconception(
    "The length of the whole vector grows with its number of entries. Take the root of the *mean* square: a typical entry."
)
def norm(widths, before, after):
    return slope(widths, [c.square().sum(dim=1).mean().sqrt() for c in changes(before, after)])


@bank.misconception("Mean squares, without the root: the exponent is twice what it should be.")
def no_root(widths, before, after):
    return slope(widths, [c.square().mean() for c in changes(before, after)])


@bank.misconception("You look at the activations after training. The *change* is asked for.")
def activations_after(widths, before, after):
    return slope(widths, [b.square().mean().sqrt() for b in after])


@bank.misconception(
    "You compare the sizes of the activations before and after. What matters is how far each entry has moved."
)
def ratio_of_sizes(widths, before, after):
    return slope(
        widths, [b.square().mean().sqrt() / a.square().mean().sqrt() for a, b in zip(before, after, strict=True)]
    )


@bank.misconception("Changes of both signs cancel in a mean. Square them first.")
def signed_mean(widths, before, after):
    return slope(widths, [c.mean().abs() for c in changes(before, after)])


@bank.misconception("The largest entry is no typical one, and there are more to choose from in a wider layer.")
def largest(widths, before, after):
    return slope(widths, [c.abs().max() for c in changes(before, after)])


@bank.misconception("Mean absolute values instead of the root mean square.")
def mean_size(widths, before, after):
    return slope(widths, [c.abs().mean() for c in changes(before, after)])


@bank.misconception("The slope is over the width itself. An exponent is a slope over its logarithm.")
def over_the_width(widths, before, after):
    u, v = torch.tensor(widths).float(), torch.stack([c.square().mean().sqrt() for c in changes(before, after)]).log()
    return ((u - u.mean()) @ (v - v.mean())) / (u - u.mean()).square().sum()


@bank.misconception("The line goes through the first and the last width only. Fit it to all.")
def two_points(widths, before, after):
    v = [c.square().mean().sqrt().log() for c in changes(before, after)]
    u = torch.tensor(widths).float().log()
    return (v[-1] - v[0]) / (u[-1] - u[0])


@bank.misconception(
    "The change is measured relative to where it began. A layer whose output begins at 0 has no such ratio."
)
def relative(widths, before, after):
    pairs = zip(changes(before, after), before, strict=True)
    return slope(widths, [(c.square().sum(dim=1).sqrt() / a.square().sum(dim=1).sqrt()).mean() for c, a in pairs])
