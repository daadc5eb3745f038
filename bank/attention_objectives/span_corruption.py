"""T5's spans: other ways to walk, and the ways to lose a sentinel."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import words
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("three spans in fifteen tokens", lambda g: (words(g, 15), [(1, 2), (5, 1), (9, 4)], [200, 199, 198, 197]), weight=2, seed=11, essential=True),
        Probe("everything is one span", lambda g: (words(g, 4), [(0, 4)], [30, 31]), seed=12),
        Probe("no span at all", lambda g: (words(g, 5), [], [40]), seed=13),
        Probe("spans at both ends", lambda g: (words(g, 8), [(0, 1), (6, 2)], [60, 61, 62]), unchanged=True, dtype=True, weight=2, seed=14),
        Probe("more sentinels than needed are not used", lambda g: (words(g, 9), [(2, 3), (6, 1)], [80, 81, 82]), seed=15),
    ]
)  # fmt: skip


def build(ids, spans, sentinels, *, keep=None, target=None, closing=True, shift=0):
    """The right walk, with what each span leaves in the input (`keep`) and in the target (`target`) replaceable."""
    tokens, done = ids.tolist(), 0
    inputs, wanted = [], []
    for i, (begin, length) in enumerate(spans):
        end = begin + length + shift
        s, cut = sentinels[i], tokens[begin:end]
        inputs += tokens[done:begin] + ([s] if keep is None else keep(s, cut))
        wanted += [s, *cut] if target is None else target(s, cut)
        done = end
    inputs += tokens[done:]
    if closing:
        wanted.append(sentinels[len(spans)])
    return torch.tensor(inputs, dtype=torch.long), torch.tensor(wanted, dtype=torch.long)


@bank.alternative
def token_by_token(ids, spans, sentinels):
    owner = {t: i for i, (b, n) in enumerate(spans) for t in range(b, b + n)}
    inputs, target = [], []
    for t, token in enumerate(ids.tolist()):
        if t not in owner:
            inputs.append(token)
            continue
        if owner.get(t - 1) != owner[t]:
            inputs.append(sentinels[owner[t]])
            target.append(sentinels[owner[t]])
        target.append(token)
    return torch.tensor(inputs, dtype=torch.long), torch.tensor([*target, sentinels[len(spans)]])


@bank.alternative
def with_slices_of_tensors(ids, spans, sentinels):
    inputs, target, done = [], [], 0
    for (begin, length), s in zip(spans, sentinels, strict=False):
        mark = ids.new_tensor([s])
        inputs += [ids[done:begin], mark]
        target += [mark, ids[begin : begin + length]]
        done = begin + length
    return torch.cat([*inputs, ids[done:]]), torch.cat([*target, ids.new_tensor([sentinels[len(spans)]])])


@bank.misconception(
    "Every hidden token leaves a sentinel of its own in the input. A span leaves *one*, however long it is: the model must find out the length."
)
def a_sentinel_for_each_token(ids, spans, sentinels):
    return build(ids, spans, sentinels, keep=lambda s, cut: [s] * len(cut))


@bank.misconception("Nothing marks the gap in the input: without a sentinel nobody knows where a span is missing.")
def no_sentinel_in_the_input(ids, spans, sentinels):
    return build(ids, spans, sentinels, keep=lambda s, cut: [])


@bank.misconception(
    "The target holds the spans without their sentinels: nobody can tell where one ends and the next begins."
)
def no_sentinel_in_the_target(ids, spans, sentinels):
    return build(ids, spans, sentinels, target=lambda s, cut: cut)


@bank.misconception("The target has no end: one more sentinel closes it, so the model learns to stop.")
def no_closing_sentinel(ids, spans, sentinels):
    return build(ids, spans, sentinels, closing=False)


@bank.misconception("The sentinel comes after its span in the target. It announces the span, so it comes first.")
def sentinel_behind_the_span(ids, spans, sentinels):
    return build(ids, spans, sentinels, target=lambda s, cut: [*cut, s])


@bank.misconception("All spans leave the same sentinel. Each has one of its own: the target refers to them.")
def always_the_first_sentinel(ids, spans, sentinels):
    return build(ids, spans, [sentinels[0]] * len(spans) + [sentinels[len(spans)]])


@bank.misconception("Your spans are one token too long: a span (begin, length) ends *before* begin + length.")
def one_token_too_long(ids, spans, sentinels):
    return build(ids, spans, sentinels, shift=1)


@bank.misconception("You read a span as (begin, end). Its second number is a length.")
def length_taken_for_end(ids, spans, sentinels):
    return build(ids, [(b, max(0, n - b)) for b, n in spans], sentinels)


@bank.misconception("The input still holds the hidden tokens: the answer is in view behind its sentinel.")
def tokens_stay_in_the_input(ids, spans, sentinels):
    return build(ids, spans, sentinels, keep=lambda s, cut: [s, *cut])


@bank.misconception(
    "The target is the whole text: that is another objective (denoising, as in BART). T5's target holds only what is missing."
)
def target_is_the_text(ids, spans, sentinels):
    return build(ids, spans, sentinels)[0], ids.clone()


@bank.misconception("The sentinels are used from the last to the first. Span 0 gets sentinel 0.")
def sentinels_reversed(ids, spans, sentinels):
    return build(
        ids,
        spans,
        sentinels[: len(spans)][::-1] + [sentinels[len(spans)]] if len(spans) > 1 else [sentinels[-1], sentinels[0]],
    )


@bank.misconception("What comes after the last span is missing from the input.")
def tail_lost(ids, spans, sentinels):
    inputs, target = build(ids, spans, sentinels)
    end = spans[-1][0] + spans[-1][1] if spans else 0
    return inputs[: len(inputs) - (len(ids) - end)], target


@bank.misconception("Input and target are exchanged.")
def exchanged(ids, spans, sentinels):
    return build(ids, spans, sentinels)[::-1]


@bank.misconception("The closing sentinel also stands at the end of the input. It closes the target only.")
def closing_in_the_input(ids, spans, sentinels):
    inputs, target = build(ids, spans, sentinels)
    return torch.cat([inputs, target[-1:]]), target


@bank.misconception("The result is right, but the caller's text is different afterwards. Work on a copy.")
def changes_the_ids(ids, spans, sentinels):
    found = build(ids, spans, sentinels)
    ids[0] = sentinels[0]
    return found
