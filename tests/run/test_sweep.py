"""`course run --sweep`: every combination once, here in a row and on dask's workers, of which one is killed in the middle."""

import json

import psutil
import pytest

from course_tools import cluster
from course_tools.run.command import plan
from course_tools.run.parameters import combinations
from course_utils import machine
from course_utils.cli import main

from .miniatures import write


def test_combinations_are_all_of_them_in_order():
    assert combinations([]) == [{}]
    found = combinations(["seed=0,1", "rate=0.1,0.2"])
    assert [tuple(one.values()) for one in found] == [("0", "0.1"), ("0", "0.2"), ("1", "0.1"), ("1", "0.2")]


def test_a_plan_has_a_job_for_each_combination(tmp_path):
    jobs = plan([str(write("passes", tmp_path))], "smoke", ["flip=true"], ["seed=3,4", "rate=1e-3"])
    assert [job.name for job in jobs] == ["passes-seed=3-rate=1e-3", "passes-seed=4-rate=1e-3"]
    assert jobs[1].parameters == {"profile": "smoke", "flip": True, "seed": 4, "rate": 1e-3}


@pytest.mark.slow(6)
def test_one_killed_worker_loses_nothing_and_runs_nothing_twice(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINIATURES", str(tmp_path))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    out = tmp_path / "out"
    command = ["run", str(write("kills_its_worker", tmp_path)), "--sweep", "seed=0,1,2", "-o", str(out)]
    assert main([*command, "--engine", "dask", "--jobs", "2"]) == 0, capsys.readouterr().out
    names = [f"kills_its_worker-seed={seed}" for seed in range(3)]
    assert (tmp_path / "killed").exists()
    seeds, gpus = zip(*(line.split() for line in (tmp_path / "runs").read_text().splitlines()), strict=True)
    assert sorted(seeds) == ["0", "1", "2"]
    assert set(gpus) <= {"3", "5"}, "each worker sees one GPU"
    results = {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}
    assert {name: result["metrics"]["seed"]["value"] for name, result in results.items()} == dict(
        zip(names, range(3), strict=True)
    )
    table = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("kills_its_worker")]
    assert table == names
    index = (out / "index.html").read_text()
    assert [index.count(f"<h2>{name}</h2>") for name in names] == [1] * 3
    assert not [p for p in psutil.Process().children(recursive=True) if "ipykernel" in " ".join(p.cmdline())]


def test_workers_share_gpus_or_else_cores(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert [e["CUDA_VISIBLE_DEVICES"] for e in cluster.environments(3)] == ["0", "1", "0"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(cluster, "cores", lambda: 8)
    assert cluster.environments(2) == [{"OMP_NUM_THREADS": "4"}] * 2


def test_gpus_come_from_the_driver_only_if_torch_can_use_them(tmp_path, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\nprintf '0\\n1\\n'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(machine, "torch_has_cuda", lambda: False)
    assert machine.gpus() == []
    monkeypatch.setattr(machine, "torch_has_cuda", lambda: True)
    assert machine.gpus() == ["0", "1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--sweep", "seed"], "--sweep seed: write it as NAME=VALUE"),
        (["--sweep", "seed=1,1"], "two notebooks are called passes-seed=1"),
        (["--sweep", "seed=1,x"], "seed is of type int"),
        (["--engine", "cloud"], "unknown engine 'cloud'"),
        (["--engine", "dask", "--jobs", "0"], "--jobs 0: at least one worker"),
    ],
)
def test_a_wrong_sweep_starts_nothing(tmp_path, capsys, arguments, said):
    assert main(["run", str(write("passes", tmp_path)), "-o", str(tmp_path / "out"), *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
