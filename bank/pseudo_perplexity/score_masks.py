"""Many masks in one batch: other ways to batch, and the ways to hide, cut or look up the wrong thing."""

import torch
import torch.nn.functional as F

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import scores_and_passes, some_masks

bank = Bank(
    hidden=[
        Probe(
            "40 questions, in batches of 16",
            lambda g: some_masks(g, 12, 40, 16),
            look=scores_and_passes,
            seed=11,
            essential=True,
        ),
        Probe("one question", lambda g: some_masks(g, 3, 1, 8), look=scores_and_passes, seed=12),
        Probe("a batch of one row at a time", lambda g: some_masks(g, 4, 5, 1), look=scores_and_passes, seed=13),
        Probe("17 questions, in batches of 16", lambda g: some_masks(g, 9, 17, 16), look=scores_and_passes, seed=14),
        Probe("leaves its inputs alone", lambda g: some_masks(g, 5, 7, 3), unchanged=True, weight=2, seed=15),
    ]
)


def questions(masks, targets, batch_size):
    return zip(masks.split(batch_size), targets.split(batch_size))


def answers(logits, target, ids):
    return logits[torch.arange(len(target)), target].log_softmax(dim=1)[torch.arange(len(target)), ids[target]]


def right(model, ids, masks, targets, mask_id, batch_size=64, eval_mode=True, cut=None, read=answers, hide=None):
    if eval_mode:
        model.eval()
    scores = []
    for hidden, target in questions(masks, targets, batch_size):
        rows = (hide or torch.where)(hidden, mask_id, ids)
        with torch.no_grad():
            scores.append(read(model(rows).logits, target, ids))
    return torch.cat(scores)


@bank.alternative
def with_masked_fill(model, ids, masks, targets, mask_id, batch_size=64):
    model.eval()
    scores = torch.zeros(len(masks))
    with torch.no_grad():
        for first in range(0, len(masks), batch_size):
            some = slice(first, first + batch_size)
            rows = ids.expand(len(masks[some]), -1).masked_fill(masks[some], mask_id)
            logits = model(rows).logits.gather(1, targets[some, None, None].expand(-1, 1, 12)).squeeze(1)
            scores[some] = -F.cross_entropy(logits, ids[targets[some]], reduction="none")
    return scores


@bank.alternative
def all_rows_made_first(model, ids, masks, targets, mask_id, batch_size=64):
    model.eval()
    rows = ids.repeat(len(masks), 1)
    rows[masks] = mask_id
    with torch.inference_mode():
        log_p = torch.cat([model(part).logits for part in rows.split(batch_size)]).log_softmax(dim=-1)
    return log_p[torch.arange(len(masks)), targets, ids[targets]].clone()


@bank.misconception(
    "You hide the target alone and do not look at `masks`. Row i says *everything* that is hidden in question i."
)
def only_the_target_hidden(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, F.one_hot(targets, len(ids)).bool(), targets, mask_id, batch_size)


@bank.misconception(
    "Nothing is hidden: the model reads the very tokens it is asked about. Put mask_id where `masks` is True."
)
def nothing_hidden(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, torch.zeros_like(masks), targets, mask_id, batch_size)


@bank.misconception("True and False are swapped: you hide what should be seen and show what should be hidden.")
def inverted(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, ~masks, targets, mask_id, batch_size)


@bank.misconception(
    "You hide the union of all masks in every row. Each row is a question of its own, with its own mask."
)
def union_of_the_masks(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, masks.any(dim=0, keepdim=True).expand_as(masks), targets, mask_id, batch_size)


@bank.misconception(
    "The scores are right, but every row is a forward pass of its own. Send batch_size rows at a time: that is what makes it fast."
)
def one_row_at_a_time(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, masks, targets, mask_id, 1)


@bank.misconception(
    "The scores are right, but all rows go through the model at once. With thousands of rows that does not fit into memory: at most\n"
    "batch_size."
)
def everything_at_once(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, masks, targets, mask_id, len(masks))


@bank.misconception("The last batch is missing: it is shorter than the others, and you leave it out.")
def last_batch_dropped(model, ids, masks, targets, mask_id, batch_size=64):
    whole = max(batch_size, len(masks) // batch_size * batch_size)
    return right(model, ids, masks[:whole], targets[:whole], mask_id, batch_size)


@bank.misconception("Every batch looks at the targets of the first one: cut `targets` into the same pieces as `masks`.")
def targets_not_cut(model, ids, masks, targets, mask_id, batch_size=64):
    model.eval()
    scores = []
    for hidden in masks.split(batch_size):
        with torch.no_grad():
            scores.append(answers(model(torch.where(hidden, mask_id, ids)).logits, targets[: len(hidden)], ids))
    return torch.cat(scores)


@bank.misconception("Your scores are raw logits: normalise over the vocabulary with log_softmax.")
def raw_logits(model, ids, masks, targets, mask_id, batch_size=64):
    def read(logits, target, ids):
        return logits[torch.arange(len(target)), target, ids[target]]

    return right(model, ids, masks, targets, mask_id, batch_size, read=read)


@bank.misconception("Dropout is on: the model arrived in training mode. model.eval() first.")
def dropout_left_on(model, ids, masks, targets, mask_id, batch_size=64):
    return right(model, ids, masks, targets, mask_id, batch_size, eval_mode=False)


@bank.misconception(
    "You look up the probability of [MASK], not that of the hidden token: the ids are read after they were replaced."
)
def probability_of_the_mask(model, ids, masks, targets, mask_id, batch_size=64):
    def read(logits, target, ids):
        return answers(logits, target, torch.full_like(ids, mask_id))

    return right(model, ids, masks, targets, mask_id, batch_size, read=read)


@bank.misconception(
    "You read the prediction one position too early, as in a causal model. A masked model answers *at* the target."
)
def shifted_prediction(model, ids, masks, targets, mask_id, batch_size=64):
    def read(logits, target, ids):
        return logits[torch.arange(len(target)), target - 1].log_softmax(dim=1).gather(1, ids[target][:, None])[:, 0]

    return right(model, ids, masks, targets, mask_id, batch_size, read=read)


@bank.misconception(
    "The softmax runs over the positions of the sentence instead of the words of the vocabulary: it is the last dimension."
)
def softmax_over_positions(model, ids, masks, targets, mask_id, batch_size=64):
    def read(logits, target, ids):
        return logits.log_softmax(dim=1)[torch.arange(len(target)), target, ids[target]]

    return right(model, ids, masks, targets, mask_id, batch_size, read=read)


@bank.misconception(
    "The scores are right, but they still carry the computation that made them (requires_grad): for a thousand sentences memory runs out.\n"
    "Use torch.no_grad()."
)
def keeps_the_graph(model, ids, masks, targets, mask_id, batch_size=64):
    model.eval()
    return torch.cat(
        [answers(model(torch.where(h, mask_id, ids)).logits, t, ids) for h, t in questions(masks, targets, batch_size)]
    )


@bank.misconception(
    "The scores are right, but the caller's tensors are different afterwards: you work in the tensor you were given. Make a new one."
)
def changes_its_inputs(model, ids, masks, targets, mask_id, batch_size=64):
    found = right(model, ids, masks, targets, mask_id, batch_size)
    ids[targets[0]] = mask_id
    return found
