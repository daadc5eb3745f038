"""What the live pages read, beside their scripts in docs/_static/live: two models, recorded bounds, and a season of the budget game.

The models are the committed files, word for word: the pages compute with them in plain JavaScript, so there is nothing to convert, to
install or to fetch.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from course_tools.checks.bank import load, reference
from course_utils.paths import DATA
from course_utils.pythia_scaling.game import SimulatedLab, law_of, luck_of

PAGES = {  # of docs/live, by notebook
    "pseudo_perplexity": "surprise",
    "infonce": "infonce",
    "pythia_scaling": "game",
    "attention_objectives": "masks",
}
MODELS = ("sotu-bert", "sotu-neox")
BOUNDS = DATA / "infonce" / "optimal_bounds.csv"
GAME = "pythia_scaling/play"
SEASON = range(7000, 7012)  # the seeds of the laboratories
RUNS = 60  # that a laboratory has luck for
RIVALS = {
    "a fit with a floor": "",  # the reference; the others are mistakes of the bank
    "a fit without a floor": "no_floor",
    "a fit, all sizes on the same tokens": "fixed_tokens",
    "the largest model it can pay": "the_best_so_far",
}


def stage_live(folder: Path) -> None:
    """Put everything into `folder`."""
    for name in MODELS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for file in ("config.json", "model.safetensors"):
            shutil.copy(DATA / "language_models" / name / file, folder / name / file)
    shutil.copy(DATA / "language_models" / "tokenizer.json", folder)
    shutil.copy(BOUNDS, folder)
    (folder / "game.json").write_text(json.dumps(season()), encoding="utf-8")


def season() -> dict[str, Any]:
    """The laboratories with their laws and luck, and what each rival forecasts for them: rows of low, middle, high."""
    bank = load(GAME)
    answers = {words: bank.misconceptions[name][0] if name else reference(GAME) for words, name in RIVALS.items()}
    forecasts = {words: answer([SimulatedLab(seed) for seed in SEASON]).tolist() for words, answer in answers.items()}
    lab = SimulatedLab(SEASON[0])
    return {
        "budget": lab.budget,
        "noise": lab.noise,
        "targetParams": lab.target_params,
        "targetTokens": lab.target_tokens,
        "labs": [
            {
                "law": law_of(seed),
                "luck": luck_of(seed).standard_normal(RUNS).tolist(),
                "rivals": {words: rows[number] for words, rows in forecasts.items()},
            }
            for number, seed in enumerate(SEASON)
        ],
    }
