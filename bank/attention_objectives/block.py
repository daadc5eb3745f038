"""The three orders of a block, and the ways to put a norm or a sum in the wrong place."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import normal, some_parts
from course_utils.checks import Probe


def case(style, *shape):
    return lambda g: (normal(g, *shape), some_parts(g, shape[-1]), style)


bank = Bank(
    hidden=[
        Probe("post, three texts", case("post", 3, 4, 8), gradients=(0,), seed=11, essential=True),
        Probe("pre, three texts", case("pre", 3, 4, 8), gradients=(0,), seed=12, essential=True),
        Probe("parallel, three texts", case("parallel", 3, 4, 8), gradients=(0,), seed=13, essential=True),
        Probe("post, one position", case("post", 1, 1, 5), unchanged=True, seed=14),
        Probe("parallel, one position", case("parallel", 2, 1, 5), unchanged=True, seed=15),
    ]
)


def pre(x, p):
    x = x + p.attend(p.norm_1(x))
    return x + p.feed_forward(p.norm_2(x))


def post(x, p):
    x = p.norm_1(x + p.attend(x))
    return p.norm_2(x + p.feed_forward(x))


def parallel(x, p):
    return x + p.attend(p.norm_1(x)) + p.feed_forward(p.norm_2(x))


def right(x, parts, style):
    return {"pre": pre, "post": post, "parallel": parallel}[style](x, parts)


@bank.alternative
def in_a_table(x, parts, style):
    return {"pre": pre, "post": post, "parallel": parallel}[style](x, parts)


@bank.alternative
def by_contributions(x, parts, style):
    if style == "post":
        middle = parts.norm_1(parts.attend(x) + x)
        return parts.norm_2(parts.feed_forward(middle) + middle)
    seen = parts.attend(parts.norm_1(x))
    source = x if style == "parallel" else x + seen
    return torch.stack([x, seen, parts.feed_forward(parts.norm_2(source))]).sum(0)


@bank.misconception(
    'In "pre" your feed-forward layer reads the old x. It comes after attention and reads what attention has added: what you wrote is "parallel".'
)
def pre_is_parallel(x, parts, style):
    return parallel(x, parts) if style == "pre" else right(x, parts, style)


@bank.misconception(
    '"parallel" is sequential in your block: the feed-forward layer reads the *old* x there, beside attention and not after it.'
)
def parallel_is_pre(x, parts, style):
    return pre(x, parts) if style == "parallel" else right(x, parts, style)


@bank.misconception('"post" has the norms in front, as "pre" has. They come after the sum there.')
def post_is_pre(x, parts, style):
    return pre(x, parts) if style == "post" else right(x, parts, style)


@bank.misconception(
    '"pre" has the norms behind, as "post" has. They stand in front of attention and feed-forward layer there; the stream itself is never normalised.'
)
def pre_is_post(x, parts, style):
    return post(x, parts) if style == "pre" else right(x, parts, style)


@bank.misconception(
    "The *normalised* x is added. The stream that runs through a block is x itself; only what attention and the feed-forward layer read is normalised."
)
def normalised_stream(x, parts, style):
    if style == "post":
        return post(x, parts)
    z = parts.norm_1(x)
    if style == "parallel":
        return z + parts.attend(z) + parts.feed_forward(parts.norm_2(x))
    z = z + parts.attend(z)
    y = parts.norm_2(z)
    return y + parts.feed_forward(y)


@bank.misconception("Nothing is added to x: without the residual stream a deep network forgets its input.")
def no_residual(x, parts, style):
    if style == "post":
        return parts.norm_2(parts.feed_forward(parts.norm_1(parts.attend(x))))
    if style == "parallel":
        return parts.attend(parts.norm_1(x)) + parts.feed_forward(parts.norm_2(x))
    return parts.feed_forward(parts.norm_2(parts.attend(parts.norm_1(x))))


@bank.misconception("The first norm is used twice. Attention and feed-forward layer have a norm each.")
def one_norm(x, parts, style):
    from dataclasses import replace

    return right(x, replace(parts, norm_2=parts.norm_1), style)


@bank.misconception("The two norms are exchanged.")
def norms_exchanged(x, parts, style):
    from dataclasses import replace

    return right(x, replace(parts, norm_1=parts.norm_2, norm_2=parts.norm_1), style)


@bank.misconception('In "parallel" x is counted twice: once with attention and once with the feed-forward layer.')
def x_twice(x, parts, style):
    return right(x, parts, style) + (x if style == "parallel" else 0)


@bank.misconception(
    'In "post" the norm covers what attention returns, and x is added after it. The sum comes first, then the norm.'
)
def norm_before_the_sum(x, parts, style):
    if style != "post":
        return right(x, parts, style)
    x = x + parts.norm_1(parts.attend(x))
    return x + parts.norm_2(parts.feed_forward(x))


@bank.misconception(
    'In "parallel" both read the same normalised x. The feed-forward layer has a norm of its own, the second.'
)
def parallel_with_one_norm(x, parts, style):
    if style != "parallel":
        return right(x, parts, style)
    z = parts.norm_1(x)
    return x + parts.attend(z) + parts.feed_forward(z)


@bank.misconception("The feed-forward layer is missing.")
def no_feed_forward(x, parts, style):
    if style == "post":
        return parts.norm_2(parts.norm_1(x + parts.attend(x)))
    return x + parts.attend(parts.norm_1(x))
