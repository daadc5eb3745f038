"""Held-out sentences and the ways they are spoiled."""

import re
from collections import Counter

import pytest
import torch

from course_tools.paths import SOLUTIONS
from course_utils.data import load_text
from course_utils.errors import CourseError
from course_utils.pseudo_perplexity import (
    PROFILES,
    break_agreement,
    held_out_sentences,
    score_masked,
    scramble,
    swap_neighbours,
    word_scores,
)
from tests.pseudo_perplexity.conftest import TEXTS

SENTENCE = "We were told that the Union is strong and has friends."


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("name", ["sotu", "moby_dick"])
def test_held_out_sentences_are_of_the_test_split(name):
    corpus = load_text(name)
    found = held_out_sentences(corpus, 50, seed=0)
    test = " ".join(" ".join(document.text.split()) for document in corpus.test)
    assert len(set(found)) == 50
    assert all(s in test and 8 <= len(s.split()) <= 30 for s in found)
    assert held_out_sentences(corpus, 50, seed=0) == found != held_out_sentences(corpus, 50, seed=1)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_asks_for_text_that_is_there(profile):
    sizes, speeches = PROFILES[profile], load_text("sotu")
    assert sizes.timed_sentences <= len(held_out_sentences(speeches, sizes.sentences, seed=0))
    assert held_out_sentences(load_text("moby_dick"), sizes.other_sentences, seed=0)


def test_the_notebook_sends_its_models_to_the_device_of_the_session():
    source = (SOLUTIONS / "pseudo_perplexity.py").read_text()
    models = re.findall(r"^(\w+) = load_(?:masked|causal)\(", source, re.MULTILINE)
    assert len(models) == 2
    assert all(f"{model}.model.to(lab.device)" in source for model in models)


def test_more_sentences_than_there_are():
    with pytest.raises(CourseError, match="1000000 sentences of 8 to 30 words; sotu has"):
        held_out_sentences(load_text("sotu"), 1_000_000, seed=0)


def test_scrambling_keeps_the_words(generator):
    scrambled = scramble(SENTENCE, generator)
    assert scrambled != SENTENCE and Counter(scrambled.split()) == Counter(SENTENCE.split())


def test_two_neighbours_are_swapped(generator):
    for _ in range(20):
        before, after = SENTENCE.split(), swap_neighbours(SENTENCE, generator).split()
        first, second = (i for i in range(len(before)) if before[i] != after[i])
        assert 0 < first == second - 1 < len(before) - 2
        assert (after[first], after[second]) == (before[second], before[first])


def test_nothing_to_swap(generator):
    assert swap_neighbours("Yes, indeed.", generator) is None


def test_one_verb_changes_its_number(generator):
    found = {break_agreement(SENTENCE, generator) for _ in range(40)}
    assert found == {
        "We was told that the Union is strong and has friends.",
        "We were told that the Union are strong and has friends.",
        "We were told that the Union is strong and have friends.",
    }
    assert break_agreement("This history wasted him.", generator) is None


def test_scores_of_words(bert):
    scores = score_masked(bert, TEXTS)
    by_pieces = word_scores(bert.tokenizer, TEXTS, {"pll": scores, "twice": [2 * s for s in scores]})
    assert set(by_pieces) == {1, 2, 3}
    total = sum(found["pll"].sum() for found in by_pieces.values())
    assert total.item() == pytest.approx(torch.cat(scores).sum().item(), rel=1e-5)
    words = sum(len(bert.tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)) for text in TEXTS)
    assert sum(len(found["pll"]) for found in by_pieces.values()) == words
    assert all(torch.allclose(found["twice"], 2 * found["pll"]) for found in by_pieces.values())
