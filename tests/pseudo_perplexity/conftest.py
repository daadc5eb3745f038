"""Small random models with the embedded tokenizer: real architectures, no shipped weights."""

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
)

from course_utils.models import LanguageModel, bpe_tokenizer

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
TEXTS = [
    "Fellow citizens, the state of our Union is strong.",
    "Yes.",
    "The souvenir was unforgettable, and irreplaceable!",
    "We were there; they have been here.",
    "Peace abroad and prosperity at home have been our constant aims.",
]


def language_model(model, tokenizer):
    """With larger weights than at birth, so that predictions differ from uniform and depend on the context."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    return LanguageModel(model.eval(), tokenizer, "random", "main", "test")


@pytest.fixture(scope="session")
def tokenizer():
    return bpe_tokenizer()


@pytest.fixture(scope="session")
def bert(tokenizer):
    torch.manual_seed(0)
    config = BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SHAPE)
    return language_model(BertForMaskedLM(config), tokenizer)


@pytest.fixture(scope="session")
def roberta(tokenizer):
    torch.manual_seed(0)
    config = RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id, **SHAPE
    )
    return language_model(RobertaForMaskedLM(config), tokenizer)


@pytest.fixture(scope="session")
def neox(tokenizer):
    torch.manual_seed(0)
    config = GPTNeoXConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, bos_token_id=None, eos_token_id=None, **SHAPE
    )
    return language_model(GPTNeoXForCausalLM(config), tokenizer)
