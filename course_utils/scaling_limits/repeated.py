"""Fresh bytes that a repeated one is worth."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def fresh_bytes(losses: Sequence[float], fresh: Sequence[tuple[float, float]]) -> Tensor:
    """How many fresh bytes give each of the losses: read off the curve of (bytes, loss) pairs, linearly in log bytes.

    Losses outside the curve get its nearest end.
    """
    by_loss = sorted((loss, tokens) for tokens, loss in fresh)
    known, tokens = zip(*by_loss, strict=True)
    return torch.from_numpy(np.exp(np.interp(losses, known, np.log(tokens))))
