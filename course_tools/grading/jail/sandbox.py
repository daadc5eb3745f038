"""The sandbox that a student's process locks itself up in. Which tiers this machine offers is found by trying them.

- container: the fork server runs in the container that COURSE_GRADING_CONTAINER starts; inside, the best of the tiers below.
- namespaces: each notebook has its own processes, network (none), mounts, IPC and users, and a root folder with no more than it may read.
- landlock: the same files can be read; there are no sockets, but processes share the machine's process table.
- none: nothing. Only with --trust-submissions.
"""

import contextlib
import os
import platform
import shutil
import site
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from course_tools.grading.jail import calls, kernel
from course_utils.paths import DATA, ROOT

CONTAINER = (
    "COURSE_GRADING_CONTAINER"  # a command that runs what follows it, e.g. "podman run --rm -i --network=none ..."
)
SPACE = "size=1g,mode=1777,nr_inodes=100k"  # of a file system in memory
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
SETTINGS = (
    "alternatives",
    "fonts",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "ssl/certs",
)
# of course_tools: all that the jail itself imports
OWN = ("__init__.py", "grading/__init__.py", "grading/bridge", "grading/jail")
DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts")
FACTS = ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "sys/kernel", "sys/vm", "uptime", "version")
# hidden under a file system of its own, so neither the course nor Python may lie in it
SCRATCH = next(
    folder
    for folder in ("/tmp", "/var/tmp", "/run", "/mnt")
    if Path(folder).is_dir()
    and not any(Path(path).resolve().is_relative_to(folder) for path in (ROOT, sys.prefix, sys.base_prefix))
)


@dataclass(frozen=True)
class Tier:
    """name: as in the records; bubblewrap: whether the fork server is started in it."""

    name: str
    bubblewrap: bool = False

    def __str__(self) -> str:
        return f"{self.name}+bubblewrap" if self.bubblewrap else self.name


@cache
def available() -> tuple[Tier, ...]:
    """Tiers that work here, best first, each tried."""
    found = []
    if os.environ.get(CONTAINER):
        found.append(Tier("container"))
    if platform.system() == "Linux" and calls.known():
        bubblewrap, landlock = bubblewrap_works(), kernel.landlock_version() > 0
        if (bubblewrap or landlock) and namespaces_work():
            found.append(Tier("namespaces", bubblewrap))
        if landlock:
            found.append(Tier("landlock"))
    return tuple(found)


def namespaces_work() -> bool:
    """Whether a process can be forked into namespaces of its own, be itself there, and have a root of its own.

    Tried by a process without threads: in a bare clone of one that has some, a lock of theirs may stay closed for ever.
    """
    probe = [sys.executable, "-P", "-m", "course_tools.grading.jail.sandbox"]
    try:
        done = subprocess.run(probe, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def _forked_into_namespaces() -> bool:
    uid, gid = os.getuid(), os.getgid()
    try:
        pid = kernel.clone(kernel.NAMESPACES)
    except OSError:
        return False
    if pid == 0:
        try:
            kernel.keep_ids(uid, gid)
            own_root(readable())
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def bubblewrap_works() -> bool:
    command = shutil.which("bwrap")
    if not command:
        return False
    probe = [command, "--unshare-all", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    try:
        return subprocess.run(probe, capture_output=True, timeout=10).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def readable() -> list[str]:
    """What a student's process may read: the system's programs, this Python with its packages, the course's data and modules, but for
    the numbers that the checks expect."""
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages()}
    inside = [path for path in sys.path if path and any(Path(path).glob("*.dist-info"))]
    utils = [path for path in (ROOT / "course_utils").iterdir() if path.name != "checks"]
    utils += [path for path in (ROOT / "course_utils" / "checks").iterdir() if path.name != "fingerprints"]
    course = [*map(str, sorted(utils)), str(DATA), *(str(ROOT / "course_tools" / place) for place in OWN)]
    etc = [f"/etc/{name}" for name in SETTINGS]
    paths = [*SYSTEM, *etc, *sorted(python), *inside, *course]
    return [path for path in dict.fromkeys(paths) if Path(path).exists() and not forbidden(Path(path))]


def forbidden(path: Path) -> bool:
    """Whether reading `path` would show the answers: the checkout itself, or a folder above it."""
    return ROOT.is_relative_to(path.resolve())


def confine(tier: str, ids: tuple[int, int], scratch: str, memory: int, seconds: float) -> str:
    """Lock up the process that calls, for good. Returns the folder it may work in.

    ids: user and group. scratch: its folder where it gets no file system of its own. memory: bytes beyond what it has now.
    seconds: of CPU.
    """
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    proc = [f"/proc/{name}" for name in (str(os.getpid()), *FACTS)]
    paths = readable()
    if tier == "namespaces":
        kernel.keep_ids(*ids)
        proc = ["/proc"] if own_root(paths) else []
        scratch = SCRATCH
    home, work = f"{scratch}/home", f"{scratch}/work"
    for folder in (home, work):
        os.makedirs(folder, exist_ok=True)
    os.environ.update(HOME=home, TMPDIR=scratch, IPYTHONDIR=f"{home}/.ipython", MPLCONFIGDIR=f"{home}/.matplotlib")
    tempfile.tempdir = None
    if tier != "none":
        kernel.no_new_privileges()
        with contextlib.suppress(OSError):
            kernel.drop_capabilities()
        if kernel.landlock_version():
            shared = (
                ["/dev/shm"] if tier == "namespaces" else []
            )  # elsewhere it is everybody's: a notebook does without
            writable = [scratch, *shared, *(f"/dev/{name}" for name in DEVICES)]
            kernel.landlock([*paths, *proc], writable, listed=[str(ROOT / "course_utils")])
        calls.refuse(sockets=tier == "landlock")
    if sys.platform == "linux":
        kernel.die_with_parent()
    kernel.limit(AS=used + memory, FSIZE=2**28, NOFILE=1024, NPROC=256, CPU=int(seconds) + 60, CORE=0)
    return work


def own_root(paths: list[str]) -> bool:
    """In a mount namespace: have the files and folders `paths`, the devices, room for files in memory, and nothing else that has a path.

    Returns whether the processes of this namespace can be seen, too.
    """
    kernel.make_mounts_private()
    kernel.mount("tmpfs", SCRATCH, SPACE)
    for folder in (SCRATCH, "/proc"):
        os.makedirs(f"{SCRATCH}{folder}", exist_ok=True)
    for path in [*paths, "/dev"]:
        target = Path(f"{SCRATCH}{path}")
        if Path(path).is_symlink() and Path(path).parent == Path("/"):  # /bin -> usr/bin
            target.symlink_to(os.readlink(path))
            continue
        (target if Path(path).is_dir() else target.parent).mkdir(parents=True, exist_ok=True)
        if not target.exists():
            target.touch()
        kernel.bind(path, str(target))
    kernel.mount("tmpfs", f"{SCRATCH}/dev/shm", SPACE)
    seen = _own_proc(f"{SCRATCH}/proc")
    kernel.enter_root(SCRATCH)
    return seen


def _own_proc(folder: str) -> bool:
    """Show the processes of this namespace only; where the kernel does not allow it, none. And allow no namespaces in namespaces, and
    a bounded number of processes where the kernel counts them by namespace (6.14)."""
    try:
        kernel.mount("proc", folder)
    except OSError:
        kernel.mount("tmpfs", folder, "size=4k,mode=555")
        return False
    for name, value in (("user/max_user_namespaces", "0"), ("kernel/pid_max", "512")):
        with contextlib.suppress(OSError):
            Path(folder, "sys", name).write_text(value)
    return True


if __name__ == "__main__":
    sys.exit(not _forked_into_namespaces())
