"""Perplexity of a text longer than the context: batched overlapping windows against the strided sliding window, in one run.

    python -m benchmarks.perplexity [--threads 1] [--rounds 5]

The peer is the usual recipe (transformers' documentation on perplexity of fixed-length models): one window at a time. Both must give the
same loss of every token (to 1e-4) before anything is timed. Models are untrained GPT-NeoX: what is timed does not depend on the weights.
The last two columns hold ours against a floor timed in the same rounds, what is left when all else is free: the products with the weights
that scores depend on, the MLP's activation between them, attention, and for each logit of a scored position one exponential and one addition,
for all of them are in the token's probability. "bound" is what the peer takes over that floor.
"""

import argparse
import math
import statistics as stats
from functools import partial

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from course_utils.models.perplexity import TOKENS_TOGETHER, VOCABULARY_TOGETHER, causal_nll
from course_utils.pythia_scaling.sizes import Size
from course_utils.tables import text_table
from tests.models.sliding import sliding_window_nll

from ._timing import conditions, faster, interleaved, started

CASES = (  # size, context, stride, tokens
    (Size("bytes, 3 x 48", 3, 48, 3, 256), 128, 64, 8_192),
    (Size("bytes, 6 x 96", 6, 96, 6, 256), 128, 64, 8_192),
    (Size("pythia-14m", 6, 128, 4, 50_304), 512, 256, 4_096),
    (Size("pythia-14m", 6, 128, 4, 50_304), 512, 64, 1_024),
)


def untrained(size: Size) -> GPTNeoXForCausalLM:
    config = GPTNeoXConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        intermediate_size=4 * size.width,
    )
    return GPTNeoXForCausalLM(config).eval()


def floor(model: GPTNeoXForCausalLM, context: int, stride: int, count: int) -> None:
    """What each window of `count` tokens cannot do without, on tensors of its shapes, as many windows together as ours.

    No norm, rotation, residual, gather or largest logit; of the first layer attention only, of the last scored positions.
    """
    together, others = max(1, TOKENS_TOGETHER // context), math.ceil((count - context) / stride)
    with torch.inference_mode():
        _necessary(model, 1, context, context)
        for done in range(0, others, together):
            _necessary(model, min(together, others - done), context, stride)


def _necessary(model: GPTNeoXForCausalLM, windows: int, context: int, scored: int) -> None:
    layers = model.gpt_neox.layers
    x = torch.ones(windows * context, model.config.hidden_size)
    q, k, v = torch.ones(3, windows, model.config.num_attention_heads, context, layers[0].attention.head_size)
    mask = torch.ones(scored, context, dtype=torch.bool).tril(context - scored)
    for layer in layers:
        rows = slice(windows * scored if layer is layers[-1] else None)
        if layer is not layers[0]:
            layer.attention.query_key_value(x)
            layer.mlp(x[rows])
        if layer is layers[-1]:
            scaled_dot_product_attention(q[:, :, -scored:], k, v, mask)
        else:
            scaled_dot_product_attention(q, k, v, is_causal=True)
        layer.attention.dense(x[rows])
    for part in model.lm_head.weight.split(VOCABULARY_TOGETHER):
        (x[: windows * scored] @ part.T).exp_().sum(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args = started(parser, rounds=5)
    print(conditions(args.rounds))
    rows = []
    for size, context, stride, count in CASES:
        model, tokens = untrained(size), torch.randint(size.vocabulary, (count,))
        slow = partial(sliding_window_nll, model, tokens, context, stride)
        fast = partial(causal_nll, model, tokens, context, stride)
        ours, theirs = fast(), slow()
        assert torch.allclose(ours, theirs, atol=1e-4), (
            f"{size.model}: losses differ by {(ours - theirs).abs().max():.2g}"
        )
        work = {"slow": slow, "fast": fast, "floor": partial(floor, model, context, stride, count)}
        seconds = interleaved(work, args.rounds)
        speeds = (f"{count / stats.median(seconds[name]):,.0f}" for name in ("slow", "fast"))
        over = (faster(seconds[a], seconds[b]) for a, b in (("slow", "fast"), ("fast", "floor"), ("slow", "floor")))
        rows.append((size.model, str(context), str(stride), *speeds, *over))
    header = ("", "context", "stride", "tokens/s", "ours", "faster by", "over the floor", "bound")
    print(text_table(header, rows, right=range(1, 8)))


if __name__ == "__main__":
    main()
