"""Every attack at every tier: no score raised, no secret read, no other record touched, nothing left behind. And no honest point lost."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
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

LIMITS = Limits(cell=1.5, test=2.0, notebook=20.0, message=2**24, memory=2**30)
SECRETS = {
    "home": "HOME-SECRET-4c1d",
    "other": "OTHER-SECRET-91bc",
    "env": "ENV-SECRET-77aa",
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
    places: dict[str, str]
    records: dict[str, Record] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)


def seen_by_student(record: Record) -> str:
    """All that the student may get to see."""
    return dumps(record) + (Path(record.executed).read_text() if record.executed else "")


def listen(world: World) -> int:
    """TCP and UDP on one port, and an abstract socket; whoever connects is told a secret and remembered."""
    tcp, udp, unix = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)
    tcp.bind(("127.0.0.1", 0))
    udp.bind(tcp.getsockname())
    unix.bind(f"\0{MARK}")
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


@pytest.fixture(scope="module", params=TIERS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything is graded once, with a secret wherever a notebook may look; hostile and honest neighbours take turns."""
    if request.param not in {tier.name for tier in sandbox.available()}:
        pytest.skip(f"this machine's kernel does not offer the tier {request.param}")
    root = tmp_path_factory.mktemp(request.param)
    world = World(root, request.param, {})
    source = write_course(root)
    (home := root / "home").mkdir()
    for path, text in {
        home / "token": SECRETS["home"],
        root / "gradebook.db": "grades",
        root / "journal.jsonl": SECRETS["journal"],
    }.items():
        path.write_text(text)
    other = root / "submitted" / "victim" / "ps1" / "one.ipynb"
    other.parent.mkdir(parents=True)
    text = json.dumps(HONEST["as it should be"].notebook({}))
    other.write_text(text.replace("import numpy as np", f"import numpy as np  # {SECRETS['other']}"))
    paths = {
        "home": home,
        "gradebook": root / "gradebook.db",
        "journal": root / "journal.jsonl",
        "other": other,
        "source": source,
        "course": root,
    }
    world.places = {name: str(path) for name, path in paths.items()} | {
        "mark": MARK,
        "seconds": SECONDS,
        "port": str(listen(world)),
    }
    names = [name for name in HOSTILE if not spared(name, request.param)]
    for index, name in enumerate(HONEST):
        names.insert(2 * index + 1, name)
    jobs = [job(world, source, name, (HOSTILE | HONEST)[name]) for name in names]
    os.environ["COURSE_TOKEN"] = SECRETS["env"]
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    try:
        for record in grade_all(jobs, workers=2, isolation=request.param, limits=LIMITS):
            assert record.student not in world.records
            world.records[record.student] = record
        assert {path: path.read_bytes() for path in before} == before, "a file of the machine was changed"
        yield world
    finally:
        del os.environ["COURSE_TOKEN"]


def spared(name: str, tier: str) -> bool:
    """Whether this kernel cannot stop that attack at that tier, so that the tests themselves must not try it."""
    return tier == "landlock" and name == "kills everything" and kernel.landlock_version() < 6


@pytest.fixture
def record(world: World, name: str) -> Record:
    if name not in world.records and spared(name, world.tier):
        pytest.skip("Landlock shields other processes from signals from version 6 on")
    return world.records[name]


def test_every_notebook_has_a_record(world):
    assert len(HOSTILE) >= 60
    assert len(world.records) >= len(HOSTILE) + len(HONEST) - 1


@pytest.mark.parametrize("name", HOSTILE)
def test_no_score_is_raised(record, name):
    assert record.outcome == "graded", record.reason
    assert {cell.grade_id: cell.points for cell in record.cells} == HOSTILE[name].earns, [
        (c.reason, c.message) for c in record.cells
    ]
    assert {cell.grade_id: cell.max_points for cell in record.cells} == FULL


@pytest.mark.parametrize("name", HOSTILE)
def test_no_secret_is_read(record, name):
    shown = seen_by_student(record)
    assert not [secret for secret in SECRETS.values() if secret in shown]
    assert SECRET not in shown
    assert "271828" not in shown
    assert "HIDDEN TESTS" not in shown.replace("BEGIN HIDDEN'", "")


@pytest.mark.parametrize("name", HONEST)
def test_no_honest_point_is_lost(record, name):
    assert {cell.grade_id: cell.points for cell in record.cells} == FULL, [
        (c.grade_id, c.reason, c.message) for c in record.cells
    ]


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
    assert not list(Path("/tmp").glob("notebook-*"))


def test_nobody_was_called(world):
    assert not [heard for heard in world.heard if not (heard == b"pwned" and "UDP" in KNOWN.get(world.tier, ()))]


def test_outputs_are_capped(world):
    for name, record in world.records.items():
        assert Path(record.executed).stat().st_size < 4 * 2**20, name
        json.loads(Path(record.executed).read_text())


def test_the_tier_is_in_every_record(world):
    assert {record.tier.partition("+")[0] for record in world.records.values()} == {world.tier}
