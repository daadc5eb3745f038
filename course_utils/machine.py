"""What kind of machine is this? Answered without importing torch, so that `course doctor` answers at once."""

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path

import psutil

PACKAGES = ("torch", "torchvision", "transformers")
GB = 1e9


@dataclass(frozen=True)
class Machine:
    """`kind` ("cpu-2c", or the GPU's name) keys recorded seconds, `device_class` ("cpu", "cuda" or "mps") recorded metrics.

    Memory is in bytes.
    """

    kind: str
    device_class: str
    name: str
    cores: int
    memory_free: float
    memory_total: float

    def __str__(self) -> str:
        device = {"cuda": self.name, "mps": f"GPU of {self.name}"}.get(self.device_class, f"CPU ({self.name})")
        memory = f"{self.memory_free / GB:.1f} of {self.memory_total / GB:.1f} GB memory free"
        return f"{device}, {self.cores} cores, {memory}"


def this_machine(device: str | None = None) -> Machine:
    """The machine as seen from `device` ("cpu", "cuda", "mps"); None means the GPU where torch can use one through CUDA."""
    free, total = memory()
    if device == "mps":
        return Machine(f"mps-{cpu_name()}", "mps", cpu_name(), cores(), free, total)
    gpu = gpu_name() if device is None or device.startswith("cuda") else None
    if gpu:
        return Machine(gpu, "cuda", gpu, cores(), free, total)
    return Machine(f"cpu-{cores()}c", "cpu", cpu_name(), cores(), free, total)


def versions(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Installed versions by package, python first; "missing" where there is none."""
    found = {"python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "missing"
    return found


def cores() -> int:
    """Cores this process may use (not those of the whole machine)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> tuple[float, float]:
    """Free and total main memory in bytes, within the container's limit where there is one."""
    system = psutil.virtual_memory()
    free, total = float(system.available), float(system.total)
    try:
        limit = float(Path("/sys/fs/cgroup/memory.max").read_text())
        used = float(Path("/sys/fs/cgroup/memory.current").read_text())
    except (OSError, ValueError):  # no container, or no limit ("max")
        return free, total
    return min(free, max(limit - used, 0.0)), min(total, limit)


@cache
def cpu_name() -> str:
    """As the system names it: /proc/cpuinfo on Linux, sysctl on macOS; elsewhere what Python knows."""
    try:
        if sys.platform == "darwin":
            command = ["sysctl", "-n", "machdep.cpu.brand_string"]
            named = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()]
        else:
            lines = Path("/proc/cpuinfo").read_text().splitlines()
            named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    except (OSError, subprocess.SubprocessError):
        named = []
    return next(filter(None, named), platform.processor() or platform.machine())


def gpu_name() -> str | None:
    """The first GPU's name, from torch where it is loaded, else from the driver if the installed torch was built for CUDA."""
    torch = sys.modules.get("torch")
    if torch is not None:
        return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None
    return next(iter(_from_driver("name")), None)


def gpus() -> list[str]:
    """The GPUs this process may use, as CUDA_VISIBLE_DEVICES names them; none on a CPU."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return _from_driver("index") if visible is None else [name for name in visible.split(",") if name]


def _from_driver(what: str) -> list[str]:
    """A property of each GPU, where there is a driver and a torch that can use it."""
    if not shutil.which("nvidia-smi") or not torch_has_cuda():
        return []
    command = ["nvidia-smi", f"--query-gpu={what}", "--format=csv,noheader"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listed.splitlines() if line.strip()]


def torch_has_cuda() -> bool:
    """Whether the installed torch can drive a CUDA device, read from its version file."""
    spec = util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    version = Path(spec.origin).with_name("version.py")
    lines = version.read_text().splitlines() if version.exists() else []
    return any(line.startswith("cuda") and "None" not in line for line in lines)


def bf16_helps(device: str) -> bool:
    """Whether bfloat16 is faster than float32 on `device`. A CPU without AMX or AVX512-BF16 emulates it, many times slower."""
    import torch

    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported(including_emulation=False)
    tests = (getattr(torch.cpu, name, None) for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"))
    return any(test() for test in tests if test is not None)
