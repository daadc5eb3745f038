"""`course doctor` finds what is broken, names the fix, and stays quick."""

import hashlib
import subprocess
import sys
from importlib import metadata

import pytest

from course_utils import doctor, tasks
from course_utils.machine import GB, Machine
from course_utils.paths import ROOT, restore
from course_utils.tasks import Task


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder with one good embedded file."""
    folder = tmp_path / "data" / "toy"
    folder.mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"abc")
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(b'abc').hexdigest()}  a.bin\n")
    monkeypatch.setattr(doctor, "DATA", tmp_path / "data")
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    monkeypatch.delenv("COURSE_DATA", raising=False)
    return folder


def broken(findings):
    return {finding.text: finding.fix for finding in findings if finding.fix}


def test_good_data_is_good_and_the_cache_is_reported(data):
    assert broken(doctor.data()) == {}
    assert "cifar10: not in the cache" in [finding.text.partition(" (")[0] for finding in doctor.data()]
    (data.parent / "cache" / "cifar-10-batches-py").mkdir(parents=True)
    assert "cifar10: in the cache" in [finding.text for finding in doctor.data()]


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"abd")])
def test_damaged_data_is_broken_and_exits_1(data, capsys, damage):
    damage(data / "a.bin")
    assert broken(doctor.data()) == {"data/toy: missing or damaged: a.bin": restore("data/toy")}
    assert doctor.doctor_command() == 1
    assert "BROKEN: restore it with `git checkout -- data/toy`, or from the course's zip" in capsys.readouterr().out


def test_missing_and_old_packages_are_named_with_the_command_that_fixes_them(monkeypatch):
    wanted = ["no-such-package>=1", "numpy>=999", 'only-elsewhere; sys_platform == "never"', "papermill>=2"]
    monkeypatch.setattr(metadata, "requires", lambda name: wanted)
    found = broken(doctor.packages())
    assert found["no-such-package missing"] == "python -m pip install 'no-such-package>=1'"
    assert [text.split()[0] for text in found] == ["no-such-package", "numpy"]


def test_little_memory_is_broken(monkeypatch):
    small = Machine("cpu-2c", "cpu", "CPU", 2, 1 * GB, 4 * GB)
    monkeypatch.setattr(doctor, "this_machine", lambda: small)
    assert "2 GB are needed: close other programs" in broken(doctor.device()).values()


def test_a_profile_without_its_device_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "this_machine", lambda: Machine("cpu-2c", "cpu", "CPU", 2, 8 * GB, 8 * GB))
    toy = Task("toy", "nothing")
    monkeypatch.setattr(doctor, "TASKS", (toy, Task("not_in_this_zip", "nothing")))
    monkeypatch.setattr(tasks, "NOTEBOOKS", tmp_path)
    toy.notebook.parent.mkdir()
    toy.notebook.touch()
    texts = [finding.text for finding in doctor.costs()]
    assert texts[2] == "toy gpu: needs a CUDA device"
    assert texts[0].startswith("toy smoke: time not measured")
    assert len(texts) == 3, "only notebooks that are here have a cost"


def test_this_checkout_is_whole_and_torch_is_not_imported():
    program = "import sys; from course_utils.doctor import doctor_command as d; d(); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert "data/images: complete, checksums agree" in done.stdout
