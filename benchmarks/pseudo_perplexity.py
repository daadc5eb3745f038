"""Pseudo-log-likelihoods of held-out sentences: ours against minicons and against one mask at a time, in one interleaved run.

    python -m benchmarks.pseudo_perplexity [--shape small base] [--sentences 6] [--rounds 3] [--threads 1] [--device cpu]

Models are randomly initialised, with BERT's vocabulary of 30,522. Before anything is timed all methods must give the same score for
every token, to 1e-4. bfloat16 joins in where the device gains from it, with its error.
"""

import argparse
import statistics as stats
from collections.abc import Callable

import torch
from minicons.scorer import MaskedLMScorer
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM

from course_utils.data import load_text
from course_utils.machine import bf16_helps
from course_utils.models import LanguageModel, bpe_tokenizer
from course_utils.pseudo_perplexity import held_out_sentences, score_masked
from course_utils.tables import text_table

from ._timing import conditions, faster, interleaved, started

SHAPES = {"tiny": (2, 64, 2), "small": (4, 256, 4), "base": (12, 768, 12)}  # layers, width, heads
TOGETHER = 8  # sentences that minicons is given at a time


def random_bert(shape: str, device: str) -> LanguageModel:
    layers, width, heads = SHAPES[shape]
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=30_522,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
    )
    return LanguageModel(BertForMaskedLM(config).eval().to(device), bpe_tokenizer(), shape, "main", "random")


def one_mask_at_a_time(lm: LanguageModel, texts: list[str]) -> list[Tensor]:
    scores = []
    for text in texts:
        encoded = lm.tokenizer(text, return_special_tokens_mask=True)
        ids = torch.tensor(encoded["input_ids"], device=lm.model.device)
        found = []
        for t in (t for t, special in enumerate(encoded["special_tokens_mask"]) if not special):
            hidden = ids.clone()
            hidden[t] = lm.tokenizer.mask_token_id
            with torch.no_grad():
                found.append(lm.model(hidden[None]).logits[0, t].log_softmax(0)[ids[t]].cpu())
        scores.append(torch.stack(found))
    return scores


def with_minicons(scorer: MaskedLMScorer, texts: list[str]) -> list[Tensor]:
    scores = []
    for first in range(0, len(texts), TOGETHER):
        encoded = scorer.tokenizer(texts[first : first + TOGETHER], padding=True)
        scores += scorer.compute_stats(scorer.prepare_text(encoded), return_tensors=True)
    return scores


def methods(lm: LanguageModel, texts: list[str], device: str) -> dict[str, Callable[[], list[Tensor]]]:
    scorer = MaskedLMScorer(lm.model, device=device, tokenizer=lm.tokenizer)
    run = {
        "ours": lambda: score_masked(lm, texts),
        "minicons": lambda: with_minicons(scorer, texts),
        "one mask at a time": lambda: one_mask_at_a_time(lm, texts),
    }
    if bf16_helps(device):
        run["ours, bfloat16"] = lambda: score_masked(lm, texts, half=True)
    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", nargs="+", choices=SHAPES, default=["small", "base"])
    parser.add_argument("--sentences", type=int, default=6)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    args = started(parser, rounds=3)
    texts = held_out_sentences(load_text("sotu"), args.sentences, seed=0)
    for shape in args.shape:
        lm = random_bert(shape, args.device)
        run = methods(lm, texts, args.device)
        found = {name: torch.cat(score()) for name, score in run.items()}
        tokens = len(found["ours"])
        errors = {name: (scores - found["minicons"]).abs().max().item() for name, scores in found.items()}
        assert all(error < 1e-4 for name, error in errors.items() if "bfloat16" not in name), errors
        seconds = interleaved(run, args.rounds, args.device)
        print(f"\n{shape}: {tokens} tokens, {args.device}; {conditions(args.rounds)}")
        rows = [
            (name, f"{tokens / stats.median(values):.1f}", faster(seconds["minicons"], values), f"{errors[name]:.1e}")
            for name, values in seconds.items()
        ]
        print(text_table(("", "tokens/s", "over minicons", "largest difference, nats"), rows, right=[1]))


if __name__ == "__main__":
    main()
