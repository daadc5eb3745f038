"""What a GPU gains, and whether it computes the same: NT-Xent, a SimCLR step, scores of language models, training.

    python -m benchmarks.on_gpu [--parts PART ...] [--rounds 7] [--small] [--device cuda]

Without a CUDA device it says so and stops, unless `--device cpu --small` asks for a rehearsal. Peers, each left out where
it is not installed: lightly, minicons, transformers' recipes. Networks are those of the gpu profile, language models have the published shapes and random
weights (their speed does not depend on them); agreement of scores is measured on the course's trained models.
"""

import argparse
import json
import sys

import torch

from .._timing import conditions, started
from ._tools import Found
from .images import layout_part, lightly_part, simclr_part
from .language import causal_part, ladder_part, masked_part
from .losses import nt_xent_part, panels_part

PARTS = {
    "nt_xent": nt_xent_part,
    "panels": panels_part,
    "simclr": simclr_part,
    "layout": layout_part,
    "lightly": lightly_part,
    "masked": masked_part,
    "causal": causal_part,
    "ladder": ladder_part,
}


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
    broken = [name for name in args.parts if isinstance(found[name], str)]
    outside = [name for name in args.parts if "OUTSIDE" in json.dumps(found[name])]
    for name in broken:
        print(f"FAILED {name}: {found[name]}")
    for name in outside:
        print(f"FAILED {name}: a difference is larger than its bound, see above")
    sys.exit(bool(broken or outside))


if __name__ == "__main__":
    main()
