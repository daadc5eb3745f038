"""The one learning-rate schedule of the course: linear warm-up, then a cosine (Loshchilov & Hutter 2017, arXiv:1608.03983)."""

import math


def warmup_cosine(step: int, steps: int, peak: float, warmup: float = 0.0, floor: float = 0.0) -> float:
    """The learning rate at `step` (0, ..., steps - 1).

    Args:
        peak: the highest rate, reached at the end of the warm-up.
        warmup: share of the steps over which the rate rises linearly; at least one step if it is not 0.
        floor: share of the peak that the cosine falls to.
    """
    rise = max(1, round(warmup * steps)) if warmup else 0
    if step < rise:
        return peak * (step + 1) / rise
    return peak * (floor + (1 - floor) * (1 + math.cos(math.pi * (step - rise) / (steps - rise))) / 2)
