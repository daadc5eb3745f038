"""Bytes of the speeches for the tiny models, and neighbouring sentences for the sentence encoder."""

import re

import torch
from torch import Generator, Tensor

from course_utils.data import TextCorpus, sentences
from course_utils.models import LanguageModel

WORD = re.compile(rb"[A-Za-z]+")
MASK = 256  # the one token beyond the 256 bytes
VOCABULARY = 257


def as_bytes(corpus: TextCorpus, split: str) -> Tensor:
    """(n,) all bytes of a split, documents one after the other."""
    joined = "\n".join(document.text for document in getattr(corpus, split))
    return torch.frombuffer(bytearray(joined.encode()), dtype=torch.uint8).long()


def windows(data: Tensor, count: int, length: int, generator: Generator) -> Tensor:
    """(count, length) windows of a text that begin anywhere."""
    begins = torch.randint(len(data) - length + 1, (count,), generator=generator)
    return data[begins[:, None] + torch.arange(length)]


def neighbouring_sentences(
    corpus: TextCorpus, split: str, count: int, generator: Generator, least: int = 8, most: int = 30
) -> list[tuple[str, str]]:
    """Up to `count` pairs of consecutive sentences, of `least` to `most` words both, drawn without replacement."""
    pairs = []
    for document in getattr(corpus, split):
        found = sentences(document.text)
        sized = [least <= len(sentence.split()) <= most for sentence in found]
        pairs += [(found[i], found[i + 1]) for i in range(len(found) - 1) if sized[i] and sized[i + 1]]
    return [pairs[i] for i in torch.randperm(len(pairs), generator=generator)[:count].tolist()]


FUNCTION_WORDS = frozenset(
    b"a an and any are as at be been but by can for from had has have he his i if in into is it its may more no not of on or our shall so "
    b"such that the their them there these they this those to under upon us was we were which who will with would".split()
)


def in_function_word(rows: Tensor) -> tuple[Tensor, Tensor]:
    """For windows of bytes (B, T): (B, T) 1 where the byte is a letter of a function word, and (B, T) True at letters of whole words.

    Words cut off at the ends of a window, and what is no letter, are left out (False).
    """
    labels, letters = torch.zeros_like(rows), torch.zeros(rows.shape, dtype=torch.bool)
    for b, row in enumerate(rows.tolist()):
        text = bytes(row)
        for match in WORD.finditer(text):
            begin, end = match.span()
            if begin > 0 and end < len(text):
                letters[b, begin:end] = True
                labels[b, begin:end] = int(match.group().lower() in FUNCTION_WORDS)
    return labels, letters


def held_out(corpus: TextCorpus, lm: LanguageModel, length: int, index: int) -> Tensor:
    """(length,) tokens from the beginning of a held-out text, led by the model's begin-of-text token: one place in a speech for each index."""
    documents = corpus.test
    document, turn = documents[index % len(documents)], index // len(documents)
    ids = lm.tokenizer(document.text, add_special_tokens=False).input_ids
    begin = turn * length % max(1, len(ids) - length)
    return torch.tensor([lm.tokenizer.cls_token_id, *ids[begin : begin + length - 1]])


def scrambled(sentence: str, generator: Generator) -> str:
    """The words of a sentence in random order."""
    parts = sentence.split()
    return " ".join(parts[i] for i in torch.randperm(len(parts), generator=generator).tolist())


@torch.no_grad()
def sentence_surprise(lm: LanguageModel, texts: list[str], batch_size: int = 50) -> Tensor:
    """(n,) mean of -log p over the tokens of each text under a causal model, nats."""
    found = []
    for first in range(0, len(texts), batch_size):
        batch = lm.tokenizer(
            texts[first : first + batch_size], padding=True, truncation=True, max_length=128, return_tensors="pt"
        )
        log_p = (
            lm.model(batch.input_ids).logits[:, :-1].log_softmax(dim=-1).gather(2, batch.input_ids[:, 1:, None])[..., 0]
        )
        asked = batch.attention_mask[:, 1:].float()  # padding is on the right, so no token sees it
        found.append(-(log_p * asked).sum(dim=1) / asked.sum(dim=1))
    return torch.cat(found)
