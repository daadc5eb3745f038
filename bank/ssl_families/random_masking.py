"""Hide and remember: other ways to be right, and the ways to invert the order, the mask or the choice."""

import torch

from course_tools.checks.bank import Bank
from course_utils.checks import Probe
from course_utils.checks.inputs import normal, uniform

bank = Bank(
    hidden=[
        Probe(
            "4 images, 16 patches, keep 4",
            lambda g: (normal(g, 4, 16, 2), uniform(g, 4, 16), 4),
            weight=3,
            seed=11,
            essential=True,
        ),
        Probe("9 patches, keep 1", lambda g: (normal(g, 2, 9, 3), uniform(g, 2, 9), 1), weight=2, seed=12),
        Probe("noise of both signs", lambda g: (normal(g, 2, 8, 2), normal(g, 2, 8), 3), seed=13),
        Probe("many patches", lambda g: (normal(g, 1, 40, 1), uniform(g, 1, 40), 10), seed=14),
        Probe("float64", lambda g: (normal(g, 2, 7, 2, dtype=torch.float64), uniform(g, 2, 7), 3), dtype=True, seed=15),
        Probe(
            "leaves its inputs alone, at another size",
            lambda g: (normal(g, 1, 6, 2), uniform(g, 1, 6), 2),
            unchanged=True,
            seed=16,
        ),
    ]
)


def take(tokens, index):
    return tokens.gather(1, index[:, :, None].expand(-1, -1, tokens.shape[2]))


def parts(tokens, noise, keep):
    order = noise.argsort(dim=1)
    restore = order.argsort(dim=1)
    return order, restore, take(tokens, order[:, :keep]), (restore >= keep).to(tokens.dtype)


@bank.alternative
def mask_of_ones(tokens, noise, keep):
    order = torch.argsort(noise, dim=1)
    restore = torch.argsort(order, dim=1)
    mask = torch.ones_like(noise, dtype=tokens.dtype)
    mask[:, :keep] = 0
    return take(tokens, order[:, :keep]), mask.gather(1, restore), restore


@bank.alternative
def inverse_by_scatter(tokens, noise, keep):
    order = noise.sort(dim=1).indices
    restore = torch.empty_like(order).scatter_(1, order, torch.arange(noise.shape[1]).expand_as(order).contiguous())
    mask = torch.ones(noise.shape, dtype=tokens.dtype).scatter_(1, order[:, :keep], 0.0)
    rows = torch.arange(len(tokens))[:, None]
    return tokens[rows, order[:, :keep]], mask, restore


@bank.alternative
def image_by_image(tokens, noise, keep):
    visible, masks, restores = [], [], []
    for t, n in zip(tokens, noise):
        order = n.argsort()
        place = torch.empty_like(order)
        place[order] = torch.arange(len(n))
        visible.append(t[order[:keep]])
        masks.append((place >= keep).to(tokens.dtype))
        restores.append(place)
    return torch.stack(visible), torch.stack(masks), torch.stack(restores)


@bank.misconception(
    "You return the order itself where its inverse is asked for: which patch stands at each place, not at which place each patch stands. For a swap both are the same."
)
def order_instead_of_inverse(tokens, noise, keep):
    order, _, visible, mask = parts(tokens, noise, keep)
    return visible, mask, order


@bank.misconception("The mask is the wrong way round: 1 means hidden.")
def mask_inverted(tokens, noise, keep):
    _, restore, visible, mask = parts(tokens, noise, keep)
    return visible, 1 - mask, restore


@bank.misconception(
    "The mask is in the shuffled order (zeros first). It belongs to the patches of the image, in the order of the image."
)
def mask_in_shuffled_order(tokens, noise, keep):
    _, restore, visible, mask = parts(tokens, noise, keep)
    return visible, (torch.arange(noise.shape[1]) >= keep).to(tokens.dtype).expand_as(mask).clone(), restore


@bank.misconception("The mask was put in order with the shuffling order instead of its inverse.")
def mask_with_the_order(tokens, noise, keep):
    order, restore, visible, mask = parts(tokens, noise, keep)
    return visible, (order >= keep).to(tokens.dtype), restore


@bank.misconception("The patches with the *largest* noise are kept.")
def keeps_the_largest(tokens, noise, keep):
    order, restore, visible, mask = parts(tokens, -noise, keep)
    return visible, mask, restore


@bank.misconception("The number of hidden patches is mixed up with the number kept: you hide `keep` of them.")
def hides_keep(tokens, noise, keep):
    _, restore, visible, mask = parts(tokens, noise, noise.shape[1] - keep)
    return visible, mask, restore


@bank.misconception(
    "The visible tokens are in the order of the image. They stand in the order of their noise, which is what ids_restore undoes."
)
def visible_in_image_order(tokens, noise, keep):
    order, restore, _, mask = parts(tokens, noise, keep)
    return take(tokens, order[:, :keep].sort(dim=1).values), mask, restore


@bank.misconception("The tokens were picked with the inverse: these are not the patches of smallest noise.")
def tokens_by_the_inverse(tokens, noise, keep):
    _, restore, _, mask = parts(tokens, noise, keep)
    return take(tokens, restore[:, :keep]), mask, restore


@bank.misconception(
    "Every image hides the same patches: only the first row of the noise is used. Each image has its own luck."
)
def one_mask_for_all(tokens, noise, keep):
    _, restore, visible, mask = parts(tokens, noise[:1].expand_as(noise), keep)
    return visible, mask, restore


@bank.misconception("The first patches are kept, whatever the noise: the mask is no longer random.")
def the_first_patches(tokens, noise, keep):
    _, restore, _, _ = parts(tokens, noise, keep)
    mask = (torch.arange(noise.shape[1]) >= keep).to(tokens.dtype).expand_as(noise).clone()
    return tokens[:, :keep].clone(), mask, restore


@bank.misconception(
    "Hidden tokens are set to zero but stay in the sequence: the encoder then works on all of them, and the saving is gone."
)
def zeros_instead_of_removal(tokens, noise, keep):
    _, restore, _, mask = parts(tokens, noise, keep)
    return tokens * (1 - mask)[:, :, None], mask, restore


@bank.misconception("ids_restore ends after the visible patches: the hidden ones need their places too.")
def restore_cut_short(tokens, noise, keep):
    _, restore, visible, mask = parts(tokens, noise, keep)
    return visible, mask, restore[:, :keep]


@bank.misconception(
    "The mask is of another type than the tokens (bool, or float32 beside float64); it is multiplied with errors of the tokens' type."
)
def mask_of_bools(tokens, noise, keep):
    _, restore, visible, mask = parts(tokens, noise, keep)
    return visible, mask.bool(), restore
