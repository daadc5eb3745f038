"""A course, our tool, and Open edX's LTI consumer as the platform, all on loopback."""

import asyncio
import html
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import requests
from tornado.ioloop import IOLoop

from course_tools.lti.command import office
from course_tools.lti.serve import Tool
from course_utils.paths import ROOT
from tests.grading import toy

TOML = """\
url = "{tool}"
target = "{tool}/hub/lab/tree/{{task}}"

[[platform]]
name = "edx"
issuer = "{base}"
client_id = "{client}"
deployments = ["1"]
login_url = "{base}/api/lti_consumer/v1/launch/"
token_url = "{base}/api/lti_consumer/v1/token/{passport}"
keys_url = "{base}/api/lti_consumer/v1/public_keysets/{passport}"
student = "email"
"""
CLASS = ("ann", "ben", "cleo", "dan")


class World:
    """The three of them. A browser is a `requests.Session`."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.tool = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "tests.lti.openedx", str(folder), self.tool]
        calm = os.environ | {
            "PYTHONHASHSEED": "0"
        }  # it sends sets as lists, and the conversation in docs/lti.md should repeat itself
        self.platform = subprocess.Popen(command, cwd=ROOT, env=calm, stdout=subprocess.PIPE, text=True)
        self.base = self.platform.stdout.readline().strip()
        state = self.stand("state")
        self.client = state["client_id"]
        self.course = toy.make(folder / "course")
        self.toml = TOML.format(tool=self.tool, base=self.base, client=self.client, passport=state["passport"])
        (self.course.root / "lti.toml").write_text(self.toml)

    def stand(self, what: str, **said) -> dict:
        answer = requests.post(f"{self.base}/stand/{what}", json=said, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def serve(self) -> None:
        """In a thread of its own, until the end."""
        self.office = office("serve", None)
        self.config, self.store = self.office.__enter__()
        ready = threading.Event()

        async def run() -> None:
            self.server = Tool(self.config, self.store, self.course.root).listen(self.port, "127.0.0.1")
            self.loop = IOLoop.current()
            ready.set()
            await asyncio.Event().wait()

        threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
        assert ready.wait(30)

    # --- what a person does in a browser

    def form(self, browser: requests.Session, **said) -> tuple[str, dict[str, str]]:
        """Click on a link in the platform: the form that the platform has the browser post to us."""
        page = browser.get(self.stand("launch", **said)["url"], timeout=30)
        assert page.status_code == 200, page.text
        target = re.search(r'action="([^"]*)"', page.text)[1]
        fields = re.findall(r'<input name="([^"]*)" value="([^"]*)"', page.text)
        return target, {name: html.unescape(value) for name, value in fields}

    def launch(self, browser: requests.Session | None = None, **said) -> requests.Response:
        browser = browser or requests.Session()
        target, fields = self.form(browser, **said)
        return browser.post(target, fields, allow_redirects=False, timeout=30)


@pytest.fixture(scope="session")
def world(tmp_path_factory, blank):
    place = tmp_path_factory.mktemp("lti")
    found = World(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found.course.root)
        shutil.copy(blank, found.course.gradebook)
        found.serve()
        found.stand("set", members=[member(name) for name in CLASS] + [member("prof", "instructor")])
        yield found
    found.platform.kill()
    found.platform.wait()
    found.office.__exit__(None, None, None)


def member(name: str, role: str = "student") -> dict:
    number = 1 + (*CLASS, "prof").index(name)
    return {
        "id": number,
        "external": f"user-{name}",
        "name": f"{name.title()} Example",
        "email": f"{name}@example.org",
        "roles": [role],
    }


@pytest.fixture
def log(world):
    """What the logs of the conversation say from now on."""
    place = world.course.output / "grading" / "lti"
    before = {path: path.stat().st_size for path in place.glob("*.log")}
    return lambda: "".join(path.read_bytes()[before.get(path, 0) :].decode() for path in place.glob("*.log"))
