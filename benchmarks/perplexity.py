"""Perplexity of a text longer than the context: batched overlapping windows against the strided sliding window, in one run.

    python -m benchmarks.perplexity [--threads 1] [--rounds 3]

The peer is the usual recipe (transformers' documentation on perplexity of fixed-length models): one window at a time. Both must give the
same loss of every token (to 1e-4) before anything is timed. Models are untrained GPT-NeoX: what is timed does not depend on the weights.
The last column is the share of this machine's matrix-product speed, counting the products a window cannot do without.
"""

import argparse
import statistics as stats
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

from course_utils.models.perplexity import causal_nll
from course_utils.pythia_scaling.sizes import Size
from tests.models.sliding import sliding_window_nll

CASES = (  # size, context, stride, tokens
    (Size("bytes, 3 x 48", 3, 48, 3, 259), 128, 64, 8_192),
    (Size("bytes, 6 x 96", 6, 96, 6, 259), 128, 64, 8_192),
    (Size("bytes, 6 x 96, stride 16", 6, 96, 6, 259), 128, 16, 2_048),
    (Size("pythia-14m", 6, 128, 4, 50_304), 512, 256, 8_192),
)


def seconds(work: Callable[[], Tensor], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return stats.median(times)


def peak(rounds: int = 5) -> float:
    """FLOP/s of a large float32 matrix product."""
    a = torch.randn(1024, 1024)
    return 2 * 1024**3 / seconds(lambda: a @ a, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    best = peak()
    print(f"{args.threads} threads, torch {torch.__version__}, matrix product {best / 1e9:.0f} GFLOP/s")
    print(f"{'':26}{'context':>8}{'stride':>8}{'tokens/s':>12}{'ours':>12}{'faster by':>11}{'of peak':>9}")
    for size, context, stride, count in CASES:
        config = GPTNeoXConfig(
            vocab_size=size.vocabulary,
            hidden_size=size.width,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            intermediate_size=4 * size.width,
        )
        model = GPTNeoXForCausalLM(config).eval()
        tokens = torch.randint(size.vocabulary, (count,))
        ours = causal_nll(model, tokens, context, stride)
        theirs = sliding_window_nll(model, tokens, context, stride)
        assert torch.allclose(ours, theirs, atol=1e-4), (
            f"{size.model}: losses differ by {(ours - theirs).abs().max():.2g}"
        )
        fast = seconds(partial(causal_nll, model, tokens, context, stride), args.rounds)
        slow = seconds(partial(sliding_window_nll, model, tokens, context, stride), args.rounds)
        body = 2 * (12 * size.layers * size.width**2 + 2 * size.layers * context * size.width)
        needed = count / stride * context * body + 2 * count * size.vocabulary * size.width
        print(
            f"{size.model:26}{context:8}{stride:8}{count / slow:12,.0f}{count / fast:12,.0f}{slow / fast:10.1f}x{needed / fast / best:9.0%}"
        )


if __name__ == "__main__":
    main()
