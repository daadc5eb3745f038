"""A network over bytes whose width grows, with initial spread, learning rates and multipliers from a rule."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from course_utils.progress import Progress

CONTEXT, EMBEDDING, BASE_WIDTH = 8, 16, 64
Rule = Callable[[str, int, int], tuple[float, float, float]]


def standard(kind: str, fan_in: int, base_fan_in: int) -> tuple[float, float, float]:
    """What libraries do: spread 1 / sqrt(fan_in) everywhere, one learning rate, no multiplier."""
    return fan_in**-0.5, 1.0, 1.0


class ByteNetwork(nn.Module):
    """The next byte from the 8 before it: embeddings, two hidden layers of `width`, 256 outputs.

    `rule(kind, fan_in, base_fan_in)` gives the standard deviation of the initial weights, a factor of the learning rate and a
    multiplier of the layer's product, for kind "input", "hidden" and "output". Biases and embeddings have factor 1.
    """

    def __init__(self, width: int, rule: Rule, seed: int, base: int = BASE_WIDTH) -> None:
        super().__init__()
        g = Generator().manual_seed(seed)
        inputs = CONTEXT * EMBEDDING
        shapes = (("input", inputs, width, inputs), ("hidden", width, width, base), ("output", width, 256, base))
        self.embedding = nn.Parameter(torch.randn(256, EMBEDDING, generator=g))
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        self.factors, self.multipliers = [], []
        for kind, fan_in, fan_out, base_fan_in in shapes:
            spread, factor, multiplier = rule(kind, fan_in, base_fan_in)
            self.weights.append(nn.Parameter(spread * torch.randn(fan_out, fan_in, generator=g)))
            self.biases.append(nn.Parameter(torch.zeros(fan_out)))
            self.factors.append(factor)
            self.multipliers.append(multiplier)

    def layers(self, contexts: Tensor) -> list[Tensor]:
        """What the layers return before their ReLU, for (n, 8) bytes: (n, width), (n, width) and the logits (n, 256)."""
        x, found = self.embedding[contexts].flatten(1), []
        for weight, bias, multiplier in zip(self.weights, self.biases, self.multipliers, strict=True):
            found.append(multiplier * (x @ weight.T) + bias)
            x = found[-1].relu()
        return found

    def forward(self, contexts: Tensor) -> Tensor:
        return self.layers(contexts)[-1]

    def groups(self) -> list[dict[str, object]]:
        """Parameter groups for an optimiser: each with its factor of the learning rate."""
        rest = {"params": [self.embedding, *self.biases], "factor": 1.0}
        return [
            rest,
            *({"params": [w], "factor": factor} for w, factor in zip(self.weights, self.factors, strict=True)),
        ]


def contexts_of(data: Tensor, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """(count, 8) contexts and the (count,) bytes that follow them, from anywhere in a stream of bytes."""
    begins = torch.randint(len(data) - CONTEXT, (count,), generator=generator)
    rows = data[begins[:, None] + torch.arange(CONTEXT + 1)].long()
    return rows[:, :CONTEXT], rows[:, CONTEXT]


def train_width(
    network: ByteNetwork, data: Tensor, rate: float, steps: int, seed: int, batch: int = 128, decay: bool = True
) -> ByteNetwork:
    """Adam on random contexts; the learning rate falls linearly to 0 if it decays."""
    g = Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(network.groups(), lr=rate, betas=(0.9, 0.95))
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * group["factor"] * (1 - step / steps if decay else 1)
        x, y = contexts_of(data, batch, g)
        optimizer.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
    return network


@torch.no_grad()
def held_out_loss(network: ByteNetwork, data: Tensor, count: int = 4000) -> float:
    """Nats per byte on fixed contexts of a held-out stream."""
    x, y = contexts_of(data, count, Generator().manual_seed(5))
    return F.cross_entropy(network(x), y).item()


def sweep(
    rule: Rule,
    widths: Sequence[int],
    exponents: Sequence[int],
    train: Tensor,
    held: Tensor,
    steps: int,
    seed: int,
    name: str,
) -> dict[int, list[float]]:
    """Held-out losses, {width: one for each learning rate 2^exponent}."""
    losses: dict[int, list[float]] = {}
    with Progress(name, total=len(widths) * len(exponents), unit="runs", even=False) as bar:
        for width in widths:
            losses[width] = []
            for exponent in exponents:
                network = train_width(ByteNetwork(width, rule, seed), train, 2.0**exponent, steps, seed)
                losses[width].append(held_out_loss(network, held))
                bar.update(f"width {width}, rate 2^{exponent}: {losses[width][-1]:.3f}")
    return losses


def activations(
    rule: Rule, widths: Sequence[int], data: Tensor, rate: float, steps: int, seed: int
) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
    """What every layer returns on 64 contexts, for each width, before and after some steps at one learning rate."""
    x, _ = contexts_of(data, 64, Generator().manual_seed(9))
    before, after = [], []
    for width in widths:
        network = ByteNetwork(width, rule, seed)
        with torch.no_grad():
            before.append(network.layers(x))
        train_width(network, data, rate, steps, seed, decay=False)
        with torch.no_grad():
            after.append(network.layers(x))
    return before, after
