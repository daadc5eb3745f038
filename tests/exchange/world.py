"""A course on an exchange, as nbgrader makes it or with boxes, and what its four people do there through nbgrader's own classes."""

import os
import runpy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import default
from traitlets.config import Config

from course_tools.exchange import plugins
from course_tools.grading.results.database import create
from course_utils.paths import ROOT
from tests.exchange.people import do

DEPLOY = ROOT / "deploy" / "jupyterhub"
BOXES = runpy.run_path(str(DEPLOY / "boxes.py"))
CONFIG = (DEPLOY / "jupyter" / "nbgrader_config.py").read_text()
COURSE = "phys-1"
TASK = "ps1"
UNTOUCHED = "the task, untouched"
PRIVATE = "the instructor's answer"


@dataclass(frozen=True)
class World:
    """base: a folder that all may enter; names: role -> user; boxed: ours, or nbgrader's own exchange as it comes."""

    base: Path
    names: dict[str, str]
    boxed: bool

    @property
    def exchange(self) -> Path:
        return self.base / "exchange"

    @property
    def course(self) -> Path:
        """The instructor's folder, which nobody else may enter."""
        return self.base / self.names["teach"] / "course"

    def home(self, role: str) -> Path:
        return self.base / self.names[role]

    def submitted(self, role: str) -> Path:
        return self.course / "submitted" / self.names[role] / TASK

    def inbound(self, role: str) -> Path:
        """Where a student's submissions lie."""
        inbound = self.exchange / COURSE / "inbound"
        return inbound / self.names[role] if self.boxed else inbound

    def step(self, role: str, kind: Callable[..., Any], root: Path, **settings: Any) -> Any:
        """Run a step of nbgrader's exchange as one of them; returns what it left as `notes`."""

        def run() -> Any:
            config = Config(Exchange={"root": str(root), "assignment_dir": str(self.home(role))})
            place = self.course if role == "teach" else self.home(role)
            course = CourseDirectory(
                config=config, root=str(place), course_id=COURSE, assignment_id=TASK, release_directory="release"
            )
            done = kind(coursedir=course, authenticator=Authenticator(config=config), config=config, **settings)
            done.log.disabled = True
            done.start()
            return getattr(done, "notes", [])

        return do(self.names[role], run)

    def teach(self, step: str, **settings: Any) -> Any:
        """ReleaseAssignment, Collect or ReleaseFeedback."""
        kind = getattr(plugins, step) if self.boxed else getattr(default, f"Exchange{step}")
        return self.step("teach", kind, self.exchange, **settings)

    def learn(self, role: str, step: str) -> Any:
        """FetchAssignment, Submit or FetchFeedback, stock in both worlds: only the root differs."""
        return self.step(role, getattr(default, f"Exchange{step}"), self.root(role))

    def root(self, role: str) -> Path:
        """What stock nbgrader of a student takes for the exchange."""
        return self.home(role) / ".local/share/exchange" if self.boxed else self.exchange

    def __enter__(self) -> "World":
        """The exchange with the task on it, and a folder of the instructor's with something private."""
        do(self.names["teach"], self._write_course)
        shutil.copyfile(_gradebook(self.base), self.course / "gradebook.db")
        shutil.chown(self.course / "gradebook.db", self.names["teach"], self.names["teach"])
        if self.boxed:
            BOXES["open_course"](self.exchange, COURSE, self.names["teach"])
            for role in ("ada", "eve", "zoe"):
                self.enter(role)
        else:
            self.exchange.mkdir()
            shutil.chown(self.exchange, self.names["teach"])
            self.exchange.chmod(0o777)
        self.teach("ReleaseAssignment")
        return self

    def enter(self, role: str) -> None:
        """What the hub does before a student's server starts, and nbgrader's config when it has."""
        BOXES["open_box"](self.exchange, COURSE, self.names["teach"], self.names[role])
        do(self.names[role], configured, self.exchange)

    def __exit__(self, *_: object) -> None:
        """All as it was before."""
        shutil.rmtree(self.exchange)
        for home in map(self.home, self.names):
            home.chmod(0o755)
            for path in home.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _write_course(self) -> None:
        for name, text in (("release/ps1", UNTOUCHED), ("source/ps1", PRIVATE)):
            folder = self.course / name
            folder.mkdir(parents=True)
            (folder / "one.ipynb").write_text(text)
        self.course.chmod(0o700)

    def work(self, role: str, text: str) -> None:
        """Fetch once, write an answer, hand in."""
        if not (self.home(role) / TASK).is_dir():
            self.learn(role, "FetchAssignment")
        do(self.names[role], (self.home(role) / TASK / "one.ipynb").write_text, text)
        self.learn(role, "Submit")

    def collected(self, role: str) -> str:
        path = self.submitted(role) / "one.ipynb"
        return path.read_text() if path.is_file() else ""


def _gradebook(base: Path) -> Path:
    """An empty one. Making it also imports all that people without rights to this Python could not."""
    path = base / "gradebook.db"
    if not path.is_file():
        create(path, COURSE)
    return path


def configured(exchange: Path) -> Config:
    """What deploy/jupyterhub/jupyter/nbgrader_config.py says to whoever runs it."""
    os.environ["COURSE_EXCHANGE"] = str(exchange)
    config = Config()
    exec(CONFIG, {"get_config": lambda: config})
    return config
