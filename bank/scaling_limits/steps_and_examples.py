"""Steps against examples: another way to say it, and other curves."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.scaling_limits.probes.training import log_spaced

bank = Bank(
    hidden=[
        Probe("seven batches", lambda g: (log_spaced(g, 7, 0, 5), 300.0, 20.0), weight=2, essential=True, seed=11),
        Probe("a noise scale below 1", lambda g: (log_spaced(g, 3, 0, 2), 0.3, 900.0), seed=12),
        Probe("inputs left alone", lambda g: (log_spaced(g, 4, 1, 3), 64.0, 10.0), unchanged=True, dtype=True, seed=13),
    ]
)


@bank.unseen("batches from 1 to 4,096", "at the noise scale", "endless batches")
def others(g):
    return 10 ** (4 * torch.rand(4, generator=g)), 80.0, 40.0


@bank.alternative
def from_the_hyperbola(batch, noise_scale, fewest_steps):
    fewest_examples = fewest_steps * noise_scale
    examples = fewest_examples + fewest_steps * batch
    return examples / batch, examples


@bank.misconception("The ratio is upside down: small batches need *more* steps.")
def ratio_inverted(batch, noise_scale, fewest_steps):
    steps = fewest_steps * (1 + batch / noise_scale)
    return steps, steps * batch


@bank.misconception("The 1 is missing: even an endless batch needs its fewest steps.")
def no_one(batch, noise_scale, fewest_steps):
    steps = fewest_steps * noise_scale / batch
    return steps, steps * batch


@bank.misconception("The steps are right. The examples are steps times the batch, not times the noise scale.")
def examples_by_noise(batch, noise_scale, fewest_steps):
    steps = fewest_steps * (1 + noise_scale / batch)
    return steps, steps * noise_scale


@bank.misconception(
    "Up to the noise scale a larger batch saves steps in full, beyond it nothing, in yours. The real curve bends smoothly."
)
def with_a_corner(batch, noise_scale, fewest_steps):
    steps = fewest_steps * (noise_scale / batch).clamp(min=1)
    return steps, steps * batch


@bank.misconception("Steps and examples are exchanged.")
def exchanged(batch, noise_scale, fewest_steps):
    steps = fewest_steps * (1 + noise_scale / batch)
    return steps * batch, steps


@bank.misconception(
    "A root has crept in: noise in the *loss* counts, not in the size of the gradient, so the ratio enters as it is."
)
def with_a_root(batch, noise_scale, fewest_steps):
    steps = fewest_steps * (1 + (noise_scale / batch).sqrt())
    return steps, steps * batch
