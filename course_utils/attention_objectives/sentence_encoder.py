"""The embedded BERT as a sentence encoder."""

import copy
from typing import Any

from torch import Tensor, nn

from course_utils.models import LanguageModel


class SentenceEncoder(nn.Module):
    """Mean over the tokens of a copy of BERT's last layer; dropout is set to `dropout` everywhere. Arrives in evaluation mode.

    forward: a batch from `batch`, (B, T) ids with 0 at padding -> (B, D).
    """

    def __init__(self, lm: LanguageModel, dropout: float) -> None:
        super().__init__()
        source: Any = lm.model
        self.tokenizer = lm.tokenizer
        self.bert: nn.Module = copy.deepcopy(source.bert)
        self.set_dropout(dropout)
        self.eval()

    def set_dropout(self, dropout: float) -> None:
        """Drop this share of the units from now on, whenever dropout is on."""
        for module in self.bert.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout

    def batch(self, texts: list[str]) -> Tensor:
        """(B, T) ids of some sentences, at most 64 tokens each, padded with 0."""
        return self.tokenizer(texts, padding=True, truncation=True, max_length=64, return_tensors="pt").input_ids

    def forward(self, ids: Tensor) -> Tensor:
        real = (ids != 0).long()
        states = self.bert(ids, attention_mask=real).last_hidden_state
        return (states * real[..., None]).sum(dim=1) / real.sum(dim=1, keepdim=True)
