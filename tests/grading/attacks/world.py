"""The machine that is attacked: a course with a secret wherever a notebook may look, graded with hostile and honest neighbours in turn."""

import json
import os
import socket
import threading
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import psutil

from course_tools.grading.engines.dispatch import grade_all
from course_tools.grading.jail import kernel, sandbox
from course_tools.grading.model.records import Job, Record, dumps
from course_tools.grading.model.settings import Limits
from tests.grading.attacks import SECRET, Submission, write_course
from tests.grading.attacks.honest import HONEST
from tests.grading.attacks.hostile import HOSTILE
from tests.grading.conftest import TOKEN

LIMITS = Limits(cell=2.0, test=4.0, notebook=20.0, message=2**24, memory=2**30)
SECRETS = {
    "home": "HOME-SECRET-4c1d",
    "other": "OTHER-SECRET-91bc",
    "env": TOKEN,
    "net": "NET-SECRET-0e0e",
    "journal": "JOURNAL-SECRET-5f5f",
}
MARK = "pwned-by-a-notebook"
SECONDS = "86437"  # of a sleep that nobody else sleeps
SEGMENT = "1886875236"  # its key: "pwnd"
TIERS = ("namespaces", "landlock")


@dataclass
class World:
    """The machine that is attacked, and what was seen of it after all notebooks were graded."""

    root: Path
    tier: str
    places: dict[str, str] = field(default_factory=dict)
    folders: set[Path] = field(default_factory=lambda: set(Path("/tmp").glob("notebook-*")))
    records: dict[str, Record] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    heard: list[bytes] = field(default_factory=list)


def seen_by_student(record: Record) -> str:
    """All that the student may get to see."""
    return dumps(record) + (Path(record.executed).read_text() if record.executed else "")


def listen(world: World) -> int:
    """TCP and UDP on one port, an abstract socket, and one in the file system; whoever connects is told a secret and remembered."""
    tcp, udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    unix, bus = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    bus.bind(world.places["bus"])
    bus.listen()
    tcp.bind(("127.0.0.1", 0))
    udp.bind(tcp.getsockname())
    unix.bind(f"\0{world.places['socket']}")
    tcp.listen()
    unix.listen()

    def serve(server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            world.heard.append(b"connection")
            connection.sendall(SECRETS["net"].encode())
            connection.close()

    for target in (
        lambda: serve(tcp),
        lambda: serve(unix),
        lambda: serve(bus),
        lambda: world.heard.append(udp.recv(100)),
    ):
        threading.Thread(target=target, daemon=True).start()
    return tcp.getsockname()[1]


def job(world: World, source: Path, name: str, submission: Submission) -> Job:
    folder = world.root / "submitted" / name.replace("/", "_") / "ps1"
    folder.mkdir(parents=True)
    (folder / "one.ipynb").write_text(json.dumps(submission.notebook(world.places)))
    for file, text in submission.files.items():
        (folder / file).write_text(text)
    executed = world.root / "autograded" / name.replace("/", "_") / "one.ipynb"
    files = tuple(str(folder / file) for file in submission.files)
    return Job(name, "ps1", "one", str(folder / "one.ipynb"), str(source), "key", str(executed), files=files)


def tried(name: str, tier: str) -> bool:
    """Scores do not depend on the tier, so the second one is spared the notebooks that are about them; and Landlock shields the
    processes of this machine from signals from version 6 on."""
    if tier == "landlock" and name == "kills everything":
        return kernel.landlock_version() >= 6
    return (
        tier == "namespaces"
        or (HOSTILE | HONEST)[name].kind not in ("raises its score", "honest")
        or name == "as it should be"
    )


def attacked(root: Path, tier: str) -> World:
    """Grade everything once, with a secret wherever a notebook may look; hostile and honest neighbours take turns."""
    world = World(root, tier)
    source = write_course(root)
    files = {"home": root / "home" / "token", "journal": root / "journal.jsonl", "gradebook": root / "gradebook.db"}
    files["other"] = root / "submitted" / "victim" / "ps1" / "one.ipynb"
    victim = json.dumps(HONEST["as it should be"].notebook({})).replace("import math", f"# {SECRETS['other']}")
    for name, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(victim if name == "other" else SECRETS.get(name, "grades"))
    places = files | {"source": source, "course": root, "home": root / "home"}
    world.places = {name: str(place) for name, place in places.items()}
    world.places |= {"mark": MARK, "segment": SEGMENT, "seconds": SECONDS, "socket": f"{MARK}-{tier}-{os.getpid()}"}
    world.places["bus"] = (
        f"/var/tmp/bus-{tier}-{os.getpid()}"  # as a session bus has it: in no folder that is hidden anyway
    )
    world.places["port"] = str(listen(world))
    names = [name for pair in zip_longest(HOSTILE, HONEST) for name in pair if name and tried(name, tier)]
    jobs = [job(world, source, name, (HOSTILE | HONEST)[name]) for name in names]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for record in grade_all(jobs, workers=2, isolation=tier, limits=LIMITS):
        assert record.student not in world.records
        world.records[record.student] = record
    Path(world.places["bus"]).unlink()
    world.changed = [str(path) for path in before if not path.is_file() or path.read_bytes() != before[path]]
    return world


def raised(world: World, name: str) -> bool:
    """Whether a hostile notebook earned anything that it should not."""
    return {cell.grade_id: cell.points for cell in world.records[name].cells} != HOSTILE[name].earns


def secrets_read(world: World, name: str) -> list[str]:
    """Secrets, expected values and hidden tests in what the student may get to see."""
    shown = seen_by_student(world.records[name]).replace("BEGIN HIDDEN'", "")
    return [secret for secret in (*SECRETS.values(), SECRET, "271828", "HIDDEN TESTS") if secret in shown]


def left_behind(world: World) -> list[str]:
    """Processes and files of the notebooks that are still there, and what they left in the kernel."""
    running = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    home = Path.home() / ".ipython"
    places = [Path("/var/tmp"), Path("/dev/shm"), home, world.root / "home", Path(sandbox.__file__).parent.parent]
    files = [path for place in places if place.is_dir() for path in place.glob("**/*")] + list(Path("/tmp").glob("*"))
    found = [str(path) for path in files if MARK in path.name or path.name == "pwned"]
    found += [str(path) for path in scratch_left(world.folders)]
    kept = {name: Path("/proc", name) for name in ("keys", "sysvipc/shm")}
    lines = [line for path in kept.values() if path.is_file() for line in path.read_text().splitlines()]
    return found + [line for line in running + lines if MARK in line or SECONDS in line or SEGMENT in line]


def scratch_left(before: set[Path]) -> set[Path]:
    """New scratch folders, but for those of fork servers that run for another worker of the tests: their names begin with its pid."""
    elsewhere = set(psutil.pids()) - {process.pid for process in psutil.Process().children(recursive=True)}
    return {
        path for path in set(Path("/tmp").glob("notebook-*")) - before if int(path.name.split("-")[1]) not in elsewhere
    }


def calls(world: World) -> list[bytes]:
    """Who reached this machine's sockets."""
    return world.heard
