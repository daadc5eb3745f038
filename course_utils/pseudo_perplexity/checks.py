"""Public probes of the pseudo-perplexity exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
The exercises on real models are probed with tiny transformers of known weights, see `tiny.py`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor, nn

from course_utils.checks import Probe
from course_utils.checks.chance import Event
from course_utils.checks.inputs import normal
from course_utils.pseudo_perplexity.exact import flip_chain
from course_utils.pseudo_perplexity.tiny import (
    CLS,
    MASK,
    PAD,
    SEP,
    VOCABULARY,
    Counted,
    Neighbours,
    padded,
    sentence,
    tiny_bert,
    tiny_neox,
    words,
)


def log_probs(g: Generator, *lengths: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Log-probabilities of the tokens of some sentences, at most 0."""
    return [-normal(g, n, dtype=dtype, scale=2.0).abs() for n in lengths]


def uniform_model(vocabulary: int, *lengths: int) -> list[Tensor]:
    """What a model without any idea says of some sentences."""
    return [torch.full((n,), 1 / vocabulary).log() for n in lengths]


def random_joint(g: Generator, *sizes: int) -> Tensor:
    """A table of positive probabilities, float64."""
    return normal(g, *sizes, scale=1.2, dtype=torch.float64).flatten().softmax(0).view(sizes)


def growing_losses(g: Generator, length: int) -> Tensor:
    """As l_1, ..., l_T: positive and increasing, float64."""
    return normal(g, length, dtype=torch.float64).abs().cumsum(0) / length


def covariance(g: Generator, length: int) -> Tensor:
    """A covariance matrix in which coordinates of different variance go together, float64."""
    factor = normal(g, length, length + 2, dtype=torch.float64)
    return factor @ factor.T / length


def two_bits() -> Tensor:
    """Bits that are nearly always equal, and mostly 0."""
    return torch.tensor([[0.89, 0.01], [0.01, 0.09]], dtype=torch.float64)


def one_sentence(g: Generator, n: int, model: nn.Module | None = None) -> tuple[Any, ...]:
    """Arguments of pseudo_log_likelihood: a model, a sentence of n words, what is special in it, the mask."""
    return tiny_bert() if model is None else model, *sentence(g, n), MASK


def masked_already(g: Generator) -> tuple[Any, ...]:
    """A sentence in which one of the tokens is a [MASK] from the start: a token like any other, to be scored."""
    model, ids, special, mask_id = one_sentence(g, 5)
    ids[2] = mask_id
    return model, ids, special, mask_id


def keeps_a_graph(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    return {"log-probabilities": value, "requires grad": isinstance(value, Tensor) and value.requires_grad}


def shapes_only(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """What is certain about the inputs and labels of a few tokens, whatever the coins."""
    inputs, labels = value
    return {
        "numbers in inputs": inputs.numel(),
        "numbers in labels": labels.numel(),
        "integers": not (inputs.is_floating_point() or labels.is_floating_point()),
    }


def some_masks(g: Generator, n: int, questions: int, batch_size: int) -> tuple[Any, ...]:
    """Arguments of score_masks: a counting model, n words, random masks that hide their target and more, and the targets."""
    ids, _ = sentence(g, n)
    targets = torch.randint(1, n + 1, (questions,), generator=g)
    masks = torch.rand(questions, n + 2, generator=g) < 0.3
    masks[torch.arange(questions), targets] = True
    masks[:, [0, -1]] = False
    return Counted(tiny_bert()), ids, masks, targets, MASK, batch_size


def scores_and_passes(value: Any, arguments: Sequence[Any]) -> dict[str, Any]:
    """The scores, how the model was called for them, and whether they drag their computation along."""
    model = arguments[0]
    return {
        "log-probabilities": value,
        "forward passes": int(model.passes),
        "most rows in a pass": int(model.rows),
        "requires grad": isinstance(value, Tensor) and value.requires_grad,
    }


def sentences_in_a_batch(g: Generator, *lengths: int, scale: float = 0.3) -> tuple[Any, ...]:
    """Arguments of pseudo_perplexity: a model, padded sentences of these numbers of words, the mask."""
    return tiny_bert(scale), *padded(g, *lengths), MASK


def text_for_windows(g: Generator, n: int, window: int, stride: int) -> tuple[Any, ...]:
    """Arguments of sliding_log_probs: a causal model, n tokens, window and stride."""
    return tiny_neox(), words(g, n), window, stride


def many_tokens(g: Generator, rows: int = 8, length: int = 64) -> tuple[Any, ...]:
    """Arguments of corrupt: tokens, of which the first and the last of each row are special, 1,000 words."""
    ids = torch.randint(5, 1000, (rows, length), generator=g)
    ids[:, 0], ids[:, -1] = CLS, SEP
    return ids, ids <= SEP, MASK, 1000


def corruption(value: Any, arguments: Sequence[Any]) -> dict[str, Event]:
    """What becomes of each token. A random word is by chance the old one, or [MASK], once in `vocabulary` times each."""
    inputs, labels = value
    ids, special, mask_id, vocabulary, rate = (*arguments, 0.15)[:5]
    chosen = labels != -100
    hidden, kept = inputs == mask_id, inputs == ids
    word = chosen & ~hidden & ~kept
    upper = torch.arange(vocabulary) >= vocabulary // 2
    others = (upper.sum() - upper[ids].long() - int(upper[mask_id])) / (vocabulary - 2)
    return {
        "chosen, of special tokens": Event(chosen, 0.0, special),
        "damaged though not chosen": Event(~kept, 0.0, ~chosen),
        "labels that are not the original token": Event(labels != ids, 0.0, chosen),
        "random words beyond the vocabulary": Event((inputs < 0) | (inputs >= vocabulary), 0.0),
        "chosen, of ordinary tokens": Event(chosen, float(rate), ~special),
        "of the chosen, [MASK]": Event(hidden, 0.8 + 0.1 / vocabulary, chosen),
        "of the chosen, another word": Event(word, 0.1 - 0.2 / vocabulary, chosen),
        "of the random words, in the upper half of the vocabulary": Event(
            inputs >= vocabulary // 2, others.double(), word
        ),
    }


def looked_at(model: Callable[[], nn.Module], n: int) -> Callable[[Generator], tuple[Any, ...]]:
    """Arguments of sees: a model, n words, among them the first and the last of the vocabulary."""

    def inputs(g: Generator) -> tuple[Any, ...]:
        ids = words(g, n)
        ids[0], ids[-1] = VOCABULARY - 1, PAD
        return model(), ids, VOCABULARY

    return inputs


PROBES: dict[str, list[Probe]] = {
    "perplexity": [
        Probe("three sentences of 4, 1 and 7 tokens", lambda g: (log_probs(g, 4, 1, 7),), weight=2, essential=True),
        Probe("one sentence", lambda g: (log_probs(g, 5),), seed=1),
        Probe(
            "no idea: all 50 words equally likely",
            lambda g: (uniform_model(50, 3, 6),),
            note="= 50, the size of the vocabulary",
            weight=2,
        ),
        Probe("an empty sentence in between", lambda g: (log_probs(g, 3, 0, 2),), seed=2, weight=2),
        Probe(
            "float64 in, float64 out",
            lambda g: (log_probs(g, 6, 2, dtype=torch.float64),),
            dtype=True,
            rtol=1e-6,
            seed=3,
        ),
    ],
    "half_sure": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=5e-2)],
    "chain_rule_terms": [
        Probe("from left to right", lambda g: (random_joint(g, 3, 3, 3), [2, 0, 1], [0, 1, 2]), essential=True),
        Probe("from right to left", lambda g: (random_joint(g, 3, 3, 3), [2, 0, 1], [2, 1, 0])),
        Probe("4 positions, order 2, 0, 3, 1", lambda g: (random_joint(g, 3, 3, 3, 3), [1, 2, 0, 2], [2, 0, 3, 1])),
        Probe("one position", lambda g: (random_joint(g, 4), [3], [0]), note="= log p(x)"),
        Probe("the bits of the chain, order 1, 3, 0, 2", lambda g: (flip_chain(0.1, 4), [0, 0, 1, 1], [1, 3, 0, 2])),
        Probe(
            "positions of different size, float64",
            lambda g: (random_joint(g, 2, 4, 3), [1, 3, 0], [1, 2, 0]),
            dtype=True,
            unchanged=True,
            seed=1,
        ),
    ],
    "pseudo_log_likelihoods": [
        Probe("two bits that are mostly equal", lambda g: (two_bits(),), weight=2, essential=True),
        Probe("three positions of size 2, 3 and 4", lambda g: (random_joint(g, 2, 3, 4),), weight=2),
        Probe("one position: nothing to condition on", lambda g: (random_joint(g, 5),), note="= log p(x)"),
        Probe(
            "independent positions",
            lambda g: (torch.einsum("a,b->ab", random_joint(g, 3), random_joint(g, 3)),),
            note="= log p(x), and only here",
        ),
        Probe(
            "leaves the table alone, float64",
            lambda g: (random_joint(g, 2, 2, 2),),
            unchanged=True,
            dtype=True,
            weight=2,
            seed=1,
        ),
    ],
    "doubled_text": [Probe("your numbers", lambda g: (), reveal=False, rtol=0.0, atol=1e-2)],
    "masked_entropies": [
        Probe("four bits of the chain", lambda g: (flip_chain(0.1, 4),), weight=2, essential=True),
        Probe("three positions of size 2, 3 and 4", lambda g: (random_joint(g, 2, 3, 4),), weight=2),
        Probe(
            "independent positions: the context does not matter",
            lambda g: (torch.einsum("a,b->ab", random_joint(g, 3), random_joint(g, 3)),),
        ),
        Probe("one position", lambda g: (random_joint(g, 5),), note="= its entropy"),
        Probe("leaves the table alone, float64", lambda g: (random_joint(g, 2, 2, 2, 2),), unchanged=True, dtype=True),
    ],
    "expected_mlm_loss": [
        Probe("six positions, q = 0.15", lambda g: (growing_losses(g, 6), 0.15), weight=2, essential=True),
        Probe("five positions, q = 0.6", lambda g: (growing_losses(g, 5), 0.6), seed=1),
        Probe("a tiny q: one mask at a time", lambda g: (growing_losses(g, 6), 1e-5), note="l_1, nearly", weight=2),
        Probe("q = 1: everything is hidden", lambda g: (growing_losses(g, 4), 1.0), note="= l_T"),
        Probe(
            "leaves the losses alone, float64",
            lambda g: (growing_losses(g, 7), 0.3),
            unchanged=True,
            dtype=True,
            seed=2,
        ),
    ],
    "chain_perplexities": [
        Probe("flip 0.1, six bits", lambda g: (0.1, 6), weight=2, essential=True),
        Probe("flip 0.3, two bits", lambda g: (0.3, 2)),
        Probe("flip 0.05, a thousand bits", lambda g: (0.05, 1000), weight=2),
        Probe("fair coins", lambda g: (0.5, 10), note="= 2, both"),
        Probe("flip 0.9", lambda g: (0.9, 5)),
    ],
    "gaussian_conditionals": [
        Probe(
            "three coordinates",
            lambda g: (covariance(g, 3), normal(g, 3, dtype=torch.float64)),
            weight=2,
            essential=True,
        ),
        Probe(
            "independent coordinates of variance 1, 4, 9",
            lambda g: (torch.tensor([1.0, 4.0, 9.0]).double().diag(), normal(g, 3, dtype=torch.float64)),
            note="nothing to learn from the others",
        ),
        Probe("six coordinates", lambda g: (covariance(g, 6), normal(g, 6, dtype=torch.float64)), seed=1),
        Probe(
            "leaves its inputs alone, float64",
            lambda g: (covariance(g, 4), normal(g, 4, dtype=torch.float64)),
            unchanged=True,
            dtype=True,
            seed=2,
        ),
    ],
    "pseudo_log_likelihood": [
        Probe("a sentence of 6 words", lambda g: one_sentence(g, 6), weight=2, essential=True),
        Probe("one word", lambda g: one_sentence(g, 1), seed=1),
        Probe(
            "a model without any idea, 12 words",
            lambda g: one_sentence(g, 4, tiny_bert(0.0)),
            note="= -log 12, for each word",
        ),
        Probe("one of the tokens is [MASK] already", masked_already, seed=2),
        Probe("leaves the sentence alone", lambda g: one_sentence(g, 5), unchanged=True, weight=2, seed=3),
    ],
    "score_masks": [
        Probe(
            "6 questions, in batches of 4",
            lambda g: some_masks(g, 7, 6, 4),
            look=scores_and_passes,
            weight=2,
            essential=True,
        ),
        Probe("8 questions, in batches of 4", lambda g: some_masks(g, 5, 8, 4), look=scores_and_passes, seed=1),
        Probe("5 questions, one batch", lambda g: some_masks(g, 6, 5, 64), look=scores_and_passes, seed=2),
        Probe("leaves its inputs alone", lambda g: some_masks(g, 4, 3, 2), unchanged=True, weight=2, seed=3),
    ],
    "pseudo_perplexity": [
        Probe("sentences of 3, 6 and 1 words", lambda g: sentences_in_a_batch(g, 3, 6, 1), weight=2, essential=True),
        Probe("one sentence: no padding", lambda g: sentences_in_a_batch(g, 5), seed=1),
        Probe(
            "a model without any idea",
            lambda g: sentences_in_a_batch(g, 2, 7, scale=0.0),
            note="= 12, the size of the vocabulary",
            weight=2,
        ),
        Probe("two sentences of 4 words", lambda g: sentences_in_a_batch(g, 4, 4), seed=2),
        Probe("leaves its inputs alone", lambda g: sentences_in_a_batch(g, 2, 5), unchanged=True, weight=2, seed=3),
    ],
    "within_word_masks": [
        Probe(
            "[CLS] sou ven ir s [SEP], the s another word",
            lambda g: ([None, 0, 0, 0, 1, None],),
            weight=2,
            essential=True,
        ),
        Probe("words of one piece", lambda g: ([None, 0, 1, 2, None],)),
        Probe("three words of two pieces", lambda g: ([None, 0, 0, 1, 1, 2, 2, None],), dtype=True),
        Probe("two special tokens in front", lambda g: ([None, None, 0, 1, 1, None],)),
    ],
    "causal_log_probs": [
        Probe("8 tokens", lambda g: (tiny_neox(), words(g, 8)), weight=2, essential=True),
        Probe("2 tokens: one score", lambda g: (tiny_neox(), words(g, 2)), seed=1),
        Probe(
            "a model without any idea",
            lambda g: (tiny_neox(0.0), words(g, 4)),
            note="= -log 12, for each token",
        ),
        Probe("leaves the text alone", lambda g: (tiny_neox(), words(g, 6)), unchanged=True, weight=2, seed=2),
        Probe("no gradient is kept", lambda g: (tiny_neox(), words(g, 5)), look=keeps_a_graph, weight=2, seed=3),
    ],
    "sliding_log_probs": [
        Probe("20 tokens, window 8, stride 4", lambda g: text_for_windows(g, 20, 8, 4), weight=2, essential=True),
        Probe(
            "21 tokens, window 8, stride 5", lambda g: text_for_windows(g, 21, 8, 5), weight=2, seed=1, essential=True
        ),
        Probe("stride of one token less than the window", lambda g: text_for_windows(g, 17, 6, 5), seed=2),
        Probe("the whole text in one window", lambda g: text_for_windows(g, 7, 16, 8), seed=3),
        Probe("leaves the text alone", lambda g: text_for_windows(g, 9, 4, 2), unchanged=True, seed=4),
    ],
    "corrupt": [
        Probe(
            "8 sentences, call after call: what becomes of their tokens",
            many_tokens,
            law=corruption,
            weight=3,
            essential=True,
        ),
        Probe("rate 0.5", lambda g: (*many_tokens(g), 0.5), law=corruption, calls=32, seed=1, essential=True),
        Probe(
            "shapes, and the input left alone",
            lambda g: many_tokens(g, 3, 7),
            look=shapes_only,
            unchanged=True,
            weight=2,
            seed=2,
        ),
    ],
    "sees": [
        Probe("a causal transformer", looked_at(tiny_neox, 6), dtype=True, essential=True),
        Probe("a masked transformer", looked_at(tiny_bert, 5)),
        Probe("a model that sees its left neighbour only", looked_at(lambda: Neighbours(-1), 6), weight=2),
        Probe("a model that sees itself and two to the right", looked_at(lambda: Neighbours(0, 1, 2), 7), weight=2),
        Probe("leaves the text alone", looked_at(tiny_neox, 4), unchanged=True, seed=1),
    ],
}
