"""The table of scores against figures of the paper's repository, and the loader's other sources against it."""

import json
from pathlib import Path

import pytest

from course_utils.errors import CourseError
from course_utils.pythia_scaling import published
from course_utils.pythia_scaling.published import Score, choose, load_zeroshot, write_csv

STEP = 143_000


def value(scores, model, task, metric="acc", deduped=False, step=STEP):
    (score,) = choose(scores, model=model, task=task, metric=metric, deduped=deduped, step=step)
    return score.value


def test_final_scores():
    scores = load_zeroshot()
    assert value(scores, "pythia-12b", "lambada_openai") == pytest.approx(0.705, abs=5e-4)
    assert value(scores, "pythia-12b", "lambada_openai", "ppl") == pytest.approx(3.92, abs=5e-3)
    assert value(scores, "pythia-6.9b", "piqa", deduped=True) == pytest.approx(0.760, abs=5e-4)
    assert value(scores, "pythia-160m", "wsc") == pytest.approx(38 / 104, abs=1e-5)
    assert len(choose(scores, step=STEP, metric="acc", task="sciq")) == 16


@pytest.mark.parametrize(("model", "step", "best"), [("pythia-70m", 53_000, 94.3), ("pythia-160m", 63_000, 24.8)])
def test_small_models_get_worse_late(model, step, best):
    course = choose(load_zeroshot(), model=model, task="lambada_openai", metric="ppl", deduped=False)
    lowest = min(course, key=lambda score: score.value)
    assert (lowest.step, lowest.value) == (step, pytest.approx(best, abs=0.05))
    assert value(course, model, "lambada_openai", "ppl") > 1.4 * lowest.value


def results(value):
    return json.dumps(
        {
            "results": {
                "sciq": {"acc": value, "acc_stderr": 0.01, "acc_norm": 0.5, "acc_norm_stderr": 0.02},
                "hendrycksTest-anatomy": {"acc": 0.2, "acc_stderr": 0.1},
            }
        }
    )


FILES = {
    "evals/pythia-v1/pythia-70m/zero-shot/70m_step512.json": 0.3,
    "evals/pythia-v1/pythia-70m-deduped/zero-shot/70m-deduped_step143000.json": 0.4,
    "evals/pythia-v1/pythia-1b-bf16/zero-shot/1b-bf16-5shot_step1000.json": 0.5,
    "evals/pythia-v1/pythia-1b/zero-shot/1b_step1000.json": 0.6,
    "evals/pythia-v1/pythia-70m/five-shot/70m-5shot_step3000.json": 0.7,
}
EXPECTED = {("pythia-70m", False, 512, 0.3), ("pythia-70m", True, STEP, 0.4), ("pythia-1b", False, 1000, 0.5)}


def read(scores):
    return {(s.model, s.deduped, s.step, s.value) for s in choose(scores, metric="acc")}


def test_a_clone(tmp_path):
    for name, accuracy in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(results(accuracy))
    scores = load_zeroshot(tmp_path)
    assert read(scores) == EXPECTED and {s.task for s in scores} == {"sciq"}


def test_github(tmp_path, monkeypatch):
    def get(address: str) -> str:
        if address == published.LISTING:
            return json.dumps({"tree": [{"path": name} for name in ["README.md", *FILES]]})
        return results(FILES[address.removeprefix(published.RAW)])

    monkeypatch.setattr(published, "_get", get)
    monkeypatch.setattr(published, "FETCHED", tmp_path / "cache" / "scores.csv")
    assert read(load_zeroshot("github")) == EXPECTED
    monkeypatch.setattr(published, "_get", None)  # the second time nothing is fetched
    assert read(load_zeroshot("github")) == EXPECTED


def test_written_and_read_back(tmp_path):
    scores = [Score("pythia-70m", True, 512, "piqa", "acc", 0.25, 0.0125)]
    write_csv(tmp_path / "a.csv", scores)
    assert load_zeroshot(tmp_path / "a.csv") == scores


def test_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for source, words in (
        (tmp_path / "other.csv", "not a table"),
        (Path("nowhere.csv"), "not a table"),
        (tmp_path, "clone"),
    ):
        with pytest.raises(CourseError, match=words):
            load_zeroshot(source)
