"""The generator's text: other ways to draw, and the ways to draw elsewhere or not at all."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import certain_gaps, electra_fill, gaps, words_drawn
from course_utils.checks import Probe

MANY = {"look": electra_fill, "rtol": 0.0, "atol": 0.015}

bank = Bank(
    hidden=[
        Probe("another certain generator", lambda g: certain_gaps(g, 3, 9, 7), look=electra_fill, weight=2, seed=11, essential=True),
        Probe("30,000 gaps, 4 words", lambda g: gaps(g, 300, 200, 4, 1.5), weight=2, seed=12, **MANY, essential=True),
        Probe("everything is chosen", lambda g: (*certain_gaps(g, 2, 6, 5)[:2], torch.ones(2, 6, dtype=torch.bool)), look=electra_fill, seed=13),
        Probe("a generator that still learns", lambda g: learning(g), look=electra_fill, unchanged=True, seed=14),
        Probe("5 texts of 30 tokens, 48 times", lambda g: gaps(g, 5, 30, 6, 1.5), law=words_drawn, calls=48, seconds=30, seed=15, essential=True),
    ]
)  # fmt: skip


def learning(g):
    logits, ids, chosen = certain_gaps(g, 3, 5, 6)
    return logits.requires_grad_(), ids, chosen


def draw(logits):
    return torch.distributions.Categorical(logits=logits.detach()).sample()


def finished(filled, ids):
    return filled, filled != ids


def right(logits, ids, chosen):
    return finished(torch.where(chosen, draw(logits), ids), ids)


@bank.alternative
def with_multinomial(logits, ids, chosen):
    filled = ids.clone()
    if chosen.any():
        filled[chosen] = torch.multinomial(logits[chosen].softmax(-1), 1).squeeze(1)
    return filled, filled.ne(ids)


@bank.alternative
def with_gumbel_noise(logits, ids, chosen):
    noise = -(-torch.rand_like(logits).clamp(min=1e-30).log()).log()
    drawn = (logits.detach() + noise.detach()).argmax(-1)
    filled = chosen * drawn + ~chosen * ids
    return filled, chosen & (drawn != ids)


@bank.misconception(
    "The most probable token is taken every time. A sample is asked for: the discriminator should see likely mistakes of all kinds."
)
def always_the_best(logits, ids, chosen):
    return finished(torch.where(chosen, logits.argmax(-1), ids), ids)


@bank.misconception(
    "Every chosen token counts as replaced. If the generator draws the token that was there, it is the original."
)
def chosen_is_replaced(logits, ids, chosen):
    return right(logits, ids, chosen)[0], chosen.clone()


@bank.misconception("Tokens are drawn at every position, also where nothing was chosen.")
def drawn_everywhere(logits, ids, chosen):
    return finished(draw(logits), ids)


@bank.misconception("Tokens are drawn where nothing was chosen, and the gaps are left.")
def the_other_positions(logits, ids, chosen):
    return finished(torch.where(chosen, ids, draw(logits)), ids)


@bank.misconception("All tokens are equally likely in your draw: the generator's logits are ignored.")
def uniform_draw(logits, ids, chosen):
    return finished(torch.where(chosen, torch.randint_like(ids, logits.shape[-1]), ids), ids)


@bank.misconception("True and False are exchanged: replaced is where the text differs.")
def replaced_inverted(logits, ids, chosen):
    filled, replaced = right(logits, ids, chosen)
    return filled, ~replaced


@bank.misconception("One token is drawn for a whole text. Every gap has a draw of its own.")
def one_draw_for_a_text(logits, ids, chosen):
    drawn = draw(logits[:, :1]).expand_as(ids)
    return finished(torch.where(chosen, drawn, ids), ids)


@bank.misconception("The distribution is sharper than the generator's: its logits are doubled.")
def sharpened(logits, ids, chosen):
    return finished(torch.where(chosen, draw(2 * logits), ids), ids)


@bank.misconception("Probabilities are taken for logits: a second softmax flattens the distribution.")
def softmax_twice(logits, ids, chosen):
    return finished(torch.where(chosen, draw(logits.softmax(-1)), ids), ids)


@bank.misconception("The softmax runs over the positions. Each position has a distribution over the vocabulary.")
def softmax_over_positions(logits, ids, chosen):
    return finished(torch.where(chosen, draw(logits.softmax(1).log()), ids), ids)


@bank.misconception(
    "The filled text drags a gradient along (a straight-through sample). A token is a whole number; the generator learns from its likelihood only."
)
def through_the_sample(logits, ids, chosen):
    filled, replaced = right(logits, ids, chosen)
    soft = logits.softmax(-1).amax(-1)
    return filled + soft - soft.detach(), replaced


@bank.misconception("The original token is never drawn: you exclude it. The generator does not know which one it was.")
def never_the_original(logits, ids, chosen):
    hidden = logits.detach().scatter(-1, ids[..., None], -torch.inf)
    return finished(torch.where(chosen, draw(hidden), ids), ids)


@bank.misconception(
    "The result is right, but the caller's text is different afterwards: you fill the gaps in the very tensor you were given."
)
def changes_the_ids(logits, ids, chosen):
    filled, replaced = right(logits, ids, chosen)
    ids += 1
    return filled, replaced


@bank.misconception(
    "Your draws are too even: each text gets just the number of each word that its probability says. Gaps are drawn one by one, and counts vary."
)
def even_draws(logits, ids, chosen):
    filled = ids.clone()
    for row, here in enumerate(chosen):
        n = int(here.sum())
        places = (torch.arange(n) + torch.rand(())) / max(n, 1)
        share = logits[row, :n].detach().double().softmax(-1).cumsum(-1)
        drawn = (places[:, None] > share).sum(-1).clamp(max=logits.shape[-1] - 1)
        filled[row, here] = drawn[torch.randperm(n)]
    return finished(filled, ids)


@bank.misconception(
    "The generator of random numbers is seeded inside: every call draws the same text. Leave the seed to the caller."
)
def seeded_inside(logits, ids, chosen):
    torch.manual_seed(0)
    return right(logits, ids, chosen)


@bank.misconception(
    "One word is drawn for each position and stands in all texts of the batch. Every gap of every text has a draw of its own."
)
def the_same_in_every_text(logits, ids, chosen):
    drawn = draw(logits[:1]).expand_as(ids)
    return finished(torch.where(chosen, drawn, ids), ids)


CALLS = [0]


@bank.misconception(
    "Nothing is drawn: a counter walks through the probabilities, so the seed decides nothing and words come at regular distances. Draw."
)
def a_counter(logits, ids, chosen):
    n = ids.numel()
    steps = ((torch.arange(n) + CALLS[0]) * 0.6180339887) % 1
    CALLS[0] += n
    share = logits.detach().double().softmax(-1).cumsum(-1)
    drawn = (steps.view(ids.shape)[..., None] > share).sum(-1).clamp(max=logits.shape[-1] - 1)
    return finished(torch.where(chosen, drawn, ids), ids)


@bank.misconception(
    "You fill the gaps in the caller's own text, so no original is left to compare with: work on a copy."
)
def fills_the_callers_text(logits, ids, chosen):
    before = ids.clone()
    ids[chosen] = draw(logits)[chosen]
    return finished(ids, before)
