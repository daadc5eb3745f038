"""Scores of language models, masked and causal, beside minicons and transformers' recipe; and the training of a ladder."""

import statistics as stats
from argparse import Namespace
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM, GPTNeoXConfig, GPTNeoXForCausalLM

from course_utils.data import load_text
from course_utils.models import load_causal, load_masked
from course_utils.models.architectures import parameter_counts
from course_utils.models.perplexity import causal_nll
from course_utils.models.recipes import gpu_ladder
from course_utils.models.train import read_text, update
from course_utils.optimization import parameter_groups
from course_utils.pseudo_perplexity import held_out_sentences, score_causal, score_masked
from tests.models.sliding import sliding_window_nll

from .._timing import faster, interleaved
from ._tools import Found, agreement, gap, peak, within


def masked_part(args: Namespace) -> Found:
    """Pseudo-log-likelihood: agreement on the course's BERT, tokens a second of bert-base."""
    lm = load_masked("sotu-bert")
    texts = held_out_sentences(load_text("sotu"), count=5 if args.small else 200, seed=0)
    on_cpu = torch.cat(score_masked(lm, texts[:50]))
    lm.model.to(args.device)
    found: Found = {
        "device against CPU, largest difference": gap(torch.cat(score_masked(lm, texts[:50])), on_cpu),
        "bfloat16 against float32": agreement(score_masked(lm, texts, half=True), score_masked(lm, texts)),
    }
    found["mean size of the difference, nats"] = within(
        found["bfloat16 against float32"]["mean size"], "log-probability"
    )
    causal = load_causal("sotu-neox")
    on_cpu = torch.cat(score_causal(causal, texts[:50]))
    causal.model.to(args.device)
    found["causal, device against CPU, largest difference"] = gap(torch.cat(score_causal(causal, texts[:50])), on_cpu)
    found["causal, bfloat16 against float32"] = agreement(
        score_causal(causal, texts, half=True), score_causal(causal, texts)
    )
    config = BertConfig(vocab_size=len(lm.tokenizer), num_hidden_layers=2 if args.small else 12)
    lm.model.cpu()
    base = type(lm)(BertForMaskedLM(config).eval().to(args.device), lm.tokenizer, "bert-base", "main", "random")
    tokens = sum(len(score) for score in score_masked(base, texts))
    work = {
        f"{name}, {size} tokens a pass": partial(score_masked, base, texts, tokens_per_pass=size, half=half)
        for size in (4096, 16384)
        for name, half in (("float32", False), ("bfloat16", True))
    }
    try:
        from ..pseudo_perplexity import methods

        peers = methods(base, texts[:20], args.device)
        few = sum(len(score) for score in peers["ours"]())
        timed_peers = interleaved(peers, min(args.rounds, 3), args.device)
        found["20 sentences, tokens/s"] = {name: few / stats.median(values) for name, values in timed_peers.items()}
        found["faster than minicons"] = faster(timed_peers["minicons"], timed_peers["ours"])
    except ImportError:
        print("minicons is not installed: it is left out")
    seconds = interleaved(work, min(args.rounds, 3), args.device)
    found["bert-base, tokens/s"] = {name: tokens / stats.median(values) for name, values in seconds.items()}
    return found


def causal_part(args: Namespace) -> Found:
    """Perplexity of a long text with Pythia-160m's shape: batched windows, one window at a time, bfloat16."""
    layers, width, heads, vocabulary = (2, 64, 2, 512) if args.small else (12, 768, 12, 50_304)
    context, stride, count = (64, 32, 400) if args.small else (2048, 1024, 65_536)
    config = GPTNeoXConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=context,
    )
    model = GPTNeoXForCausalLM(config).eval().to(args.device)
    tokens = torch.randint(vocabulary, (count,))
    ours = partial(causal_nll, model, tokens, context, stride)

    def half() -> Tensor:
        with torch.autocast(args.device, torch.bfloat16):
            return ours()

    on_device = tokens.to(args.device)
    peer = partial(sliding_window_nll, model, on_device, context, stride)
    full = ours()
    found: Found = {
        "ours against one window at a time, largest difference": gap(full, peer().cpu()),
        "bfloat16 against float32": agreement([half()], [full]),
    }
    wide = partial(causal_nll, model, tokens, context, stride, batch_size=8)
    work: dict[str, Callable[[], object]] = {"one window at a time": peer, "ours": ours, "ours, bfloat16": half}
    seconds = interleaved(work | {"ours, 8 windows together": wide}, min(args.rounds, 3), args.device)
    found["faster than one window at a time"] = {
        name: faster(seconds["one window at a time"], v) for name, v in seconds.items()
    }
    found["tokens/s"] = {name: count / stats.median(values) for name, values in seconds.items()}
    return found


def _in_half(work: Callable[[], object], device: str) -> object:
    with torch.autocast(device, torch.bfloat16):
        return work()


def ladder_part(args: Namespace) -> Found:
    """Training steps of the largest and the middle model of the ladder: tokens a second, and the share of the device's matrix products.

    The peak is measured in the same run: one product of large square matrices in the same precision. FLOPs are 6 N a token plus those
    of attention, 12 layers x width x context (Kaplan et al. 2020, table 1; forward and backward).
    """
    side = 256 if args.small else 8192
    found: Found = {}
    for layers in (1,) if args.small else (5, 10):
        recipe = gpu_ladder(layers, 5_000_000)
        model = recipe.architecture.build(0).train().to(args.device)
        optimizer = torch.optim.AdamW(parameter_groups(model.parameters(), 0.1), lr=1e-4)
        batch = read_text(recipe).train[0].to(args.device)
        non_embedding, _ = parameter_counts(model)
        shape = recipe.architecture
        flops = batch.tokens * (6 * non_embedding + 12 * shape.layers * shape.width * shape.context)

        step = partial(update, model, optimizer, batch, 1e-4)
        squares = {
            kind: torch.randn(side, side, device=args.device, dtype=kind) for kind in (torch.float32, torch.bfloat16)
        }
        work: dict[str, Callable[[], object]] = {
            "float32": step,
            "bfloat16": partial(_in_half, step, args.device),
            "product, float32": partial(torch.matmul, squares[torch.float32], squares[torch.float32]),
            "product, bfloat16": partial(torch.matmul, squares[torch.bfloat16], squares[torch.bfloat16]),
        }
        interleaved(work, 2, args.device)
        seconds = {name: stats.median(v) for name, v in interleaved(work, args.rounds, args.device).items()}
        found[recipe.model] = {
            kind: {
                "tokens/s": batch.tokens / seconds[kind],
                "TFLOP/s": flops / seconds[kind] / 1e12,
                "share of matrix products": flops / seconds[kind] / (2 * side**3 / seconds[f"product, {kind}"]),
                "peak MiB": peak(work[kind], args.device),
            }
            for kind in ("float32", "bfloat16")
        } | {"non-embedding parameters": non_embedding}
    return found
