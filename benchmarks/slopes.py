"""How our cost grows: time against batch, candidates, tokens, sentences, images and runs, as slopes of log cost over log size.

    python -m benchmarks.slopes [--rounds 5] [--threads 1]

1 is linear, 2 quadratic; what does not grow pulls a slope below. The sizes of InfoNCE
stay where memory comes from the heap: beyond, each number costs twice as much. A slope more than 0.25 above what it should be fails. NT-Xent compares all pairs of its batch, so its time must be quadratic, but its memory linear.
"""

import argparse
import statistics as stats
import sys
from collections.abc import Callable, Sequence
from functools import partial

import torch

from course_tools.checks import bank
from course_utils.data import load_text
from course_utils.data.images import load_images
from course_utils.models.perplexity import causal_nll
from course_utils.pseudo_perplexity import held_out_sentences, score_masked
from course_utils.pythia_scaling.fits import fit_parametric
from course_utils.pythia_scaling.sizes import Size
from course_utils.simclr.augment import Augmentation
from course_utils.tables import text_table
from tests.pythia_scaling.chinchilla import runs

from ._timing import conditions, interleaved, peak_memory, slope, started
from .nt_xent import LOSSES, call, embeddings
from .perplexity import untrained
from .pseudo_perplexity import random_bert

SLACK = 0.25
Work = Callable[[], object]


def losses(n: int) -> Work:
    return partial(call, LOSSES["ours"](), embeddings(n))


def info_nce(candidates: int, games: int = 32) -> Work:
    loss = bank.reference("infonce/info_nce")
    scores = torch.randn(games, candidates, requires_grad=True)
    return lambda: loss(scores, torch.zeros(games, dtype=torch.long)).backward()


def perplexity(tokens: int) -> Work:
    size = Size("bytes, 3 x 48", 3, 48, 3, 256)
    return partial(causal_nll, untrained(size), torch.randint(size.vocabulary, (tokens,)), 128, 64)


def pseudo_perplexity(count: int) -> Work:
    """Sentences of one length."""
    lm = random_bert("tiny", "cpu")
    return partial(score_masked, lm, held_out_sentences(load_text("sotu"), 1, seed=0) * count)


def augmentation(count: int) -> Work:
    return partial(Augmentation().two_views, load_images().train_images[:count])


def scaling_fit(count: int) -> Work:
    return partial(fit_parametric, *runs(count=count, tails=3))


# what grows: (how a size is prepared, the sizes, what the slope should be)
CASES: dict[str, tuple[Callable[[int], Work], Sequence[int], float]] = {
    "NT-Xent, images N": (losses, (512, 1024, 2048, 4096), 2),
    "InfoNCE, candidates K": (info_nce, (2048, 4096, 8192, 16384), 1),
    "perplexity, tokens": (perplexity, (4096, 8192, 16384, 32768), 1),
    "pseudo-perplexity, sentences": (pseudo_perplexity, (32, 64, 128, 256), 1),
    "augmentation, images": (augmentation, (256, 512, 1024, 2048), 1),
    "parametric fit, runs": (scaling_fit, (1000, 2000, 4000, 8000), 1),
}


def row(name: str, sizes: Sequence[int], costs: Sequence[float], expected: float) -> tuple[str, ...]:
    shown = (", ".join(map(str, sizes)), ", ".join(f"{cost:.3g}" for cost in costs))
    found = slope(sizes, costs)
    verdict = "" if found < expected + SLACK else "TOO STEEP"
    return (name, *shown, f"{found:.2f}", f"{expected:g}", verdict)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args = started(parser, rounds=5)
    print(conditions(args.rounds))
    rows = []
    for name, (make, sizes, expected) in CASES.items():
        work = {str(size): make(size) for size in sizes}
        for warm in work.values():
            warm()
        seconds = [stats.median(values) for values in interleaved(work, args.rounds).values()]
        rows.append(row(name, sizes, [1e3 * s for s in seconds], expected))
    sizes = CASES["NT-Xent, images N"][1]
    memory = [peak_memory(losses(n)) for n in sizes]
    rows.append(row("NT-Xent, peak MiB", sizes, memory, 1))
    print(text_table(("", "sizes", "CPU ms", "slope", "should", ""), rows, right=[3, 4]))
    sys.exit(any(verdict for *_, verdict in rows))


if __name__ == "__main__":
    main()
