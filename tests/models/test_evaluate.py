"""Losses against transformers' own, and bits per byte against closed forms."""

import math

import pytest
import torch

from course_utils.models.architectures import Architecture
from course_utils.models.batches import Batch, Windows
from course_utils.models.evaluate import bits_per_byte, held_out_windows, loss
from course_utils.models.masking import IGNORED


@pytest.fixture(scope="module")
def tokens() -> torch.Tensor:
    return torch.randint(0, 256, (4000,), generator=torch.Generator().manual_seed(0))


def test_causal_loss_is_that_of_transformers(tokens):
    model = Architecture("causal", 2, 32, 2, 256, 16).build(0).eval()
    sample = held_out_windows(tokens, context=16, count=20, size=8)
    windows = torch.cat([torch.cat([b.inputs, b.labels[:, -1:]], dim=1) for b in sample])
    with torch.no_grad():
        expected = float(model(windows, labels=windows).loss)
    assert loss(model, sample) == pytest.approx(expected, rel=1e-5)


def test_masked_loss_is_that_of_transformers_also_with_padding(tokens):
    model = Architecture("masked", 2, 32, 2, 256, 16).build(0).eval()
    inputs, labels = tokens[:64].view(4, 16).clone(), torch.full((4, 16), IGNORED)
    attention = torch.ones_like(inputs)
    attention[2:, 10:] = 0
    labels[:, 3:7] = inputs[:, 3:7]
    inputs[:, 3:7] = 4
    with torch.no_grad():
        expected = float(model(inputs, attention_mask=attention, labels=labels).loss)
    assert loss(model, [Batch(inputs, labels, attention, 52)]) == pytest.approx(expected, rel=1e-5)


def test_loss_weighs_labels_not_batches(tokens):
    model = Architecture("causal", 1, 16, 1, 256, 16).build(0)
    even = loss(model, held_out_windows(tokens, 16, count=12, size=12))
    uneven = loss(model, held_out_windows(tokens, 16, count=12, size=5))
    assert uneven == pytest.approx(even, rel=1e-5)
    assert model.training  # as it was


def test_held_out_windows_span_the_text(tokens):
    (batch,) = held_out_windows(tokens, context=16, count=5, size=32)
    assert torch.equal(batch.inputs[0], tokens[:16])
    assert torch.equal(batch.labels[0], tokens[1:17])
    assert torch.equal(batch.labels[-1], tokens[248 * 16 + 1 : 249 * 16 + 1])  # 249 windows fit


def test_an_epoch_of_windows_sees_each_token_once(tokens):
    windows = Windows(tokens, context=16, size=3, steps=83 + 83, seed=7)
    assert windows.number == 249
    first = torch.cat([windows[k].inputs for k in range(83)])
    assert sorted(first.flatten().tolist()) == sorted(tokens[: 249 * 16].tolist())
    assert not torch.equal(windows[0].inputs, windows[83].inputs)
    assert torch.equal(windows[2].inputs, Windows(tokens, 16, 3, 166, seed=7)[2].inputs)
    assert not torch.equal(windows[2].inputs, Windows(tokens, 16, 3, 166, seed=8)[2].inputs)


def test_bits_per_byte():
    assert bits_per_byte(nats=100 * math.log(256), n_bytes=100) == pytest.approx(8)
    text = "naïve"  # 5 characters, 6 bytes, say 2 tokens of 3 nats
    assert bits_per_byte(2 * 3.0, len(text.encode())) == pytest.approx(6 / math.log(2) / 6)
