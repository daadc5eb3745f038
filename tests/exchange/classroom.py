"""A toy course on a hub with its people, and what they do there through their own servers."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import nbformat

from course_tools.grading.model.receipts import SECRET
from tests.exchange.hub import PASSWORD, Person, Settings, hub
from tests.exchange.people import people
from tests.exchange.reach import prefix
from tests.grading import toy

COURSE = "phys-1"
CONFIG = f'c = get_config()\nc.CourseDirectory.course_id = "{COURSE}"\n'


class Class:
    """The hub with its people. names: role -> user; folder: the instructor's course."""

    def __init__(self, base: Path, names: dict[str, str]) -> None:
        self.base, self.names = base, names
        self.folder = base / names["teach"] / "course"
        self.exchange = base / "exchange"
        self.people: dict[str, Person] = {}
        self.due = datetime.now(UTC)

    def make_course(self) -> None:
        toy.make(self.folder, ["one"])
        released = self.folder / "release/ps1/one.ipynb"
        released.parent.mkdir(parents=True)
        nbformat.write(toy.notebook("one", toy.STUB, toy.PLACEHOLDER, hidden=False), released)
        (self.folder / "nbgrader_config.py").write_text(CONFIG)
        self.folder.chmod(0o700)
        subprocess.run(["chown", "-R", f"{self.names['teach']}:", self.folder], check=True)

    def course(self, *arguments: str) -> tuple[str, int]:
        """What a `course` command of the instructor's prints, and its exit code."""
        settings = {"COURSE_EXCHANGE": str(self.exchange), "JUPYTER_CONFIG_PATH": str(self.base / "etc/jupyter")}
        command = ["runuser", "-u", self.names["teach"], "--", "env", *(f"{k}={v}" for k, v in settings.items())]
        command += [f"HOME={self.folder.parent}", sys.executable, "-m", "course_utils.cli", *arguments]
        done = subprocess.run([*prefix(), *command], cwd=self.folder, capture_output=True, text=True)
        return done.stdout + done.stderr, done.returncode

    def listed(self, role: str) -> list[dict]:
        """The assignment list of a student."""
        answer = self.people[role].get("assignments", course_id=COURSE)
        assert answer["success"], answer
        return answer["value"]

    def act(self, role: str, action: str) -> list[dict]:
        """Press one of its buttons."""
        answer = self.people[role].post(f"assignments/{action}", course_id=COURSE, assignment_id="ps1")
        assert answer["success"], answer
        return answer["value"]

    def write(self, role: str, code: str) -> None:
        """Save an answer, as JupyterLab does."""
        node = toy.notebook("one", code, f"{role} thinks so.", hidden=False)
        path = f"/user/{self.names[role]}/api/contents/{COURSE}/ps1/one.ipynb"
        self.people[role].client.put(path, json={"type": "notebook", "content": node}).raise_for_status()

    def hand_in_a_link(self) -> None:
        """eve, by hand, since nbgrader would copy what it points to."""
        ada = self.base / self.names["ada"] / COURSE / "ps1" / "one.ipynb"
        place = self.exchange / COURSE / "inbound" / self.names["eve"] / "eve+ps1+2026-01-01 00:00:00 UTC+x"
        place.mkdir()
        (place / "one.ipynb").symlink_to(ada)
        (place / SECRET).write_text("eve")

    def pages(self, role: str) -> list[str]:
        """The feedback that a student has fetched."""
        return [path.read_text() for path in (self.base / self.names[role] / COURSE).rglob("feedback/*/*.html")]


@contextmanager
def classroom(students: Sequence[str]) -> Iterator[Class]:
    """Everybody is logged in, and no server runs yet."""
    with people(("teach", *students)) as (base, names):
        passwords = "\n".join(f"{name}:{PASSWORD}" for name in names.values())
        subprocess.run(["chpasswd"], input=passwords, text=True, check=True)
        here = Class(base, names)
        here.make_course()
        (base / "student").mkdir()
        # half of a server's start goes into a grammar that jsonschema does without where there is none
        (base / "student" / "rfc3987_syntax.py").write_text("raise ImportError\n")
        enrolled = {names[role] for role in students}
        settings = Settings(COURSE, names["teach"], here.folder, base / "student", here.exchange, enrolled)
        with hub(base, settings) as address:
            here.people = {role: Person(address, name) for role, name in names.items()}
            yield here
