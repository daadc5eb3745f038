"""What a model trains on: batches by step number, each a function of (data, seed, step) alone, so a resumed run sees the same ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerFast

from course_utils.data.text import Document, sentences
from course_utils.models.masking import IGNORED, mask_tokens


@dataclass(frozen=True)
class Batch:
    """`inputs` and `labels` (sequences, tokens), int64; label -100 is not predicted. `attention_mask` is None where nothing is padded.

    `tokens` counts what was read, padding excluded.
    """

    inputs: Tensor
    labels: Tensor
    attention_mask: Tensor | None
    tokens: int

    def to(self, device: torch.device) -> "Batch":
        mask = None if self.attention_mask is None else self.attention_mask.to(device)
        return Batch(self.inputs.to(device), self.labels.to(device), mask, self.tokens)


def byte_stream(documents: Sequence[Document]) -> Tensor:
    """The documents one after the other as bytes (n,), uint8, with an empty line between two: the ids of `byte_tokenizer`, at once."""
    return torch.frombuffer(bytearray("\n\n".join(document.text for document in documents).encode()), dtype=torch.uint8)


def excerpt(tokens: Tensor, length: int, piece: int = 2048) -> Tensor:
    """(length + 1,) tokens in pieces evenly spaced over a stream, so that a small excerpt is as mixed as the whole.

    The one token more lets windows of any size that divides `length` use all of it.
    """
    pieces = -(-(length + 1) // piece)
    begins = torch.linspace(0, len(tokens) - piece, pieces).long()
    return torch.cat([tokens[begin : begin + piece] for begin in begins.tolist()])[: length + 1]


class Windows:
    """Windows of `context` + 1 tokens: each predicts all its tokens but the first. One pass in random order, then another."""

    def __init__(self, tokens: Tensor, context: int, size: int, steps: int, seed: int) -> None:
        self.tokens, self.context, self.size, self.steps, self.seed = tokens, context, size, steps, seed
        self.number = (len(tokens) - 1) // context
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.long)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Batch:
        if not 0 <= step < self.steps:
            raise IndexError(step)
        epoch, k = divmod(step, self.number // self.size)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
            self._epoch, self._order = epoch, torch.randperm(self.number, generator=generator)
        return self.rows(self._order[k * self.size : (k + 1) * self.size])

    def rows(self, chosen: Tensor) -> Batch:
        positions = chosen[:, None] * self.context + torch.arange(self.context + 1)
        rows = self.tokens[positions].long()
        return Batch(rows[:, :-1], rows[:, 1:].contiguous(), None, rows[:, 1:].numel())


class Sentences:
    """Framed windows of whole sentences, [CLS] ... [SEP], of similar length in a batch, until `budget` tokens are read.

    Labels are the next token (`mask_rates` None) or the tokens that `mask_tokens` chose, anew at each step, at a rate that goes from
    the first to the second of `mask_rates` over the run.
    """

    def __init__(
        self,
        windows: list[list[int]],
        tokenizer: PreTrainedTokenizerFast,
        mask_rates: tuple[float, float] | None,
        size: int,
        budget: int,
        seed: int,
    ) -> None:
        self.windows, self.tokenizer, self.mask_rates, self.seed = windows, tokenizer, mask_rates, seed
        self.special = torch.tensor(tokenizer.all_special_ids)
        self.batches = list(self._batches(size, budget))

    def _batches(self, size: int, budget: int) -> Iterator[list[int]]:
        """Positions of windows whose padded batch has at most `size` tokens."""
        lengths = torch.tensor([len(window) for window in self.windows])
        read = 0
        for epoch in count():
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
            jitter = torch.rand(len(lengths), generator=generator)
            order = (lengths + 4 * jitter).argsort().tolist()
            batches: list[list[int]] = [[]]
            for k in order:  # lengths grow, so the newest window is the longest
                if (len(batches[-1]) + 1) * len(self.windows[k]) > size:
                    batches.append([])
                batches[-1].append(k)
            for k in torch.randperm(len(batches), generator=generator).tolist():
                if read >= budget:
                    return
                read += int(lengths[batches[k]].sum())
                yield batches[k]

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, step: int) -> Batch:
        rows = [torch.tensor(self.windows[k]) for k in self.batches[step]]
        tokens = pad_sequence(rows, batch_first=True, padding_value=self.tokenizer.pad_token_id)
        attention = torch.isin(tokens, torch.tensor(self.tokenizer.pad_token_id), invert=True)
        read = int(attention.sum())
        if self.mask_rates is None:
            labels = tokens[:, 1:].masked_fill(~attention[:, 1:], IGNORED)
            return Batch(tokens[:, :-1], labels, attention[:, :-1].long(), read)
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
        first, last = self.mask_rates
        inputs, labels = mask_tokens(
            tokens,
            special=torch.isin(tokens, self.special),
            mask_id=self.tokenizer.mask_token_id,
            vocabulary=range(len(self.special), len(self.tokenizer)),
            generator=generator,
            rate=first + (last - first) * step / len(self),
        )
        return Batch(inputs, labels, attention.long(), read)


def sentence_windows(
    documents: Sequence[Document], tokenizer: PreTrainedTokenizerFast, context: int, seed: int = 0
) -> list[list[int]]:
    """Every sentence once, in windows of one or more consecutive ones: ids with [CLS] and [SEP], at most `context` of them.

    How full a window gets is drawn anew for each, so models see single sentences and longer stretches. Longer sentences are cut.
    """
    generator = torch.Generator().manual_seed(seed)
    cls, sep, room = tokenizer.cls_token_id, tokenizer.sep_token_id, context - 2
    windows = []
    for document in documents:
        parts = sentences(document.text)
        spaced = [part if k == 0 else f" {part}" for k, part in enumerate(parts)]
        following = tokenizer(spaced, add_special_tokens=False)["input_ids"]
        alone = tokenizer(parts, add_special_tokens=False)[
            "input_ids"
        ]  # a window's first sentence has no space before it
        window: list[int] = []
        limit = 0
        for first, next_one in zip(alone, following, strict=True):
            if window and len(window) + len(next_one) <= limit:
                window += next_one
                continue
            if window:
                windows.append([cls, *window[:room], sep])
            window, limit = first, int(torch.randint(1, room + 1, (1,), generator=generator))
        windows.append([cls, *window[:room], sep])
    return windows
