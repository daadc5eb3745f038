"""Sentences of a corpus that no model was trained on, and ways to spoil them."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Generator, Tensor
from transformers import PreTrainedTokenizerFast

from course_utils.data import TextCorpus, sentences
from course_utils.errors import CourseError

OTHER_NUMBER = {"is": "are", "are": "is", "was": "were", "were": "was", "has": "have", "have": "has"}


def held_out_sentences(corpus: TextCorpus, count: int, seed: int, words: tuple[int, int] = (8, 30)) -> list[str]:
    """`count` different sentences of the test documents, drawn at random, of at least words[0] and at most words[1] words.

    Raises CourseError if there are not so many.
    """
    every = {s for document in corpus.test for s in sentences(" ".join(document.text.split()))}
    fitting = sorted(s for s in every if words[0] <= len(s.split()) <= words[1] and s.isascii())
    if len(fitting) < count:
        raise CourseError(f"{count} sentences of {words[0]} to {words[1]} words; {corpus.name} has {len(fitting)}")
    chosen = torch.randperm(len(fitting), generator=Generator().manual_seed(seed))[:count]
    return [fitting[i] for i in chosen.tolist()]


def scramble(sentence: str, generator: Generator) -> str:
    """The same words in random order."""
    words = sentence.split()
    return " ".join(words[i] for i in torch.randperm(len(words), generator=generator).tolist())


def swap_neighbours(sentence: str, generator: Generator) -> str | None:
    """Two different neighbouring words exchanged, the first and the last word apart (they carry capital and full stop); None if there
    are no two."""
    words = sentence.split()
    inner = range(1, len(words) - 2)
    places = [i for i in inner if words[i].isalpha() and words[i + 1].isalpha() and words[i] != words[i + 1]]
    if not places:
        return None
    i = places[int(torch.randint(len(places), (1,), generator=generator))]
    return " ".join([*words[:i], words[i + 1], words[i], *words[i + 2 :]])


def break_agreement(sentence: str, generator: Generator) -> str | None:
    """One of is/are, was/were, has/have replaced by the form of the other number; None for a sentence without any."""
    places = list(re.finditer(r"\b(" + "|".join(OTHER_NUMBER) + r")\b", sentence))
    if not places:
        return None
    found = places[int(torch.randint(len(places), (1,), generator=generator))]
    return sentence[: found.start()] + OTHER_NUMBER[found[0]] + sentence[found.end() :]


def word_scores(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], scores: Mapping[str, Sequence[Tensor]], most: int = 3
) -> dict[int, dict[str, Tensor]]:
    """Log-probabilities of whole words, by number of pieces: {pieces: {name: (words,)}}; `most` stands for that many or more.

    scores: {name: for each text the scores (tokens,) of its tokens, special ones left out}.
    """
    found: dict[int, dict[str, list[Tensor]]] = {}
    for text, encoded in enumerate(tokenizer(list(texts)).encodings):
        word_of = torch.tensor([word for word in encoded.word_ids if word is not None])
        pieces = word_of.bincount()
        for name, each in scores.items():
            sums = torch.zeros(len(pieces)).index_add(0, word_of, each[text])
            for n in pieces.unique().tolist():
                if n:
                    found.setdefault(min(n, most), {}).setdefault(name, []).append(sums[pieces == n])
    return {n: {name: torch.cat(parts) for name, parts in found[n].items()} for n in sorted(found)}
