"""Profiles, recordings and pictures."""

import hashlib

import matplotlib.pyplot as plt
import pytest
import torch

from course_utils.errors import CourseError
from course_utils.profiles import PROFILES as NAMES
from course_utils.scaling_limits import PROFILES, plots, recorded, tilted
from course_utils.scaling_limits.plots.training import fitted_batches
from course_utils.scaling_limits.preference import divergence


@pytest.fixture(autouse=True)
def leaves_no_figure_open():
    yield
    assert plt.get_fignums() == []


def test_every_profile_has_its_sizes():
    assert tuple(PROFILES) == NAMES
    assert all(30 in sizes.confusion for sizes in PROFILES.values())


def test_the_recorded_runs_are_whole():
    shapes = recorded("shapes")
    aspects = [row["width"] / row["layers"] for row in shapes]
    assert len(shapes) == 6 and max(aspects) / min(aspects) > 40
    repeated = recorded("repeated")
    assert {row["unique"] for row in repeated} >= {25_000, 100_000}
    widths = recorded("widths")
    assert len(widths) == 2 * 5 * 8 and {row["rule"] for row in widths} == {"standard", "muP"}
    assert [row["batch"] for row in recorded("batches")] == [8, 32, 128, 512, 2048]


def test_the_recorded_sweep_says_what_the_notebook_says():
    loss = {(row["rule"], row["width"], row["log2_rate"]): row["loss"] for row in recorded("widths")}
    rates = range(-10, -2)
    for rate in rates:
        losses = [loss["muP", width, rate] for width in (64, 128, 256, 512, 1024)]
        assert losses == sorted(losses, reverse=True)
    price = {rule: loss[rule, 1024, -6] - min(loss[rule, 1024, rate] for rate in rates) for rule in ("standard", "muP")}
    assert min(rates, key=lambda rate: loss["muP", 64, rate]) == -6
    assert price["standard"] == pytest.approx(0.22, abs=0.005) and price["muP"] == pytest.approx(0.06, abs=0.005)


@pytest.mark.parametrize(("damage", "message"), [("absent", "missing"), ("changed", "corrupt")])
def test_a_damaged_recording_is_refused(tmp_path, monkeypatch, damage, message):
    (tmp_path / "shapes.csv").write_text("layers,name\n3,a\n")
    checksum = hashlib.sha256((tmp_path / "shapes.csv").read_bytes()).hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{checksum}  shapes.csv\n")
    monkeypatch.setattr("course_utils.scaling_limits.recordings.FOLDER", tmp_path)
    assert recorded("shapes") == [{"layers": 3.0, "name": "a"}]
    if damage == "absent":
        (tmp_path / "shapes.csv").unlink()
    else:
        (tmp_path / "shapes.csv").write_text("layers,name\n4,a\n")
    with pytest.raises(CourseError, match=message):
        recorded("shapes")


def test_a_batch_law_is_found_again():
    size = torch.tensor([8.0, 64.0, 512.0, 4096.0]).double()
    scale, fewest = fitted_batches(size, 30 * (1 + 200 / size))
    assert scale == pytest.approx(200, rel=0.02) and fewest == pytest.approx(30, rel=0.02)


def test_pictures_of_learning_show_their_numbers():
    (ax,) = plots.plot_rademacher([10, 100], [0.3, 0.1], [0.33, 0.11]).axes
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.33, 0.11], [0.3, 0.1]]
    (ax,) = plots.plot_shares({2: [1.0, 1.0, 1.0, 0.875]}).axes
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3, 4] and ax.lines[1].get_xydata().tolist() == [[6, 0.5]]
    error = torch.tensor([0.5, 0.1])
    left, right = plots.plot_silence([0.1, 1.0], [0.1, 0.9], 0.3, 0.1, [10, 100], error, error, 50).axes
    assert left.lines[2].get_ydata().tolist() == [10, 90]
    assert right.lines[1].get_ydata().tolist() == pytest.approx([50, 10])
    pair = (torch.tensor([0.4, 0.5]), torch.tensor([0.8, 0.7]))
    (ax,) = plots.plot_pairs([10, 100], {5: pair}, {5: [0.6, 1.0, 0.61]}, 10).axes
    assert ax.lines[0].get_ydata()[-1] == pytest.approx(0.61) and ax.lines[1].get_ydata().tolist() == pytest.approx(
        [0.8, 0.7]
    )
    errors = {"winnow": torch.tensor([0.2, torch.nan]), "guess": torch.tensor([0.3, 0.3])}
    left, _ = plots.plot_banko((10, 100), errors, errors).axes
    assert left.lines[0].get_xydata().tolist() == [[10, pytest.approx(20)]]


def test_pictures_of_training_show_their_numbers(answer):
    rows = recorded("shapes")
    left, right = plots.plot_shapes(rows, {(3, 52): 2.0}).axes
    assert (
        left.lines[1].get_xydata().tolist() == [[pytest.approx(52 / 3), 2.0]] and len(right.lines[0].get_xdata()) == 6
    )
    again = [(25_000.0, 2.0, 2.3), (25_000.0, 32.0, 2.4)]
    axes = plots.plot_repeated(
        [(25_000, 2.5), (100_000, 2.1)], again, torch.tensor([49_000.0, 30_000.0]), answer("effective_tokens"), 8.0,
        recorded("repeated"),
    ).axes  # fmt: skip
    assert axes[1].lines[1].get_ydata().tolist() == pytest.approx([1.96, 1.2])
    values = {0: torch.tensor(0.5), 100: torch.tensor(20.0)}
    left, right = plots.plot_noise(values, values, 32, recorded("batches"), answer("steps_and_examples")).axes
    assert left.lines[0].get_xydata().tolist() == [[0.5, 0.5], [100, 20]] and len(right.texts) == 5
    changes = {"standard": ((0.1, 0.2, 0.5), [[1, 2], [1, 2], [1, 3]])}
    (ax,) = plots.plot_coordinates([64, 128], changes).axes
    assert [text.get_text() for text in ax.get_legend().get_texts()][2] == "output, exponent 0.50"
    live = {"standard": {64: [2.5, 2.4]}, "muP": {64: [2.5, 2.4]}}
    assert len(plots.plot_sweep(recorded("widths"), live, (-6, -5)).axes) == 2


def test_pictures_of_what_comes_after_show_their_numbers():
    values = {1: 0.2, 10: 0.5}
    (ax,) = plots.plot_coverage(values, values, values, {1: 0.2}).axes
    assert ax.lines[1].get_ydata().tolist() == [20, 50]
    p, reward = torch.tensor([0.5, 0.5]).double(), torch.tensor([-1.0, 1.0]).double()
    left, right = plots.plot_frontier(
        p, reward, {1: p, 2: torch.tensor([0.25, 0.75]).double()}, {1.0: p}, tilted, divergence
    ).axes
    assert left.lines[1].get_ydata().tolist() == pytest.approx([0, 0.5]) and right.lines[1].get_xdata().tolist() == [
        1,
        2,
    ]
