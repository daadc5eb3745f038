"""A JupyterHub as docs/hub.md installs it, on the loopback: people who are users of the machine log in by their passwords."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from course_utils.paths import ROOT
from tests.exchange.reach import prefix
from tests.servers import running

PASSWORD = secrets.token_urlsafe()  # of users of this machine, though not for long
PATIENCE = 180  # seconds; on shared cores a server takes its time
PROXY = shutil.which(
    "configurable-http-proxy", path=f"{ROOT}/build/hub/node_modules/.bin{os.pathsep}{os.environ['PATH']}"
)
MORE = """
c.JupyterHub.bind_url = "http://127.0.0.1:{0}"
c.JupyterHub.hub_port = {1}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{2}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
"""


@dataclass(frozen=True)
class Settings:
    """The five lines of jupyterhub_config.py that a person edits, and whose members may enter."""

    course: str
    instructor: str
    course_folder: Path
    student_folder: Path
    exchange: Path
    students: set[str]


class Person:
    """Somebody who is logged in, by the token that the hub gave them; `client` asks the hub and every server they may see."""

    def __init__(self, address: str, name: str) -> None:
        self.address, self.name = address, name
        with httpx.Client(base_url=address, timeout=PATIENCE, follow_redirects=True) as browser:
            browser.get("/hub/login")
            form = {"username": name, "password": PASSWORD, "_xsrf": browser.cookies["_xsrf"]}
            browser.post("/hub/login?next=/hub/home", data=form).raise_for_status()
            answer = browser.post(
                f"/hub/api/users/{name}/tokens", headers={"X-XSRFToken": _xsrf(browser)}, json={"expires_in": 3600}
            )
            answer.raise_for_status()
        headers = {"Authorization": f"token {answer.json()['token']}"}
        self.client = httpx.Client(base_url=address, timeout=PATIENCE, headers=headers)

    def start(self) -> None:
        self.client.post(f"/hub/api/users/{self.name}/server").raise_for_status()

    def wait(self) -> None:
        """Until the server is there."""
        end = time.monotonic() + PATIENCE
        while not self.client.get(f"/hub/api/users/{self.name}").json()["servers"].get("", {}).get("ready"):
            assert time.monotonic() < end, f"no server of {self.name}"
            time.sleep(0.2)

    def get(self, path: str, **query: str) -> Any:
        """What the person's own server answers."""
        answer = self.client.get(f"/user/{self.name}/{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **query: str) -> Any:
        answer = self.client.post(f"/user/{self.name}/{path}", params=query)
        answer.raise_for_status()
        return answer.json()


def _xsrf(browser: httpx.Client) -> str:
    return next(
        cookie.value or "" for cookie in browser.cookies.jar if cookie.name == "_xsrf" and cookie.path == "/hub/"
    )


@contextmanager
def hub(base: Path, settings: Settings, platform: str = "") -> Iterator[str]:
    """Its address. base: a folder that all may enter; platform: the lti.toml of a hub that people enter by LTI."""
    ports = _free_ports(3)
    config = base / "etc" / "jupyterhub_config.py"
    shutil.copytree(ROOT / "deploy" / "jupyterhub", config.parent)
    config.write_text(_edited(config.read_text(), settings) + MORE.format(*ports, proxy=PROXY))
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "COURSE_EXCHANGE": str(settings.exchange)}
    if platform:
        config.with_name("lti.toml").write_text(platform)
        environment["COURSE_LOGIN"] = "lti"
    command = [*prefix(), sys.executable, "-m", "jupyterhub", "--config", str(config)]
    place = base / "hub"
    place.mkdir(mode=0o700)
    with running(command, place / "log", cwd=place, env=environment, start_new_session=True) as process:
        _await(f"http://127.0.0.1:{ports[0]}/hub/api", process, place / "log")
        yield f"http://127.0.0.1:{ports[0]}"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


def _edited(text: str, settings: Settings) -> str:
    """The configuration with the lines that its head asks a person to edit."""
    lines = {
        "COURSE": repr(settings.course),
        "INSTRUCTOR": repr(settings.instructor),
        "COURSE_FOLDER": f"Path({str(settings.course_folder)!r})",
        "STUDENT_FOLDER": f"Path({str(settings.student_folder)!r})",
        "ENVIRONMENT": f"Path({sys.prefix!r})",
        "c.LocalAuthenticator.allowed_groups": repr(settings.students),
        "STUDENTS": repr(min(settings.students)),
    }
    for name, value in lines.items():
        text, edited = re.subn(rf"^( *{re.escape(name)}) = .*", rf"\1 = {value}", text, flags=re.MULTILINE)
        assert edited == 1, name
    return text


def _await(address: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            httpx.get(address).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(f"the hub did not start:\n{log.read_text()[-3000:]}")
