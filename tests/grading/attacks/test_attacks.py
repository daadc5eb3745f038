"""Every attack at every tier: no score raised, no secret read, no other record touched, nothing left behind. And no honest point lost."""

import json
import os
import socket
import threading
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import psutil
import pytest

from course_utils.grading import kernel, sandbox
from course_utils.grading.engines import grade_all
from course_utils.grading.records import Job, Record, dumps
from course_utils.grading.settings import Limits
from tests.grading.attacks import FULL, SECRET, Submission, write_course
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
# what a tier is known not to stop, as `course doctor` says
KNOWN = {"landlock": {"UDP"}}
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
    """TCP and UDP on one port, and an abstract socket; whoever connects is told a secret and remembered."""
    tcp, udp, unix = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)
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

    for target in (lambda: serve(tcp), lambda: serve(unix), lambda: world.heard.append(udp.recv(100))):
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
    world.places |= {"mark": MARK, "seconds": SECONDS, "socket": f"{MARK}-{tier}-{os.getpid()}"}
    world.places["port"] = str(listen(world))
    names = [name for pair in zip_longest(HOSTILE, HONEST) for name in pair if name and tried(name, tier)]
    jobs = [job(world, source, name, (HOSTILE | HONEST)[name]) for name in names]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    for record in grade_all(jobs, workers=2, isolation=tier, limits=LIMITS):
        assert record.student not in world.records
        world.records[record.student] = record
    world.changed = [str(path) for path in before if not path.is_file() or path.read_bytes() != before[path]]
    return world


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    return {}


@pytest.fixture
def world(request, tmp_path_factory, zygote, worlds) -> World:
    tier = request.param
    if tier not in {offered.name for offered in sandbox.available()}:
        pytest.skip(f"this machine's kernel does not offer the tier {tier}")
    if tier not in worlds:
        worlds[tier] = attacked(tmp_path_factory.mktemp(tier), tier)
    return worlds[tier]


each_tier = pytest.mark.parametrize("world", TIERS, indirect=True)


def at_each_tier(table: dict[str, Submission]) -> pytest.MarkDecorator:
    cases = [(tier, name) for tier in TIERS for name in table if tried(name, tier)]
    return pytest.mark.parametrize(("world", "name"), cases, indirect=["world"])


@each_tier
def test_every_notebook_has_a_record(world):
    assert len(HOSTILE) >= 60
    assert world.records.keys() == {name for name in HOSTILE | HONEST if tried(name, world.tier)}


@at_each_tier(HOSTILE)
def test_no_score_is_raised(world, name):
    record = world.records[name]
    assert record.outcome == "graded", record.reason
    assert {cell.grade_id: cell.points for cell in record.cells} == HOSTILE[name].earns, [
        (c.reason, c.message) for c in record.cells
    ]
    assert {cell.grade_id: cell.max_points for cell in record.cells} == FULL


@at_each_tier(HOSTILE)
def test_no_secret_is_read(world, name):
    record = world.records[name]
    shown = seen_by_student(record)
    assert not [secret for secret in SECRETS.values() if secret in shown]
    assert SECRET not in shown
    assert "271828" not in shown
    assert "HIDDEN TESTS" not in shown.replace("BEGIN HIDDEN'", "")


@at_each_tier(HONEST)
def test_no_honest_point_is_lost(world, name):
    record = world.records[name]
    assert {cell.grade_id: cell.points for cell in record.cells} == FULL, [
        (c.grade_id, c.reason, c.message) for c in record.cells
    ]


@each_tier
def test_nothing_is_left_behind(world):
    running = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"]]
    assert not [line for line in running if MARK in " ".join(line) or SECONDS in line]
    places = [
        Path("/tmp"),
        Path("/var/tmp"),
        Path("/dev/shm"),
        Path.home() / ".ipython",
        world.root / "home",
        Path(sandbox.__file__).parent.parent,
    ]
    found = [
        path
        for place in places
        if place.is_dir()
        for path in place.glob("**/*" if place != Path("/tmp") else "*")
        if MARK in path.name or path.name == "pwned"
    ]
    assert not found
    assert set(Path("/tmp").glob("notebook-*")) <= world.folders


@each_tier
def test_no_file_of_the_machine_was_changed(world):
    assert not world.changed


@each_tier
def test_nobody_was_called(world):
    assert not [heard for heard in world.heard if not (heard == b"pwned" and "UDP" in KNOWN.get(world.tier, ()))]


@each_tier
def test_outputs_are_capped(world):
    for name, record in world.records.items():
        assert Path(record.executed).stat().st_size < 4 * 2**20, name
        json.loads(Path(record.executed).read_text())


@each_tier
def test_the_tier_is_in_every_record(world):
    assert {record.tier.partition("+")[0] for record in world.records.values()} == {world.tier}
