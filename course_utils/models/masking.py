"""BERT's corruption of its input (Devlin et al. 2019, 3.1): of the chosen tokens 80% become [MASK], 10% a random token, 10% stay."""

import torch
from torch import Tensor

IGNORED = -100  # the label that cross-entropy skips


def mask_tokens(
    tokens: Tensor,
    special: Tensor,
    mask_id: int,
    vocabulary: range,
    generator: torch.Generator,
    rate: float = 0.15,
    masked: float = 0.8,
    random: float = 0.1,
) -> tuple[Tensor, Tensor]:
    """Choose each token with probability `rate`, on its own, and corrupt the chosen ones.

    Args:
        tokens: ids, any shape.
        special: bool, same shape; true where a token is never chosen ([CLS], [SEP], [PAD]).
        vocabulary: ids that a random token is drawn from.

    Returns:
        inputs and labels, shaped like `tokens`; a label is the original id at a chosen position and -100 elsewhere.
    """
    draw = torch.rand(tokens.shape, generator=generator)
    kind = torch.rand(tokens.shape, generator=generator)
    other = torch.randint(vocabulary.start, vocabulary.stop, tokens.shape, generator=generator)
    chosen = (draw < rate) & ~special
    inputs = tokens.clone()
    inputs[chosen & (kind < masked)] = mask_id
    swapped = chosen & (kind >= masked) & (kind < masked + random)
    inputs[swapped] = other[swapped]
    return inputs, torch.where(chosen, tokens, IGNORED)
