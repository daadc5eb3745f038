"""Section 2: probe, parameter groups, schedule, and the gradients of two linear layers."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from course_utils.checks import Probe
from course_utils.checks.inputs import normal


def shifted_rows(
    g: Generator, n: int, m: int, dim: int, classes: int, ridge: float = 1.0, dtype: torch.dtype = torch.float32
) -> tuple[Any, ...]:
    """Training features of different means and widths, labels of different frequency, and test features from elsewhere."""
    width = 0.5 + 2 * torch.rand(dim, generator=g)
    train = normal(g, n, dim) * width + normal(g, dim)
    test = normal(g, m, dim) * width * 0.5 + normal(g, dim) + 1
    labels = torch.cat([torch.arange(classes), torch.randint(classes - 1, (n - classes,), generator=g)])
    return train.to(dtype), labels, test.to(dtype), classes, ridge


def constant_feature(g: Generator) -> tuple[Any, ...]:
    """One feature does not vary on the training rows."""
    train, labels, test, classes, ridge = shifted_rows(g, 8, 3, 4, 2)
    train[:, 1] = 0.5
    test[:, 1] = 0.5
    return train, labels, test, classes, ridge


def parts(g: Generator, encoder_rate: float, head_rate: float, frozen: tuple[int, ...] = ()) -> tuple[Any, ...]:
    """An encoder of three layers, of which those named are frozen, a head, and their rates."""
    encoder = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    head = nn.Linear(2, 3)
    for place in frozen:
        encoder[place].requires_grad_(False)
    return encoder, head, encoder_rate, head_rate


def rates_of(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """What an optimizer whose default rate is 99 makes of the groups: the rate of every parameter, 0 for those it does not have."""
    seen: dict[str, Any] = {"number of groups": len(value)}
    optimizer = torch.optim.SGD([dict(group) for group in value], lr=99.0)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    for name, module in zip(("encoder", "head"), arguments[:2], strict=True):
        for key, parameter in module.named_parameters():
            seen[f"rate of {name}.{key}"] = float(rates.get(id(parameter), 0.0))
    for place, group in enumerate(optimizer.param_groups):
        seen[f"initial_lr of group {place}"] = float(group.get("initial_lr", -1.0))
    return seen


def scheduled(g: Generator, rates: Sequence[float], now: Sequence[float], share: float) -> tuple[Any, float]:
    """Groups of an optimizer with these initial rates, which earlier steps have set to `now`."""
    groups = [{"params": [torch.zeros(2)], "lr": r, "initial_lr": first} for first, r in zip(rates, now, strict=True)]
    return groups, share


def after_scaling(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """The rates that are set, those that were returned, and the initial ones."""
    groups = arguments[0]
    return {
        "rates set": torch.tensor([float(group["lr"]) for group in groups]),
        "rates returned": torch.tensor([float(rate) for rate in value]),
        "initial_lr": torch.tensor([float(group["initial_lr"]) for group in groups]),
    }


def two_layers(g: Generator, k: int, d: int, n: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, ...]:
    return (
        normal(g, k, dtype=dtype),
        normal(g, k, d, dtype=dtype),
        normal(g, n, d, dtype=dtype),
        normal(g, n, dtype=dtype),
    )


def unseen_direction(g: Generator) -> tuple[Tensor, ...]:
    """The last input never differs from 0 in the data."""
    v, b, x, y = two_layers(g, 2, 4, 5)
    x[:, 3] = 0
    return v, b, x, y


PROBES: dict[str, list[Probe]] = {
    "ridge_probe": [
        Probe(
            "12 training rows, 5 test rows, 3 classes", lambda g: shifted_rows(g, 12, 5, 4, 3), weight=2, essential=True
        ),
        Probe("two classes, ridge 5", lambda g: shifted_rows(g, 9, 4, 3, 2, 5.0), seed=1),
        Probe("one test row", lambda g: shifted_rows(g, 10, 1, 3, 2), seed=2, weight=2),
        Probe("fewer rows than features", lambda g: shifted_rows(g, 5, 3, 8, 3), seed=3),
        Probe("a feature that does not vary", constant_feature, seed=4),
        Probe("leaves its inputs alone", lambda g: shifted_rows(g, 8, 3, 3, 2), unchanged=True, seed=5),
        Probe(
            "float64 in, float64 out",
            lambda g: shifted_rows(g, 9, 3, 4, 2, dtype=torch.float64),
            dtype=True,
            rtol=1e-8,
            seed=6,
        ),
    ],
    "parameter_groups": [
        Probe("encoder 0.001, head 0.01", lambda g: parts(g, 0.001, 0.01), look=rates_of, weight=3, essential=True),
        Probe("encoder 0.5, head 0.2", lambda g: parts(g, 0.5, 0.2), look=rates_of),
        Probe("the first layer is frozen", lambda g: parts(g, 0.01, 0.1, (0,)), look=rates_of, weight=2),
    ],
    "scale_rates": [
        Probe(
            "two groups, half", lambda g: scheduled(g, (0.1, 1.0), (0.1, 1.0), 0.5), look=after_scaling, essential=True
        ),
        Probe(
            "for the second time", lambda g: scheduled(g, (0.1, 1.0), (0.05, 0.5), 0.25), look=after_scaling, weight=2
        ),
        Probe("three groups", lambda g: scheduled(g, (0.2, 0.3, 0.4), (0.2, 0.3, 0.4), 0.9), look=after_scaling),
        Probe("down to 0", lambda g: scheduled(g, (0.2, 0.3), (0.1, 0.15), 0.0), look=after_scaling),
        Probe("up again from 0", lambda g: scheduled(g, (0.2, 0.3), (0.0, 0.0), 1.0), look=after_scaling),
    ],
    "two_layer_gradients": [
        Probe("k = 2, d = 3, 5 points", lambda g: two_layers(g, 2, 3, 5), weight=2, essential=True),
        Probe("k = 4, d = 2, 7 points", lambda g: two_layers(g, 4, 2, 7), seed=1),
        Probe("as many features as inputs", lambda g: two_layers(g, 3, 3, 4), seed=2),
        Probe("an input that is always 0", unseen_direction, seed=3),
        Probe("leaves its inputs alone", lambda g: two_layers(g, 2, 3, 4), unchanged=True, seed=4),
        Probe(
            "float64 in, float64 out", lambda g: two_layers(g, 2, 3, 4, torch.float64), dtype=True, rtol=1e-9, seed=5
        ),
    ],
}
