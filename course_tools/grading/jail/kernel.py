"""The Linux kernel's ways to take rights away from a process that is forked, not started: namespaces, Landlock, capabilities, limits.

Every function raises OSError where the kernel refuses.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
from collections.abc import Iterable
from pathlib import Path

NEW_MOUNTS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
NAMESPACES = NEW_MOUNTS | NEW_UTS | NEW_IPC | NEW_USER | NEW_PIDS | NEW_NET
CLONE = {"x86_64": 56, "aarch64": 220}
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
NO_NEW_PRIVILEGES, DROP_FROM_BOUNDING_SET, AMBIENT, CLEAR_AMBIENT, SUBREAPER, PARENT_DEATH = 38, 24, 47, 4, 36, 1
COLLAPSE, HUGE_PAGE = 25, 2**21
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 0x1000, 0x4000, 0x40000
MNT_DETACH = 2

# Landlock: the rights it knows, by the version that brought them
READ = 1 << 0 | 1 << 2 | 1 << 3  # execute, read a file, list a folder
LIST = 1 << 3
OF_FILES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
RIGHTS = {1: 2**13 - 1, 2: 2**14 - 1, 3: 2**15 - 1, 5: 2**16 - 1}


def _libc() -> ctypes.PyDLL:
    return ctypes.PyDLL(None, use_errno=True)  # PyDLL: the interpreter's lock is held, as for fork


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _syscall(number: int, *arguments: object) -> int:
    return _checked(_libc().syscall(ctypes.c_long(number), *arguments))


def _prctl(option: int, *arguments: int) -> None:
    _checked(_libc().prctl(option, *(ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4])))


def clone(namespaces: int) -> int:
    """fork() into new namespaces, all in one step; with NEW_PIDS the child is the first process of its own, which end with it."""
    number = CLONE.get(platform.machine())
    if number is None:
        raise OSError(f"no clone() known on {platform.machine()}")
    ctypes.pythonapi.PyOS_BeforeFork()
    try:
        pid = _libc().syscall(ctypes.c_long(number), ctypes.c_ulong(namespaces | signal.SIGCHLD), 0, 0, 0, 0)
        code = ctypes.get_errno()
    finally:
        if "pid" in locals() and pid == 0:
            ctypes.pythonapi.PyOS_AfterFork_Child()
        else:
            ctypes.pythonapi.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, os.strerror(code))
    return pid


def keep_ids(uid: int, gid: int) -> None:
    """In a new user namespace: be who one was."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def mount(kind: str, target: str, options: str = "", flags: int = MS_NOSUID | MS_NODEV) -> None:
    _checked(
        _libc().mount(kind.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode() or None)
    )


def make_mounts_private() -> None:
    _checked(_libc().mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))


def bind(path: str, target: str) -> None:
    """The file or folder `path`, with what is mounted in it, also at `target`, which is there."""
    _checked(_libc().mount(path.encode(), target.encode(), None, ctypes.c_ulong(MS_BIND | MS_REC), None))


def enter_root(folder: str) -> None:
    """`folder`, where something is mounted, becomes the root of all paths; nothing else can be reached any more."""
    os.chdir(folder)
    _syscall(PIVOT_ROOT[platform.machine()], b".", b".")
    _checked(_libc().umount2(b".", ctypes.c_int(MNT_DETACH)))
    os.chdir("/")


def landlock_version() -> int:
    """0 where there is none."""
    try:
        return _syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def landlock(readable: Iterable[str], writable: Iterable[str], listed: Iterable[str] = ()) -> None:
    """From here on this process and its children read, write and list only these paths, open no TCP connection, and signal nobody else.

    listed: folders whose names, and those of all folders in them, may be seen (Python looks for modules that way).

    Needs no_new_privileges. Paths that do not exist are skipped.
    """
    version = landlock_version()
    rights = RIGHTS[max(v for v in RIGHTS if v <= version)]
    attributes = struct.pack("<QQQ", rights, 0b11, 0b11)[: 8 if version < 4 else 16 if version < 6 else 24]
    rules = _syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for paths, allowed in ((readable, READ), (writable, rights), (listed, LIST)):
            for path in paths:
                _allow(rules, path, allowed & rights)
        _syscall(LANDLOCK_RESTRICT, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        where = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = rights if os.path.isdir(path) else rights & OF_FILES
        _syscall(
            LANDLOCK_ADD, ctypes.c_int(rules), ctypes.c_int(1), struct.pack("<Qi", rights, where), ctypes.c_uint32(0)
        )
    finally:
        os.close(where)


def drop_capabilities() -> None:
    """All of them, for good."""
    for capability in range(64):
        try:
            _prctl(DROP_FROM_BOUNDING_SET, capability)
        except OSError:
            break
    _prctl(AMBIENT, CLEAR_AMBIENT)
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    _checked(_libc().capset(header, nothing))


def no_new_privileges() -> None:
    _prctl(NO_NEW_PRIVILEGES, 1)


def adopt_orphans() -> None:
    """Processes whose parent ends become children of this one."""
    _prctl(SUBREAPER, 1)


def die_with_parent() -> None:
    _prctl(PARENT_DEATH, signal.SIGKILL)


def limit(**limits: int) -> None:
    """Resource limits by name, lowered for good: `limit(AS=2**32)`."""
    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def collapse_memory() -> None:
    """Ask for huge pages under what is already in memory, so that a fork copies a five-hundredth of the page table entries."""
    libc = _libc()
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for line in Path("/proc/self/maps").read_text().splitlines():
        borders, mode, _, _, _, *name = line.split()
        if mode == "rw-p" and name in ([], ["[heap]"]):
            first, last = (int(border, 16) for border in borders.split("-"))
            first, last = -(-first // HUGE_PAGE) * HUGE_PAGE, last // HUGE_PAGE * HUGE_PAGE
            if last > first:
                libc.madvise(first, last - first, COLLAPSE)  # a wish: what cannot be granted stays as it is
