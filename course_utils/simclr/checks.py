"""Public probes of the SimCLR exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from course_utils.checks import Probe
from course_utils.checks.chance import Event
from course_utils.checks.inputs import normal, uniform


def close_views(g: Generator, n: int, dim: int, noise: float = 0.5) -> tuple[Tensor, Tensor]:
    """Two noisy copies of n random vectors, as an encoder half-way through training would give."""
    center = normal(g, n, dim)
    return center + normal(g, n, dim, scale=noise), center + normal(g, n, dim, scale=noise)


def twins(g: Generator, n: int, dim: int) -> tuple[Tensor, Tensor]:
    """Two views in which the first two images are the same picture: equal vectors at different positions."""
    z_i, z_j = close_views(g, n, dim)
    return torch.cat([z_i[:1], z_i[:1], z_i[2:]]), z_j


ORANGE = torch.tensor([0.9, 0.5, 0.1]).view(1, 3, 1, 1)


def orange(n: int, height: int, width: int) -> Tensor:
    """n images in one colour, so that what became of each can be told from the result alone."""
    return ORANGE.expand(n, 3, height, width).clone()


def coins(value: Tensor, arguments: Sequence[Any]) -> dict[str, Event]:
    """What random_grayscale does to each of some orange images: p says how often it makes one gray, and there is no third thing."""
    gray = 0.299 * 0.9 + 0.587 * 0.5 + 0.114 * 0.1
    same = (value - ORANGE).abs().flatten(1).amax(1) < 1e-3
    grayed = (value - gray).abs().flatten(1).amax(1) < 1e-3
    return {
        "share made something else": Event(~grayed & ~same, 0.0),
        "share made gray": Event(grayed & ~same, arguments[1]),
    }


def with_known_weights(module: nn.Module, arguments: Sequence[Any]) -> dict[str, Any]:
    """A head's parameter count, its output once its weights are set to known numbers, and whether it repeats itself in training.

    Known numbers hide how the weights began, so matrices of zeros are counted before.
    """
    if not isinstance(module, nn.Module):
        raise TypeError(f"expected an nn.Module, got {type(module).__name__}")
    zeros = sum(p.dim() > 1 and not p.any() for p in module.parameters())
    with torch.no_grad():
        for parameter in module.parameters():
            g = Generator().manual_seed(sum(31**i * size for i, size in enumerate(parameter.shape)))
            parameter.copy_(torch.randn(parameter.shape, generator=g))
    x = torch.randn(6, arguments[0], generator=Generator().manual_seed(1))
    training = module.train()
    return {
        "parameters": sum(p.numel() for p in module.parameters()),
        "weight matrices that begin at zero": zeros,
        "the same output twice": torch.equal(training(x), training(x)),
        "output": module.eval()(x),
    }


class Mode(nn.Module):
    """Passes its input on and counts the calls in evaluation mode, in a tensor: only tensors come back from another process."""

    evaluated: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("evaluated", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.evaluated += not self.training
        return x


def stepping(g: Generator, temperature: float = 0.5, lr: float = 0.1) -> tuple[Any, ...]:
    """Arguments of train_step: a tiny encoder and head that still carry the gradients of an earlier step, SGD, two views, a loss."""

    def layer(n_in: int, n_out: int) -> nn.Linear:
        linear = nn.Linear(n_in, n_out)
        with torch.no_grad():
            linear.weight.copy_(normal(g, n_out, n_in, scale=0.5))
            linear.bias.copy_(normal(g, n_out, scale=0.5))
        return linear

    encoder = nn.Sequential(Mode(), nn.Flatten(), layer(12, 6), nn.Tanh())
    head = nn.Sequential(Mode(), layer(6, 4))
    optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=lr)
    for parameter in [*encoder.parameters(), *head.parameters()]:
        parameter.grad = torch.ones_like(parameter)
    return encoder, head, optimizer, uniform(g, 5, 3, 2, 2), uniform(g, 5, 3, 2, 2), toy_loss, temperature


def toy_loss(z_1: Tensor, z_2: Tensor, temperature: float = 0.5) -> Tensor:
    """Stands in for NT-Xent, default temperature included, so that train_step is judged by itself. Swapping the views shows."""
    if z_1.shape[1] != 4:
        raise ValueError(f"the loss was given vectors of {z_1.shape[1]} numbers, the head returns 4: is it left out?")
    return ((z_1 - z_2) ** 2).mean() / temperature + 0.1 * (z_1**2).mean()


def after_step(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """Every weight after the step, and how often a part was called in evaluation mode."""
    parts = dict(zip(("encoder", "head"), arguments[:2], strict=True))
    weights = {name: p for prefix, part in parts.items() for name, p in part.named_parameters(prefix=prefix)}
    return weights | {f"calls of the {name} in evaluation mode": part[0].evaluated for name, part in parts.items()}


def plain_number(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """What kind of thing the value is, in ones and zeros."""
    return {"a plain number": isinstance(value, float), "a tensor": isinstance(value, Tensor)}


def the_value(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    return {"loss": value}


def collapsed(n: int, dim: int = 16) -> Callable[[Generator], tuple[Tensor, Tensor, float]]:
    return lambda g: (torch.ones(n, dim), torch.ones(n, dim), 0.5)


def black_and_white(height: int, width: int) -> Tensor:
    """One black and one white image."""
    return torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 3, height, width).clone()


PROBES: dict[str, list[Probe]] = {
    "random_grayscale": [
        Probe("p = 1 makes every image gray", lambda g: (uniform(g, 3, 3, 2, 3), 1.0)),
        Probe("p = 0 changes nothing", lambda g: (uniform(g, 3, 3, 2, 3), 0.0)),
        Probe(
            "p = 0.3: each of 64 images tosses its own coin, call after call",
            lambda g: (orange(64, 1, 2), 0.3),
            law=coins,
            weight=3,
            essential=True,
        ),
        Probe("leaves its input alone", lambda g: (uniform(g, 2, 3, 2, 2), 1.0), unchanged=True, weight=2),
    ],
    "color_histogram": [
        Probe("four random images, 8 bins", lambda g: (uniform(g, 4, 3, 5, 5), 8), weight=2, essential=True),
        Probe(
            "black and white: the value 1.0 is in the last bin",
            lambda g: (black_and_white(2, 2), 4),
            weight=2,
        ),
        Probe("5 bins, images that are not square", lambda g: (uniform(g, 2, 3, 3, 7), 5)),
        Probe("leaves its input alone", lambda g: (uniform(g, 2, 3, 3, 3), 4), unchanged=True),
    ],
    "cosine_similarity": [
        Probe("4 vectors against 6", lambda g: (normal(g, 4, 7), normal(g, 6, 7)), essential=True),
        Probe("lengths do not matter", lambda g: (normal(g, 3, 5, scale=100.0), normal(g, 4, 5, scale=0.01))),
        Probe(
            "a vector of zeros stays finite",
            lambda g: (torch.cat([torch.zeros(1, 5), normal(g, 2, 5)]), normal(g, 3, 5)),
            weight=3,
            essential=True,
        ),
        Probe("as many of both", lambda g: (normal(g, 4, 6), normal(g, 4, 6)), seed=1),
        Probe(
            "the gradient reaches both",
            lambda g: (normal(g, 3, 4), normal(g, 2, 4)),
            gradients=(0, 1),
            weight=5,
            seed=2,
            essential=True,
        ),
        Probe(
            "leaves its inputs alone", lambda g: (normal(g, 3, 4), normal(g, 2, 4)), unchanged=True, weight=3, seed=3
        ),
        Probe(
            "float64 in, float64 out",
            lambda g: (normal(g, 3, 4, dtype=torch.float64), normal(g, 2, 4, dtype=torch.float64)),
            dtype=True,
            rtol=1e-6,
            seed=4,
        ),
    ],
    # to two decimals: log(2N) is 0.004 away
    "collapsed_loss": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=2e-3)],
    "nt_xent_pair": [
        Probe(
            "anchor 0 and its partner 3, of 6 vectors", lambda g: (normal(g, 6, 8), 0, 3, 0.5), weight=2, essential=True
        ),
        Probe("the other way round", lambda g: (normal(g, 6, 8), 3, 0, 0.5)),
        Probe("temperature 0.1", lambda g: (normal(g, 10, 8), 7, 2, 0.1)),
        Probe("all vectors equal, 2N = 8", lambda g: (torch.ones(8, 4), 1, 5, 0.2), note="= log(2N-1)"),
        Probe(
            "the gradient reaches z",
            lambda g: (normal(g, 6, 8), 2, 5, 0.5),
            gradients=(0,),
            weight=5,
            seed=1,
            essential=True,
        ),
        Probe("leaves z alone", lambda g: (normal(g, 6, 8), 4, 1, 0.5), unchanged=True, weight=2, seed=2),
        Probe(
            "float64 in, float64 out",
            lambda g: (normal(g, 6, 8, dtype=torch.float64), 0, 3, 0.5),
            dtype=True,
            rtol=1e-6,
            seed=3,
        ),
    ],
    "nt_xent": [
        Probe("4 images, temperature 0.5", lambda g: (*close_views(g, 4, 8), 0.5), essential=True),
        Probe("7 images, temperature 0.1", lambda g: (*close_views(g, 7, 16), 0.1), seed=1),
        Probe("collapsed embeddings, N = 128", collapsed(128), note="= log(2N-1)", essential=True),
        Probe(
            "the gradient reaches both views",
            lambda g: (*close_views(g, 3, 4), 0.5),
            gradients=(0, 1),
            weight=5,
            seed=2,
            atol=1e-5,
            essential=True,
        ),
        Probe(
            "temperature 0.005 stays finite",
            lambda g: (*close_views(g, 6, 8), 0.005),
            weight=4,
            seed=3,
            rtol=1e-3,
            essential=True,
        ),
        Probe("the same picture twice in a batch", lambda g: (*twins(g, 4, 8), 0.2), seed=4),
        Probe("leaves its inputs alone", lambda g: (*close_views(g, 4, 8), 0.5), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out",
            lambda g: (normal(g, 4, 8, dtype=torch.float64), normal(g, 4, 8, dtype=torch.float64), 0.5),
            dtype=True,
            rtol=1e-6,
            seed=6,
        ),
    ],
    "similarity_gradient": [
        Probe("5 candidates, temperature 0.5", lambda g: (uniform(g, 5) * 2 - 1, 2, 0.5), weight=2, essential=True),
        Probe("temperature 0.1", lambda g: (uniform(g, 7) * 2 - 1, 0, 0.1)),
        Probe(
            "equal similarities", lambda g: (torch.full((4,), 0.3), 1, 0.25), note="= (1/4 - 1)/0.25 for the positive"
        ),
        Probe("leaves its input alone", lambda g: (uniform(g, 5) * 2 - 1, 4, 0.2), unchanged=True, weight=2),
    ],
    "projection_head": [
        Probe(
            "64 -> 32 -> 16, weights set to known numbers",
            lambda g: (64, 32, 16),
            look=with_known_weights,
            atol=1e-3,
            essential=True,
        ),
        Probe("10 -> 20 -> 5", lambda g: (10, 20, 5), look=with_known_weights, atol=1e-3),
    ],
    "train_step": [
        Probe(
            "one step, from weights that carry old gradients",
            lambda g: stepping(g, 0.4),
            look=after_step,
            weight=2,
            atol=1e-5,
            essential=True,
        ),
        Probe("temperature 0.1 reaches the loss", lambda g: stepping(g, 0.1, 0.01), look=after_step, seed=1, atol=1e-5),
        Probe(
            "the loss of before the step",
            lambda g: stepping(g, 0.4),
            look=the_value,
            weight=2,
            seed=2,
            atol=1e-5,
            essential=True,
        ),
        Probe("returns a plain number", stepping, look=plain_number, weight=2),
    ],
    "positive_rank": [
        Probe("5 images", lambda g: close_views(g, 5, 4, noise=1.0), weight=2, essential=True),
        Probe(
            "vectors of very different lengths",
            lambda g: tuple(z * torch.logspace(-1, 1, 6)[:, None] for z in close_views(g, 6, 4, 1.5)),
            seed=1,
        ),
        Probe("views that have nothing in common", lambda g: (normal(g, 8, 3), normal(g, 8, 3)), weight=2, seed=2),
        Probe("leaves its inputs alone", lambda g: close_views(g, 6, 4, noise=1.0), unchanged=True, weight=2, seed=3),
    ],
    "alignment": [
        Probe("5 images", lambda g: close_views(g, 5, 4), weight=2, essential=True),
        Probe("opposite views", lambda g: ((z := normal(g, 4, 4)), -z), note="= 4, the largest it can be"),
        Probe("lengths do not matter", lambda g: tuple(10 * z for z in close_views(g, 3, 6)), seed=1),
        Probe("leaves its inputs alone", lambda g: close_views(g, 4, 3), unchanged=True, weight=2, seed=2),
        Probe(
            "float64 and gradients come through",
            lambda g: (normal(g, 4, 3, dtype=torch.float64), normal(g, 4, 3, dtype=torch.float64)),
            gradients=(0, 1),
            dtype=True,
            weight=3,
            seed=3,
        ),
    ],
    "uniformity": [
        Probe("8 random vectors", lambda g: (normal(g, 8, 4),), weight=2, essential=True),
        Probe("all vectors equal", lambda g: (torch.ones(5, 4),), note="= 0, the largest it can be", atol=1e-5),
        Probe("lengths do not matter", lambda g: (normal(g, 6, 3, scale=9.0),), seed=1),
        Probe("another t", lambda g: (normal(g, 7, 5), 0.5), weight=2, seed=2, essential=True),
        Probe("leaves its input alone", lambda g: (normal(g, 5, 3),), unchanged=True, weight=2, seed=3),
        Probe(
            "float64 and gradients come through",
            lambda g: (normal(g, 5, 3, dtype=torch.float64),),
            gradients=(0,),
            dtype=True,
            weight=3,
            seed=4,
        ),
    ],
    # seeds without near-ties: the votes of right answers, and of the usual mistakes, are decided by more than rounding
    "knn_predict": [
        Probe(
            "80 neighbours to choose from, k = 5",
            lambda g: knn_inputs(g, 80, 60, 5),
            weight=2,
            seed=184,
            essential=True,
        ),
        Probe("k = 1", lambda g: knn_inputs(g, 40, 40, 1), seed=1),
        Probe("one close neighbour outvotes two far ones", lambda g: close_call()),
        Probe("long vectors get no extra say", lambda g: knn_inputs(g, 60, 60, 3, stretch=10.0), seed=10),
        Probe("temperature 0.5", lambda g: (*knn_inputs(g, 60, 60, 15), 0.5), seed=71, essential=True),
    ],
    "standardize": [
        Probe(
            "6 training and 4 test rows",
            lambda g: (normal(g, 6, 3) * 4 + 7, normal(g, 4, 3) * 9 - 2),
            weight=2,
            atol=1e-4,
            essential=True,
        ),
        Probe(
            "a constant feature stays finite",
            lambda g: (
                torch.cat([torch.full((5, 1), 2.0), normal(g, 5, 2)], 1),
                torch.cat([torch.full((3, 1), 2.0), normal(g, 3, 2)], 1),
            ),
            weight=3,
            atol=1e-4,
            essential=True,
        ),
        Probe(
            "leaves its inputs alone", lambda g: (normal(g, 4, 2), normal(g, 3, 2)), unchanged=True, weight=2, atol=1e-4
        ),
    ],
    "pseudo_labels": [
        Probe("8 rows, threshold 0.6", lambda g: (normal(g, 8, 3, scale=2.0), 0.6), weight=2, essential=True),
        Probe(
            "logits of a hundred, threshold 0.9", lambda g: (normal(g, 10, 4, scale=100.0), 0.9), seed=1, essential=True
        ),
        Probe("nobody is sure enough", lambda g: (torch.zeros(4, 5), 0.5)),
        Probe("one row is sure", lambda g: (torch.tensor([[0.1, 0.0, 0.2], [0.0, 5.0, 1.0]]), 0.8), weight=2),
        Probe(
            "exactly at the threshold",
            lambda g: (torch.tensor([[0.0, -300.0], [1.0, 0.0], [-300.0, 0.0]]), 1.0),
            weight=2,
        ),
    ],
    "simsiam_loss": [
        Probe("4 images", lambda g: tuple(normal(g, 4, 6) for _ in range(4)), weight=2, essential=True),
        Probe(
            "which arguments get a gradient",
            lambda g: tuple(normal(g, 3, 5) for _ in range(4)),
            gradients=(0, 1, 2, 3),
            seed=1,
            weight=4,
            essential=True,
        ),
        Probe(
            "perfect predictions",
            lambda g: ((p := normal(g, 4, 6)), (q := normal(g, 4, 6)), q, p),
            note="= -1, the least it can be",
            atol=1e-5,
        ),
        Probe(
            "leaves its inputs alone",
            lambda g: tuple(normal(g, 4, 3) for _ in range(4)),
            unchanged=True,
            weight=2,
            seed=2,
        ),
    ],
}


def knn_inputs(g: Generator, n: int, m: int, k: int, classes: int = 4, stretch: float = 1.0) -> tuple[Any, ...]:
    """A bank of n labelled vectors around `classes` centres and m queries; `stretch` makes some vectors of the bank long."""
    centers = normal(g, classes, 6)
    labels = torch.randint(0, classes, (n,), generator=g)
    length = torch.where(torch.arange(n) % 3 == 0, stretch, 1.0)[:, None]
    bank = (centers[labels] + normal(g, n, 6)) * length
    queries = centers[torch.randint(0, classes, (m,), generator=g)] + normal(g, m, 6)
    return bank, labels, queries, k, classes


def close_call() -> tuple[Any, ...]:
    """Of the three nearest, two far ones share class 1 and the close one is of class 0."""
    bank = torch.tensor([[1.0, 0.05], [1.0, 1.0], [1.0, -1.0], [-1.0, 0.0]])
    return bank, torch.tensor([0, 1, 1, 2]), torch.tensor([[1.0, 0.0]]), 3, 3
