"""The tier that submissions are locked up in: chosen, told apart by what it does not stop, and turned into the command that starts it."""

import os
import shlex
import sys
from pathlib import Path

from course_tools.grading.jail.sandbox import CONTAINER, SCRATCH, Tier, available, readable
from course_utils.errors import UsageError
from course_utils.paths import ROOT

DOES_NOT_STOP = {
    "container": "what the container's configuration allows",
    "namespaces": "a flaw of the kernel; memory used by many processes at once; where root grades on Linux before 6.14, endless processes",
    "landlock": "a look at the list of running processes; a disk filled with small files; memory used by many processes at once; where root grades, endless processes",
    "none": "anything: a submission can do whatever you can",
}


def choose(trust: bool = False, wanted: str = "") -> Tier:
    """The best tier of this machine, or the `wanted` one. Raises UsageError if there is none and the submissions are not trusted."""
    offered = available()
    tier = next((tier for tier in offered if wanted in ("", tier.name)), None)
    if tier:
        return tier
    if wanted and wanted != "none":
        raise UsageError(
            f"isolation {wanted!r} is not available here; there is: {', '.join(map(str, offered)) or 'none'}"
        )
    if trust:
        return Tier("none")
    raise UsageError(
        "this machine offers no isolation, so submissions could do whatever you can: grade on Linux, or add --trust-submissions if you trust every author"
    )


def environment() -> dict[str, str]:
    """All the environment a submission sees."""
    home = f"{SCRATCH}/home"
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "HOME": home,
        "TMPDIR": SCRATCH,
        "IPYTHONDIR": f"{home}/.ipython",
        "MPLCONFIGDIR": f"{home}/.matplotlib",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "NBGRADER_EXECUTION": "autograde",
        "CUDA_VISIBLE_DEVICES": "",
    }


def command(tier: Tier, socket: int) -> list[str]:
    """What starts the fork server in its tier. socket: the number of an inherited descriptor."""
    python = [sys.executable, "-P", "-m", "course_tools.grading.jail.forkserver", str(socket), tier.name]
    if tier.name == "container":
        return [*shlex.split(os.environ[CONTAINER]), *python]
    return [*_bubblewrap(), *python] if tier.bubblewrap else python


def _bubblewrap() -> list[str]:
    arguments = [
        "bwrap",
        "--unshare-all",
        "--new-session",
        "--bind",
        "/proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    arguments += ["--tmpfs", SCRATCH, "--chdir", SCRATCH]
    for path in readable():
        if Path(path).is_symlink() and Path(path).parent == Path("/"):  # /bin -> usr/bin
            arguments += ["--symlink", os.readlink(path), path]
        else:
            arguments += ["--ro-bind", path, path]
    return arguments
