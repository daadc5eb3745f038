"""`course doctor`: is this machine ready, and what will each profile cost here? It answers at once, without torch."""

import hashlib
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path

from packaging.requirements import Requirement

from course_utils import instructor
from course_utils.machine import GB, this_machine, torch_has_cuda, versions
from course_utils.measured import expected_cost
from course_utils.paths import DATA, ROOT, restore
from course_utils.profiles import PROFILES
from course_utils.tables import text_table
from course_utils.tasks import TASKS

DISTRIBUTION = "learning-at-scale"
CORE = ("torch", "torchvision", "transformers", "numpy", "matplotlib", "ipykernel")
LOW_MEMORY, LOW_DISK = 2 * GB, 1 * GB


@dataclass(frozen=True)
class Finding:
    """One line of the report; `fix` is empty unless something is broken."""

    topic: str
    text: str
    fix: str = ""


def doctor_command() -> int:
    """Print what was found; 0 when nothing is broken, else 1."""
    half = instructor.half()
    findings = [*packages(), *device(), *data(), *(half.findings() if half else ()), *costs()]
    topics = [finding.topic for finding in findings]
    labels = [topic if topic != before else "" for before, topic in pairwise(["", *topics])]
    texts = [finding.text + (f"  <- BROKEN: {finding.fix}" if finding.fix else "") for finding in findings]
    print(text_table((), list(zip(labels, texts, strict=True))))
    broken = sum(bool(finding.fix) for finding in findings)
    print(f"\n{broken} broken" if broken else "\nnothing is broken")
    return int(bool(broken))


def packages() -> Iterator[Finding]:
    """Installed versions against what the course asks for."""
    yield Finding("versions", f"python {platform.python_version()}")
    try:
        required = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or []]
    except metadata.PackageNotFoundError:  # an unpacked student folder
        required = [Requirement(name) for name in CORE]
    for need in required:
        if need.marker and not need.marker.evaluate({"extra": ""}):
            continue
        version = versions((need.name,))[need.name]
        if version == "missing":
            yield Finding("versions", f"{need.name} missing", f"python -m pip install '{need}'")
        elif not need.specifier.contains(version, prereleases=True):
            fix = f"needs {need.specifier}: python -m pip install '{need}'"
            yield Finding("versions", f"{need.name} {version}", fix)
        elif need.name in CORE:
            yield Finding("versions", f"{need.name} {version}")


def device() -> Iterator[Finding]:
    machine = this_machine()
    low = "2 GB are needed: close other programs" if machine.memory_free < LOW_MEMORY else ""
    yield Finding("device", str(machine), low)
    if machine.device_class == "cpu" and shutil.which("nvidia-smi"):
        why = "the driver lists none" if torch_has_cuda() else "the installed torch is built without CUDA"
        yield Finding("device", f"no GPU can be used: {why}")
    free = shutil.disk_usage(ROOT).free
    low = "1 GB is needed: free some space" if free < LOW_DISK else ""
    yield Finding("device", f"{free / GB:.1f} GB of disk free", low)


def data() -> Iterator[Finding]:
    """The embedded files against their checksums, and which of the large data sets are at hand."""
    lists = sorted(DATA.glob("*/SHA256SUMS"))
    if not lists:
        yield Finding("data", "no embedded data", restore("data"))
    for sums in lists:
        wrong = [name for line in sums.read_text().splitlines() if (name := damaged(sums.parent, line))]
        name = sums.parent.relative_to(ROOT).as_posix()
        if wrong:
            yield Finding("data", f"{name}: missing or damaged: {', '.join(wrong)}", restore(name))
        else:
            yield Finding("data", f"{name}: complete, checksums agree")
    cache = Path(os.environ.get("COURSE_DATA") or DATA / "cache")
    for name, folder in (("cifar10", "cifar-10-batches-py"), ("stl10", "stl10_binary")):
        found = "in the cache" if (cache / folder).is_dir() else "not in the cache (needed only with dataset=...)"
        yield Finding("data", f"{name}: {found}")


def damaged(folder: Path, line: str) -> str:
    """The file a checksum line names, if it is not what the line says; else ""."""
    expected, name = re.split(r"[ *]+", line.strip(), maxsplit=1)
    path = folder / name
    same = path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == expected
    return "" if same else name


def costs() -> Iterator[Finding]:
    """What each task takes here, profile by profile."""
    machine = this_machine()
    for task in (task.name for task in TASKS if task.notebook.exists()):
        for profile in PROFILES:
            if profile == "gpu" and machine.device_class == "cpu":
                yield Finding("cost", f"{task} gpu: needs a CUDA device")
            else:
                cost = expected_cost(task, profile, machine.kind, machine.device_class)
                yield Finding("cost", f"{task} {profile}: {cost}")
