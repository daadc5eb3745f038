"""One text, three questions: other ways to write them, and the ways to ask for what is in view."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import masked_case, words
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("causal, three texts", lambda g: ("causal", words(g, 3, 9), 50), weight=2, seed=11, essential=True),
        Probe("masked, three texts", lambda g: masked_case(g, 3, 8), weight=2, seed=12, essential=True),
        Probe("a prefix of 5 of 6", lambda g: ("prefix", words(g, 2, 6), 50, None, 5), seed=13, essential=True),
        Probe("a prefix of 2 of 9, ids left alone", lambda g: ("prefix", words(g, 2, 9), 50, None, 2), unchanged=True, dtype=True, weight=2, seed=14),
        Probe("two tokens", lambda g: ("causal", words(g, 1, 2), 50), seed=15),
        Probe("masked, ids left alone", lambda g: masked_case(g, 2, 4), unchanged=True, dtype=True, seed=16),
    ]
)  # fmt: skip


def tri(n):
    return torch.ones(n, n, dtype=torch.bool).tril()


def sees(kind, n, prefix):
    mask = torch.ones(n, n, dtype=torch.bool) if kind == "masked" else tri(n)
    if kind == "prefix":
        mask[:, :prefix] = True
    return mask


def nexts(ids):
    return torch.cat([ids[:, 1:], torch.full_like(ids[:, :1], -100)], dim=1)


def right(kind, ids, mask_id, chosen=None, prefix=0):
    if kind == "masked":
        return torch.where(chosen, mask_id, ids), torch.where(chosen, ids, -100), sees(kind, ids.shape[1], 0)
    labels = nexts(ids)
    if kind == "prefix":
        labels[:, : prefix - 1] = -100
    return ids, labels, sees(kind, ids.shape[1], prefix)


@bank.alternative
def with_masked_fill(kind, ids, mask_id, chosen=None, prefix=0):
    if kind == "masked":
        return ids.masked_fill(chosen, mask_id), ids.masked_fill(~chosen, -100), sees(kind, ids.shape[1], 0)
    labels = torch.full_like(ids, -100)
    first = prefix - 1 if kind == "prefix" else 0
    labels[:, first:-1] = ids[:, first + 1 :]
    return ids.clone(), labels, sees(kind, ids.shape[1], prefix)


@bank.alternative
def with_roll(kind, ids, mask_id, chosen=None, prefix=0):
    if kind == "masked":
        inputs, labels = ids.clone(), torch.full_like(ids, -100)
        inputs[chosen] = mask_id
        labels[chosen] = ids[chosen]
        return inputs, labels, sees(kind, ids.shape[1], 0)
    labels, t = ids.roll(-1, dims=1), torch.arange(ids.shape[1])
    hidden = (t == len(t) - 1) | ((t + 1 < prefix) if kind == "prefix" else False)
    return ids, labels.masked_fill(hidden, -100), sees(kind, len(t), prefix)


def with_other(arguments, labels=None, inputs=None, mask=None):
    """The right answer with one part replaced, by a function of (kind, ids, chosen, prefix, what is right)."""
    kind, ids, _, chosen, prefix = [*arguments, *[None, 0][len(arguments) - 3 :]]
    found = list(right(*arguments))
    for place, change in ((0, inputs), (1, labels), (2, mask)):
        if change is not None:
            found[place] = change(kind, ids, chosen, prefix, found[place])
    return tuple(found)


@bank.misconception(
    "The labels of a causal model are not shifted: position t is asked for token t, which it sees. Ask for the next one."
)
def not_shifted(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: ok if kind == "masked" else torch.where(ok == -100, -100, ids))  # fmt: skip


@bank.misconception("The labels are shifted the wrong way: position t is asked for token t - 1, which it sees.")
def shifted_backwards(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: ok if kind == "masked" else torch.cat([torch.full_like(ids[:, :1], -100), ids[:, :-1]], 1))  # fmt: skip


@bank.misconception(
    "The last position is asked for the *first* token of the text: your shift wraps around. Nothing comes after the last token."
)
def wraps_around(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: ok if kind == "masked" else torch.cat([ok[:, :-1], ids[:, :1]], 1))  # fmt: skip


@bank.misconception(
    "The last position is asked for token 0. Where nothing is asked stands -100, which losses skip; 0 is a word."
)
def last_label_is_zero(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: ok if kind == "masked" else torch.cat([ok[:, :-1], torch.zeros_like(ids[:, :1])], 1))  # fmt: skip


@bank.misconception(
    "The labels of the masked model are shifted. It is asked *at* the hidden position for what was there."
)
def masked_labels_shifted(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: torch.cat([ok[:, 1:], torch.full_like(ids[:, :1], -100)], 1) if kind == "masked" else ok)  # fmt: skip


@bank.misconception(
    "The masked model is asked about every token, the visible ones included: copying them costs nothing and teaches nothing."
)
def masked_asks_everywhere(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: ids.clone() if kind == "masked" else ok)  # fmt: skip


@bank.misconception("The masked model is asked about the tokens that were *not* chosen.")
def masked_asks_the_rest(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: torch.where(chosen, -100, ids) if kind == "masked" else ok)  # fmt: skip


@bank.misconception("The chosen tokens are still in the input: the masked model reads the answer.")
def nothing_is_hidden(*arguments):
    return with_other(arguments, inputs=lambda kind, ids, chosen, prefix, ok: ids.clone())  # fmt: skip


@bank.misconception(
    "The label of a hidden token is the mask: you read it from the text after hiding. Ask for what *was* there."
)
def labels_are_the_mask(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: torch.where(chosen, 99, -100) if kind == "masked" else ok)  # fmt: skip


@bank.misconception("The masked model has a causal mask: it may see both sides of a gap, that is what it is for.")
def masked_is_causal(*arguments):
    return with_other(arguments, mask=lambda kind, ids, chosen, prefix, ok: tri(ids.shape[1]) if kind == "masked" else ok)  # fmt: skip


@bank.misconception("The causal model sees everything, the token it has to predict as well.")
def causal_is_full(*arguments):
    return with_other(arguments, mask=lambda kind, ids, chosen, prefix, ok: torch.ones_like(ok) if kind == "causal" else ok)  # fmt: skip


@bank.misconception(
    "You ask for tokens of the prefix. They see each other in both directions, so every answer there is in view."
)
def asks_within_the_prefix(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: nexts(ids) if kind == "prefix" else ok)  # fmt: skip


@bank.misconception(
    "The first token behind the prefix is never asked for: its question stands at the *last* position of the prefix."
)
def first_answer_not_asked(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: torch.where(torch.arange(ids.shape[1]) < prefix, -100, ok) if kind == "prefix" else ok)  # fmt: skip


@bank.misconception(
    "The last token of the prefix is asked for as well, and it is in view: your questions begin one place too early."
)
def last_of_the_prefix_asked(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: torch.where(torch.arange(ids.shape[1]) < prefix - 2, -100, nexts(ids)) if kind == "prefix" else ok)  # fmt: skip


@bank.misconception("The prefix model has a plain causal mask: within the prefix everybody sees everybody.")
def prefix_is_causal(*arguments):
    return with_other(arguments, mask=lambda kind, ids, chosen, prefix, ok: tri(ids.shape[1]) if kind == "prefix" else ok)  # fmt: skip


@bank.misconception("The prefix model sees everything. Behind the prefix it is causal.")
def prefix_is_full(*arguments):
    return with_other(arguments, mask=lambda kind, ids, chosen, prefix, ok: torch.ones_like(ok) if kind == "prefix" else ok)  # fmt: skip


@bank.misconception(
    "The result is right, but the caller's text is different afterwards: you hide tokens in the very tensor you were given."
)
def changes_the_ids(kind, ids, mask_id, chosen=None, prefix=0):
    found = tuple(part.clone() for part in right(kind, ids, mask_id, chosen, prefix))
    ids[0, 0] = mask_id
    return found


@bank.misconception(
    "The labels are the text as it stands: each position is asked for a token that it sees. Ask for the next one."
)
def labels_are_the_text(*arguments):
    return with_other(arguments, labels=lambda kind, ids, chosen, prefix, ok: ok if kind == "masked" else ids)


@bank.misconception(
    "The last position is cut off. It stays in the input, and its label is -100: all three kinds then have the same shapes."
)
def last_position_cut_off(kind, ids, mask_id, chosen=None, prefix=0):
    inputs, labels, mask = right(kind, ids, mask_id, chosen, prefix)
    return (inputs, labels, mask) if kind == "masked" else (inputs[:, :-1], labels[:, :-1], mask[:-1, :-1])
