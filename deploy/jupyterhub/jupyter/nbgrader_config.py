"""nbgrader's exchange as everybody on the hub sees it: the instructor all of it, a student a door to each box of their own.

A student's part of nbgrader is stock. This file runs as the student and nothing rests on it: who changes it changes only what they see.
"""

import os
import pwd
from pathlib import Path

c = get_config()  # noqa: F821

me = pwd.getpwuid(os.getuid()).pw_name
exchange = Path(os.environ.get("COURSE_EXCHANGE", "/srv/exchange"))


def doors(folder: Path) -> Path:
    """`folder`, with the layout that stock nbgrader looks for, of links to this student's boxes of every course they are in."""
    folder.mkdir(parents=True, exist_ok=True)
    for course in exchange.iterdir():
        box = course / "inbound" / me
        if box.is_dir():
            (folder / course.name).mkdir(exist_ok=True)
            for name, place in {
                "outbound": "outbound",
                "inbound": f"inbound/{me}",
                "feedback": f"feedback/{me}",
            }.items():
                door = folder / course.name / name
                if not door.is_symlink():
                    door.symlink_to(course / place)
    return folder


if any(os.access(outbound, os.W_OK) for outbound in exchange.glob("*/outbound")):  # the instructor's
    c.Exchange.root = str(exchange)
    c.ExchangeFactory.list = "course_tools.exchange.plugins.ListReleased"
    c.ExchangeFactory.release_assignment = "course_tools.exchange.plugins.ReleaseAssignment"
    c.ExchangeFactory.collect = "course_tools.exchange.plugins.Collect"
    c.ExchangeFactory.release_feedback = "course_tools.exchange.plugins.ReleaseFeedback"
    if "COURSE_FOLDER" in os.environ:  # on the hub: where the formgrader looks
        c.CourseDirectory.root = os.environ["COURSE_FOLDER"]
else:
    c.Exchange.root = str(doors(Path.home() / ".local/share/exchange"))

c.Exchange.path_includes_course = True  # COURSE/TASK/TASK.ipynb: two courses may have a task of one name
