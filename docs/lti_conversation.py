"""Write the conversation in docs/lti.md anew: our tool and Open edX's LTI consumer, both on this machine, and what the log kept of it.

python -m docs.lti_conversation
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import requests
import yaml

from tests.lti.conftest import World, member
from tests.lti.test_push import grade

PAGE = Path(__file__).with_name("lti.md")
BLOCK = re.compile(r"(?<=<!-- conversation: by docs/lti_conversation.py -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)


def converse(world: World) -> None:
    """A teacher places a task, a student opens it, and a grade is sent to a platform that is busy at first."""
    world.stand("set", members=[member("ann"), member("prof", "instructor")])
    teacher = requests.Session()
    page = world.launch(teacher, role="instructor", message="LtiDeepLinkingRequest").text
    target, message = re.findall(r'action="([^"]*)"><input type="hidden" name="JWT" value="([^"]*)"', page)[0]
    assert teacher.post(target, {"JWT": message}, timeout=30).ok
    assert world.launch(item=world.stand("state")["items"][0]["id"]).status_code == 303
    grade(world, "ann")
    world.stand("set", busy=[[200], [200], [429, 1]])
    subprocess.run([sys.executable, "-m", "course_utils.cli", "lti", "push", "ps1"], check=True)


def shown(log: str, world: World) -> str:
    """The log for a reader: addresses that could be anybody's, no times, an indented list in place of JSON."""
    for found, name in (
        (world.base, "https://lms.example"),
        (world.tool, "https://tool.example"),
        (world.client, "our-client-id"),
    ):
        log = log.replace(found, name)
    log = re.sub(r"(?<=token/|ysets/)[0-9a-f-]{36}", "course", log)
    log = re.sub(r'"(exp|iat)": \d+', r'"\1": 0', log).replace("https://purl.imsglobal.org/spec/lti", "lti")
    log = re.sub(r'"kid": "[^"]*"', '"kid": "of the key"', log)
    log = re.sub(r'"timestamp": "[^"]*"', '"timestamp": "2026-11-30T23:59:00.000+00:00"', log)
    entries = []
    for line in log.splitlines():
        said = json.loads(line)["said"]
        if isinstance(said, str):
            entries.append(f"({said})")
            continue
        head = f"{said['who']}: {said['method']} {said['url']} -> {said['status']}"
        parts = {name: said[name] for name in ("sent", "got") if said[name]}
        entries.append(
            head
            + "\n"
            + yaml.safe_dump(parts, width=150, sort_keys=False).rstrip().replace("\n", "\n  ").join(("  ", ""))
        )
    return "```text\n" + "\n\n".join(entries) + "\n```\n"


def write() -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        os.chdir(world.course.root)
        try:
            world.serve()
            converse(world)
            log = "".join((world.store.path.parent / f"{what}.log").read_text() for what in ("serve", "push"))
        finally:
            world.platform.kill()
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: shown(log, world), page), encoding="utf-8")


if __name__ == "__main__":
    write()
