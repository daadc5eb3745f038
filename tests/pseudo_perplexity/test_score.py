"""Scores of texts against minicons, against one row at a time, and against what must be true of any score."""

import dataclasses
import re

import pytest
import torch
from minicons.scorer import MaskedLMScorer

from course_utils.errors import CourseError
from course_utils.models import byte_tokenizer
from course_utils.pseudo_perplexity.score import METRICS, score_causal, score_masked, with_start
from tests.pseudo_perplexity.conftest import TEXTS


def one_row_at_a_time(lm, text, metric):
    """The definition: for each token, hide it (and the later ones of its word), ask, look it up."""
    encoded = lm.tokenizer(text, return_special_tokens_mask=True)
    ids, words = torch.tensor(encoded["input_ids"]), encoded.word_ids()
    scores = []
    for t, special in enumerate(encoded["special_tokens_mask"]):
        if special:
            continue
        hidden = ids.clone()
        later = [s for s in range(t, len(ids)) if s == t or (metric == "within_word_l2r" and words[s] == words[t])]
        hidden[later] = lm.tokenizer.mask_token_id
        with torch.no_grad():
            scores.append(lm.model(hidden[None]).logits[0, t].log_softmax(0)[ids[t]])
    return torch.stack(scores)


@pytest.mark.parametrize("metric", METRICS)
def test_agrees_with_minicons(bert, metric):
    scorer = MaskedLMScorer(bert.model, tokenizer=bert.tokenizer)
    encoded = bert.tokenizer(TEXTS, padding=True)  # its own call of the tokenizer is of an older transformers
    theirs = scorer.compute_stats(scorer.prepare_text(encoded, metric), return_tensors=True)
    for one, other in zip(score_masked(bert, TEXTS, metric), theirs, strict=True):
        assert one.shape == other.shape
        assert torch.allclose(one, other, atol=1e-4)


@pytest.mark.parametrize("name", ["bert", "roberta"])
@pytest.mark.parametrize("metric", METRICS)
def test_agrees_with_the_definition(request, name, metric):
    lm = request.getfixturevalue(name)
    for text, ours in zip(TEXTS, score_masked(lm, TEXTS, metric), strict=True):
        assert torch.allclose(ours, one_row_at_a_time(lm, text, metric), atol=1e-5)


def test_the_metrics_differ_in_words_of_several_pieces_only(bert):
    plain, l2r = (score_masked(bert, TEXTS, metric) for metric in METRICS)
    for text, one, other in zip(TEXTS, plain, l2r, strict=True):
        words = [word for word in bert.tokenizer(text).word_ids() if word is not None]
        last_piece = torch.tensor([t + 1 == len(words) or words[t + 1] != word for t, word in enumerate(words)])
        assert torch.allclose(one[last_piece], other[last_piece], atol=1e-5)
        assert last_piece.all() or not torch.allclose(one[~last_piece], other[~last_piece], atol=1e-3)


def test_causal_agrees_with_cross_entropy(neox):
    for text, ours in zip(TEXTS, score_causal(neox, TEXTS), strict=True):
        ids = torch.tensor([with_start(neox.tokenizer, text)])
        with torch.no_grad():
            loss = neox.model(ids, labels=ids).loss
        assert ours.shape == (ids.shape[1] - 1,)
        assert torch.isclose(-ours.mean(), loss, atol=1e-5)


@pytest.fixture(params=["masked", "causal"])
def scorer(request, bert, neox):
    return {"masked": (score_masked, bert), "causal": (score_causal, neox)}[request.param]


@pytest.mark.parametrize("tokens_per_pass", [1, 40, 10_000])
def test_the_size_of_a_pass_changes_nothing(scorer, tokens_per_pass):
    score, lm = scorer
    for one, other in zip(score(lm, TEXTS, tokens_per_pass=tokens_per_pass), score(lm, TEXTS), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("tokens_per_pass", [64, 300])
def test_a_pass_is_bounded(scorer, tokens_per_pass, monkeypatch):
    score, lm = scorer
    sizes, forward = [], lm.model.base_model.forward

    def counting(ids, **options):
        sizes.append(ids.numel())
        return forward(ids, **options)

    monkeypatch.setattr(lm.model.base_model, "forward", counting)
    score(lm, TEXTS * 3, tokens_per_pass=tokens_per_pass)
    assert max(sizes) <= tokens_per_pass


def test_the_company_of_a_text_does_not_matter(scorer):
    score, lm = scorer
    for text, ours in zip(TEXTS, score(lm, TEXTS), strict=True):
        assert torch.allclose(score(lm, [text])[0], ours, atol=1e-5)


def test_half_precision_is_close_and_comes_back_whole(scorer):
    score, lm = scorer
    for exact, half in zip(score(lm, TEXTS), score(lm, TEXTS, half=True), strict=True):
        assert half.dtype == torch.float32
        assert not torch.equal(exact, half)
        assert (exact - half).abs().mean() < 0.2


def test_no_text_and_an_empty_one(scorer):
    score, lm = scorer
    assert score(lm, []) == []
    empty, real = score(lm, ["", TEXTS[0]])
    assert empty.shape == (0,) and len(real) > 5


def test_a_text_that_is_too_long(scorer):
    score, lm = scorer
    with pytest.raises(CourseError, match=re.escape("random reads 64: cut it into sentences")):
        score(lm, ["peace and war " * 40])


def test_an_unknown_metric(bert):
    with pytest.raises(CourseError, match="unknown metric 'l2r'; there are: original, within_word_l2r"):
        score_masked(bert, TEXTS, metric="l2r")


def test_a_causal_model_is_no_masked_one(neox):
    with pytest.raises(CourseError, match="GPTNeoXForCausalLM is no masked language model"):
        score_masked(neox, ["Yes."])


def test_a_tokenizer_without_a_beginning(neox):
    with pytest.raises(CourseError, match="no token that begins a text"):
        score_causal(dataclasses.replace(neox, tokenizer=byte_tokenizer()), ["Yes."])
