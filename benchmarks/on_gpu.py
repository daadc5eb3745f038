"""What a GPU gains, and whether it computes the same: NT-Xent, a SimCLR step, masked and causal scores; bfloat16 against float32.

    python -m benchmarks.on_gpu [--parts nt_xent simclr masked causal] [--rounds 7] [--small] [--device cuda]

Without a CUDA device it says so and stops, unless `--device cpu --small` asks for a rehearsal. Peers: the notebook's NT-Xent and lightly's
(left out where lightly is not installed). Networks are those of the gpu profile, language models have the published shapes and random
weights (their speed does not depend on them); agreement of scores is measured on the course's trained models.
"""

import argparse
import json
import statistics as stats
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor, nn
from transformers import BertConfig, BertForMaskedLM, GPTNeoXConfig, GPTNeoXForCausalLM

from course_tools.checks import bank
from course_tools.large_batch.loss import nt_xent
from course_utils.data import load_images, load_text
from course_utils.models import load_causal, load_masked
from course_utils.models.perplexity import causal_nll
from course_utils.precision import MixedPrecision
from course_utils.pseudo_perplexity import held_out_sentences, score_causal, score_masked
from course_utils.simclr import Augmentation, resnet18_cifar
from tests.models.sliding import sliding_window_nll

from ._timing import conditions, faster, interleaved, started

Found = dict[str, Any]


def nt_xent_part(args: argparse.Namespace) -> Found:
    """Forward and backward of the loss, in milliseconds, and the peak memory beyond the embeddings."""
    losses: dict[str, Callable[..., Tensor]] = {
        "ours": partial(nt_xent, temperature=0.5),
        "notebook": partial(bank.reference("simclr/nt_xent"), temperature=0.5),
    }
    try:
        from lightly.loss import NTXentLoss

        losses["lightly"] = NTXentLoss(0.5)
    except ImportError:
        print("lightly is not installed: its loss is left out")
    found: Found = {}
    for n in (64, 128) if args.small else (1024, 4096, 8192):
        z = torch.randn(2, n, 128, generator=Generator().manual_seed(0)).to(args.device)

        def call(loss: Callable[..., Tensor], z: Tensor = z) -> tuple[Tensor, Tensor, Tensor]:
            a, b = (view.detach().requires_grad_() for view in z)
            value = loss(a, b)
            value.backward()
            return value.detach(), a.grad, b.grad

        results = {name: call(loss) for name, loss in losses.items()}
        exact = call(losses["notebook"], z.double())
        seconds = interleaved({name: partial(call, loss) for name, loss in losses.items()}, args.rounds, args.device)
        found[str(n)] = {
            name: {
                "ms": 1e3 * stats.median(seconds[name]),
                "MiB": peak(partial(call, loss), args.device),
                "gradient error": relative(results[name][1], exact[1]),
                "slower than ours": faster(seconds[name], seconds["ours"]),
            }
            for name, loss in losses.items()
        }
    return found


def simclr_part(args: argparse.Namespace) -> Found:
    """Images a second of a step of the gpu profile, augmentation included; what bfloat16 changes in features and in a short training."""
    count, steps = (32, 4) if args.small else (1024, 60)
    images = load_images().train_images.to(args.device)
    augment = Augmentation()
    train_step, loss = bank.reference("simclr/train_step"), bank.reference("simclr/nt_xent")
    head_of = bank.reference("simclr/projection_head")

    def learner(half: bool) -> tuple[Callable[[Tensor, Generator], float], nn.Module]:
        torch.manual_seed(0)
        encoder = resnet18_cifar()
        head = head_of(encoder.dim, 1024, 128).to(args.device)
        encoder.to(args.device)
        fast = MixedPrecision(encoder) if half else encoder
        optimizer = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.06, momentum=0.9)
        return lambda chosen, g: train_step(fast, head, optimizer, *augment.two_views(chosen, g), loss, 0.5), fast

    found: Found = {}
    learners = {"float32": learner(False), "bfloat16": learner(True)}
    view = images[:count].float() / 255
    with torch.no_grad():
        h = {name: model.eval()(view) for name, (_, model) in learners.items()}
    found["features differ by"] = relative(h["bfloat16"], h["float32"])
    for name, (step, model) in learners.items():
        model.train()
        g, order = Generator(args.device).manual_seed(0), Generator().manual_seed(0)
        losses = [
            step(images[torch.randint(len(images), (count,), generator=order).to(args.device)], g) for _ in range(steps)
        ]
        found[f"loss after {steps} steps, {name}"] = stats.fmean(losses[-min(10, steps) :])
    g = Generator(args.device).manual_seed(1)
    batch = images[:count]
    work = {name: partial(step, batch, g) for name, (step, _) in learners.items()}
    work["augmentation alone"] = partial(augment.two_views, batch, g)
    seconds = interleaved(work, args.rounds, args.device)
    if args.device == "cuda":
        torch.backends.cudnn.benchmark = True
        searched = {f"{name}, cuDNN searches": work[name] for name in learners}
        interleaved(searched, 3, args.device)
        seconds |= interleaved(searched, args.rounds, args.device)
        torch.backends.cudnn.benchmark = False
    found["images/s"] = {name: count / stats.median(values) for name, values in seconds.items()}
    found["bfloat16 is faster by"] = faster(seconds["float32"], seconds["bfloat16"])
    found["peak MiB"] = {name: peak(work[name], args.device) for name in learners}
    return found


def masked_part(args: argparse.Namespace) -> Found:
    """Pseudo-log-likelihood: agreement on the course's BERT, tokens a second of bert-base."""
    lm = load_masked("sotu-bert")
    texts = held_out_sentences(load_text("sotu"), count=5 if args.small else 200, seed=0)
    on_cpu = torch.cat(score_masked(lm, texts[:50]))
    lm.model.to(args.device)
    found: Found = {
        "device against CPU, largest difference": gap(torch.cat(score_masked(lm, texts[:50])), on_cpu),
        "bfloat16 against float32": agreement(score_masked(lm, texts, half=True), score_masked(lm, texts)),
    }
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
    seconds = interleaved(work, min(args.rounds, 3), args.device)
    found["bert-base, tokens/s"] = {name: tokens / stats.median(values) for name, values in seconds.items()}
    return found


def causal_part(args: argparse.Namespace) -> Found:
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
    found["tokens/s"] = {name: count / stats.median(values) for name, values in seconds.items()}
    return found


def relative(a: Tensor, b: Tensor) -> float:
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def gap(a: Tensor, b: Tensor) -> float:
    return (a - b).abs().max().item()


def agreement(half: list[Tensor], full: list[Tensor]) -> Found:
    """Of log-probabilities of tokens: how far apart they are, and the perplexities."""
    a, b = torch.cat(half), torch.cat(full)
    sign = -1 if b.mean() < 0 else 1
    return {
        "mean difference": (a - b).mean().item(),
        "mean size": (a - b).abs().mean().item(),
        "largest": gap(a, b),
        "perplexity": [(sign * x.double().mean()).exp().item() for x in (a, b)],
    }


def peak(work: Callable[[], object], device: str) -> float | None:
    """MiB that a call needs beyond what is there; None on a CPU."""
    if device != "cuda":
        return None
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    work()
    torch.cuda.synchronize()
    return (torch.cuda.max_memory_allocated() - before) / 2**20


PARTS = {"nt_xent": nt_xent_part, "simclr": simclr_part, "masked": masked_part, "causal": causal_part}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--small", action="store_true", help="sizes for a rehearsal")
    parser.add_argument("--output", help="a JSON file, written after each part")
    args = started(parser, rounds=7)
    if args.device == "cuda" and not torch.cuda.is_available():
        print("no CUDA device here: nothing to measure")
        return
    print(conditions(args.rounds))
    found: Found = {"conditions": conditions(args.rounds)}
    for name in args.parts:
        try:
            found[name] = PARTS[name](args)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
        print(f"\n{name}: {json.dumps(found[name], indent=1)}", flush=True)
        if args.output:
            with open(args.output, "w", encoding="utf-8") as stream:
                json.dump(found, stream, indent=1)
    sys.exit(any(isinstance(found[name], str) for name in args.parts))


if __name__ == "__main__":
    main()
