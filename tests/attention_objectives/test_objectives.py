"""Objectives, samplers, ELECTRA and SimCSE against transformers, pytorch-metric-learning and enumeration."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from pytorch_metric_learning.losses import NTXentLoss
from transformers import (
    ElectraConfig,
    ElectraForMaskedLM,
    ElectraForPreTraining,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from course_utils.attention_objectives.checks import some_choice, words
from course_utils.attention_objectives.probes import Successor


def ids_and_choice(vocabulary, B=3, T=9, seed=0):
    g = torch.Generator().manual_seed(seed)
    return words(g, B, T, vocabulary=vocabulary), some_choice(g, B, T)


def test_the_causal_loss_is_gpt_neoxs(answer, neox):
    ids, _ = ids_and_choice(2048)
    inputs, labels, _ = answer("objective")("causal", ids, 4)
    with torch.no_grad():
        ours = answer("objective_loss")(neox.model(inputs).logits, labels)
        assert ours.item() == pytest.approx(neox.model(ids, labels=ids).loss.item(), abs=1e-5)


def test_the_masked_loss_is_berts(answer, bert):
    ids, chosen = ids_and_choice(2048)
    inputs, labels, mask = answer("objective")("masked", ids, bert.tokenizer.mask_token_id, chosen)
    with torch.no_grad():
        found = bert.model(inputs, labels=labels)
        assert answer("objective_loss")(found.logits, labels).item() == pytest.approx(found.loss.item(), abs=1e-5)
    assert mask.all()


def test_the_prefix_loss_is_the_log_probability_of_the_rest(answer):
    """By enumeration: with a model that looks back two tokens, the asked positions multiply to p(rest | prefix)."""
    model, prompt = Successor(4, 10), torch.tensor([[1, 3, 2]])
    total = 0.0
    for rest in itertools.product(range(4), repeat=2):
        ids = torch.cat([prompt, torch.tensor([rest])], dim=1)
        _, labels, _ = answer("objective")("prefix", ids, 99, prefix=3)
        asked = (labels != -100).sum()
        assert asked == 2
        total += torch.exp(-answer("objective_loss")(model(ids), labels) * asked).item()
    assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("shape", [(1, 1, 2), (3, 5, 7), (4, 16, 50)])
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_loss_and_gradient_are_torchs(answer, shape, scale):
    g = torch.Generator().manual_seed(3)
    logits = (torch.randn(*shape, generator=g, dtype=torch.float64) * scale).requires_grad_()
    labels = torch.randint(shape[2], shape[:2], generator=g)
    labels[0, 1:] = -100
    ours = answer("objective_loss")(logits, labels)
    theirs = F.cross_entropy(logits.transpose(1, 2), labels)
    assert torch.allclose(ours, theirs, atol=1e-9)
    (one,), (other,) = torch.autograd.grad(ours, logits), torch.autograd.grad(theirs, logits)
    assert torch.allclose(one, other, atol=1e-8)


@pytest.mark.parametrize("seed", range(20))
def test_span_corruption_can_be_undone(answer, seed):
    g = torch.Generator().manual_seed(seed)
    ids, spans, t = torch.randint(1, 90, (30,), generator=g), [], 0
    while True:
        begin = t + int(torch.randint(0 if t == 0 else 1, 6, (), generator=g))
        length = int(torch.randint(1, 5, (), generator=g))
        if begin + length > 30:
            break
        spans.append((begin, length))
        t = begin + length
    sentinels = [100 + i for i in range(len(spans) + 1)]
    inputs, target = (part.tolist() for part in answer("span_corruption")(ids, spans, sentinels))
    assert target[-1] == sentinels[-1] and len(inputs) + len(target) == 30 + 2 * len(spans) + 1
    gaps, now = {}, None
    for token in target:
        now = token if token >= 100 else now
        gaps.setdefault(now, []).extend([token] if token < 100 else [])
    restored = [t for token in inputs for t in (gaps[token] if token >= 100 else [token])]
    assert restored == ids.tolist()


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
@pytest.mark.parametrize("top_k", [0, 1, 4, 100])
@pytest.mark.parametrize("top_p", [0.05, 0.6, 0.95, 1.0])
def test_truncation_is_transformers(answer, temperature, top_k, top_p):
    logits = torch.randn(5, 30, generator=torch.Generator().manual_seed(1)) * 2
    scores = TemperatureLogitsWarper(temperature)(None, logits)
    if top_k:
        scores = TopKLogitsWarper(top_k)(None, scores)
    if top_p < 1:
        scores = TopPLogitsWarper(top_p)(None, scores)
    ours = answer("next_distribution")(logits, temperature, top_k, top_p)
    assert torch.allclose(ours, scores.softmax(-1), atol=1e-6)


def test_greedy_continuations_are_transformers(answer, neox):
    prompt = neox.tokenizer("We are grateful to the", return_tensors="pt").input_ids[:, :-1]

    def greedy(logits):
        return answer("next_distribution")(logits, 0.0).argmax(dim=1)

    ours = answer("generate")(lambda ids: neox.model(ids).logits, prompt, 40, greedy, 128)
    theirs = neox.model.generate(prompt, max_new_tokens=40, min_new_tokens=40, do_sample=False, pad_token_id=0)
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("settings", [{}, {"temperature": 0.5}, {"top_k": 2}, {"top_p": 0.7}])
def test_samples_have_the_enumerated_distribution(answer, settings):
    """All 64 continuations of three tokens over four words: frequencies of 40,000 samples against the product of the probabilities."""
    model, n = Successor(4, 10), 40_000
    torch.manual_seed(0)

    def choose(logits):
        return torch.multinomial(answer("next_distribution")(logits, **settings), 1).squeeze(1)

    drawn = answer("generate")(model, torch.tensor([[2, 1]]).expand(n, -1), 3, choose, 10)[:, 2:]
    frequency = torch.bincount(drawn @ torch.tensor([16, 4, 1]), minlength=64) / n
    expected = torch.zeros(64)
    for i, rest in enumerate(itertools.product(range(4), repeat=3)):
        ids = torch.tensor([[2, 1, *rest]])
        p = answer("next_distribution")(model(ids)[0, 1:4], **settings)
        expected[i] = p.gather(1, ids[0, 2:, None]).prod()
    assert expected.sum() == pytest.approx(1, abs=1e-5)
    assert ((frequency - expected).abs() <= 4.5 * (expected * (1 - expected) / n).sqrt() + 1e-6).all()


def test_draws_without_replacement_have_the_enumerated_distribution(answer):
    torch.manual_seed(0)
    logits, n = torch.tensor([1.0, 0.0, -1.0, 0.5]), 60_000
    p = logits.softmax(0).double()
    drawn = answer("distinct_draws")(logits.expand(n, 4), 3)
    frequency = torch.bincount(drawn @ torch.tensor([16, 4, 1]), minlength=64) / n
    for a, b, c in itertools.product(range(4), repeat=3):
        expected = 0.0
        if len({a, b, c}) == 3:
            expected = float(p[a] * p[b] / (1 - p[a]) * p[c] / (1 - p[a] - p[b]))
        got = frequency[16 * a + 4 * b + c].item()
        assert abs(got - expected) <= 4.5 * (expected * (1 - expected) / n) ** 0.5 + 1e-9


def test_electras_losses_are_transformers(answer):
    torch.manual_seed(0)
    config = ElectraConfig(
        vocab_size=20, embedding_size=8, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8
    )
    generator, discriminator = ElectraForMaskedLM(config).eval(), ElectraForPreTraining(config).eval()
    ids, chosen = ids_and_choice(20, 4, 10)
    real = torch.ones_like(chosen)
    real[2, 7:] = False
    chosen &= real
    labels = ids.masked_fill(~chosen, -100)
    masked = generator(ids.masked_fill(chosen, 0), attention_mask=real.long(), labels=labels)
    filled, replaced = answer("fill_in")(masked.logits, ids, chosen)
    judged = discriminator(filled, attention_mask=real.long(), labels=replaced.float())
    ours = answer("electra_loss")(masked.logits, judged.logits, ids, chosen, filled, real, 50.0)
    expected = masked.loss + 50 * judged.loss
    assert torch.allclose(ours, expected, atol=1e-4)
    for model in (generator, discriminator):
        weights = [p for p in model.parameters() if p.requires_grad]
        one = torch.autograd.grad(ours, weights, retain_graph=True, allow_unused=True)
        other = torch.autograd.grad(expected, weights, retain_graph=True, allow_unused=True)
        for a, b in zip(one, other, strict=True):
            assert (a is None) == (b is None)
            assert a is None or torch.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.05, 0.5])
@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize(("B", "D"), [(2, 3), (7, 16), (32, 8)])
def test_simcse_is_info_nce_of_pytorch_metric_learning(answer, B, D, hard, temperature):
    g = torch.Generator().manual_seed(B)
    parts = [torch.randn(B, D, generator=g, dtype=torch.float64, requires_grad=True) for _ in range(3 if hard else 2)]
    ours = answer("simcse_loss")(parts[0], parts[1], parts[2] if hard else None, temperature)
    labels = torch.arange(B)
    others = torch.cat([labels, labels + B]) if hard else labels.clone()  # the same object would mean: the same views
    theirs = NTXentLoss(temperature)(parts[0], labels, ref_emb=torch.cat(parts[1:]), ref_labels=others)
    assert torch.allclose(ours, theirs, atol=1e-6)
    for one, other in zip(torch.autograd.grad(ours, parts), torch.autograd.grad(theirs, parts), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_two_views_differ_and_leave_the_mode(answer):
    encoder = torch.nn.Sequential(torch.nn.Linear(4, 50), torch.nn.Dropout(0.3)).eval()
    first, second = answer("two_views")(encoder, torch.ones(6, 4))
    assert not torch.equal(first, second) and not encoder.training and first.requires_grad
    encoder.train()
    answer("two_views")(encoder, torch.ones(2, 4))
    assert encoder.training
