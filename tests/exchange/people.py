"""Users of this machine, made for a test and removed after it, and what they do as themselves: in a child process with their rights."""

import os
import pickle
import pwd
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROLES = ("teach", "ada", "eve", "zoe")  # eve is hostile; one student comes before her, one after
PREFIX = "course-exchange-"
possible = os.name == "posix" and os.geteuid() == 0 and shutil.which("useradd") is not None


@contextmanager
def people(roles: Sequence[str] = ROLES) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with their homes, and role -> name of the user. Every one has a group of their own."""
    _sweep()
    base = Path(tempfile.mkdtemp(prefix=PREFIX))
    base.chmod(0o755)
    names = {role: f"{role}-{os.getpid()}" for role in roles}
    made = []
    try:
        for name in names.values():
            options = ["--create-home", "--home-dir", str(base / name), "--user-group", "--shell", "/bin/sh"]
            subprocess.run(["useradd", *options, name], check=True, capture_output=True)
            made.append(name)
        yield base, names
    finally:
        for name in made:
            subprocess.run(["userdel", name], check=True, capture_output=True)
        shutil.rmtree(base)


def _sweep() -> None:
    """Remove whom a test that was killed has left behind."""
    for person in pwd.getpwall():
        home, process = Path(person.pw_dir), person.pw_name.rpartition("-")[2]
        if home.parent.name.startswith(PREFIX) and not Path("/proc", process).exists():
            subprocess.run(["userdel", person.pw_name], capture_output=True)
            shutil.rmtree(home.parent, ignore_errors=True)


def become(name: str) -> None:
    """Be this user for good."""
    person = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(person.pw_gid)
    os.setuid(person.pw_uid)
    os.environ.update(HOME=person.pw_dir, USER=name, JUPYTER_DATA_DIR=f"{person.pw_dir}/.local/share/jupyter")
    os.chdir(person.pw_dir)


def do(name: str, what: Callable[..., Any], *arguments: Any) -> Any:
    """The value of a call that this user makes. An exception of theirs is raised here."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            become(name)
            result: tuple[Any, Any] = (what(*arguments), None)
        except BaseException as error:
            result = (None, (error, traceback.format_exc()))
        with open(writer, "wb") as pipe:
            pipe.write(pickle.dumps(result))
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as pipe:
        sent = pipe.read()
    os.waitpid(child, 0)
    value, raised = pickle.loads(sent)
    if raised:
        raised[0].add_note(raised[1])
        raise raised[0]
    return value
