"""What must not be seen: other right ways, and the ways for a secret name to slip through or for harmless rows to go."""

import re

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.few_labels.probes.text import (
    CASES,
    CASES_LABELS,
    ORDINARY,
    ORDINARY_LABELS,
    PARTS,
    PARTS_LABELS,
    shuffled,
)

ALL, ALL_LABELS = ORDINARY + CASES + PARTS, ORDINARY_LABELS + CASES_LABELS + PARTS_LABELS

bank = Bank(
    hidden=[
        Probe("ship is secret", lambda g: shuffled(g, ALL, ALL_LABELS, (3,)), weight=2, seed=11, essential=True),
        Probe("cat and bird are secret", lambda g: shuffled(g, ALL, ALL_LABELS, (1, 0)), weight=2, seed=12),
        Probe("horse and ship are secret", lambda g: shuffled(g, ALL, ALL_LABELS, (2, 3)), weight=2, seed=13),
        Probe("truck is secret, types and all", lambda g: shuffled(g, ALL, ALL_LABELS, (4,)), dtype=True, seed=14),
    ]
)


@bank.unseen("whole numbers, of 64 bits")
def all_sentences(g):
    return shuffled(g, ALL, ALL_LABELS, (0,))


def mentions(text, name, flags=re.IGNORECASE):
    return re.search(rf"\b{re.escape(name)}\b", text, flags) is not None


def rows(captions, labels, keep):
    return torch.tensor(
        [i for i, (t, c) in enumerate(zip(captions, labels.tolist(), strict=True)) if keep(t, c)], dtype=torch.int64
    )


@bank.alternative
def by_sets_of_words(captions, labels, unseen, names):
    secret = {names[c].lower() for c in unseen}
    return rows(captions, labels, lambda t, c: c not in unseen and not secret & set(re.findall(r"\w+", t.lower())))


@bank.alternative
def name_by_name(captions, labels, unseen, names):
    keep = torch.ones(len(captions), dtype=torch.bool)
    for c in unseen:
        keep &= labels != c
        keep &= ~torch.tensor([mentions(t, names[c]) for t in captions])
    return keep.nonzero().squeeze(1)


@bank.alternative
def by_splitting(captions, labels, unseen, names):
    def words(text):
        return "".join(ch if ch.isalnum() else " " for ch in text.lower()).split()

    kept = []
    for i, text in enumerate(captions):
        if int(labels[i]) in unseen or any(names[c] in words(text) for c in unseen):
            continue
        kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


@bank.misconception(
    "Only pictures of unseen classes go. Captions of other pictures still name the class: their words are training data too."
)
def captions_not_read(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: c not in unseen)


@bank.misconception(
    "Only captions that name an unseen class go. Pictures of it, described without the name, are still there."
)
def pictures_not_removed(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: not any(mentions(t, names[u]) for u in unseen))


@bank.misconception("A row goes only if both its picture and its caption tell. One of them is enough.")
def both_needed(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: not (c in unseen and any(mentions(t, names[u]) for u in unseen)))


@bank.misconception('Capital letters slip through: "Horse" is the same name as "horse".')
def case_matters(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: c not in unseen and not any(mentions(t, names[u], 0) for u in unseen))


@bank.misconception(
    "Parts of words count as names: a horseshoe is no horse, a warship no ship. Harmless rows are lost."
)
def parts_of_words(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: c not in unseen and not any(names[u] in t.lower() for u in unseen))


@bank.misconception('Words are split at spaces only: "cat." or "Horse?" is then another word than the name.')
def split_at_spaces(captions, labels, unseen, names):
    return rows(
        captions, labels, lambda t, c: c not in unseen and not any(names[u] in t.lower().split() for u in unseen)
    )


@bank.misconception("Only the first unseen class is looked for.")
def first_class_only(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: c != unseen[0] and not mentions(t, names[unseen[0]]))


@bank.misconception("Those are the rows that *must go*. The ones that may stay are asked for.")
def the_others(captions, labels, unseen, names):
    return rows(captions, labels, lambda t, c: c in unseen or any(mentions(t, names[u]) for u in unseen))


@bank.misconception(
    "A caption goes if it names *any* other class. Names of classes that are not secret may be learned."
)
def any_other_name(captions, labels, unseen, names):
    def keep(text, c):
        return c not in unseen and not any(mentions(text, name) for i, name in enumerate(names) if i != c)

    return rows(captions, labels, keep)


@bank.misconception("A mask is returned; indices of the rows are asked for.")
def a_mask(captions, labels, unseen, names):
    keep = torch.zeros(len(captions), dtype=torch.int64)
    keep[rows(captions, labels, lambda t, c: c not in unseen and not any(mentions(t, names[u]) for u in unseen))] = 1
    return keep
