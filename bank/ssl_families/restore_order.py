"""The decoder's sequence: other ways to be right, and the ways to put tokens at other places."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal
from course_utils.ssl_families.checks import places

bank = Bank(
    hidden=[
        Probe(
            "3 of 9, four images",
            lambda g: (normal(g, 4, 3, 2), normal(g, 2), places(g, 4, 9)),
            weight=3,
            seed=11,
            essential=True,
        ),
        Probe("one visible token", lambda g: (normal(g, 2, 1, 4), normal(g, 4), places(g, 2, 7)), weight=2, seed=12),
        Probe("one hidden token", lambda g: (normal(g, 2, 5, 3), normal(g, 3), places(g, 2, 6)), weight=2, seed=13),
        Probe(
            "gradients, at another size",
            lambda g: (normal(g, 1, 3, 2), normal(g, 2), places(g, 1, 7)),
            gradients=(0, 1),
            weight=2,
            seed=14,
            essential=True,
        ),
        Probe(
            "float64",
            lambda g: (normal(g, 2, 2, 2, dtype=torch.float64), normal(g, 2, dtype=torch.float64), places(g, 2, 5)),
            dtype=True,
            seed=15,
        ),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: (normal(g, 1, 2, 3), normal(g, 3), places(g, 1, 6)),
            unchanged=True,
            seed=16,
        ),
    ]
)


def full(visible, mask_token, length):
    return torch.cat([visible, mask_token.expand(len(visible), length - visible.shape[1], -1)], dim=1)


def take(x, index):
    return x.gather(1, index[:, :, None].expand(-1, -1, x.shape[2]))


@bank.alternative
def with_indexing(visible, mask_token, ids_restore):
    x = full(visible, mask_token, ids_restore.shape[1])
    return x[torch.arange(len(x))[:, None], ids_restore]


@bank.alternative
def with_where(visible, mask_token, ids_restore):
    keep = visible.shape[1]
    known = take(visible, ids_restore.clamp(max=keep - 1))
    return torch.where((ids_restore < keep)[:, :, None], known, mask_token)


@bank.alternative
def with_scatter(visible, mask_token, ids_restore):
    order = ids_restore.argsort(dim=1)
    x = full(visible, mask_token, ids_restore.shape[1])
    return torch.zeros_like(x).scatter(1, order[:, :, None].expand_as(x), x)


@bank.misconception(
    "ids_restore is inverted once more: sorting it gives back the shuffled order, and the tokens go to other places. It says already where each patch went."
)
def inverted(visible, mask_token, ids_restore):
    return take(full(visible, mask_token, ids_restore.shape[1]), ids_restore.argsort(dim=1))


@bank.misconception(
    "The tokens stay in the shuffled order: visible ones first, mask tokens last. The decoder expects the order of the image."
)
def not_restored(visible, mask_token, ids_restore):
    return full(visible, mask_token, ids_restore.shape[1])


@bank.misconception(
    "The mask tokens stand *before* the visible ones when you look the places up. In the shuffled sequence the visible ones come first."
)
def mask_tokens_first(visible, mask_token, ids_restore):
    x = full(visible, mask_token, ids_restore.shape[1])
    keep = visible.shape[1]
    return take(torch.cat([x[:, keep:], x[:, :keep]], dim=1), ids_restore)


@bank.misconception(
    "Hidden places hold zeros: the mask token is not used, and nothing tells the decoder that something is missing there."
)
def zeros(visible, mask_token, ids_restore):
    return take(full(visible, torch.zeros_like(mask_token), ids_restore.shape[1]), ids_restore)


@bank.misconception("The mask token is detached: it is a weight, and has to learn.")
def mask_token_detached(visible, mask_token, ids_restore):
    return take(full(visible, mask_token.detach(), ids_restore.shape[1]), ids_restore)


@bank.misconception("The visible tokens are detached: no gradient reaches the encoder.")
def visible_detached(visible, mask_token, ids_restore):
    return take(full(visible.detach(), mask_token, ids_restore.shape[1]), ids_restore)


@bank.misconception(
    "The visible tokens are laid into the visible places in the order of the image. They come in the order of their noise: each has its own place."
)
def filled_in_image_order(visible, mask_token, ids_restore):
    keep = visible.shape[1]
    seen = ids_restore < keep
    rank = seen.long().cumsum(dim=1) - 1
    return torch.where(seen[:, :, None], take(visible, rank.clamp(min=0)), mask_token)


@bank.misconception("The restoring order of the first image is used for all.")
def order_of_the_first(visible, mask_token, ids_restore):
    return take(full(visible, mask_token, ids_restore.shape[1]), ids_restore[:1].expand_as(ids_restore))


@bank.misconception("The mask token is added to the visible tokens as well: only hidden places get it.")
def added_everywhere(visible, mask_token, ids_restore):
    return take(full(visible + mask_token, mask_token, ids_restore.shape[1]), ids_restore)


@bank.misconception("One mask token too few or too many: the sequence has as many tokens as the image has patches.")
def one_too_few(visible, mask_token, ids_restore):
    x = full(visible, mask_token, ids_restore.shape[1])
    return take(x, ids_restore)[:, :-1]


@bank.misconception("The hidden places hold the mean of the visible tokens, not the mask token.")
def mean_of_the_visible(visible, mask_token, ids_restore):
    hidden = visible.mean(dim=1, keepdim=True).expand(-1, ids_restore.shape[1] - visible.shape[1], -1)
    return take(torch.cat([visible, hidden], dim=1), ids_restore)
