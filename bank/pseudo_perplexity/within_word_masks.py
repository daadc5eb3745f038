"""Masks for PLL-word-l2r: other ways to build them, and the masks that are easily confused with them."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe(
            "words of 1 to 4 pieces", lambda g: ([None, 0, 1, 1, 2, 2, 2, 3, 3, 3, 3, None],), weight=2, essential=True
        ),
        Probe("no special tokens", lambda g: ([0, 0, 1],), dtype=True),
        Probe("a special token in the middle", lambda g: ([None, 0, 0, None, 1, 1, None],)),
        Probe("the same word twice in a row", lambda g: ([None, 4, 4, 5, 5, None],)),
        Probe("one word", lambda g: ([None, 0, 0, 0, None, None],)),
    ]
)


@bank.unseen("[CLS] sou ven ir s [SEP], the s another word", "three words of two pieces")
def other_words(g):
    lengths = [3, *torch.randint(1, 5, (4,), generator=g).tolist()]
    return ([None, *(word for word, length in enumerate(lengths) for _ in range(length)), None],)


def rows(word_ids, hide):
    """hide(t, s): whether position s is hidden when t is scored."""
    T = range(len(word_ids))
    return torch.tensor([[bool(hide(t, s)) for s in T] for t in T if word_ids[t] is not None])


def right(word_ids):
    return rows(word_ids, lambda t, s: s >= t and word_ids[s] == word_ids[t])


@bank.alternative
def with_tensors(word_ids):
    words = torch.tensor([-1 if word is None else word for word in word_ids])
    same = words[:, None] == words[None, :]
    return same.triu()[words >= 0]


@bank.alternative
def step_by_step(word_ids):
    result = []
    for t, word in enumerate(word_ids):
        if word is None:
            continue
        row = [False] * len(word_ids)
        s = t
        while s < len(word_ids) and word_ids[s] == word:
            row[s] = True
            s += 1
        result.append(row)
    return torch.tensor(result, dtype=torch.bool)


@bank.misconception(
    "You hide the whole word, the earlier pieces too. They come first and stay in view: within a word it goes from left to right."
)
def whole_word(word_ids):
    return rows(word_ids, lambda t, s: word_ids[s] == word_ids[t])


@bank.misconception(
    "Only the token itself is hidden: that is the original metric, in which the other pieces give the word away."
)
def token_alone(word_ids):
    return rows(word_ids, lambda t, s: s == t)


@bank.misconception(
    "You hide all that follows, other words too. Only the later pieces of the *same word* are hidden; across words both sides are seen."
)
def everything_behind(word_ids):
    return rows(word_ids, lambda t, s: s >= t and word_ids[s] is not None)


@bank.misconception(
    "You hide the *earlier* pieces of the word and show the later ones. Left to right: what comes later is unknown."
)
def earlier_pieces(word_ids):
    return rows(word_ids, lambda t, s: s <= t and word_ids[s] == word_ids[t])


@bank.misconception(
    "The token itself is in view; only the pieces behind it are hidden. It must be hidden to be guessed."
)
def target_in_view(word_ids):
    return rows(word_ids, lambda t, s: s > t and word_ids[s] == word_ids[t])


@bank.misconception(
    "Special tokens have rows in your result. They are never scored: a row for each token whose word id is not None."
)
def special_tokens_scored(word_ids):
    T = range(len(word_ids))
    return torch.tensor([[s >= t and word_ids[s] == word_ids[t] for s in T] for t in T])


@bank.misconception("True and False are swapped: True is hidden.")
def inverted(word_ids):
    return ~right(word_ids)


@bank.misconception("You hide only the next piece of the word. All later pieces of it are hidden.")
def only_the_next_piece(word_ids):
    return rows(word_ids, lambda t, s: t <= s <= t + 1 and word_ids[s] == word_ids[t])


@bank.misconception("There is one row for each word. Every *token* is scored, so every token has a row.")
def one_row_per_word(word_ids):
    first = [t for t, word in enumerate(word_ids) if word is not None and (t == 0 or word_ids[t - 1] != word)]
    return torch.tensor([[s >= t and word_ids[s] == word_ids[t] for s in range(len(word_ids))] for t in first])


@bank.misconception(
    "The masks are right as numbers, but True and False are asked for: torch.where and indexing need booleans."
)
def as_numbers(word_ids):
    return right(word_ids).long()
