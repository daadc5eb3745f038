"""Shape, data, batch and width against the mup package, enumeration, autograd and transformers."""

import itertools
import math

import mup
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.data import load_text
from course_utils.models import load_causal, parameter_counts
from course_utils.models.architectures import Architecture
from course_utils.models.batches import byte_stream, excerpt
from course_utils.models.recipes import recipes
from course_utils.scaling_limits import activations, fresh_bytes, standard, sweep, train_shape, window_gradients
from course_utils.scaling_limits.widths import BASE_WIDTH, CONTEXT, EMBEDDING, ByteNetwork, contexts_of, train_width


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(("layers", "wanted"), [(1, 100_000), (3, 100_000), (8, 60_000), (14, 100_000)])
def test_equal_width_is_counted_by_transformers(answer, layers, wanted):
    width = answer("equal_width")(wanted, layers, 2)
    found = [
        parameter_counts(Architecture("causal", layers, w, heads=1, vocabulary=9, context=4).build(0))[0]
        for w in (width - 2, width, width + 2)
    ]
    assert min(found, key=lambda n: abs(n**0.5 - wanted**0.5)) == found[1]


def test_overfitting_is_kaplans_two_losses(answer):
    n, d = torch.tensor([1e7, 1e9]).double(), torch.tensor([1e8, 1e11]).double()

    def loss(tokens):
        return ((6.4e13 / n) ** (0.076 / 0.103) + 1.8e13 / tokens) ** 0.103

    assert torch.allclose(answer("overfit")(n, d), loss(d) / loss(torch.tensor(math.inf)) - 1, rtol=1e-9)


@pytest.mark.parametrize("delta", [0.001, 0.02, 0.5])
def test_the_bottleneck_loses_what_it_may(answer, delta):
    n = torch.logspace(5, 12, 8, dtype=torch.float64)
    tokens = answer("data_bottleneck")(n, delta)
    assert torch.allclose(answer("overfit")(n, tokens), torch.full((8,), delta, dtype=torch.float64))
    assert (tokens[1:] / tokens[:-1]).log10().mean().item() == pytest.approx(0.738, abs=1e-3)


def test_kaplans_rule_of_five_thousand(answer):
    """Their Eq. 4.4, D of at least 5e3 N^0.74 for 2%, follows from the constants of their Table 2."""
    n = torch.tensor(1e9).double()
    assert answer("data_bottleneck")(n, 0.02).item() / n.item() ** 0.74 == pytest.approx(5e3, rel=0.1)


def test_effective_tokens_are_a_sum_of_decaying_readings(answer):
    """The integral of e^(-r/R*) over the repetitions, by the midpoint rule."""
    r = (torch.arange(100_000).double() + 0.5) / 100_000 * 6
    expected = 30 * (1 + 6 * (-r / 4).exp().mean().item())
    assert answer("effective_tokens")(
        torch.tensor(30.0).double(), torch.tensor(7.0).double(), 4.0
    ).item() == pytest.approx(expected)


def test_noise_scale_is_unbiased_over_all_batches(answer):
    """Expected over every ordered batch with replacement from five examples: the true gradient's square and the covariance's trace."""
    examples = torch.randn(5, 3, generator=generator(4), dtype=torch.float64)
    pairs = torch.stack([examples[list(i)].mean(dim=0) for i in itertools.product(range(5), repeat=2)])
    fours = torch.stack([examples[list(i)].mean(dim=0) for i in itertools.product(range(5), repeat=4)])
    signal, noise, ratio = answer("gradient_noise_scale")(pairs, fours, 2, 4)
    true = examples.mean(dim=0)
    assert signal.item() == pytest.approx(true.square().sum().item())
    assert noise.item() == pytest.approx((examples - true).square().sum(dim=1).mean().item())
    assert ratio.item() == pytest.approx(noise.item() / signal.item())


def test_steps_and_examples_lie_on_the_hyperbola(answer):
    steps, examples = answer("steps_and_examples")(torch.logspace(0, 4, 9, dtype=torch.float64), 50.0, 20.0)
    assert torch.allclose((steps / 20 - 1) * (examples / 1000 - 1), torch.ones(9, dtype=torch.float64))


def test_window_gradients_are_those_of_transformers_loss():
    lm, corpus = load_causal("ladder-2"), load_text("sotu")
    rows = window_gradients(lm.model, corpus, 2, generator(5))
    tokens = byte_stream(corpus.train)
    begin = int(torch.randint(len(tokens) - 129, (2,), generator=generator(5))[1])
    piece = tokens[begin : begin + 129].long()[None]
    lm.model.zero_grad()
    logits = lm.model(piece[:, :-1]).logits
    F.cross_entropy(logits[0], piece[0, 1:]).backward()
    expected = torch.cat([p.grad.flatten() for p in lm.model.parameters()])
    assert torch.allclose(rows[1], expected, atol=1e-5)


class TheirNetwork(nn.Module):
    """The notebook's network, of the mup package's parts."""

    def __init__(self, width):
        super().__init__()
        self.embedding = nn.Embedding(256, EMBEDDING)
        self.first, self.second = nn.Linear(CONTEXT * EMBEDDING, width), nn.Linear(width, width)
        self.output = mup.MuReadout(width, 256)

    def forward(self, contexts):
        x = self.first(self.embedding(contexts).flatten(1)).relu()
        return self.output(self.second(x).relu())


@pytest.mark.parametrize("width", [64, 160])
def test_training_under_mup_is_that_of_the_mup_package(answer, width):
    """Same initial weights, ten steps of Adam: the same logits, and the rules for rates and multipliers are the package's."""
    ours, theirs = ByteNetwork(width, answer("mup"), seed=0), TheirNetwork(width)
    mup.set_base_shapes(theirs, TheirNetwork(BASE_WIDTH), delta=TheirNetwork(2 * BASE_WIDTH), rescale_params=False)
    with torch.no_grad():
        theirs.embedding.weight.copy_(ours.embedding)
        for layer, weight in zip((theirs.first, theirs.second, theirs.output), ours.weights, strict=True):
            layer.weight.copy_(weight)
            layer.bias.zero_()
    data = byte_stream(load_text("sotu").val)
    optimizer, g = mup.MuAdam(theirs.parameters(), lr=2.0**-7, betas=(0.9, 0.95)), generator(3)
    for _ in range(10):
        x, y = contexts_of(data, 32, g)
        optimizer.zero_grad()
        F.cross_entropy(theirs(x), y).backward()
        optimizer.step()
    train_width(ours, data, 2.0**-7, 10, seed=3, batch=32, decay=False)
    with torch.no_grad():
        assert torch.allclose(ours(x), theirs(x), atol=2e-3)


@pytest.mark.parametrize("factor", [1, 4, 9])
def test_the_initial_spread_is_the_mup_packages(answer, factor):
    """The package multiplies the readout's usual spread by the root of the width factor: it stays that of the base."""
    layer, width = mup.MuReadout(64 * factor, 4000, bias=False), 64 * factor
    base, delta = (mup.MuReadout(n, 4000, bias=False) for n in (64, 128))
    usual = nn.init.normal_(layer.weight, std=width**-0.5).std().item()
    mup.set_base_shapes(layer, base, delta=delta)
    assert layer.weight.std().item() / usual == pytest.approx(factor**0.5, rel=1e-4)
    assert answer("mup")("output", width, 64)[0] == pytest.approx(layer.weight.std().item(), rel=0.02)


def test_coordinate_check_sees_what_standard_does_and_mup_does_not(answer):
    data, widths = byte_stream(load_text("sotu").val), [64, 128, 256]
    exponents = {}
    for name, rule in (("standard", standard), ("muP", answer("mup"))):
        before, after = activations(rule, widths, data, 2.0**-7, 3, seed=0)
        exponents[name] = answer("coordinate_check")(widths, [b[2] for b in before], [a[2] for a in after]).item()
    assert exponents["standard"] > 0.3 and abs(exponents["muP"]) < 0.25


def test_a_sweep_has_a_loss_for_each_rate():
    data = byte_stream(load_text("sotu").val)
    found = sweep(standard, (8, 16), (-8, -6), data, data, 3, 0, "test")
    assert {w: len(v) for w, v in found.items()} == {8: 2, 16: 2} and all(4 < v < 7 for v in found[8])


def test_a_shape_learns():
    non_embedding, total, loss = train_shape(1, 8, load_text("sotu"), 40_000, 8, 0)
    assert (non_embedding, total) == (12 * 64 + 13 * 8 + 16, 12 * 64 + 13 * 8 + 16 + 2 * 256 * 8)
    assert loss < 4


def test_fresh_bytes_are_read_off_the_curve():
    found = fresh_bytes([3.0, 2.5, 9.0, 0.1], [(100, 3.0), (10_000, 2.0), (1000, 2.5)])
    assert found.tolist() == pytest.approx([100, 1000, 100, 10_000])
    assert fresh_bytes([2.25], [(1000, 2.5), (10_000, 2.0)]).item() == pytest.approx(10**3.5)


def test_an_excerpt_is_spread_over_the_whole():
    tokens = torch.arange(100_000)
    found = excerpt(tokens, 10_240)
    assert len(found) == 10_241 and found[0] == 0 and found[-1] > 80_000
    assert (found.diff() == 1).float().mean() > 0.99


def test_the_recorded_recipes_have_one_size_and_their_own_names():
    shapes = [r for r in recipes("limits") if r.model.startswith("shape")]
    sizes = [r.architecture.layers * r.architecture.width**2 for r in shapes]
    assert max(sizes) / min(sizes) < 1.07
    assert len({r.run for r in recipes("limits")}) == len(recipes("limits"))
