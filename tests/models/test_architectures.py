"""Parameter counts against transformers' own modules and Pythia's formula."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, GPTNeoXConfig

from course_utils.models.architectures import Architecture, parameter_counts
from course_utils.models.recipes import recipes

CAUSAL = {r.architecture for profile in ("cpu", "gpu") for r in recipes(profile) if r.architecture.kind == "causal"}


@pytest.mark.parametrize("shape", sorted(CAUSAL, key=lambda shape: shape.width), ids=str)
def test_causal_models_follow_pythias_formula(shape):
    with torch.device("meta"):
        non_embedding, total = parameter_counts(shape.build(0))
    assert non_embedding == shape.layers * (12 * shape.width**2 + 13 * shape.width) + 2 * shape.width
    assert total - non_embedding == 2 * shape.vocabulary * shape.width


@pytest.mark.parametrize(
    ("layers", "width", "heads", "non_embedding", "total"),
    [(6, 512, 8, 18_915_328, 70_426_624), (12, 768, 12, 85_056_000, 162_322_944)],
    ids=["pythia-70m", "pythia-160m"],
)
def test_pythias_published_counts(layers, width, heads, non_embedding, total):
    """Biderman et al. 2023, model cards."""
    config = GPTNeoXConfig(
        vocab_size=50304,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
    )
    with torch.device("meta"):
        assert parameter_counts(AutoModelForCausalLM.from_config(config)) == (non_embedding, total)


def test_bert_counts_its_tied_output_once():
    model = Architecture("masked", 2, 32, 2, vocabulary=100, context=64).build(0)
    non_embedding, total = parameter_counts(model)
    assert total == model.num_parameters()
    assert total - non_embedding == (100 + 64 + 1) * 32


def test_same_seed_same_model_and_the_callers_random_state_is_kept():
    shape = Architecture("causal", 2, 32, 2, vocabulary=256, context=16)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = shape.build(0), shape.build(0), shape.build(1)
    assert torch.equal(torch.rand(3), expected)
    weights = [model.gpt_neox.layers[0].mlp.dense_h_to_4h.weight for model in (first, again, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_rotary_positions_cover_the_whole_head():
    model = Architecture("causal", 1, 32, 2, vocabulary=256, context=16).build(0)
    assert model.gpt_neox.rotary_emb.inv_freq.numel() == 32 // 2 // 2
    assert AutoConfig.for_model("gpt_neox").rope_parameters["partial_rotary_factor"] == 0.25  # Pythia's


def test_an_untrained_model_is_close_to_uniform():
    model = Architecture("causal", 4, 64, 4, vocabulary=256, context=32).build(0).eval()
    tokens = torch.randint(0, 256, (8, 33), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        loss = float(model(tokens, labels=tokens).loss)
    assert loss == pytest.approx(5.545, abs=0.4)  # log 256
