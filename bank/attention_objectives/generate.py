"""One token after the other: other loops, and the ways to show the model the wrong end of the text."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import Successor, second_best, words
from course_utils.checks import Probe


def least(logits):
    return logits.argmin(dim=1)


bank = Bank(
    hidden=[
        Probe("12 tokens after 2, three texts", lambda g: (Successor(9, 30), words(g, 3, 2, vocabulary=9), 12, second_best, 30), weight=2, seed=11, essential=True),
        Probe("a prompt longer than the context", lambda g: (Successor(7, 3), words(g, 2, 6, vocabulary=7), 4, least, 3), weight=2, seed=12, essential=True),
        Probe("the least likely token", lambda g: (Successor(6, 12), words(g, 2, 4, vocabulary=6), 6, least, 12), seed=13),
        Probe("a context of two", lambda g: (Successor(8, 2), words(g, 1, 2, vocabulary=8), 9, second_best, 2), unchanged=True, dtype=True, seed=14),
    ]
)  # fmt: skip


def loop(model, prompt, steps, choose, *, last=-1, shown=None):
    ids = prompt
    for _ in range(steps):
        with torch.no_grad():
            logits = model(shown(ids))[:, last]
        ids = torch.cat([ids, choose(logits)[:, None]], dim=1)
    return ids


def right(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, shown=lambda ids: ids[:, -context:])


@bank.alternative
def filled_in_place(model, prompt, steps, choose, context):
    T = prompt.shape[1]
    ids = torch.cat([prompt, prompt.new_zeros(len(prompt), steps)], dim=1)
    with torch.no_grad():
        for t in range(T, T + steps):
            ids[:, t] = choose(model(ids[:, max(0, t - context) : t])[:, -1])
    return ids


@bank.alternative
def by_recursion(model, prompt, steps, choose, context):
    if steps == 0:
        return prompt.clone()
    seen = prompt[:, max(0, prompt.shape[1] - context) :]
    with torch.inference_mode():
        token = choose(model(seen)[:, seen.shape[1] - 1]).unsqueeze(1)
    return by_recursion(model, torch.cat((prompt, token), dim=1).clone(), steps - 1, choose, context)


@bank.misconception(
    "When the text is longer than the context you show its *beginning*. The last tokens say what comes next."
)
def shows_the_beginning(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, shown=lambda ids: ids[:, :context])


@bank.misconception("The whole text is shown, however long: the model refuses what exceeds its context.")
def shows_everything(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, shown=lambda ids: ids)


@bank.misconception("Only the newest token is shown: the model forgets everything before it.")
def shows_the_newest_token(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, shown=lambda ids: ids[:, -1:])


@bank.misconception("Only the prompt is shown in every step: the tokens that were written are never read.")
def shows_the_prompt_only(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, shown=lambda ids: ids[:, : prompt.shape[1]][:, -context:])


@bank.misconception("You take the prediction of the first position. What comes next is said by the last one.")
def first_position(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, last=0, shown=lambda ids: ids[:, -context:])


@bank.misconception(
    "You take the prediction of the last position but one: it is about the token that stands at the end already."
)
def last_but_one(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, last=-2, shown=lambda ids: ids[:, -context:])


@bank.misconception("The result holds the new tokens only. Return prompt and continuation.")
def new_tokens_only(model, prompt, steps, choose, context):
    return right(model, prompt, steps, choose, context)[:, prompt.shape[1] :]


@bank.misconception("One token is missing: `steps` new tokens.")
def one_step_too_few(model, prompt, steps, choose, context):
    return right(model, prompt, max(0, steps - 1), choose, context)


@bank.misconception("You count the tokens of the prompt: `steps` is the number of *new* tokens.")
def steps_in_all(model, prompt, steps, choose, context):
    return right(model, prompt, max(0, steps - prompt.shape[1]), choose, context)


@bank.misconception("The most probable token is taken every time. Which one is taken is decided by `choose`.")
def always_greedy(model, prompt, steps, choose, context):
    return right(model, prompt, steps, lambda logits: logits.argmax(dim=1), context)


@bank.misconception("All texts get the token that was chosen for the first one. Each row has a choice of its own.")
def first_row_decides(model, prompt, steps, choose, context):
    return right(model, prompt, steps, lambda logits: choose(logits)[:1].expand(len(logits)), context)


@bank.misconception("New tokens are put in front of the text.")
def in_front(model, prompt, steps, choose, context):
    ids = prompt
    for _ in range(steps):
        ids = torch.cat([choose(model(ids[:, -context:])[:, -1])[:, None], ids], dim=1)
    return ids


@bank.misconception("Your window is one token shorter than the context: the model could read one more.")
def window_too_short(model, prompt, steps, choose, context):
    return loop(model, prompt, steps, choose, shown=lambda ids: ids[:, -max(1, context - 1) :])


@bank.misconception("The result is right, but the caller's prompt is different afterwards. Work on a copy.")
def changes_the_prompt(model, prompt, steps, choose, context):
    found = right(model, prompt, steps, choose, context).clone()
    prompt[:, 0] = 0
    return found
