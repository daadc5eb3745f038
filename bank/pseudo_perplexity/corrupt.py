"""BERT's corruption: other ways to toss the coins, and the coins that come out wrong."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import corruption, many_tokens, shapes_only

bank = Bank(
    hidden=[
        Probe("6 sentences, other words", lambda g: many_tokens(g, 6, 80), law=corruption, weight=2, seed=11, essential=True),
        Probe("every token chosen", lambda g: (*many_tokens(g, 4, 40), 1.0), law=corruption, calls=16, seed=12),
        Probe("rate 0", lambda g: (*many_tokens(g, 4, 40), 0.0), law=corruption, calls=4, seed=13),
        Probe("one long sentence", lambda g: many_tokens(g, 1, 600), law=corruption, calls=48, seed=14, essential=True),
        Probe("shapes, and the input left alone", lambda g: many_tokens(g, 5, 3), look=shapes_only, unchanged=True, seed=15),
    ]
)  # fmt: skip


def coins(ids):
    return torch.rand(ids.shape)


def damaged(ids, chosen, mask_id, vocabulary, masked=0.8, random=0.1, what=None):
    what = coins(ids) if what is None else what
    inputs = torch.where(chosen & (what < masked), mask_id, ids)
    swapped = chosen & (what >= masked) & (what < masked + random)
    return torch.where(swapped, torch.randint_like(ids, vocabulary), inputs)


def right(ids, special, mask_id, vocabulary, rate=0.15, **how):
    chosen = (coins(ids) < rate) & ~special
    return damaged(ids, chosen, mask_id, vocabulary, **how), torch.where(chosen, ids, -100)


@bank.alternative
def with_bernoulli(ids, special, mask_id, vocabulary, rate=0.15):
    labels = ids.clone()
    chosen = torch.bernoulli(torch.full(labels.shape, rate).masked_fill(special, 0.0)).bool()
    labels[~chosen] = -100
    replaced = torch.bernoulli(torch.full(labels.shape, 0.8)).bool() & chosen
    swapped = torch.bernoulli(torch.full(labels.shape, 0.5)).bool() & chosen & ~replaced
    inputs = ids.clone()
    inputs[replaced] = mask_id
    inputs[swapped] = torch.randint(vocabulary, labels.shape)[swapped]
    return inputs, labels


@bank.alternative
def with_one_coin(ids, special, mask_id, vocabulary, rate=0.15):
    coin = torch.where(special, 2.0, coins(ids))
    words = torch.randint(0, vocabulary, ids.shape)
    inputs = torch.where(coin < 0.8 * rate, mask_id, torch.where(coin < 0.9 * rate, words, ids))
    return inputs, torch.where(coin < rate, ids, -100)


@bank.misconception(
    "All chosen tokens become [MASK]. Of the chosen, 80% do; 10% become a random word and 10% stay, so that the model also works on text\n"
    "without masks."
)
def always_mask(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, special, mask_id, vocabulary, rate, masked=1.0, random=0.0)


@bank.misconception(
    "Of the chosen, about 2% become a random word and 18% stay: the second coin is tossed only for what the first left over, and 10% of\n"
    "20% is 2%. Of the rest, half become random."
)
def ten_percent_of_the_rest(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, special, mask_id, vocabulary, rate, masked=0.8, random=0.02)


@bank.misconception(
    "The random words are missing: of the chosen, 80% are hidden and all others stay. 10% become a random word."
)
def no_random_words(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, special, mask_id, vocabulary, rate, masked=0.8, random=0.0)


@bank.misconception("The shares of [MASK] and of random words are swapped: 80% become [MASK].")
def shares_swapped(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, special, mask_id, vocabulary, rate, masked=0.1, random=0.8)


@bank.misconception("[CLS], [SEP] or padding are chosen, too. Special tokens are never chosen.")
def special_tokens_chosen(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, torch.zeros_like(special), mask_id, vocabulary, rate)


@bank.misconception("Every token has a label. Where nothing was chosen the label is -100: there is no loss there.")
def labels_everywhere(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, special, mask_id, vocabulary, rate)[0], ids.clone()


@bank.misconception(
    "Your labels are the *damaged* tokens: the model is asked to predict [MASK]. The label is what was there before."
)
def labels_after_damage(ids, special, mask_id, vocabulary, rate=0.15):
    inputs, labels = right(ids, special, mask_id, vocabulary, rate)
    return inputs, torch.where(labels == -100, -100, inputs)


@bank.misconception(
    "Chosen tokens that stay as they are have no label in your result. They are predicted like the others: otherwise an intact token would\n"
    "never teach anything."
)
def kept_tokens_have_no_label(ids, special, mask_id, vocabulary, rate=0.15):
    inputs, labels = right(ids, special, mask_id, vocabulary, rate)
    return inputs, torch.where(inputs == ids, -100, labels)


@bank.misconception(
    "The coin is tossed once for each sentence: whole sentences are chosen, others not at all. Every token has a coin of its own."
)
def one_coin_per_sentence(ids, special, mask_id, vocabulary, rate=0.15):
    chosen = (torch.rand(len(ids), 1) < rate) & ~special
    return damaged(ids, chosen, mask_id, vocabulary), torch.where(chosen, ids, -100)


@bank.misconception("Labels are -100 at the chosen tokens and the token elsewhere: it is the other way round.")
def labels_inverted(ids, special, mask_id, vocabulary, rate=0.15):
    chosen = (coins(ids) < rate) & ~special
    return damaged(ids, chosen, mask_id, vocabulary), torch.where(chosen, -100, ids)


@bank.misconception("The rate is not used: 15% are chosen whatever it says.")
def ignores_the_rate(ids, special, mask_id, vocabulary, rate=0.15):
    return right(ids, special, mask_id, vocabulary, 0.15)


@bank.misconception(
    "80% of *all* tokens become [MASK] and 10% a random word, chosen or not. Damage only what the first coin has chosen."
)
def everything_damaged(ids, special, mask_id, vocabulary, rate=0.15):
    chosen = (coins(ids) < rate) & ~special
    return damaged(ids, ~special, mask_id, vocabulary), torch.where(chosen, ids, -100)


@bank.misconception(
    "Right shares, but the caller's tokens are different afterwards: you damage the very tensor you were given. Clone it."
)
def in_place(ids, special, mask_id, vocabulary, rate=0.15):
    inputs, labels = right(ids, special, mask_id, vocabulary, max(rate, 0.15))
    keep = ids.clone()
    ids[:, 1] = mask_id
    return right(keep, special, mask_id, vocabulary, rate)


@bank.misconception(
    "Every sentence has the same number of masks: round(rate·T) tokens are picked in each row. With a coin for each token one row has two and\n"
    "the next ten, and a word's fate does not depend on its neighbours'."
)
def same_number_in_every_row(ids, special, mask_id, vocabulary, rate=0.15):
    ordinary = (~special).sum(dim=1, keepdim=True)
    order = coins(ids).masked_fill(special, 2.0).argsort(dim=1).argsort(dim=1)
    chosen = (order < (rate * ordinary).round()) & ~special
    return damaged(ids, chosen, mask_id, vocabulary), torch.where(chosen, ids, -100)


@bank.misconception(
    "The same places are chosen in every sentence: one row of coins is tossed and used for the whole batch. Toss B·T of them."
)
def one_row_of_coins(ids, special, mask_id, vocabulary, rate=0.15):
    chosen = (coins(ids[:1]) < rate).expand_as(ids) & ~special
    return damaged(ids, chosen, mask_id, vocabulary), torch.where(chosen, ids, -100)


@bank.misconception(
    "Exactly 80% of the chosen become [MASK] and exactly 10% a random word, call after call: the chosen are shuffled and cut into parts. Each\n"
    "token tosses its own second coin."
)
def exact_shares_of_the_chosen(ids, special, mask_id, vocabulary, rate=0.15):
    chosen = (coins(ids) < rate) & ~special
    n = int(chosen.sum())
    what = torch.ones(ids.shape)
    what[chosen] = (torch.randperm(n) + 0.5) / max(n, 1)
    return damaged(ids, chosen, mask_id, vocabulary, what=what), torch.where(chosen, ids, -100)


@bank.misconception(
    "Every call damages the same tokens: the generator is seeded inside the function. BERT's training sees other masks each time; draw,\n"
    "and leave the seed to the caller."
)
def seeded_inside(ids, special, mask_id, vocabulary, rate=0.15):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return right(ids, special, mask_id, vocabulary, rate)
