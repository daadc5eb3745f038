"""The recorded trainings: complete, readable, and honest about what is missing."""

from pathlib import Path

import pytest

from course_utils.errors import CourseError
from course_utils.ssl_families import recorded

FAMILIES = ("rotation", "MoCo", "BYOL", "DINO", "SwAV", "MAE")


def test_every_family_has_at_least_three_seeds_beside_its_untrained_network():
    for family in FAMILIES:
        trained, untrained = recorded.select(family, "healthy"), recorded.select(family, "untrained")
        assert len({run.seed for run in trained}) >= 3
        assert {run.seed for run in trained} == {run.seed for run in untrained}
        for run in trained:
            assert run.steps > 0 and run.flops > 0 and 0.1 < run.knn < 1 and 0.1 < run.probe < 1


def test_the_budgets_are_the_same():
    flops = [run.flops for family in FAMILIES for run in recorded.select(family, "healthy")]
    assert min(flops) > 0.97 * max(flops)


def test_the_sweep_of_m_is_there_with_curves():
    for m in ("m=0", "m=0.9", "m=0.999"):
        assert len(recorded.accuracies("MoCo", m)) >= 3
        assert len(recorded.curves("MoCo", m, "cosine, age 16")) >= 3


def write(folder: Path, lines: list[str]) -> Path:
    head = "family,variant,seed,steps,flops,seconds,loss,knn,probe,rank"
    (folder / "runs.csv").write_text("\n".join([head, *lines]) + "\n")
    return folder


def test_beating_needs_the_mean_and_the_spread(tmp_path):
    def row(variant: str, seed: int, knn: float) -> str:
        return f"X,{variant},{seed},1,1,1,1,{knn},{knn},1"

    clear = [row("untrained", s, 0.2) for s in range(3)] + [row("healthy", s, 0.3 + 0.01 * s) for s in range(3)]
    noisy = [row("untrained", s, 0.2) for s in range(3)] + [row("healthy", s, 0.1 + 0.12 * s) for s in range(3)]
    assert recorded.beats("X", 2.0, write(tmp_path, clear))
    assert not recorded.beats("X", 2.0, write(tmp_path, noisy))
    assert not recorded.beats("X", 0.0, write(tmp_path, clear[:4]))  # one seed is no evidence


def test_what_is_missing_is_said(tmp_path):
    with pytest.raises(CourseError, match=r"runs\.csv is missing"):
        recorded.runs(tmp_path)
    with pytest.raises(CourseError, match="no training of 'Y'"):
        recorded.select("Y", "healthy", write(tmp_path, []))
