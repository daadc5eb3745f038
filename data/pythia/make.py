"""Make zeroshot.csv from the public evaluations: the final scores of all runs, and LAMBADA along the training of the eight released sizes.

git clone https://github.com/EleutherAI/pythia && git -C pythia checkout a19eecb8
python data/pythia/make.py pythia
"""

import sys

from course_utils.pythia_scaling.published import load_zeroshot, write_csv
from course_utils.pythia_scaling.sizes import STEPS, TABLES, pythia_sizes

SMALLEST_STEP = 512  # before, the model has learned next to nothing and size does not matter


def main(source: str) -> None:
    order = {size.model: i for i, size in enumerate(pythia_sizes())}
    kept = [
        score
        for score in load_zeroshot(source)
        if score.step == STEPS or (score.task == "lambada_openai" and not score.deduped and score.step >= SMALLEST_STEP)
    ]
    kept.sort(key=lambda s: (order[s.model], s.deduped, s.task, s.metric, s.step))
    write_csv(TABLES / "zeroshot.csv", kept)
    print(f"{len(kept)} scores")


if __name__ == "__main__":
    main(*sys.argv[1:])
