"""Commands for people who may not enter the folder that this Python or this checkout lies in, such as root's home.

They run in a mount namespace in which that folder holds what is needed and nothing else; the machine itself is left as it is.
"""

import subprocess
import sys
from functools import cache
from pathlib import Path

from course_utils.paths import ROOT

NEEDED = (Path(sys.base_prefix), Path(sys.prefix), ROOT)


def _closed(path: Path) -> Path | None:
    """The topmost folder on the way to `path` that others may not enter."""
    return next((at for at in (*reversed(path.resolve().parents), path) if not at.stat().st_mode & 0o001), None)


@cache
def prefix() -> tuple[str, ...]:
    """What a command begins with."""
    hidden = {path: at for path in NEEDED if (at := _closed(path))}
    if not hidden:
        return ()
    steps = ["mount -t tmpfs -o mode=755 tmpfs /mnt"]
    for number, path in enumerate(hidden):
        steps.append(f"mkdir /mnt/{number} && mount --bind '{path}' /mnt/{number}")
    steps += [f"mount -t tmpfs -o mode=755 tmpfs '{at}'" for at in sorted(set(hidden.values()))]
    for number, path in enumerate(hidden):
        steps.append(f"mkdir -p '{path}' && mount --bind /mnt/{number} '{path}'")
    return ("unshare", "--mount", "sh", "-c", f'{" && ".join(steps)} && umount -l /mnt && exec "$@"', "sh")


@cache
def reachable() -> bool:
    """Whether somebody without rights can start this Python there."""
    command = [
        *prefix(),
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        sys.executable,
        "-c",
        "import course_utils",
    ]
    return subprocess.run(command, capture_output=True).returncode == 0
