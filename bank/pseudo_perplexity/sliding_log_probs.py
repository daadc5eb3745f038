"""The sliding window: other ways to count each token once, and the ways to count it twice, never, or without its context."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.pseudo_perplexity.checks import text_for_windows

bank = Bank(
    hidden=[
        Probe("60 tokens, window 16, stride 3", lambda g: text_for_windows(g, 60, 16, 3), seed=11, essential=True),
        Probe("a stride of one", lambda g: text_for_windows(g, 12, 5, 1), seed=12),
        Probe("windows of two tokens", lambda g: text_for_windows(g, 6, 2, 1), seed=13),
        Probe("the last window is one token longer", lambda g: text_for_windows(g, 17, 8, 8 - 1), seed=14),
        Probe("a text as long as the window", lambda g: text_for_windows(g, 8, 8, 4), unchanged=True, seed=15),
        Probe("two tokens", lambda g: text_for_windows(g, 2, 8, 4), seed=16),
    ]
)


def scores(model, ids):
    model.eval()
    with torch.no_grad():
        log_p = model(ids[None]).logits[0, :-1].log_softmax(dim=1)
    return log_p.gather(1, ids[1:, None]).squeeze(1)


def windows(ids, window, stride):
    for begin in range(0, len(ids), stride):
        yield begin, min(begin + window, len(ids))
        if begin + window >= len(ids):
            return


def right(model, ids, window, stride):
    found, done = [], 1
    for begin, end in windows(ids, window, stride):
        found.append(scores(model, ids[begin:end])[done - begin - 1 :])
        done = end
    return torch.cat(found)


@bank.alternative
def first_answer_counts(model, ids, window, stride):
    result = torch.full((len(ids),), float("nan"))
    for begin, end in reversed(list(windows(ids, window, stride))):
        result[begin + 1 : end] = scores(model, ids[begin:end])
    return result[1:]


@bank.alternative
def with_labels(model, ids, window, stride):
    model.eval()
    result, previous = [], 0
    for begin in range(0, len(ids), stride):
        end = min(begin + window, len(ids))
        labels = ids[begin:end].clone()
        labels[: len(labels) - (end - previous)] = -100
        with torch.no_grad():
            logits = model(ids[begin:end][None]).logits[0]
        loss = torch.nn.functional.cross_entropy(logits[:-1], labels[1:], ignore_index=-100, reduction="none")
        result.append(-loss[labels[1:] != -100])
        previous = end
        if end == len(ids):
            break
    return torch.cat(result)


@bank.misconception(
    "Tokens in the overlap are counted twice: there are more scores than tokens. A window contributes only what the windows before it have\n"
    "not scored."
)
def overlap_counted_twice(model, ids, window, stride):
    return torch.cat([scores(model, ids[begin:end]) for begin, end in windows(ids, window, stride)])


@bank.misconception(
    "In an overlap the later window's score replaces the earlier one's. The later window has seen *less* of what comes before these tokens.\n"
    "The first window that scores a token counts."
)
def later_window_wins(model, ids, window, stride):
    result = torch.zeros(len(ids))
    for begin, end in windows(ids, window, stride):
        result[begin + 1 : end] = scores(model, ids[begin:end])
    return result[1:]


@bank.misconception(
    "In an overlap you average the scores of all windows. The first window that scores a token counts, alone."
)
def overlap_averaged(model, ids, window, stride):
    total, count = torch.zeros(len(ids)), torch.zeros(len(ids))
    for begin, end in windows(ids, window, stride):
        total[begin + 1 : end] += scores(model, ids[begin:end])
        count[begin + 1 : end] += 1
    return (total / count)[1:]


@bank.misconception(
    "Your windows do not overlap: each starts where the last one ended, so the first token of each is never scored and the next ones have\n"
    "hardly any context. They start every `stride` tokens."
)
def disjoint_windows(model, ids, window, stride):
    parts = [ids[begin : begin + window] for begin in range(0, len(ids), window)]
    return torch.cat([scores(model, part) for part in parts if len(part) > 1])


@bank.misconception("The last window is missing: it is shorter than the others, but its tokens count like the others.")
def last_window_dropped(model, ids, window, stride):
    found, done = [], 1
    for begin, end in windows(ids, window, stride):
        if end - begin == window or begin == 0:
            found.append(scores(model, ids[begin:end])[done - begin - 1 :])
            done = end
    return torch.cat(found)


@bank.misconception(
    "The window is not used: the model sees the whole text at once. It reads at most `window` tokens at a time."
)
def whole_text(model, ids, window, stride):
    return scores(model, ids)


@bank.misconception("Window and stride are swapped: windows are `window` tokens long and start every `stride` tokens.")
def swapped(model, ids, window, stride):
    result = torch.zeros(len(ids))
    short = max(2, stride)
    for begin in range(0, len(ids), max(1, short - 1)):
        part = ids[begin : begin + short]
        if len(part) > 1:
            result[begin + 1 : begin + short] = scores(model, part)
    return result[1:]


@bank.misconception(
    "From the second window on, the first new token is dropped: the scores of a window are already shifted, so of the last n tokens there are\n"
    "n scores, not n - 1."
)
def first_new_token_dropped(model, ids, window, stride):
    found, done = [], 1
    for begin, end in windows(ids, window, stride):
        found.append(scores(model, ids[begin:end])[done - begin - (begin == 0) :])
        done = end
    return torch.cat(found)


@bank.misconception(
    "From the second window on you take the last token of the previous window again: one score too many in each. A window that has n new\n"
    "tokens contributes n scores."
)
def one_score_too_many(model, ids, window, stride):
    found, done = [], 1
    for begin, end in windows(ids, window, stride):
        found.append(scores(model, ids[begin:end])[max(0, done - begin - 2) :])
        done = end
    return torch.cat(found)


@bank.misconception(
    "You score token by token with a window of its own, each with the `window` - 1 tokens before it. More context than was asked for: here windows\n"
    "start every `stride` tokens, and one pass scores all new tokens of a window."
)
def a_window_for_each_token(model, ids, window, stride):
    return torch.stack([scores(model, ids[max(0, t - window + 1) : t + 1])[-1] for t in range(1, len(ids))])
