"""Parameter counts and FLOPs against transformers' own GPT-NeoX and torch's FLOP counter."""

import csv

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from course_utils.errors import UsageError
from course_utils.pythia_scaling.sizes import STEPS, TABLES, TOKENS, Size, pythia_size, pythia_sizes


def network(size: Size, **options) -> GPTNeoXForCausalLM:
    config = GPTNeoXConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
        **options,
    )
    return GPTNeoXForCausalLM(config)


@pytest.mark.parametrize("size", pythia_sizes(), ids=lambda size: size.model)
def test_counts_are_those_of_transformers(size):
    with torch.device("meta"):
        model = network(size)
    counted = {name: p.numel() for name, p in model.named_parameters()}
    assert size.total == sum(counted.values())
    assert size.embedding == sum(n for name, n in counted.items() if "embed" in name or "lm_head" in name)


def test_counts_are_the_published_ones():
    with (TABLES / "models.csv").open() as stream:
        published = {
            r["model"]: (int(r["non_embedding_params"]), int(r["total_params"])) for r in csv.DictReader(stream)
        }
    assert {s.model: (s.non_embedding, s.total) for s in pythia_sizes()} == published
    assert pythia_size("pythia-12b").total == 11_846_072_320  # its model card
    assert TOKENS == 299_892_736_000


def test_flops_are_those_that_torch_counts():
    size, context, batch = Size("tiny", layers=3, width=32, heads=2, vocabulary=96), 16, 2
    model = network(size, attn_implementation="eager")
    tokens = torch.randint(size.vocabulary, (batch, context))
    with FlopCounterMode(display=False) as counter:
        model(tokens).logits.sum().backward()
    rotary = 2 * 2 * context  # its table of angles, two frequencies by 16 positions, is made once by a matrix product
    assert counter.get_total_flops() - rotary == size.flops_per_token(context) * batch * context


def test_an_unknown_size_is_said():
    with pytest.raises(UsageError, match="pythia-410m"):
        pythia_size("pythia-13b")


def test_tokens_per_parameter():
    ratio = {s.model: TOKENS / s.total for s in pythia_sizes()}
    assert ratio["pythia-12b"] == pytest.approx(25.3, abs=0.05) and STEPS == 143_000
    assert ratio["pythia-70m"] == pytest.approx(4258, abs=1)
