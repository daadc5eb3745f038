"""Perplexity of a text longer than the context: batched overlapping windows against the strided sliding window, in one run.

    python -m benchmarks.perplexity [--threads 1] [--rounds 5]

The peer is the usual recipe (transformers' documentation on perplexity of fixed-length models): one window at a time. Both must give the
same loss of every token (to 1e-4) before anything is timed. Models are untrained GPT-NeoX: what is timed does not depend on the weights.
The last column is the share of this machine's matrix-product speed, counting the products a window cannot do without.
"""

import argparse
import statistics as stats
from functools import partial

import torch
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from course_utils.models.perplexity import causal_nll
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args = started(parser, rounds=5)
    square = torch.randn(1024, 1024)
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
        work = {"slow": slow, "fast": fast, "product": partial(torch.matmul, square, square)}
        seconds = interleaved(work, args.rounds)
        s, f, product = (stats.median(values) for values in seconds.values())
        body = 2 * (12 * size.layers * size.width**2 + 2 * size.layers * context * size.width)
        needed = count / stride * context * body + 2 * count * size.vocabulary * size.width
        share = needed / f / (2 * 1024**3 / product)
        spread = faster(seconds["slow"], seconds["fast"])
        speeds = (f"{count / s:,.0f}", f"{count / f:,.0f}")
        rows.append((size.model, str(context), str(stride), *speeds, spread, f"{share:.0%}"))
    print(text_table(("", "context", "stride", "tokens/s", "ours", "faster by", "of peak"), rows, right=range(1, 7)))


if __name__ == "__main__":
    main()
