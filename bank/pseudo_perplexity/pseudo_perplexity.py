"""Pseudo-perplexity of a padded batch: other ways to collect, and the ways to count what should not count."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import sentences_in_a_batch
from course_utils.pseudo_perplexity.tiny import MASK, padded, tiny_bert

bank = Bank(
    hidden=[
        Probe("sentences of 1, 9, 4, 2 and 9 words", lambda g: sentences_in_a_batch(g, 1, 9, 4, 2, 9), weight=2, seed=11, essential=True),
        Probe("no idea: 1 and 20 words", lambda g: sentences_in_a_batch(g, 1, 20, scale=0.0), note="= 12", seed=12),
        Probe("a model that is surer of itself", lambda g: sentences_in_a_batch(g, 6, 2, scale=0.45), seed=13),
        Probe("one sentence of one word", lambda g: sentences_in_a_batch(g, 1), seed=14),
        Probe(
            "a model in evaluation mode, float64",
            lambda g: (tiny_bert().eval().double(), *padded(g, 5, 3), MASK),
            unchanged=True,
            dtype=True,
            rtol=1e-7,
            seed=15,
        ),
    ]
)  # fmt: skip


def ask(model, ids, t, mask_id, attention=None, hide=True):
    """Log-probability of ids[t] when it is hidden, dropout off."""
    model.eval()
    hidden = ids.clone()
    if hide:
        hidden[t] = mask_id
    extra = {} if attention is None else {"attention_mask": attention[None]}
    with torch.no_grad():
        return model(hidden[None], **extra).logits[0, t].log_softmax(dim=0)[ids[t]]


def by_sentence(model, ids, attention, special, mask_id, **how):
    """For each sentence the scores (n,) of its words, padding cut off."""
    found = []
    for row, seen, marked in zip(ids, attention.bool(), special.bool()):
        row, marked = row[seen], marked[seen]
        places = (~marked).nonzero().squeeze(1).tolist()
        found.append(torch.stack([ask(model, row, t, mask_id, **how) for t in places]))
    return found


def nats(*arguments, **how):
    return -torch.cat(by_sentence(*arguments, **how)).mean()


@bank.alternative
def with_the_attention_mask(model, ids, attention, special, mask_id):
    total, count = 0.0, 0
    for b, t in (special == 0).nonzero().tolist():
        total, count = total + ask(model, ids[b], t, mask_id, attention=attention[b]), count + 1
    return torch.exp(-total / count)


@bank.alternative
def position_by_position_for_the_whole_batch(model, ids, attention, special, mask_id):
    model.eval()
    words = ~special.bool()
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for t in range(ids.shape[1]):
        hidden = ids.clone()
        hidden[words[:, t], t] = mask_id
        with torch.no_grad():
            log_p = model(input_ids=hidden, attention_mask=attention).logits[:, t].log_softmax(dim=1)
        total = total + log_p.gather(1, ids[:, t, None])[words[:, t]].sum()
    return (-total / words.sum()).exp()


@bank.misconception(
    "The model sees the padding: rows are padded and no attention mask is passed on, so [PAD] tokens act as context. Cut them off, or\n"
    "pass attention_mask."
)
def padding_in_view(model, ids, attention, special, mask_id):
    scores = [ask(model, ids[b], t, mask_id) for b, t in (~special.bool()).nonzero().tolist()]
    return torch.exp(-torch.stack(scores).mean())


@bank.misconception(
    "Padding is scored, as if [PAD] were a word of the text. `special` is True there, and at [CLS] and [SEP]."
)
def padding_scored(model, ids, attention, special, mask_id):
    scores = [
        ask(model, row, t, mask_id, attention=seen)
        for row, seen in zip(ids, attention)
        for t in range(len(row))
        if not 0 < row[t] < 3
    ]
    return torch.exp(-torch.stack(scores).mean())


@bank.misconception("[CLS] and [SEP] are scored too. They are the frame of a sentence, not a part of the text.")
def special_tokens_scored(model, ids, attention, special, mask_id):
    return torch.exp(nats(model, ids, attention, torch.zeros_like(special), mask_id))


@bank.misconception(
    "You add up n scores and divide by n + 2: [CLS] and [SEP] are counted though they have no score. A model without any idea then gets\n"
    "V^(n/(n+2)), less than the V of its vocabulary."
)
def special_tokens_counted(model, ids, attention, special, mask_id):
    return torch.exp(-torch.cat(by_sentence(model, ids, attention, special, mask_id)).sum() / attention.sum())


@bank.misconception("You divide by the size of the padded batch. Only the tokens that have a score are counted.")
def divided_by_the_padded_size(model, ids, attention, special, mask_id):
    return torch.exp(-torch.cat(by_sentence(model, ids, attention, special, mask_id)).sum() / ids.numel())


@bank.misconception(
    "You average the sentences' means, so a word of a short sentence counts more. The corpus has one mean, over all its tokens."
)
def mean_over_sentences(model, ids, attention, special, mask_id):
    return torch.exp(-torch.stack([s.mean() for s in by_sentence(model, ids, attention, special, mask_id)]).mean())


@bank.misconception(
    "You average the pseudo-perplexities of the sentences. The exponential comes last, after the mean over all tokens."
)
def mean_of_perplexities(model, ids, attention, special, mask_id):
    return torch.stack([torch.exp(-s.mean()) for s in by_sentence(model, ids, attention, special, mask_id)]).mean()


@bank.misconception("You divide by the number of sentences. Pseudo-perplexity is per token.")
def per_sentence(model, ids, attention, special, mask_id):
    return torch.exp(-torch.cat(by_sentence(model, ids, attention, special, mask_id)).sum() / len(ids))


@bank.misconception("You raise 2 to a number of nats: the base is e.")
def two_to_the_nats(model, ids, attention, special, mask_id):
    return 2 ** nats(model, ids, attention, special, mask_id)


@bank.misconception("That is the mean loss in nats. Pseudo-perplexity is its exponential.")
def without_the_exponential(model, ids, attention, special, mask_id):
    return nats(model, ids, attention, special, mask_id)


@bank.misconception("Your value is below 1: the minus sign is missing.")
def without_the_minus(model, ids, attention, special, mask_id):
    return torch.exp(-nats(model, ids, attention, special, mask_id))


@bank.misconception(
    "The token to be guessed is still in view. Hide it first; a pseudo-perplexity that is too good usually has seen the answer."
)
def target_in_view(model, ids, attention, special, mask_id):
    return torch.exp(nats(model, ids, attention, special, mask_id, hide=False))


@bank.misconception(
    "The first word of each sentence has no score in your mean. It has a context too: everything behind it."
)
def first_word_dropped(model, ids, attention, special, mask_id):
    scores = [s[1:] for s in by_sentence(model, ids, attention, special, mask_id)]
    return torch.exp(-torch.cat(scores).mean())


@bank.misconception("All words of a sentence are hidden at once, so none has a context. One at a time.")
def all_hidden_at_once(model, ids, attention, special, mask_id):
    model.eval()
    words = ~special.bool()
    with torch.no_grad():
        log_p = model(torch.where(words, mask_id, ids), attention_mask=attention).logits.log_softmax(dim=2)
    return torch.exp(-log_p.gather(2, ids[..., None]).squeeze(2)[words].mean())


@bank.misconception("Dropout is on: the model arrived in training mode. model.eval() first.")
def dropout_left_on(model, ids, attention, special, mask_id):
    scores = []
    for row, seen, marked in zip(ids, attention.bool(), special.bool()):
        row, marked = row[seen], marked[seen]
        for t in (~marked).nonzero().squeeze(1).tolist():
            hidden = row.clone()
            hidden[t] = mask_id
            with torch.no_grad():
                scores.append(model.train()(hidden[None]).logits[0, t].log_softmax(dim=0)[row[t]])
    return torch.exp(-torch.stack(scores).mean())


@bank.misconception(
    "Right value, but the caller's batch is different afterwards: you hide tokens in the very tensor you were given. Clone it."
)
def changes_the_batch(model, ids, attention, special, mask_id):
    value = torch.exp(nats(model, ids, attention, special, mask_id))
    ids[0, 1] = mask_id
    return value
