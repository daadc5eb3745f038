"""Calls to the kernel that no notebook needs and that neither namespaces nor Landlock bound: refused by a filter (seccomp), for good.

They keep memory that no limit counts (anonymous files, System V's and POSIX' queues and segments, which moreover outlive a process), reach keys
of the account, or do any other call unseen (io_uring). `socket` reaches whoever listens in the file system (a session bus, Docker): it is
refused where that is the machine's own.
"""

import ctypes
import errno
import platform
import struct

# by machine: how the kernel calls it, and the numbers of the calls
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {
    "x86_64": {
        "shmget": 29, "semget": 64, "msgget": 68, "mq_open": 240, "add_key": 248, "request_key": 249, "keyctl": 250, "perf_event_open": 298,
        "memfd_create": 319, "bpf": 321, "userfaultfd": 323, "io_uring_setup": 425, "memfd_secret": 447, "socket": 41,
    },
    "aarch64": {
        "mq_open": 180, "msgget": 186, "semget": 190, "shmget": 194, "add_key": 217, "request_key": 218, "keyctl": 219, "perf_event_open": 241,
        "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "io_uring_setup": 425, "memfd_secret": 447, "socket": 198,
    },
}  # fmt: skip
SET_FILTER, FILTER, ARCHITECTURE, NUMBER = 22, 2, 4, 0
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
OTHER_INTERFACE = 0x40000000  # x32: the same calls under other numbers


def known() -> bool:
    """Whether the calls of this machine have numbers here."""
    return platform.machine() in ARCHITECTURES


def refuse(sockets: bool) -> None:
    """Refuse the calls to this process and its children; `socket` too if `sockets`. Needs no_new_privileges. Raises OSError."""
    numbers = [number for name, number in NUMBERS[platform.machine()].items() if name != "socket" or sockets]
    count = len(numbers)
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[platform.machine()]),
        (RETURN, 0, 0, REFUSE),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, count + 1, 0, OTHER_INTERFACE),
        *((EQUAL, count - i, 0, number) for i, number in enumerate(numbers)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *line) for line in program))
    head = struct.pack("<H6xQ", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_FILTER, ctypes.c_ulong(FILTER), ctypes.c_char_p(head), ctypes.c_ulong(0), ctypes.c_ulong(0)) < 0:
        raise OSError(ctypes.get_errno(), "no filter of calls")
