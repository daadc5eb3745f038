"""BERT's 80/10/10 corruption, counted on a million tokens."""

import pytest
import torch

from course_utils.models.masking import IGNORED, mask_tokens

MASK, WORDS = 4, range(5, 2048)


def corrupt(tokens: torch.Tensor, seed: int = 0, **options: float) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return mask_tokens(tokens, tokens < 5, MASK, WORDS, generator, **options)


@pytest.fixture(scope="module")
def tokens() -> torch.Tensor:
    return torch.randint(5, 2048, (1000, 1000), generator=torch.Generator().manual_seed(1))


def test_proportions(tokens: torch.Tensor) -> None:
    inputs, labels = corrupt(tokens)
    chosen = labels != IGNORED
    share = [
        chosen.double().mean(),
        (inputs[chosen] == MASK).double().mean(),
        ((inputs != tokens) & (inputs != MASK))[chosen].double().mean(),
        (inputs == tokens)[chosen].double().mean(),
    ]
    sigma = 1 / 1000 * 0.5 / 0.15**0.5  # of the shares among the 150,000 chosen, at most
    assert [float(s) for s in share] == pytest.approx([0.15, 0.8, 0.1, 0.1], abs=4 * sigma)


def test_only_chosen_tokens_change_and_labels_are_the_originals(tokens: torch.Tensor) -> None:
    before = tokens.clone()
    inputs, labels = corrupt(tokens)
    chosen = labels != IGNORED
    assert torch.equal(inputs[~chosen], tokens[~chosen])
    assert torch.equal(labels[chosen], tokens[chosen])
    assert torch.equal(tokens, before)


def test_special_tokens_are_never_chosen_nor_drawn(tokens: torch.Tensor) -> None:
    framed = tokens.clone()
    framed[:, ::7] = 2
    inputs, labels = corrupt(framed, rate=1.0, masked=0.0, random=1.0)
    assert (inputs[:, ::7] == 2).all()
    assert (labels[:, ::7] == IGNORED).all()
    assert inputs[labels != IGNORED].min() == WORDS.start
    assert inputs.max() == WORDS.stop - 1


def test_masking_is_dynamic_and_seeded(tokens: torch.Tensor) -> None:
    first, again, other = corrupt(tokens, 0), corrupt(tokens, 0), corrupt(tokens, 1)
    assert torch.equal(first[0], again[0]) and torch.equal(first[1], again[1])
    both = ((first[1] != IGNORED) & (other[1] != IGNORED)).double().mean()
    assert float(both) == pytest.approx(0.15**2, abs=0.001)
