"""Pseudo-log-likelihood, one mask at a time: other ways to ask, and the ways to let the model see the answer or ask something else."""

import math

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import masked_already, one_sentence
from course_utils.pseudo_perplexity.tiny import tiny_bert


def special_in_the_middle(g):
    model, ids, special, mask_id = one_sentence(g, 8)
    special[4] = True
    return model, ids, special, mask_id


bank = Bank(
    hidden=[
        Probe("a sentence of 15 words", lambda g: one_sentence(g, 15), weight=2, seed=11, essential=True),
        Probe("a model that is surer of itself", lambda g: one_sentence(g, 7, tiny_bert(0.5)), seed=12),
        Probe("a model in evaluation mode", lambda g: one_sentence(g, 7, tiny_bert().eval()), seed=13),
        Probe("another token that is not to be scored", special_in_the_middle, seed=14),
        Probe("a [MASK] in the text, twice asked", masked_already, unchanged=True, seed=15),
        Probe("float64, to nine digits", lambda g: one_sentence(g, 6, tiny_bert().double()), dtype=True, rtol=1e-7, seed=16),
    ]
)  # fmt: skip


def positions(special):
    return (~special).nonzero().squeeze(1).tolist()


def ask(model, ids, t, hide, mask_id):
    """Log-probabilities (V,) at position t when the positions `hide` are hidden, dropout off."""
    model.eval()
    hidden = ids.clone()
    hidden[hide] = mask_id
    with torch.no_grad():
        return model(hidden[None]).logits[0, t].log_softmax(dim=0)


def right(model, ids, special, mask_id):
    return torch.stack([ask(model, ids, t, [t], mask_id)[ids[t]] for t in positions(special)])


@bank.alternative
def with_cross_entropy(model, ids, special, mask_id):
    model.eval()
    scores = []
    for t in positions(special):
        labels = torch.full_like(ids, -100)
        labels[t] = ids[t]
        with torch.inference_mode():
            logits = model(input_ids=ids.clone().index_fill(0, torch.tensor([t]), mask_id)[None]).logits
        scores.append(-torch.nn.functional.cross_entropy(logits[0], labels))
    return torch.stack(scores)


@bank.alternative
def all_in_one_batch(model, ids, special, mask_id):
    was_training = model.training
    model.train(False)
    t = torch.tensor(positions(special))
    rows = ids.repeat(len(t), 1)
    rows[torch.arange(len(t)), t] = mask_id
    with torch.no_grad():
        p = model(rows).logits[torch.arange(len(t)), t].softmax(dim=1)
    model.train(was_training)
    return p[torch.arange(len(t)), ids[t]].log()


@bank.misconception(
    "The token to be guessed is still in view: you ask the model about a token it can read. Put mask_id in its place first."
)
def target_in_view(model, ids, special, mask_id):
    return torch.stack([ask(model, ids, t, [], mask_id)[ids[t]] for t in positions(special)])


@bank.misconception(
    "You hide all tokens at once, so none has a context. One token is hidden at a time; the others stay in view."
)
def all_hidden_at_once(model, ids, special, mask_id):
    hide = positions(special)
    return torch.stack([ask(model, ids, t, hide, mask_id)[ids[t]] for t in hide])


@bank.misconception(
    "[CLS] and [SEP] have scores in your result. Special tokens are context; a text's probability does not include its frame."
)
def special_tokens_scored(model, ids, special, mask_id):
    return torch.stack([ask(model, ids, t, [t], mask_id)[ids[t]] for t in range(len(ids))])


@bank.misconception("Your scores are raw logits. A probability needs the sum over the vocabulary: log_softmax first.")
def raw_logits(model, ids, special, mask_id):
    model.eval()
    scores = []
    for t in positions(special):
        hidden = ids.clone()
        hidden[t] = mask_id
        with torch.no_grad():
            scores.append(model(hidden[None]).logits[0, t, ids[t]])
    return torch.stack(scores)


@bank.misconception(
    "Dropout is on: the model arrived in training mode, and every pass throws other units away. model.eval() first."
)
def dropout_left_on(model, ids, special, mask_id):
    scores = []
    for t in positions(special):
        hidden = ids.clone()
        hidden[t] = mask_id
        with torch.no_grad():
            scores.append(model(hidden[None]).logits[0, t].log_softmax(dim=0)[ids[t]])
    return torch.stack(scores)


@bank.misconception(
    "You read the prediction one position too early, as in a causal model. A masked model answers *at* the hidden position."
)
def shifted_prediction(model, ids, special, mask_id):
    model.eval()
    scores = []
    for t in positions(special):
        hidden = ids.clone()
        hidden[t] = mask_id
        with torch.no_grad():
            scores.append(model(hidden[None]).logits[0, t - 1].log_softmax(dim=0)[ids[t]])
    return torch.stack(scores)


@bank.misconception(
    "Your hidden tokens accumulate: a token that was hidden once stays hidden for the following ones. Start each question from the\n"
    "original sentence, with ids.clone()."
)
def masks_accumulate(model, ids, special, mask_id):
    places = positions(special)
    return torch.stack([ask(model, ids, t, places[: i + 1], mask_id)[ids[t]] for i, t in enumerate(places)])


@bank.misconception(
    "You hide everything from the token to the end: that is a causal question. Only the one token is hidden; what follows stays in view."
)
def the_rest_hidden_too(model, ids, special, mask_id):
    places = positions(special)
    return torch.stack([ask(model, ids, t, places[i:], mask_id)[ids[t]] for i, t in enumerate(places)])


@bank.misconception(
    "You look up the probability of [MASK]: the id is read from the sentence after it was hidden. Ask for the token that *was* there."
)
def probability_of_the_mask(model, ids, special, mask_id):
    return torch.stack([ask(model, ids, t, [t], mask_id)[mask_id] for t in positions(special)])


@bank.misconception("These are probabilities. Return their natural logarithms.")
def probabilities(model, ids, special, mask_id):
    return right(model, ids, special, mask_id).exp()


@bank.misconception("The sign is wrong: log-probabilities are at most 0.")
def negative(model, ids, special, mask_id):
    return -right(model, ids, special, mask_id)


@bank.misconception("Your logarithm is to base 2. Use the natural one.")
def in_bits(model, ids, special, mask_id):
    return right(model, ids, special, mask_id) / math.log(2)


@bank.misconception("That is the sum, the score of the sentence. Asked for is one number for each token.")
def summed(model, ids, special, mask_id):
    return right(model, ids, special, mask_id).sum()


@bank.misconception("The first word has no score. In a masked model it has a context too: everything behind it.")
def first_token_dropped(model, ids, special, mask_id):
    return torch.stack([ask(model, ids, t, [t], mask_id)[ids[t]] for t in positions(special)[1:]] or [torch.zeros(())])


@bank.misconception(
    "You cut the sentence out of its frame: without [CLS] and [SEP] the model sees something it was never trained on. They are not scored,\n"
    "but they stay."
)
def without_the_frame(model, ids, special, mask_id):
    inside = ids[~special]
    return torch.stack([ask(model, inside, t, [t], mask_id)[inside[t]] for t in range(len(inside))])


@bank.misconception(
    "The scores are right, but the caller's sentence is different afterwards: you hide tokens in the very tensor you were given. Clone it."
)
def changes_the_sentence(model, ids, special, mask_id):
    found = right(model, ids, special, mask_id)
    ids[positions(special)[-1]] = mask_id
    return found
