"""The leakage test: other ways to see a dependence, and the ways to miss one or to see one that is not there."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import looked_at
from course_utils.pseudo_perplexity.tiny import Neighbours, tiny_bert, tiny_neox

bank = Bank(
    hidden=[
        Probe("a longer causal transformer text", looked_at(tiny_neox, 12), seed=11, essential=True),
        Probe("a causal model that leaks one token", looked_at(lambda: Neighbours(-2, -1, 0, 1), 9), seed=12),
        Probe("a model that sees itself only", looked_at(lambda: Neighbours(0), 5), seed=13),
        Probe("a model that sees three to the left", looked_at(lambda: Neighbours(-3), 8), seed=14),
        Probe("a masked transformer in evaluation mode", looked_at(lambda: tiny_bert().eval(), 9), unchanged=True, seed=15),
        Probe("a model that sees nothing", looked_at(lambda: tiny_neox(0.0), 4), dtype=True, seed=16),
    ]
)  # fmt: skip


@bank.unseen("a model that sees its left neighbour only", "a model that sees itself and two to the right")
def other_neighbours(g):
    offsets = (torch.randperm(6, generator=g)[:2] - 3).tolist()
    return looked_at(lambda: Neighbours(*offsets), 7)(g)


def logits(model, ids):
    model.eval()
    with torch.no_grad():
        return model(ids[None]).logits[0]


def columns(model, ids, vocabulary, change, differs):
    before = logits(model, ids)
    found = []
    for j in range(len(ids)):
        changed = ids.clone()
        changed[j] = change(ids[j], vocabulary)
        found.append(differs(logits(model, changed), before))
    return torch.stack(found, dim=1)


def another(token, vocabulary):
    return (token + 1) % vocabulary


def any_logit(after, before):
    return ((after - before).abs() > 1e-5).any(dim=1)


@bank.alternative
def one_token_at_a_time(model, ids, vocabulary):
    return columns(model, ids, vocabulary, another, any_logit)


@bank.alternative
def several_replacements(model, ids, vocabulary):
    tries = [
        columns(model, ids, vocabulary, lambda token, v, k=k: (token + k) % v, any_logit)
        for k in (1, 3, vocabulary - 1)
    ]
    return torch.stack(tries).any(dim=0)


@bank.alternative
def by_largest_difference(model, ids, vocabulary):
    return columns(
        model,
        ids,
        vocabulary,
        lambda token, v: v - 1 if token == 0 else token - 1,
        lambda a, b: (a - b).abs().amax(1) > 1e-5,
    )


@bank.misconception(
    "Rows and columns are swapped: your entry [i, j] says whether output j depends on token i. A causal model must come out *lower*\n"
    "triangular."
)
def transposed(model, ids, vocabulary):
    return columns(model, ids, vocabulary, another, any_logit).T


@bank.misconception(
    "You only look whether the most probable word changes. A dependence shows in any of the logits, long before the winner changes."
)
def only_the_winner(model, ids, vocabulary):
    return columns(model, ids, vocabulary, another, lambda a, b: a.argmax(dim=1) != b.argmax(dim=1))


@bank.misconception(
    "You replace by token 0, and a token that *is* 0 stays what it was: its column is empty. Take a replacement that always differs."
)
def replaced_by_zero(model, ids, vocabulary):
    return columns(model, ids, vocabulary, lambda token, v: 0, any_logit)


@bank.misconception(
    "Everything seems to depend on everything: dropout is on, and two passes differ by chance. model.eval() first."
)
def dropout_left_on(model, ids, vocabulary):
    def run(x):
        with torch.no_grad():
            return model.train()(x[None]).logits[0] + (0.01 * torch.rand(1) if hasattr(model, "offsets") else 0)

    before, found = run(ids), []
    for j in range(len(ids)):
        changed = ids.clone()
        changed[j] = another(ids[j], vocabulary)
        found.append(any_logit(run(changed), before))
    return torch.stack(found, dim=1)


@bank.misconception(
    "Your changes accumulate: token 0 stays changed while token 1 is tested, and so on. Start from the original text each time."
)
def changes_accumulate(model, ids, vocabulary):
    before, changed, found = logits(model, ids), ids.clone(), []
    for j in range(len(ids)):
        changed[j] = another(ids[j], vocabulary)
        found.append(any_logit(logits(model, changed), before))
    return torch.stack(found, dim=1)


@bank.misconception(
    "You compare the whole output at once: if anything changed, the entire column is True. Compare position by position."
)
def whole_output(model, ids, vocabulary):
    return columns(model, ids, vocabulary, another, lambda a, b: ((a - b).abs() > 1e-5).any().expand(len(a)))


@bank.misconception(
    "The diagonal is always False in your result. Whether an output sees its own token is part of the question: a causal model's does."
)
def diagonal_left_out(model, ids, vocabulary):
    return columns(model, ids, vocabulary, another, any_logit) & ~torch.eye(len(ids), dtype=torch.bool)


@bank.misconception("True and False are swapped: True where the output changes.")
def inverted(model, ids, vocabulary):
    return ~columns(model, ids, vocabulary, another, any_logit)


@bank.misconception("You return by how much the logits change. Asked for is whether they do: True or False.")
def amounts(model, ids, vocabulary):
    return columns(model, ids, vocabulary, another, lambda a, b: (a - b).abs().amax(dim=1))


@bank.misconception("The matrix is what a causal model *should* give, and no model was asked. Change tokens and look.")
def assumed(model, ids, vocabulary):
    return torch.ones(len(ids), len(ids), dtype=torch.bool).tril()
