"""Banko & Brill's task on the embedded speeches: which word of a confusion set was here? Labelled examples are free: the text has the answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import torch
from torch import Generator, Tensor

from course_utils.data import Document

WORDS = re.compile(r"[a-z]+(?:'[a-z]+)?|[.,;:!?]")
SETS = (("to", "too", "two"), ("then", "than"), ("their", "there"), ("among", "between"), ("its", "it's"))
BUCKETS = 1 << 15  # features are hashed into so many
# Which neighbours make a feature together, by their distance. From FAR words away, a word counts wherever it stands.
SLOTS = ((-1,), (1,), (-2,), (2,), (-2, -1), (-1, 1), (1, 2), (-3,), (3,), (-4,), (4,), (-5,), (5,), (-6,), (6,))
FAR = 3
REACH = max(abs(place) for slot in SLOTS for place in slot)


@dataclass(frozen=True)
class Examples:
    """features: (n, len(SLOTS)) ids below BUCKETS, one of each slot; labels: (n,) which of `words` stood there."""

    words: tuple[str, ...]
    features: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, rows: slice | Tensor) -> "Examples":
        return Examples(self.words, self.features[rows], self.labels[rows])

    def shuffled(self, generator: Generator) -> "Examples":
        return self[torch.randperm(len(self), generator=generator)]


def all_examples(documents: Sequence[Document]) -> dict[str, Examples]:
    """For each confusion set, "to/too/two" and so on, every place in the documents where one of its words stands."""
    place_of = {word: (words, i) for words in SETS for i, word in enumerate(words)}
    rows: dict[tuple[str, ...], list[list[int]]] = {words: [] for words in SETS}
    labels: dict[tuple[str, ...], list[int]] = {words: [] for words in SETS}
    for document in documents:
        text = [""] * REACH + WORDS.findall(document.text.lower()) + [""] * REACH
        for place, word in enumerate(text):
            if word in place_of:
                words, label = place_of[word]
                rows[words].append([_bucket(slot, text, place) for slot in SLOTS])
                labels[words].append(label)
    return {"/".join(words): Examples(words, torch.tensor(rows[words]), torch.tensor(labels[words])) for words in SETS}


def _bucket(slot: tuple[int, ...], text: list[str], place: int) -> int:
    words = " ".join([text[place + offset] for offset in slot])
    name = "far" if len(slot) == 1 and abs(slot[0]) >= FAR else str(slot)
    return crc32(f"{name} {words}".encode()) % BUCKETS
