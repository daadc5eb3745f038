"""The arithmetic coder: against the exact interval, over long texts, and around the embedded model."""

import math
from fractions import Fraction

import pytest
import torch

from course_utils.attention_objectives.coding import (
    TOTAL,
    Decoder,
    decoded_text,
    ideal_bits,
    recovered,
    text_intervals,
    token_ids,
)
from course_utils.attention_objectives.probes import around_the_middle, intervals_of
from course_utils.data import load_text


@pytest.mark.parametrize("total", [3, 17, 1000, 1 << 16, TOTAL])
@pytest.mark.parametrize("n", [1, 7, 500])
def test_decodes_within_two_bits_of_the_ideal(answer, total, n):
    intervals, total = intervals_of(torch.Generator().manual_seed(n), n, 3, total)
    bits = answer("encode")(intervals, total)
    assert recovered(bits, intervals, total) == n
    assert len(bits) <= ideal_bits(intervals, total) + 2


def test_the_code_lies_in_the_exact_interval(answer):
    """With fractions instead of registers: for a total that is a power of two nothing is rounded in the first steps."""
    intervals, total = torch.tensor([[3, 7], [0, 1], [6, 8], [2, 5]]), 8
    low, width = Fraction(0), Fraction(1)
    for a, b in intervals.tolist():
        low, width = low + width * Fraction(a, total), width * Fraction(b - a, total)
    bits = answer("encode")(intervals, total)
    code = sum(Fraction(bit, 2 ** (i + 1)) for i, bit in enumerate(bits))
    assert low <= code < low + width


def test_pending_bits_may_go_on_for_long(answer):
    intervals, total = around_the_middle(3000)
    bits = answer("encode")(intervals, total)
    assert recovered(bits, intervals, total) == 3000 and len(bits) <= 3000 * math.log2(3) + 2


def test_round_trip_of_100_kb(answer):
    """100,000 bytes under their own frequencies, read back with nothing but the bits and the table."""
    text = "\n".join(document.text for document in load_text("sotu").test).encode()[:100_000]
    symbols = torch.frombuffer(bytearray(text), dtype=torch.uint8).long()
    p = torch.bincount(symbols, minlength=256).double()
    counts = answer("frequencies")(p / p.sum(), 1 << 16)
    ends = counts.cumsum(0)
    intervals = torch.stack([ends[symbols] - counts[symbols], ends[symbols]], dim=1)
    bits = answer("encode")(intervals, 1 << 16)
    assert len(bits) <= ideal_bits(intervals, 1 << 16) + 2
    table, owner = ends.tolist(), torch.searchsorted(ends, torch.arange(1 << 16), right=True).tolist()
    decoder, found = Decoder(bits), bytearray()
    for _ in range(len(text)):
        symbol = owner[decoder.count(1 << 16)]
        decoder.narrow(table[symbol - 1] if symbol else 0, table[symbol], 1 << 16)
        found.append(symbol)
    assert bytes(found) == text


def test_a_changed_bit_changes_the_text(answer):
    intervals, total = intervals_of(torch.Generator().manual_seed(0), 100, 8, 256)
    bits = answer("encode")(intervals, total)
    bits[40] = 1 - bits[40]
    assert recovered(bits, intervals, total) < 100


@pytest.mark.parametrize("streams", [1, 7])
def test_text_through_the_model_and_back(answer, neox, streams):
    text = load_text("sotu").test[0].text[:900] + " – naïve, “quoted” €5\n\n  end"
    ids = token_ids(neox, text)
    intervals = text_intervals(neox, ids, answer("frequencies"), streams)
    bits = answer("encode")(intervals, TOTAL)
    assert len(bits) <= ideal_bits(intervals, TOTAL) + 2
    assert decoded_text(neox, bits, len(ids), answer("frequencies"), streams) == text


def test_the_intervals_are_the_models_probabilities(answer, neox):
    """Of one stream within the context: the sum of -log2 p is that of a single forward pass."""
    ids = token_ids(neox, "We are grateful to the Congress for the appropriations of the last year.")
    with torch.no_grad():
        logits = neox.model(torch.cat([torch.tensor([neox.tokenizer.cls_token_id]), ids])[None]).logits[0, :-1]
    expected = -logits.double().log_softmax(1).gather(1, ids[:, None]).sum().item() / math.log(2)
    found = ideal_bits(text_intervals(neox, ids, answer("frequencies"), 1), TOTAL)
    assert found == pytest.approx(expected, abs=0.02 * len(ids))


@pytest.mark.parametrize("size", [1, 2, 300])
@pytest.mark.parametrize("scale", [0.0, 1.0, 20.0])
def test_counts_are_whole_positive_and_close(answer, size, scale):
    p = (torch.randn(size, generator=torch.Generator().manual_seed(1)).double() * scale).softmax(0)
    counts = answer("frequencies")(p, TOTAL)
    assert counts.sum() == TOTAL and counts.min() >= 1 and counts.dtype == torch.int64
    assert ((counts.double() / TOTAL - p).abs() <= (size + 1) / TOTAL).all()
