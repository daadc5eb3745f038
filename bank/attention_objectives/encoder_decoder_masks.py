"""Three masks of an encoder-decoder model, and the ways to use one of them in place of another."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import as_numbers, real_tokens
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("three texts", lambda g: (real_tokens(2, 6, 4), real_tokens(5, 1, 3)), look=as_numbers, weight=2, essential=True),
        Probe("a source longer than the target", lambda g: (real_tokens(7, 5), real_tokens(2, 3)), look=as_numbers),
        Probe("an empty source", lambda g: (real_tokens(0, 3), real_tokens(3, 2)), look=as_numbers),
        Probe("one token each", lambda g: (real_tokens(1), real_tokens(1)), look=as_numbers, dtype=True),
        Probe("equal lengths, inputs left alone", lambda g: (real_tokens(5, 4), real_tokens(5, 2)), look=as_numbers, unchanged=True, dtype=True, weight=2),
    ]
)  # fmt: skip


def lengths(g, batch):
    """Of a batch of texts, none as in a public probe."""
    return real_tokens(*(torch.randperm(7, generator=g)[:batch] + 3).tolist())


@bank.unseen("source of 3 and 5, target of 4 and 2", "source and target of the same length")
def other_texts(g):
    return lengths(g, 3), lengths(g, 3)


@bank.unseen("nothing padded, lengths 2 and 3")
def another_pair(g):
    return lengths(g, 1), lengths(g, 1)


def tri(n):
    return torch.ones(n, n, dtype=torch.bool).tril()


def columns(real, rows):
    return real[:, None, :].expand(-1, rows, -1)


def right(source, target):
    S, T = source.shape[1], target.shape[1]
    return columns(source, S), columns(target, T) & tri(T), columns(source, T)


@bank.alternative
def by_repetition(source, target):
    S, T = source.shape[1], target.shape[1]
    decoder = torch.stack([row.repeat(T, 1) & tri(T) for row in target])
    return source.unsqueeze(1).repeat(1, S, 1), decoder, source.unsqueeze(1).repeat(1, T, 1)


@bank.alternative
def with_einsum(source, target):
    def pairs(rows, cols):
        return torch.einsum("bi,bj->bij", torch.ones_like(rows).float(), cols.float()) > 0

    return pairs(source, source), pairs(target, target).tril(), pairs(target, source)


@bank.misconception(
    "The cross attention has the decoder's triangle: the first word of a translation may see only the first word of the source.\nThe source is complete before the first word is written."
)
def causal_cross(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder, decoder, cross.tril()


@bank.misconception("The decoder sees later tokens of the target, which it has yet to write.")
def decoder_not_causal(source, target):
    encoder, _, cross = right(source, target)
    return encoder, columns(target, target.shape[1]), cross


@bank.misconception("The decoder sees padding of the target: causality does not hide it from later rows.")
def decoder_sees_padding(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder, tri(target.shape[1]).expand(decoder.shape), cross


@bank.misconception("The encoder sees padding of the source.")
def encoder_sees_padding(source, target):
    encoder, decoder, cross = right(source, target)
    return torch.ones_like(encoder), decoder, cross


@bank.misconception("The cross attention sees padding of the source.")
def cross_sees_padding(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder, decoder, torch.ones_like(cross)


@bank.misconception(
    "The encoder is causal in your masks. It reads a source that is complete: every real token may be seen."
)
def causal_encoder(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder & tri(source.shape[1]), decoder, cross


@bank.misconception(
    "Rows and columns of the cross mask are exchanged: rows are target positions, which ask; columns are source positions."
)
def cross_transposed(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder, decoder, cross.transpose(1, 2)


@bank.misconception("True and False are exchanged: True means that it may be seen.")
def inverted(source, target):
    return tuple(~mask for mask in right(source, target))


@bank.misconception(
    "Padding removes *rows* in your masks. What has to disappear are its columns: nobody may look at it."
)
def rows_instead_of_columns(source, target):
    S, T = source.shape[1], target.shape[1]
    encoder = source[:, :, None].expand(-1, S, S)
    return encoder, target[:, :, None] & tri(T), target[:, :, None].expand(-1, T, S)


@bank.misconception(
    "Rows of padding see nothing in your masks. What they see does not matter; asked for is the same row as any other."
)
def rows_too(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder & source[:, :, None], decoder & target[:, :, None], cross & target[:, :, None]


@bank.misconception(
    "In the cross mask the *target's* padding is hidden. What the decoder looks at there is the source."
)
def cross_hides_target_padding(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder, decoder, torch.ones_like(cross) & target[:, :, None]


@bank.misconception("The decoder's triangle leaves out the diagonal: a token may see itself.")
def strict_decoder(source, target):
    encoder, decoder, cross = right(source, target)
    return encoder, decoder.tril(-1), cross
