"""Windows over a long text: tokens counted twice, not at all, or one window too many."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("100 tokens, context 16, stride 15", lambda g: (100, 16, 15), essential=True),
        Probe("a stride of 1", lambda g: (12, 5, 1)),
        Probe("two tokens", lambda g: (2, 128, 64)),
        Probe("the text ends where a window ends", lambda g: (24, 8, 4)),
        Probe("one token more than the context", lambda g: (9, 8, 3)),
    ]
)


@bank.unseen("20 tokens, context 8, stride 4", "21 tokens, context 8, stride 5: a short last window")
def other_windows(g):
    length, context = torch.randint(30, 60, (), generator=g), torch.randint(6, 12, (), generator=g)
    return int(length), int(context), int(torch.randint(2, 6, (), generator=g))


@bank.alternative
def counted_in_advance(length, context, stride):
    count = 1 + max(0, -(-(length - context) // stride))
    begin = torch.arange(count) * stride
    end = (begin + context).clamp(max=length)
    return torch.stack([begin, end, torch.cat([torch.tensor([1]), end[:-1]])], dim=1)


@bank.alternative
def with_a_while_loop(length, context, stride):
    spans = [[0, min(context, length), 1]]
    while spans[-1][1] < length:
        begin = spans[-1][0] + stride
        spans.append([begin, min(begin + context, length), spans[-1][1]])
    return torch.tensor(spans)


def right(length, context, stride):
    return counted_in_advance(length, context, stride).clone()


@bank.misconception(
    "Overlapping tokens are scored twice: each window scores everything it holds. From the second on, a window scores only what the one before did not hold."
)
def everything_scored_again(length, context, stride):
    spans = right(length, context, stride)
    spans[:, 2] = spans[:, 0] + 1
    return spans


@bank.misconception(
    "Your first window scores token 0, which has nothing before it. The first token that can be predicted is number 1."
)
def scores_token_zero(length, context, stride):
    spans = right(length, context, stride)
    spans[0, 2] = 0
    return spans


@bank.misconception(
    "From the second window on you skip a token: the first new one is where the previous window ended, since ends are not included."
)
def one_token_lost(length, context, stride):
    spans = right(length, context, stride)
    spans[1:, 2] += 1
    return spans


@bank.misconception("Your windows do not overlap: they move by the context. They start at 0, stride, 2 stride, ...")
def moves_by_the_context(length, context, stride):
    spans, scored = [], 1
    for begin in range(0, length, context):
        spans.append([begin, min(begin + context, length), scored])
        scored = spans[-1][1]
    return torch.tensor(spans)


@bank.misconception(
    "One window too many (or more): you start windows as long as there are tokens, though an earlier one has reached the end of the text. It has nothing left to score."
)
def goes_on_after_the_end(length, context, stride):
    spans, scored = [], 1
    for begin in range(0, length, stride):
        spans.append([begin, min(begin + context, length), scored])
        scored = spans[-1][1]
    return torch.tensor(spans)


@bank.misconception("The last, shorter window is missing: the tokens at the end of the text are never scored.")
def drops_the_rest(length, context, stride):
    spans = right(length, context, stride)
    full = spans[:, 1] - spans[:, 0] == context
    return spans[full] if full.any() else spans[:0]


@bank.misconception(
    "Your last window ends after the text: its end is begin + context even where fewer tokens are left."
)
def beyond_the_end(length, context, stride):
    spans = right(length, context, stride)
    spans[:, 1] = spans[:, 0] + context
    return spans


@bank.misconception(
    "Your ends are included (the last index of a window). Here they are not: a window of 8 tokens from 0 ends at 8."
)
def ends_included(length, context, stride):
    spans = right(length, context, stride)
    spans[:, 1] -= 1
    return spans
