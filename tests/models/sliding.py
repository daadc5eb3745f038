"""The usual way, as an oracle and as the benchmark's peer: one window at a time through the whole model, what was scored before masked."""

import torch
from torch import Tensor
from torch.nn import functional as F


@torch.no_grad()
def sliding_window_nll(model, tokens: Tensor, context: int, stride: int) -> Tensor:
    """As transformers' documentation on perplexity of fixed-length models does it, but kept by token. Returns (n - 1,)."""
    losses, scored = [], 0
    for begin in range(0, len(tokens), stride):
        end = min(begin + context, len(tokens))
        window = tokens[None, begin:end].to(next(model.parameters()).device)
        labels = window.clone()
        labels[:, : max(scored - begin, 0)] = -100
        logits = model(window).logits
        found = F.cross_entropy(logits[0, :-1].float(), labels[0, 1:], reduction="none", ignore_index=-100)
        losses.append(found[labels[0, 1:] != -100].cpu())
        scored = end
        if end == len(tokens):
            break
    return torch.cat(losses)
