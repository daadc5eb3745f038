"""k-means: other right ways, and the ways to move centres elsewhere."""

import torch

from course_tools.checks.bank import Bank
from course_utils.attention_objectives.checks import pixels_and_start, with_a_far_centre
from course_utils.checks import Probe

bank = Bank(
    hidden=[
        Probe("200 pixels, 8 centres, 5 steps", lambda g: pixels_and_start(g, 200, 8, 5), weight=2, seed=11, essential=True),
        Probe("centres close together", lambda g: pixels_and_start(g, 50, 3, 4, 0.05), seed=12),
        Probe("an idle centre, one step", lambda g: with_a_far_centre(g, 20, 3, 1), weight=2, seed=13, essential=True),
        Probe("more centres than pixels", lambda g: pixels_and_start(g, 3, 6, 2), seed=14),
        Probe("leaves its inputs alone, no step", lambda g: pixels_and_start(g, 9, 2, 0), unchanged=True, dtype=True, seed=15),
        Probe("20 steps", lambda g: pixels_and_start(g, 80, 4, 20), unchanged=True, seed=16),
    ]
)  # fmt: skip


def lloyd(pixels, start, steps, *, nearest=None, centre=None, idle="stay"):
    centres = start.clone()
    for _ in range(steps):
        owner = (torch.cdist(pixels, centres).argmin(1)) if nearest is None else nearest(pixels, centres)
        for k in range(len(centres)):
            mine = pixels[owner == k]
            if len(mine):
                centres[k] = mine.mean(0) if centre is None else centre(mine, centres[k])
            elif idle == "nan":
                centres[k] = torch.nan
            elif idle == "zero":
                centres[k] = 0
            elif idle == "mean":
                centres[k] = pixels.mean(0)
    return centres


@bank.alternative
def with_one_hot(pixels, start, steps):
    centres = start.clone()
    for _ in range(steps):
        d = (pixels[:, None] - centres).square().sum(2)
        owner = torch.nn.functional.one_hot(d.argmin(1), len(centres)).to(pixels.dtype)
        n = owner.sum(0)
        centres = torch.where((n > 0)[:, None], owner.T @ pixels / n.clamp(min=1)[:, None], centres)
    return centres


@bank.alternative
def with_index_add(pixels, start, steps):
    centres = start
    for _ in range(steps):
        owner = torch.cdist(pixels, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
        sums = torch.zeros_like(start).index_add_(0, owner, pixels)
        n = torch.bincount(owner, minlength=len(start))[:, None]
        centres = torch.where(n > 0, sums / n.clamp(min=1), centres)
    return centres.clone()


@bank.misconception("A centre without pixels becomes nan: the mean of nothing. Leave it where it is.")
def idle_centre_is_nan(pixels, start, steps):
    return lloyd(pixels, start, steps, idle="nan")


@bank.misconception("A centre without pixels jumps to black. Leave it where it is.")
def idle_centre_is_black(pixels, start, steps):
    return lloyd(pixels, start, steps, idle="zero")


@bank.misconception("A centre without pixels jumps to the mean of all. Leave it where it is.")
def idle_centre_is_the_mean(pixels, start, steps):
    return lloyd(pixels, start, steps, idle="mean")


@bank.misconception("Distances are sums of absolute differences. Nearest is meant in the Euclidean sense.")
def manhattan(pixels, start, steps):
    return lloyd(pixels, start, steps, nearest=lambda p, c: torch.cdist(p, c, p=1).argmin(1))


@bank.misconception("Every pixel goes to the *farthest* centre.")
def farthest(pixels, start, steps):
    return lloyd(pixels, start, steps, nearest=lambda p, c: torch.cdist(p, c).argmax(1))


@bank.misconception("Nearness is measured by the dot product: bright centres then attract everything.")
def by_dot_product(pixels, start, steps):
    return lloyd(pixels, start, steps, nearest=lambda p, c: (p @ c.T).argmax(1))


@bank.misconception("Centres move to the median of their pixels. k-means takes the mean.")
def medians(pixels, start, steps):
    return lloyd(pixels, start, steps, centre=lambda mine, old: mine.median(0).values)


@bank.misconception("Centres go only half of the way to the mean of their pixels.")
def half_of_the_way(pixels, start, steps):
    return lloyd(pixels, start, steps, centre=lambda mine, old: (mine.mean(0) + old) / 2)


@bank.misconception(
    "Pixels are assigned once, to the first centres. After centres have moved, the nearest one may be another."
)
def assigned_once(pixels, start, steps):
    owner = torch.cdist(pixels, start).argmin(1)
    return lloyd(pixels, start, steps, nearest=lambda p, c: owner)


@bank.misconception("One step is missing.")
def one_step_too_few(pixels, start, steps):
    return lloyd(pixels, start, max(0, steps - 1))


@bank.misconception("One step too many is done; 0 steps must return the start.")
def one_step_too_many(pixels, start, steps):
    return lloyd(pixels, start, steps + 1)


@bank.misconception("The start is ignored: you begin with the first pixels.")
def starts_from_pixels(pixels, start, steps):
    begin = start.clone()
    n = min(len(start), len(pixels))
    begin[:n] = pixels[:n]
    return lloyd(pixels, begin, steps)


@bank.misconception(
    "The result is right, but the caller's start has moved along: you write into the tensor you were given."
)
def moves_the_start(pixels, start, steps):
    found = lloyd(pixels, start, steps)
    start.copy_(found + (0 if steps else 1e-3))
    return found
