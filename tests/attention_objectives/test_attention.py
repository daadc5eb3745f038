"""Attention, heads, masks and block against torch and transformers: values, and gradients to 1e-5."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_utils.attention_objectives import CachedModel, logits_through
from course_utils.attention_objectives.embedded import rotate
from course_utils.attention_objectives.probes import FourMatrices

TEXT = "The state of our Union is strong, and the appropriations of last year were extraordinary."


def gradients(value, inputs):
    return torch.autograd.grad((value * torch.linspace(-1, 1, value.numel()).view_as(value)).sum(), inputs)


@pytest.mark.parametrize("lead", [(), (2,), (2, 3)])
@pytest.mark.parametrize(("T", "S", "d", "e"), [(1, 1, 1, 1), (3, 5, 4, 6), (8, 8, 64, 16)])
@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_torchs(answer, lead, T, S, d, e, masked):
    g = torch.Generator().manual_seed(T + S + d)
    inputs = [torch.randn(*lead, n, w, generator=g, dtype=torch.float64) for n, w in ((T, d), (S, d), (S, e))]
    inputs = [part.requires_grad_() for part in inputs]
    mask = torch.rand(T, S, generator=g) < 0.6 if masked else None
    if masked:
        mask[:, 0] = True
    ours, theirs = answer("attention")(*inputs, mask), F.scaled_dot_product_attention(*inputs, attn_mask=mask)
    assert torch.allclose(ours, theirs, atol=1e-10)
    for one, other in zip(gradients(ours, inputs), gradients(theirs, inputs), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_row_that_sees_nothing_is_zero_and_so_is_its_gradient(answer, dtype):
    q, k, v = (torch.randn(3, 4).to(dtype).requires_grad_() for _ in range(3))
    mask = torch.tensor([[True, False, True], [False] * 3, [True] * 3])
    out = answer("attention")(q, k, v, mask)
    assert out.dtype == dtype and (out[1] == 0).all() and out.isfinite().all()
    found = torch.autograd.grad(out.sum(), [q, k, v])
    assert all(grad.isfinite().all() for grad in found) and (found[0][1] == 0).all()


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("memory_length", [0, 7])
def test_heads_are_those_of_torchs_module(answer, heads, memory_length):
    layer, D = FourMatrices(8), 8
    theirs = torch.nn.MultiheadAttention(D, heads, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([layer.query.weight, layer.key.weight, layer.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([layer.query.bias, layer.key.bias, layer.value.bias]))
        theirs.out_proj.load_state_dict(layer.out.state_dict())
    x = torch.randn(2, 5, D, requires_grad=True)
    memory = torch.randn(2, memory_length, D) if memory_length else x
    ours = answer("multi_head")(x, memory, layer, heads)
    expected = theirs(x, memory, memory, need_weights=False)[0]
    assert torch.allclose(ours, expected, atol=1e-5)
    for one, other in zip(gradients(ours, [x]), gradients(expected, [x]), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("length", [1, 2, 9])
def test_the_causal_mask_is_torchs(answer, length):
    additive = torch.nn.Transformer.generate_square_subsequent_mask(length)
    assert torch.equal(answer("attention_mask")("causal", length), additive == 0)


def test_the_decoder_is_blind_to_padding_and_to_the_future(answer):
    """torch's own decoder layer gives the same rows whatever stands at padding, with these masks."""
    torch.manual_seed(0)
    layer = torch.nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True).eval()
    source, target = torch.tensor([[True, True, True, False]]), torch.tensor([[True, True, False]])
    _, decoder, cross = answer("encoder_decoder_masks")(source, target)

    def run(memory, x):
        keep = {"tgt_mask": ~decoder.repeat_interleave(2, 0), "memory_mask": ~cross.repeat_interleave(2, 0)}
        return layer(x, memory, **keep)

    memory, x = torch.randn(1, 4, 8), torch.randn(1, 3, 8)
    before = run(memory, x)
    changed_memory, changed_x = memory.clone(), x.clone()
    changed_memory[:, 3] += 9
    changed_x[:, 2] += 9
    assert torch.allclose(run(changed_memory, changed_x)[:, :2], before[:, :2], atol=1e-6)
    changed_memory[:, 2] += 9  # a real token of the source, seen from the first row on
    assert not torch.allclose(run(changed_memory, x)[:, 0], before[:, 0], atol=1e-3)


@pytest.mark.parametrize("kind", ["causal", "full"])
def test_the_embedded_models_in_this_block_are_transformers(answer, neox, bert, kind):
    lm = neox if kind == "causal" else bert
    ids = bert.tokenizer([TEXT, TEXT[::-1][: len(TEXT) // 2]], padding=True, return_tensors="pt").input_ids[:, :20]
    mask = answer("attention_mask")(kind, ids.shape[1])
    ours = logits_through(lm.model, ids, answer("multi_head"), answer("block"), mask)
    with torch.no_grad():
        theirs = lm.model(ids).logits
    assert (ours - theirs).abs().max() < 1e-4


def test_a_block_without_its_norms_is_none_of_these_models(answer, neox):
    ids = neox.tokenizer(TEXT, return_tensors="pt").input_ids
    mask = answer("attention_mask")("causal", ids.shape[1])
    wrong = logits_through(neox.model, ids, answer("multi_head"), lambda x, p, s: answer("block")(x, p, "pre"), mask)
    with torch.no_grad():
        assert (wrong - neox.model(ids).logits).abs().max() > 0.1


def test_other_models_are_refused(answer):
    from transformers import GPT2Config, GPT2LMHeadModel

    tiny = GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=1, n_embd=4, vocab_size=9, n_positions=8))
    with pytest.raises(TypeError, match="GPT2LMHeadModel"):
        logits_through(tiny, torch.tensor([[1]]), answer("multi_head"), answer("block"), None)


def test_rotation_is_transformers(neox):
    from transformers.models.gpt_neox.modeling_gpt_neox import apply_rotary_pos_emb

    x = torch.randn(1, 4, 9, 32)
    cos, sin = neox.model.gpt_neox.rotary_emb(x, torch.arange(5, 14)[None])
    assert torch.allclose(rotate(x, 5), apply_rotary_pos_emb(x, x, cos, sin)[0], atol=1e-5)


@pytest.mark.parametrize("pieces", [[1] * 12, [5, 1, 1, 5], [12], [3, 9]])
def test_the_cache_gives_the_logits_of_the_whole_text(answer, neox, pieces):
    ids = neox.tokenizer(TEXT, return_tensors="pt").input_ids[:, :12]
    reader, found, done = CachedModel(neox.model, answer("cached_attention"), answer("block")), [], 0
    for n in pieces:
        found.append(reader.read(ids[:, done : done + n]))
        done += n
    with torch.no_grad():
        assert (torch.cat(found, 1) - neox.model(ids).logits).abs().max() < 1e-4


def test_the_predicted_spread_and_gain(answer):
    q, k = torch.randn(2, 20_000, 64, generator=torch.Generator().manual_seed(0))
    assert (q * k).sum(1).std().item() == pytest.approx(answer("dot_product_spread"), rel=0.03)
    t = range(1, 1001)
    assert sum(n * n for n in t) / sum(t) == pytest.approx(answer("cache_gain"), abs=0.01)


def test_reach_agrees_with_changed_inputs(answer):
    """Against finite changes instead of gradients, on a transformer layer of torch with a random mask."""
    torch.manual_seed(1)
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True).double().eval()
    mask = (torch.rand(6, 6) < 0.4) | torch.eye(6, dtype=torch.bool)
    x = torch.randn(6, 8, dtype=torch.float64)

    def run(z):
        return layer(z[None], src_mask=~mask)[0]

    changed = torch.stack(
        [(run(x + math.pi * (torch.arange(6) == j)[:, None] * torch.randn(8)) - run(x)) for j in range(6)]
    )
    expected = (changed.abs().amax(2) > 1e-9).T
    assert torch.equal(expected, mask)
    assert torch.equal(answer("reach")(run, x), expected)
