"""Public probes of sections 3 to 6: shape, data, batch and width."""

from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def log_spaced(g: Generator, k: int, low: float, high: float) -> Tensor:
    """(k,) float64 numbers, log-uniform between two powers of ten."""
    return 10 ** (low + (high - low) * torch.rand(k, generator=g).double())


def batches(g: Generator, m: int, M: int, P: int, b: int, B: int, signal: float = 1.0) -> tuple[Any, ...]:
    """Gradients of m batches of b and M batches of B examples around one true gradient."""
    true = signal * normal(g, P)
    return true + normal(g, m, P) / b**0.5, true + normal(g, M, P) / B**0.5, b, B


def exact_batches(signal: float, noise: float, b: int, B: int) -> tuple[Any, ...]:
    """Squared norms that are their expected values: signal^2 + noise / batch."""
    rows = [[signal, (noise / size) ** 0.5] for size in (b, B)]
    return torch.tensor([rows[0]] * 3), torch.tensor([rows[1]] * 2), b, B


def layer_outputs(g: Generator, widths: tuple[int, ...], growth: float, examples: int = 6) -> tuple[Any, ...]:
    """Activations whose entries change by about width^growth."""
    before = [normal(g, examples, w) for w in widths]
    after = [x + 0.1 * w**growth * normal(g, examples, w) for x, w in zip(before, widths, strict=True)]
    return list(widths), before, after


def outputs_of_one_size(g: Generator, widths: tuple[int, ...]) -> tuple[Any, ...]:
    """The logits: as many entries at every width."""
    before = [normal(g, 5, 7) for _ in widths]
    return (
        list(widths),
        before,
        [x - 0.03 * w**0.5 * (1 + 0.2 * normal(g, 5, 7)) for x, w in zip(before, widths, strict=True)],
    )


PROBES: dict[str, list[Probe]] = {
    "equal_width": [
        Probe("100,000 parameters in 2 layers", lambda g: (100_000, 2), essential=True),
        Probe("the same in 8 layers", lambda g: (100_000, 8), weight=2),
        Probe("the same in 14 layers, multiples of 1", lambda g: (100_000, 14, 1), note="biases count"),
        Probe("multiples of 64, nearest", lambda g: (8_000_000, 6, 64), weight=2),
        Probe("2,500 in 14 layers, multiples of 1", lambda g: (2500, 14, 1), fixed=True, note="most of them linear in d"),
        Probe("5,100 in one layer, multiples of 1", lambda g: (5100, 1, 1), fixed=True),
        Probe("hardly any parameters", lambda g: (100, 3, 16), note="one multiple at least"),
        Probe("Pythia-160m's number in 12 layers", lambda g: (85_056_000, 12, 64), note="= its width"),
    ],
    "overfit": [
        Probe("a hundred million parameters, a billion tokens", lambda g: (torch.tensor(1e8).double(), torch.tensor(1e9).double()), weight=2, essential=True),
        Probe("five sizes, five data sets", lambda g: (log_spaced(g, 5, 6, 11), log_spaced(g, 5, 7, 12)), seed=1, weight=2),
        Probe("a table: sizes x data sets", lambda g: (log_spaced(g, 3, 6, 10)[:, None], log_spaced(g, 4, 8, 11)), seed=2),
        Probe("other constants", lambda g: (log_spaced(g, 3, 5, 7), log_spaced(g, 3, 6, 8), 0.4, 0.3, 1e9, 1e10), seed=3),
        Probe("as many tokens as there will ever be", lambda g: (torch.tensor([1e6, 1e9]).double(), torch.tensor([1e26, 1e30]).double()), rtol=1e-3, atol=0.0, note="small, and not 0"),
    ],
    "data_bottleneck": [
        Probe("a billion parameters, 2%", lambda g: (torch.tensor(1e9).double(), 0.02), weight=2, essential=True),
        Probe("six sizes, 5%", lambda g: (log_spaced(g, 6, 6, 12), 0.05), seed=1, weight=2),
        Probe("other constants", lambda g: (log_spaced(g, 3, 5, 7), 0.1, 0.4, 0.3, 1e9, 1e10), seed=2),
        Probe("twice the loss", lambda g: (torch.tensor([1e10]).double(), 1.0)),
    ],
    "effective_tokens": [
        Probe("one epoch", lambda g: (torch.tensor([100.0, 5000.0]), torch.tensor([1.0, 1.0]), 8.0), note="fresh tokens"),
        Probe("four epochs", lambda g: (torch.tensor(200.0), torch.tensor(4.0), 12.0), weight=2, essential=True),
        Probe("many epochs", lambda g: (torch.tensor(10.0), torch.tensor(1e6), 3.0), note="U (1 + R*)"),
        Probe("a table", lambda g: (log_spaced(g, 3, 2, 6)[:, None], torch.tensor([1.0, 2.5, 7.0, 40.0]).double(), 5.0), seed=1, weight=2),
    ],
    "gradient_noise_scale": [
        Probe("8 batches of 2, 4 of 16", lambda g: batches(g, 8, 4, 5, 2, 16), weight=2, essential=True),
        Probe("exact norms: signal 2, noise 12", lambda g: exact_batches(2.0, 12.0, 4, 32), note="4, 12 and 3", weight=2),
        Probe("mostly noise", lambda g: exact_batches(0.1, 5.0, 1, 8), rtol=1e-3, weight=2),
        Probe("one large batch", lambda g: batches(g, 6, 1, 4, 1, 6, signal=2.0), seed=1),
        Probe("batches of very different length", lambda g: [a * torch.tensor([[0.2], [3.0], [1.0]]) if i < 2 else a for i, a in enumerate(batches(g, 3, 3, 4, 1, 3, signal=3.0))], seed=2, weight=2),
        Probe("float64, inputs left alone", lambda g: [a.double() if i < 2 else a for i, a in enumerate(batches(g, 5, 3, 6, 3, 10))], dtype=True, unchanged=True, seed=3),
    ],
    "steps_and_examples": [
        Probe("batches from 1 to 4,096", lambda g: (torch.tensor([1.0, 16.0, 256.0, 4096.0]), 100.0, 50.0), weight=2, essential=True),
        Probe("at the noise scale", lambda g: (torch.tensor([64.0]), 64.0, 1000.0), note="twice the fewest of both"),
        Probe("endless batches", lambda g: (torch.tensor([1e9]), 30.0, 700.0)),
    ],
    "mup": [
        Probe("output layer, four times the base", lambda g: ("output", 256, 64), weight=2, essential=True),
        Probe("hidden layer, four times the base", lambda g: ("hidden", 256, 64), weight=2, essential=True),
        Probe("input layer", lambda g: ("input", 128, 128)),
        Probe("hidden layer at the base", lambda g: ("hidden", 64, 64), note="as usual"),
        Probe("output layer at the base", lambda g: ("output", 100, 100), note="as usual"),
        Probe("output layer, narrower than the base", lambda g: ("output", 32, 128)),
        Probe("hidden layer, 3 times", lambda g: ("hidden", 300, 100)),
    ],
    "coordinate_check": [
        Probe("entries change by width^0.5", lambda g: layer_outputs(g, (32, 64, 128, 256), 0.5), rtol=1e-3, atol=1e-4, weight=2, essential=True),
        Probe("entries change equally", lambda g: layer_outputs(g, (16, 64, 256), 0.0), rtol=1e-3, atol=1e-4, seed=1, weight=2),
        Probe("logits, as many at every width", lambda g: outputs_of_one_size(g, (8, 32, 128)), rtol=1e-3, atol=1e-4, seed=2),
        Probe("changes that vanish", lambda g: layer_outputs(g, (10, 100), -1.0), rtol=1e-3, atol=1e-4, seed=3),
        Probe("widths out of order", lambda g: layer_outputs(g, (128, 16, 50), 0.3), rtol=1e-3, atol=1e-4, seed=4),
    ],
}  # fmt: skip
