"""Record the run that is too long for the attention notebook.

    python data/attention_objectives/make.py objectives     # three byte models, longer than in the notebook
    python data/attention_objectives/make.py sums           # SHA256SUMS anew

The functions are the notebook's own answers, so this runs where the instructor's bank is. One thread; about six CPU minutes.
"""

import argparse
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from course_tools.checks.bank import reference
from course_utils.attention_objectives import (
    MASK,
    VOCABULARY,
    Transformer,
    as_bytes,
    in_function_word,
    probe_accuracy,
    windows,
)
from course_utils.attention_objectives.training import schedule
from course_utils.data import load_text
from course_utils.data.recordings import write_checksums, write_rows

FOLDER = Path(__file__).parent
LENGTH, ROWS, WIDTH, LAYERS = 64, 32, 64, 2


def answer(name: str):
    return reference(f"attention_objectives/{name}")


def measured(step: int, steps: int) -> bool:
    """Whether to evaluate after this step: 100, 200, 400, ... and the last."""
    return step == steps or (step % 100 == 0 and (step // 100).bit_count() == 1)


def trained(model: torch.nn.Module, loss, steps: int, rate: float = 0.006):
    """The notebook's loop, that yields the number of steps done wherever they are to be evaluated."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.95), weight_decay=0.1)
    for step in range(1, steps + 1):
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = rate * schedule(step - 1, steps)
        value = loss()
        optimizer.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if measured(step, steps):
            model.eval()
            with torch.no_grad():
                yield step


class Judge:
    """The three questions of section 3."""

    def __init__(self, train: Tensor, test: Tensor, questions: int = 1000) -> None:
        self.held = windows(test, questions, LENGTH, torch.Generator().manual_seed(1))
        self.rows = windows(train, questions, LENGTH, torch.Generator().manual_seed(2))
        self.labels = [in_function_word(rows) for rows in (self.rows, self.held)]

    def represent(self, model: Transformer, mask: Tensor) -> float:
        """Best layer's accuracy at the letters."""
        (y, at), (test_y, test_at) = self.labels
        layers = zip(model.hidden(self.rows, mask), model.hidden(self.held, mask), strict=True)
        return max(probe_accuracy(a[at], y[at], b[test_at], test_y[test_at]) for a, b in layers)

    def abilities(self, model: Transformer, kind: str) -> dict[str, float]:
        attention_mask, half = answer("attention_mask"), LENGTH // 2
        target, full = self.held[:, half], attention_mask("full", LENGTH)
        if kind == "masked":
            only_left, gap = self.held.clone(), self.held.clone()
            only_left[:, half:], gap[:, half] = MASK, MASK
            logits = {"continue": model(only_left, full)[:, half], "fill": model(gap, full)[:, half]}
        else:
            found = model(self.held, attention_mask(kind, LENGTH, half))[:, half - 1]
            logits = {"continue": found, "fill": found}
        sees = attention_mask("causal" if kind == "causal" else "full", LENGTH)
        nats = {name: F.cross_entropy(found, target).item() for name, found in logits.items()}
        return nats | {"represent": self.represent(model, sees)}


def byte_model(width: int = WIDTH, layers: int = LAYERS, outputs: int | None = None) -> Transformer:
    torch.manual_seed(0)
    return Transformer(VOCABULARY, LENGTH, width, layers, 4, answer("multi_head"), answer("block"), outputs)


def objectives(steps: int = 1600) -> None:
    """Continue, fill and represent along the training of three byte models."""
    speeches = load_text("sotu")
    train = as_bytes(speeches, "train")
    judge, rows = Judge(train, as_bytes(speeches, "test")), []
    for kind in ("causal", "masked", "prefix"):
        g, model = torch.Generator().manual_seed(0), byte_model()

        def loss(kind: str = kind, model: Transformer = model, g: torch.Generator = g) -> Tensor:
            found = windows(train, ROWS, LENGTH, g)
            chosen = torch.rand(found.shape, generator=g) < 0.3
            prefix = int(torch.randint(8, 56, (), generator=g))
            inputs, labels, mask = answer("objective")(kind, found, MASK, chosen, prefix)
            return answer("objective_loss")(model(inputs, mask), labels)

        begin = time.process_time()
        for step in trained(model, loss, steps):
            rows.append({"objective": kind, "step": step} | judge.abilities(model, kind))
            print(rows[-1], f"{time.process_time() - begin:.0f} CPU s", flush=True)
    write_rows(FOLDER, "objectives", rows)


def main() -> None:
    runs = {"objectives": objectives, "sums": partial(write_checksums, FOLDER)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", choices=runs)
    torch.set_num_threads(1)
    runs[parser.parse_args().run]()


if __name__ == "__main__":
    main()
