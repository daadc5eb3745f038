"""The table of curves: what is an end of a run, and valleys that lie where the law puts them."""

import csv

import numpy as np
import pytest
import torch

from course_utils.errors import CourseError
from course_utils.pythia_scaling.curves import Curves, interpolate_isoflop, load_curves
from course_utils.pythia_scaling.fits import fit_parametric

LAW = {"E": 0.9, "A": 30.0, "alpha": 0.4, "B": 60.0, "beta": 0.35}
COLUMNS = "model seed layers width heads non_embedding_params params schedule_tokens step tokens flops train_loss val_loss shift_val_loss"


def law(n, d):
    return LAW["E"] + LAW["A"] / n ** LAW["alpha"] + LAW["B"] / d ** LAW["beta"]


@pytest.fixture
def table(tmp_path):
    """Six sizes, five numbers of tokens, two seeds of one of them; rows in no order."""
    rows = []
    for layers in range(1, 7):
        n = 4000 * layers**3
        for tokens in (2**k * 102_400 for k in range(5)):
            for seed in range(2 if layers == 3 else 1):
                for step in (0, 1, tokens // 4096, tokens // 2048):
                    d = max(step * 2048, 1000)
                    loss = law(n, d) * (1.02 if step < tokens // 2048 else 1.0)
                    rows.append(
                        [
                            f"ladder-{layers}",
                            seed,
                            layers,
                            1,
                            1,
                            n // 2,
                            n,
                            tokens,
                            step,
                            step * 2048,
                            0,
                            loss,
                            loss,
                            loss + 0.3,
                        ]
                    )
    np.random.default_rng(0).shuffle(rows)
    path = tmp_path / "curves.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS.split())
        writer.writerows(rows)
    return path


def test_runs_and_their_ends(table):
    curves = load_curves(table)
    assert len(curves) == 4 * 35 and len(curves.runs) == 35
    for run in curves.runs:
        assert run.step.tolist() == sorted(run.step.tolist()) and len(run.params.unique()) == 1
    ends = curves.finals
    assert torch.equal(ends.tokens, ends.schedule_tokens) and len(ends) == 35
    assert ends.params.tolist() == sorted(ends.params.tolist())
    assert torch.equal(ends.flops, 6 * ends.params * ends.tokens)


def test_one_number_of_tokens_and_one_size(table):
    curves = load_curves(table)
    over_size, over_tokens = curves.over_size(), curves.over_tokens()
    assert set(over_size.tokens.tolist()) == {1_638_400} and len(over_size.params.unique()) == 6
    assert set(over_tokens.params.tolist()) == {4000 * 6**3} and len(over_tokens.tokens.unique()) == 5


def test_the_ends_give_the_law_back(table):
    ends = load_curves(table).finals
    assert fit_parametric(ends.params, ends.tokens, ends.val_loss).parameters == pytest.approx(LAW, rel=1e-5)


def test_valleys_are_cut_out_where_the_law_puts_them(table):
    budgets, valleys = interpolate_isoflop(load_curves(table).finals)
    assert len(budgets) == len(valleys) == 5
    for budget, (n, d, loss) in zip(budgets, valleys, strict=True):
        assert len(n) >= 3
        assert torch.allclose(6 * n * d, budget.expand_as(n))
        assert loss.tolist() == pytest.approx(
            law(n, d).tolist(), rel=5e-3
        )  # linear between logarithms, a factor of 2 apart
        assert d.min() >= 102_400 * 0.999 and d.max() <= 1_638_400 * 1.001  # nothing is extrapolated


def test_too_few_sizes_for_a_valley(table):
    ends = load_curves(table).finals
    with pytest.raises(CourseError, match="3 sizes"):
        interpolate_isoflop(ends.where(ends.layers <= 2))


def test_what_is_no_table_is_said(tmp_path):
    (tmp_path / "a.csv").write_text("model,step\nx,1\n")
    for path in (tmp_path / "a.csv", tmp_path / "none.csv"):
        with pytest.raises(CourseError, match="not a table of training curves"):
            load_curves(path)


def test_where_keeps_order():
    curves = Curves(*(torch.arange(4.0) for _ in range(9)))
    assert curves.where(torch.tensor([3, 1])).step.tolist() == [3, 1]
    assert curves.where(curves.step > 1).step.tolist() == [2, 3]
