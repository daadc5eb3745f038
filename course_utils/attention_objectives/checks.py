"""Public probes of the attention exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Generator, Tensor

from course_utils.attention_objectives.probes import (
    FourMatrices,
    Mixing,
    Successor,
    around_the_middle,
    count_quality,
    electra_case,
    electra_fill,
    encoded,
    interval_quality,
    intervals_of,
    ordered_frequencies,
    second_best,
    some_parts,
    spread_logits,
    turn,
    views_quality,
)
from course_utils.checks import Probe
from course_utils.checks.chance import Event
from course_utils.checks.inputs import normal, uniform


def qkv(
    g: Generator, T: int, S: int, d: int, e: int | None = None, lead: tuple[int, ...] = (2,), **kw: Any
) -> list[Tensor]:
    """Queries (..., T, d), keys (..., S, d) and values (..., S, e)."""
    return [normal(g, *lead, n, w, **kw) for n, w in ((T, d), (S, d), (S, e or d))]


def some_mask(g: Generator, *shape: int) -> Tensor:
    """Random mask; every row sees at least its first column."""
    mask = torch.rand(*shape, generator=g) < 0.5
    mask[..., 0] = True
    return mask


def with_an_empty_row(g: Generator, T: int, S: int, row: int = 1) -> Tensor:
    mask = some_mask(g, T, S)
    mask[row] = False
    return mask


def heads_case(
    g: Generator, B: int, T: int, S: int, D: int, heads: int, mask: bool = False, rotated: bool = False
) -> tuple[Any, ...]:
    """Arguments of multi_head; S = 0: self attention."""
    x = normal(g, B, T, D)
    memory = normal(g, B, S, D) if S else x
    return (x, memory, FourMatrices(D), heads, some_mask(g, T, S or T) if mask else None, turn if rotated else None)


def real_tokens(*lengths: int) -> Tensor:
    """(B, longest) True where there is a token, False at padding."""
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def as_numbers(value: Any, arguments: Any) -> dict[str, Any]:
    """Masks as tensors of their own shape, whether they were expanded or not."""
    return dict(zip(("encoder", "decoder", "cross"), value, strict=True))


def triangle(T: int) -> Tensor:
    return torch.ones(T, T, dtype=torch.bool).tril()


def words(g: Generator, *shape: int, vocabulary: int = 20) -> Tensor:
    """Ids from 1: 0 does not occur, so that it can be told from padding."""
    return torch.randint(1, vocabulary, shape, generator=g)


def some_choice(g: Generator, *shape: int) -> Tensor:
    """True at about a third of the positions, at the first and at the last one of the first row for certain."""
    chosen = torch.rand(*shape, generator=g) < 0.3
    chosen[0, 0] = chosen[0, -1] = True
    chosen[-1, 1] = False
    return chosen


def masked_case(g: Generator, B: int, T: int) -> tuple[Any, ...]:
    ids = words(g, B, T)
    return "masked", ids, 99, some_choice(g, B, T)


def question_case(g: Generator, B: int, T: int, V: int, asked: float, scale: float = 1.0, **kw: Any) -> tuple[Any, ...]:
    """Arguments of objective_loss: a share `asked` of the positions is asked; label 0 occurs."""
    logits, labels = normal(g, B, T, V, scale=scale, **kw), torch.randint(V, (B, T), generator=g)
    labels[torch.rand(B, T, generator=g) >= asked] = -100
    if asked:
        labels[0, 0], labels[-1, 1] = 0, V - 1
    return logits, labels


def cached_case(g: Generator, B: int, H: int, past: int, n: int, d: int = 4) -> tuple[Any, ...]:
    """Arguments of cached_attention; past = 0: no cache yet."""
    q, k, v = (normal(g, B, H, n, d) for _ in range(3))
    cache = (turn(normal(g, B, H, past, d)), normal(g, B, H, past, d)) if past else None
    return q, k, v, cache, turn


def probabilities(g: Generator, V: int, scale: float = 2.0) -> Tensor:
    return normal(g, V, scale=scale).double().softmax(0)


def with_impossible(g: Generator, V: int) -> Tensor:
    """Probabilities of which a third is 0."""
    p = probabilities(g, V)
    p[V // 3 : 2 * V // 3] = 0
    return p / p.sum()


def pixels_and_start(g: Generator, n: int, K: int, steps: int, spread: float = 1.0) -> tuple[Any, ...]:
    pixels = uniform(g, n, 3).double()
    return pixels, uniform(g, K, 3).double() * spread, steps


def with_a_far_centre(g: Generator, n: int, K: int, steps: int) -> tuple[Any, ...]:
    """One centre is so far away that no pixel is near it."""
    pixels, start, _ = pixels_and_start(g, n, K, steps)
    start[1] = torch.tensor([5.0, -4.0, 6.0])
    return pixels, start, steps


def bytes_case(g: Generator, n: int, h: int, w: int, K: int) -> tuple[Tensor, Tensor]:
    """uint8 pictures and a uint8 palette."""
    return tuple(torch.randint(256, shape, generator=g, dtype=torch.uint8) for shape in ((n, 3, h, w), (K, 3)))  # type: ignore[return-value]


def gaps(g: Generator, B: int, T: int, V: int, scale: float = 1.0) -> tuple[Tensor, Tensor, Tensor]:
    """Arguments of fill_in: the same distribution at every position, so that frequencies can be counted."""
    logits = normal(g, V, scale=scale).expand(B, T, V).contiguous()
    return logits, torch.randint(V, (B, T), generator=g), torch.rand(B, T, generator=g) < 0.5


def certain_gaps(g: Generator, B: int, T: int, V: int) -> tuple[Tensor, Tensor, Tensor]:
    """The generator is certain, of another token at each position; often of the original."""
    ids = torch.randint(V, (B, T), generator=g)
    sure = torch.where(torch.rand(B, T, generator=g) < 0.5, ids, torch.randint(V, (B, T), generator=g))
    return torch.nn.functional.one_hot(sure, V) * 200.0, ids, torch.rand(B, T, generator=g) < 0.6


def words_drawn(value: Any, arguments: Sequence[Any]) -> dict[str, Event]:
    """What fill_in draws: each gap the likeliest word, or the second likeliest, with the probability that the generator gives it."""
    logits, ids, chosen = arguments
    filled, replaced = value
    p = logits[0, 0].double().softmax(0)
    first, second = p.topk(2).indices.tolist()
    return {
        "share of tokens that changed where nothing was chosen": Event(filled != ids, 0.0, ~chosen),
        "share of tokens wrongly called replaced, or not": Event(replaced != (filled != ids), 0.0),
        "share of gaps with the likeliest word": Event(filled == first, float(p[first]), chosen),
        "share of gaps with the second likeliest": Event(filled == second, float(p[second]), chosen),
    }


def words_in_turn(value: Any, arguments: Sequence[Any]) -> dict[str, Event]:
    """What distinct_draws draws: the first token with its probability, the next with its own among those that are left."""
    p = arguments[0][0].double().softmax(0)
    likely, unlikely = int(p.argmax()), int(p.argmin())
    left = (1 - p[value[:, 0]]).clamp(min=1e-12)
    return {
        "share of rows with a token twice": Event((value.sort(dim=1).values.diff(dim=1) == 0).any(dim=1), 0.0),
        "share of rows that begin with the likeliest token": Event(value[:, 0] == likely, float(p[likely])),
        "share of rows with the least likely token second, where it is left": Event(
            value[:, 1] == unlikely, (p[unlikely] / left).clamp(max=1.0), value[:, 0] != unlikely
        ),
    }


def only_dropout(p: float, rows: int = 12, width: int = 10) -> Callable[[Generator], tuple[Any, ...]]:
    """Arguments of two_views that show the masks: an encoder that is nothing but dropout, in evaluation mode, and ones."""
    return lambda g: (torch.nn.Sequential(torch.nn.Dropout(p)).eval(), torch.ones(rows, width))


def dropped(value: Any, arguments: Sequence[Any]) -> dict[str, Event]:
    """What the two masks of two_views hide: each entry by a coin of its own in each view, both by chance only."""
    (first, second), p = value, float(arguments[0][0].p)
    return {
        "share hidden in the first view": Event(first == 0, p),
        "share hidden in the second view": Event(second == 0, p),
        "share hidden in both": Event((first == 0) & (second == 0), p * p),
    }


PROBES: dict[str, list[Probe]] = {
    "dot_product_spread": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=0.05)],
    "attention": [
        Probe("no mask, values wider than keys", lambda g: qkv(g, 3, 5, 4, 6), gradients=(0, 1, 2), essential=True),
        Probe("a mask", lambda g: [*qkv(g, 4, 5, 8), some_mask(g, 4, 5)], gradients=(0, 1, 2), weight=2, essential=True),
        Probe("one row sees one key only", lambda g: [*qkv(g, 3, 3, 2), triangle(3)], note="row 0 is the first value"),
        Probe(
            "a row that sees nothing",
            lambda g: [*qkv(g, 3, 4, 4), with_an_empty_row(g, 3, 4)],
            gradients=(0, 1, 2),
            note="zeros, and no nan in the gradient",
            weight=2,
            essential=True,
        ),
        Probe(
            "float16",
            lambda g: [*qkv(g, 4, 4, 8, dtype=torch.float16), triangle(4)],
            dtype=True, rtol=5e-3, atol=3e-3, weight=2,
        ),
        Probe(
            "leaves its inputs alone, float64, heads in front",
            lambda g: [*qkv(g, 3, 3, 4, lead=(2, 2), dtype=torch.float64), some_mask(g, 2, 1, 3, 3)],
            unchanged=True, dtype=True, seed=1,
        ),
    ],
    "multi_head": [
        Probe("self attention, 2 heads", lambda g: heads_case(g, 2, 3, 0, 8, 2), weight=2, essential=True),
        Probe("one head", lambda g: heads_case(g, 2, 3, 0, 4, 1), seed=1),
        Probe("cross attention, 4 heads", lambda g: heads_case(g, 2, 3, 5, 8, 4), seed=2, weight=2),
        Probe("a mask", lambda g: heads_case(g, 1, 4, 0, 8, 2, mask=True), seed=3, essential=True),
        Probe("positions rotated", lambda g: heads_case(g, 2, 5, 0, 8, 2, rotated=True), seed=4, weight=2, essential=True),
        Probe("leaves its inputs alone", lambda g: heads_case(g, 1, 3, 4, 8, 2), unchanged=True, gradients=(0, 1), seed=5),
    ],
    "attention_mask": [
        Probe("full, 4 positions", lambda g: ("full", 4), dtype=True),
        Probe("causal, 5 positions", lambda g: ("causal", 5), dtype=True, weight=2, essential=True),
        Probe("a prefix of 3, 6 positions", lambda g: ("prefix", 6, 3), dtype=True, weight=2, essential=True),
        Probe("causal: the prefix does not matter", lambda g: ("causal", 4, 2)),
        Probe("one position", lambda g: ("causal", 1)),
    ],
    "encoder_decoder_masks": [
        Probe("source of 3 and 5, target of 4 and 2", lambda g: (real_tokens(3, 5), real_tokens(4, 2)), look=as_numbers, weight=2, essential=True),
        Probe("nothing padded, lengths 2 and 3", lambda g: (real_tokens(2), real_tokens(3)), look=as_numbers),
        Probe("source and target of the same length", lambda g: (real_tokens(4, 3), real_tokens(2, 4)), look=as_numbers, weight=2),
        Probe("booleans, and the inputs left alone", lambda g: (real_tokens(2, 1), real_tokens(1, 3)), dtype=True, unchanged=True),
    ],
    "block": [
        Probe("post", lambda g: (normal(g, 2, 3, 6), some_parts(g, 6), "post"), weight=2, essential=True),
        Probe("pre", lambda g: (normal(g, 2, 3, 6), some_parts(g, 6), "pre"), weight=2, essential=True),
        Probe("parallel", lambda g: (normal(g, 2, 3, 6), some_parts(g, 6), "parallel"), weight=2, essential=True),
        Probe("leaves x alone, one position", lambda g: (normal(g, 1, 1, 4), some_parts(g, 4), "pre"), unchanged=True, gradients=(0,)),
    ],
    "reach": [
        Probe("causal, 5 positions", lambda g: (Mixing(triangle(5), 3), normal(g, 5, 3)), weight=2, essential=True),
        Probe("each sees only its left neighbour", lambda g: (Mixing(torch.eye(4).roll(1, 0) > 0, 3), normal(g, 4, 3))),
        Probe("outputs that add up to 0", lambda g: (Mixing(triangle(4), 6, centred=True), normal(g, 4, 6)), weight=2, essential=True),
        Probe("features that do not mix", lambda g: (Mixing(triangle(4), 4, sparse=True), normal(g, 4, 4))),
        Probe("the first feature says nothing", lambda g: (Mixing(triangle(4), 5, first=False), normal(g, 4, 5)), essential=True),
        Probe("booleans, and x left alone", lambda g: (Mixing(triangle(3).T, 2), normal(g, 3, 2)), dtype=True, unchanged=True, weight=2),
    ],
    "objective": [
        Probe("causal", lambda g: ("causal", words(g, 2, 6), 99), weight=2, essential=True),
        Probe("masked", lambda g: masked_case(g, 2, 7), weight=2, essential=True),
        Probe("a prefix of 3", lambda g: ("prefix", words(g, 2, 7), 99, None, 3), weight=2, essential=True),
        Probe("a prefix of 1", lambda g: ("prefix", words(g, 1, 5), 99, None, 1)),
        Probe("masked, the ids left alone", lambda g: masked_case(g, 3, 5), unchanged=True, seed=1),
        Probe("causal, the ids left alone", lambda g: ("causal", words(g, 1, 4), 99), unchanged=True, dtype=True, seed=2),
    ],
    "objective_loss": [
        Probe("half of the positions are asked", lambda g: question_case(g, 2, 6, 5, 0.5), gradients=(0,), weight=2, essential=True),
        Probe("all are asked", lambda g: question_case(g, 2, 3, 4, 1.0), seed=1),
        Probe("rows with many and with few questions", lambda g: uneven_rows(g), seed=2, weight=2),
        Probe("nothing is asked", lambda g: question_case(g, 2, 3, 4, 0.0), gradients=(0,), note="= 0, and so is the gradient", essential=True),
        Probe("no idea: all of 7 words alike", lambda g: (torch.zeros(1, 4, 7), torch.arange(4)[None]), note="= log 7"),
        Probe("certain and wrong", lambda g: certain_and_wrong(g), gradients=(0,), weight=2, seed=3, essential=True),
        Probe(
            "float64, the inputs left alone",
            lambda g: question_case(g, 2, 4, 3, 0.7, dtype=torch.float64),
            dtype=True, unchanged=True, rtol=1e-6, seed=4,
        ),
    ],
    "span_corruption": [
        Probe("two spans in ten tokens", lambda g: (words(g, 10), [(2, 2), (6, 3)], [100, 101, 102]), weight=2, essential=True),
        Probe("the paper's example", lambda g: (torch.arange(1, 11), [(2, 2), (8, 1)], [91, 92, 93])),
        Probe("a span at the very beginning", lambda g: (words(g, 6), [(0, 2), (4, 1)], [100, 101, 102]), seed=1),
        Probe("a span at the very end", lambda g: (words(g, 7), [(1, 1), (5, 2)], [50, 51, 52]), seed=2),
        Probe("one span, the ids left alone", lambda g: (words(g, 5), [(1, 3)], [70, 71]), unchanged=True, dtype=True, seed=3, weight=2),
    ],
    "next_distribution": [
        Probe("temperature 0.7", lambda g: (spread_logits(g, 6), 0.7), weight=2, essential=True),
        Probe("top-k 3 of 7", lambda g: (spread_logits(g, 7), 1.0, 3), seed=1, weight=2, essential=True),
        Probe("nucleus 0.8", lambda g: (spread_logits(g, 9, scale=1.2), 1.0, 0, 0.8), seed=2, weight=2),
        Probe("nucleus 0.1: the most probable token alone", lambda g: (spread_logits(g, 5, scale=3.0), 1.0, 0, 0.1), seed=3),
        Probe("temperature 3, nucleus 0.7", lambda g: (spread_logits(g, 9), 3.0, 0, 0.7), seed=4, essential=True),
        Probe("temperature 0.6, top-k 4, nucleus 0.9", lambda g: (spread_logits(g, 10, scale=1.0), 0.6, 4, 0.9), seed=5),
        Probe("top-k 3, nucleus 0.7", lambda g: (torch.tensor([0.2, 1.0, 0.0, 0.6, 0.8, 0.4]), 1.0, 3, 0.7)),
        Probe("greedy: temperature 0", lambda g: (spread_logits(g, 5), 0.0), seed=6, essential=True),
        Probe("float64, a batch, the logits left alone", lambda g: (spread_logits(g, 3, 6, dtype=torch.float64), 1.0, 4, 0.9), dtype=True, unchanged=True, seed=7),
    ],
    "generate": [
        Probe("5 tokens after 3, two texts", lambda g: (Successor(8, 20), words(g, 2, 3, vocabulary=8), 5, second_best, 20), weight=2, essential=True),
        Probe("longer than the context", lambda g: (Successor(8, 4), words(g, 2, 3, vocabulary=8), 7, second_best, 4), seed=1, weight=2, essential=True),
        Probe("nothing to write", lambda g: (Successor(6, 9), words(g, 1, 4, vocabulary=6), 0, second_best, 9), seed=2),
        Probe("one token, the prompt left alone", lambda g: (Successor(6, 9), words(g, 3, 4, vocabulary=6), 1, second_best, 9), unchanged=True, dtype=True, seed=3),
    ],
    "distinct_draws": [
        Probe("2 of 4 tokens, 20,000 times", lambda g: (spread_logits(g, 4, scale=1.0).expand(20_000, 4), 2), look=ordered_frequencies, rtol=0.0, atol=0.02, weight=2, essential=True),
        Probe("2 of 3, one of them rare", lambda g: (torch.tensor([2.0, 1.0, -2.0]).expand(20_000, 3), 2), look=ordered_frequencies, rtol=0.0, atol=0.02, seed=1),
        Probe("all of 3 tokens", lambda g: (torch.tensor([0.0, 1.0, -1.0]).expand(20_000, 3), 3), look=ordered_frequencies, rtol=0.0, atol=0.02, seed=2),
        Probe("30 rows, 100 times", lambda g: (torch.tensor([0.5, 1.0, -0.5, 0.0]).expand(30, 4), 2), law=words_in_turn, calls=100, seconds=30, seed=3, essential=True),
    ],
    "cache_gain": [Probe("your number", lambda g: (), reveal=False, rtol=0.0, atol=0.5)],
    "cached_attention": [
        Probe("the first token, no cache", lambda g: cached_case(g, 1, 2, 0, 1)),
        Probe("four tokens, no cache", lambda g: cached_case(g, 2, 2, 0, 4), seed=1),
        Probe("one token after five", lambda g: cached_case(g, 2, 2, 5, 1), seed=2, weight=2, essential=True),
        Probe("three tokens after four", lambda g: cached_case(g, 1, 2, 4, 3), seed=3, weight=2),
        Probe("leaves the new rows alone", lambda g: cached_case(g, 1, 1, 2, 2), unchanged=True, seed=4),
    ],
    "frequencies": [
        Probe("6 tokens, total 1,000", lambda g: (probabilities(g, 6), 1000), look=count_quality, weight=2, essential=True),
        Probe("a third is impossible", lambda g: (with_impossible(g, 12), 4096), look=count_quality, seed=1, weight=2),
        Probe("200 tokens, most of them rare", lambda g: (probabilities(g, 200, 4.0), 1 << 16), look=count_quality, seed=2),
        Probe("all alike: 7 tokens, total 100", lambda g: (torch.full((7,), 1 / 7).double(), 100), look=count_quality),
        Probe("float32, the probabilities left alone", lambda g: (probabilities(g, 50).float(), 1 << 14), look=count_quality, unchanged=True, seed=3),
    ],
    "encode": [
        Probe("5 symbols", lambda g: intervals_of(g, 5, 4, 16), look=interval_quality, changeable=False),
        Probe("300 symbols of 20", lambda g: intervals_of(g, 300, 20, 1 << 12), look=interval_quality, changeable=False, seed=1, weight=2, essential=True),
        Probe("always the middle third, 50 times", lambda g: around_the_middle(50), look=interval_quality, changeable=False, weight=2),
        Probe("2,000 symbols, a large total", lambda g: intervals_of(g, 2000, 50, 1 << 22), look=interval_quality, changeable=False, seed=2, weight=2),
        Probe("no symbol at all", lambda g: (torch.zeros(0, 2, dtype=torch.long), 4), look=interval_quality, changeable=False),
    ],
    "auc": [
        Probe("5 normal, 4 strange", lambda g: (normal(g, 5), normal(g, 4) + 0.5), weight=2, essential=True),
        Probe("with ties", lambda g: (torch.tensor([1.0, 2.0, 2.0, 3.0]), torch.tensor([2.0, 3.0, 4.0])), weight=2, essential=True),
        Probe("perfectly separated", lambda g: (normal(g, 6) - 10, normal(g, 3)), note="= 1"),
        Probe("all the same", lambda g: (torch.ones(3), torch.ones(4)), note="= 1/2"),
        Probe("float64, the scores left alone", lambda g: (normal(g, 7, dtype=torch.float64), normal(g, 7, dtype=torch.float64)), dtype=True, unchanged=True, seed=1),
    ],
    "palette": [
        Probe("40 pixels, 4 centres, one step", lambda g: pixels_and_start(g, 40, 4, 1), weight=2, essential=True),
        Probe("60 pixels, 5 centres, 8 steps", lambda g: pixels_and_start(g, 60, 5, 8), seed=1, weight=2),
        Probe("a centre without pixels", lambda g: with_a_far_centre(g, 30, 4, 3), seed=2, weight=2, essential=True),
        Probe("no step", lambda g: pixels_and_start(g, 10, 3, 0), seed=3),
        Probe("leaves its inputs alone", lambda g: pixels_and_start(g, 30, 3, 2), unchanged=True, dtype=True, seed=4),
    ],
    "to_sequence": [
        Probe("two pictures of 2 x 3 pixels", lambda g: (uniform(g, 2, 3, 2, 3), uniform(g, 4, 3)), weight=2, essential=True),
        Probe("one picture of 4 x 2, 8 colours", lambda g: (uniform(g, 1, 3, 4, 2), uniform(g, 8, 3)), seed=1),
        Probe("uint8 pictures and colours", lambda g: bytes_case(g, 2, 3, 3, 6), seed=2, weight=2),
        Probe("leaves its inputs alone", lambda g: (uniform(g, 1, 3, 3, 3), uniform(g, 5, 3)), unchanged=True, dtype=True, seed=3),
    ],
    "fill_in": [
        Probe("a generator that is certain", lambda g: certain_gaps(g, 4, 6, 5), look=electra_fill, weight=2, essential=True),
        Probe("20,000 gaps, 6 words", lambda g: gaps(g, 400, 100, 6), look=electra_fill, rtol=0.0, atol=0.015, weight=2, seed=1, essential=True),
        Probe("nothing is chosen", lambda g: (*gaps(g, 2, 5, 4)[:2], torch.zeros(2, 5, dtype=torch.bool)), look=electra_fill, seed=2),
        Probe("leaves its inputs alone", lambda g: certain_gaps(g, 2, 5, 4), look=electra_fill, unchanged=True, seed=3),
        Probe("12 texts, 40 times", lambda g: gaps(g, 12, 20, 4), law=words_drawn, calls=40, seconds=30, seed=4, essential=True),
    ],
    "electra_loss": [
        Probe("two texts of 6 tokens", lambda g: electra_case(g, 2, 6, 5), gradients=(0, 1), weight=2, essential=True),
        Probe("padding", lambda g: electra_case(g, 3, 7, 6, padding=3), gradients=(0, 1), seed=1, weight=2),
        Probe("weight 1", lambda g: (*electra_case(g, 2, 5, 4), 1.0), seed=2, weight=2),
        Probe("weight 0: the generator alone", lambda g: (*electra_case(g, 2, 8, 4), 0.0), seed=3),
        Probe("a discriminator that is very sure", lambda g: electra_case(g, 2, 6, 5, scale=300.0), gradients=(1,), seed=4, essential=True),
        Probe("float64, the inputs left alone", lambda g: electra_case(g, 2, 5, 3, padding=1, dtype=torch.float64), dtype=True, unchanged=True, seed=5),
    ],
    "two_views": [
        Probe("dropout 0.4", encoded(0.4), look=views_quality, rtol=0.0, atol=0.03, weight=2, essential=True),
        Probe("dropout 0.1", encoded(0.1), look=views_quality, rtol=0.0, atol=0.03, seed=1),
        Probe("an encoder that only drops, 64 times", only_dropout(0.4), law=dropped, seed=2, essential=True),
    ],
    "simcse_loss": [
        Probe("5 sentences", lambda g: (normal(g, 5, 8), normal(g, 5, 8), None, 0.5), gradients=(0, 1), weight=2, essential=True),
        Probe("the default temperature", lambda g: (normal(g, 4, 16), normal(g, 4, 16)), seed=1),
        Probe("hard negatives", lambda g: (*(normal(g, 4, 6) for _ in range(3)), 0.5), gradients=(0, 1, 2), seed=2, weight=2, essential=True),
        Probe("all vectors equal, 6 sentences", lambda g: (torch.ones(6, 4), torch.ones(6, 4)), note="= log 6"),
        Probe("large vectors", lambda g: (normal(g, 3, 5, scale=200.0), normal(g, 3, 5, scale=0.01), None, 0.2), seed=3),
        Probe("float64, the inputs left alone", lambda g: (*(normal(g, 3, 4, dtype=torch.float64) for _ in range(3)), 1.0), dtype=True, unchanged=True, seed=4),
    ],
}  # fmt: skip


def uneven_rows(g: Generator) -> tuple[Tensor, Tensor]:
    """Six questions in the first row, one in the second, none in the third."""
    logits, labels = normal(g, 3, 6, 5), torch.randint(5, (3, 6), generator=g)
    labels[1, 1:], labels[2] = -100, -100
    return logits, labels


def certain_and_wrong(g: Generator) -> tuple[Tensor, Tensor]:
    """Logits of size 300, some of them for the wrong word."""
    logits, labels = normal(g, 2, 4, 6, scale=300.0), torch.randint(6, (2, 4), generator=g)
    labels[1, 2] = -100
    return logits, labels
