"""A JupyterHub for this course on one machine, whose students are users of it: docs/hub.md says how to install it, and why it is so.

Copy this folder to /etc/jupyterhub (owned by root) and edit the five lines below.
"""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from boxes import open_box, open_course  # noqa: E402

COURSE = "learning-at-scale"  # c.CourseDirectory.course_id of the course's nbgrader_config.py
INSTRUCTOR = "instructor"  # the account that releases, collects and grades
COURSE_FOLDER = Path("/srv/course")  # the checkout; belongs to INSTRUCTOR, nobody else may enter it
STUDENT_FOLDER = Path("/srv/learning-at-scale")  # the unpacked student zip: what students import
ENVIRONMENT = Path("/opt/course-env")  # Python and its packages, which everybody reads

EXCHANGE = Path(os.environ.get("COURSE_EXCHANGE", "/srv/exchange"))

c = get_config()  # noqa: F821

# --- who may enter
STUDENTS = "students"  # the group of this machine that every student is in
match os.environ.get("COURSE_LOGIN", "password"):
    case "password":  # users of this machine, by their passwords
        c.JupyterHub.authenticator_class = "pam"
        c.LocalAuthenticator.allowed_groups = {STUDENTS}
        c.Authenticator.allowed_users = {INSTRUCTOR}
    case "lti":  # whom the learning platform of the lti.toml beside this file sends; they become users of this machine
        from lti_login import use

        use(c, HERE / "lti.toml", INSTRUCTOR, STUDENTS)
    case other:
        raise SystemExit(f"COURSE_LOGIN={other}: should be password or lti")
c.Authenticator.admin_users = set()

# --- where it listens: behind a web server that has the certificate
c.JupyterHub.bind_url = "http://127.0.0.1:8000"
# A server is its student's own, pages included. With a domain for each, a page of one cannot act on another's:
# c.JupyterHub.subdomain_host = "https://hub.example.org"

# --- what they get: JupyterLab as themselves, with the exchange
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [str(ENVIRONMENT / "bin" / "jupyterhub-singleuser")]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = 120  # seconds; thirty that begin together take a while
c.Spawner.http_timeout = 120
c.Spawner.env_keep = ["LANG", "LC_ALL", "TZ"]
c.Spawner.environment = {
    "PATH": f"{ENVIRONMENT / 'bin'}:/usr/local/bin:/usr/bin:/bin",
    "COURSE_EXCHANGE": str(EXCHANGE),
}


def before_spawn(spawner):
    """Make a student's boxes, and say where each finds their settings and what they import."""
    name = spawner.user.name
    settings = [HERE / "jupyter"]
    open_course(EXCHANGE, COURSE, INSTRUCTOR)
    if name == INSTRUCTOR:
        spawner.notebook_dir = str(COURSE_FOLDER)
        spawner.environment["COURSE_FOLDER"] = str(COURSE_FOLDER)
    else:
        open_box(EXCHANGE, COURSE, INSTRUCTOR, name)
        spawner.environment["PYTHONPATH"] = str(STUDENT_FOLDER)
        settings.append(HERE / "student")
    spawner.environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(map(str, settings))


c.Spawner.pre_spawn_hook = before_spawn
