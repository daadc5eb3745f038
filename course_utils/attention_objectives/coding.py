"""Arithmetic decoding with registers of 32 bits (Witten, Neal & Cleary 1987), and text through a language model and such a coder."""

import math
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from transformers import DynamicCache

from course_utils.models import LanguageModel

HALF, QUARTER = 1 << 31, 1 << 30
TOTAL = 1 << 22  # counts that the probabilities of one token are rounded to
START = "\n"  # what a model without a begin-of-text token reads first
STREAMS = 64

Encode = Callable[[Tensor, int], list[int]]
Frequencies = Callable[[Tensor, int], Tensor]


class Decoder:
    """Reads back what an encoder wrote. `symbol` takes the same cumulative counts that the encoder had at this place."""

    def __init__(self, bits: Sequence[int]) -> None:
        self.bits = iter(bits)
        self.low, self.high, self.value = 0, 2 * HALF - 1, 0
        for _ in range(32):
            self.value = 2 * self.value + self._next()

    def _next(self) -> int:
        return next(self.bits, 0)  # behind the end there are zeros

    def count(self, total: int) -> int:
        """Where the code lies, on a scale of 0 to total - 1: the symbol is the one whose interval holds this number."""
        return ((self.value - self.low + 1) * total - 1) // (self.high - self.low + 1)

    def narrow(self, a: int, b: int, total: int) -> None:
        """The symbol was the one with the interval [a, b) of total."""
        width = self.high - self.low + 1
        self.low, self.high = self.low + width * a // total, self.low + width * b // total - 1
        while True:
            if self.high < HALF:
                shift = 0
            elif self.low >= HALF:
                shift = HALF
            elif self.low >= QUARTER and self.high < 3 * QUARTER:
                shift = QUARTER
            else:
                return
            self.low, self.high = 2 * (self.low - shift), 2 * (self.high - shift) + 1
            self.value = 2 * (self.value - shift) + self._next()

    def symbol(self, cumulative: Tensor) -> int:
        """Next symbol. cumulative: (V,) int64, counts of the symbols up to and with each; the last entry is the total."""
        total = int(cumulative[-1])
        found = int(torch.searchsorted(cumulative, self.count(total), right=True))
        self.narrow(int(cumulative[found - 1]) if found else 0, int(cumulative[found]), total)
        return found


def recovered(bits: Sequence[int], intervals: Tensor, total: int) -> int:
    """How many symbols the decoder gets back before the first wrong one; intervals: (n, 2), what was encoded."""
    decoder = Decoder(bits)
    for i, (a, b) in enumerate(intervals.tolist()):
        if not a <= decoder.count(total) < b:
            return i
        decoder.narrow(a, b, total)
    return len(intervals)


def ideal_bits(intervals: Tensor, total: int) -> float:
    """-log2 of the probability of what was encoded: the sum of log2(total / count)."""
    counts = (intervals[:, 1] - intervals[:, 0]).double()
    return float((math.log2(total) - counts.log2()).sum())


class _Reader:
    """Predictions for many streams of one text in step. Encoder and decoder call it alike, so both see the same numbers."""

    def __init__(self, lm: LanguageModel, streams: int) -> None:
        start = lm.tokenizer.cls_token_id
        start = lm.tokenizer(START).input_ids[0] if start is None else start
        self.model, self.window = lm.model, lm.model.config.max_position_embeddings
        self.read = torch.full((streams, 1), start)
        self.cache, self.new = DynamicCache(), self.read

    @torch.no_grad()
    def predict(self) -> Tensor:
        """(streams, V) float64 probabilities of the next token."""
        if self.cache.get_seq_length() + self.new.shape[1] > self.window:  # full: go on with the newer half
            self.cache, self.new = DynamicCache(), self.read[:, -self.window // 2 :]
        logits = self.model(self.new, past_key_values=self.cache, use_cache=True).logits[:, -1]
        return logits.double().softmax(dim=1)

    def feed(self, tokens: Tensor) -> None:
        """tokens: (streams,), what came."""
        self.new = tokens[:, None]
        self.read = torch.cat([self.read, self.new], dim=1)[:, -self.window :]


def token_ids(lm: LanguageModel, text: str) -> Tensor:
    """(n,) tokens of a text, without special ones; they give the text back byte for byte."""
    return torch.tensor(lm.tokenizer(text, add_special_tokens=False).input_ids)


def _steps(n: int, streams: int) -> Iterator[int]:
    """For each step how many of the streams still have a token: all have ceil(n / streams) but the last ones."""
    length = math.ceil(n / streams)
    for t in range(length):
        yield sum(b * length + t < n for b in range(streams))


def text_intervals(lm: LanguageModel, ids: Tensor, frequencies: Frequencies, streams: int = STREAMS) -> Tensor:
    """(n, 2) intervals, out of TOTAL, of the tokens of a text under a causal model. The text is cut into `streams` that are read in step."""
    length = math.ceil(len(ids) / streams)
    table = torch.nn.functional.pad(ids, (0, streams * length - len(ids))).view(streams, length)
    reader, intervals = _Reader(lm, streams), []
    for t, alive in enumerate(_steps(len(ids), streams)):
        for p, token in zip(reader.predict()[:alive], table[:alive, t].tolist(), strict=True):
            counts = frequencies(p, TOTAL)
            low = int(counts[:token].sum())
            intervals.append((low, low + int(counts[token])))
        reader.feed(table[:, t])
    return torch.tensor(intervals)


def decoded_text(
    lm: LanguageModel, bits: Sequence[int], n: int, frequencies: Frequencies, streams: int = STREAMS
) -> str:
    """The text of n tokens that was encoded. Needs the same model on the same machine: two roundings may differ elsewhere."""
    length = math.ceil(n / streams)
    table = torch.zeros(streams, length, dtype=torch.long)
    reader, decoder = _Reader(lm, streams), Decoder(bits)
    for t, alive in enumerate(_steps(n, streams)):
        for b, p in enumerate(reader.predict()[:alive]):
            table[b, t] = decoder.symbol(frequencies(p, TOTAL).cumsum(0))
        reader.feed(table[:, t])
    return str(lm.tokenizer.decode(table.flatten()[:n], clean_up_tokenization_spaces=False))
