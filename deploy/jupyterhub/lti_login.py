"""Login by LTI 1.3: whoever a learning platform sends is logged in under the id that the course and its exchange use (docs/hub.md).

jupyterhub-ltiauthenticator checks signature, issuer, audience and times of a launch, and that it answers a login of the same browser. Here:

- A launch counts once, also for somebody who has the browser's cookies, and its deployment has to be ours.
- It has to come from a course of ours: a tool may be open to every course of a platform, and to whoever teaches any of them.
- The name is one field of the launch, as it stands: none takes its place where it is missing, and two that differ in case are two people.
- What could be more than a name (a path, an option) is refused, and so is an account of the machine that is no student's.
- Who teaches the course there is the instructor here, and nobody else is.
"""

import grp
import pwd
import re
import tomllib
from pathlib import Path

from cachetools import TTLCache
from jupyterhub.auth import LocalAuthenticator
from ltiauthenticator.lti13.auth import LTI13Authenticator
from ltiauthenticator.lti13.error import LoginError
from ltiauthenticator.lti13.handlers import LTI13LoginInitHandler
from tornado.web import HTTPError
from traitlets import List, Unicode, default

CLAIM = "https://purl.imsglobal.org/spec/lti/claim"
TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,31}")  # no path, no option; useradd takes 32
SECONDS = 900  # longer than a launch is taken for: ltiauthenticator's max_age of 600, and the leeway


class Entrance(LTI13LoginInitHandler):
    """Where a platform begins; a person who comes by themselves is told where the way in is."""

    def post(self):
        if not self.get_argument("iss", ""):
            where = "Come from your course in the learning platform: open the link to this hub there."
            raise HTTPError(403, where, reason="Not opened from a course")
        super().post()

    get = post


class LTILogin(LTI13Authenticator):
    """For a hub whose servers are pods: a name is all that is needed."""

    student = Unicode("user_id", config=True, help="the field of the roster that the course calls a student by")
    deployments = List(Unicode(), config=True, help="ids of ours on the platform")
    courses = List(Unicode(), config=True, help="ids of ours on the platform: whose people may enter")
    instructor = Unicode("instructor", config=True, help="the account that releases, collects and grades")
    login_handler = Entrance

    def __init__(self, **settings):
        super().__init__(**settings)
        self._used = TTLCache(100_000, SECONDS)

    def normalize_username(self, username):
        return username

    async def authenticate(self, handler, data=None):
        """Raises LoginError, whose text the person reads. data: what a launch says, its signature checked."""
        if data[f"{CLAIM}/deployment_id"] not in self.deployments:
            raise LoginError("This hub does not know the deployment of the tool that was opened.")
        course = (data.get(f"{CLAIM}/context") or {}).get("id")
        if course not in self.courses:
            raise LoginError(
                f"This hub is not for the course {course!r} of the platform, as far as its lti.toml knows."
            )
        if data["nonce"] in self._used:
            raise LoginError("This launch was used before: open the link once more.")
        self._used[data["nonce"]] = True
        return await super().authenticate(handler, data)

    def get_username(self, token):
        if TEACHER in token[f"{CLAIM}/roles"]:
            return self.instructor
        name = _field(token, self.student)
        if not isinstance(name, str) or not NAME.fullmatch(name) or name == self.instructor:
            raise LoginError(
                f"The platform says {name!r} for {self.student}, which cannot be the name of a student here."
            )
        return name


class LocalLTILogin(LocalAuthenticator, LTILogin):
    """For one machine: a student is a user of it, made at the first login with a group of their own, and is in `group`."""

    group = Unicode("students", config=True)

    def get_username(self, token):
        name = super().get_username(token)
        if name != self.instructor and _exists(name) and not _belongs(name, self.group):
            raise LoginError(f"{name} is an account of this machine, and not in its group {self.group}.")
        return name

    @default("add_user_cmd")
    def _useradd(self):
        return ["useradd", "--create-home", "--user-group", "--groups", self.group, "--shell", "/bin/bash"]


def _field(token, name):
    """What a launch says of its person, by the name that the roster has for it."""
    match name:
        case "user_id":
            return token.get("sub")
        case "lis_person_sourcedid":
            return (token.get(f"{CLAIM}/lis") or {}).get("person_sourcedid")
    return token.get(name)


def _exists(name):
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _belongs(name, group):
    try:
        return name in grp.getgrnam(group).gr_mem
    except KeyError:
        return False


def use(c, path: Path, instructor: str, group: str) -> None:
    """Set `c` to what the file says: the section [[platform]] of an lti.toml (docs/lti.md) for the client id of the hub, with `courses`."""
    try:
        (platform,) = tomllib.loads(path.read_text())["platform"]
        c.LTI13Authenticator.issuer = platform["issuer"]
        c.LTI13Authenticator.client_id = {platform["client_id"]}
        c.LTI13Authenticator.authorize_url = platform["login_url"]
        c.LTI13Authenticator.jwks_endpoint = platform["keys_url"]
        c.LTILogin.deployments = platform["deployments"]
        c.LTILogin.courses = platform["courses"]
        c.LTILogin.student = platform.get("student", "user_id")
    except (OSError, KeyError, ValueError) as error:
        raise SystemExit(f"{path} needs one section [[platform]] as docs/hub.md describes it: {error}") from None
    if c.LTILogin.student == "name":
        raise SystemExit(f'{path}: student = "name" tells no two people of one name apart: choose another field')
    c.JupyterHub.authenticator_class = LocalLTILogin
    c.LTI13LaunchValidator.time_leeway = 60  # seconds that two clocks may differ
    c.LTILogin.instructor = instructor
    c.LocalLTILogin.group = group
    c.LocalAuthenticator.create_system_users = True
    c.Authenticator.auto_login = True
    c.Authenticator.allow_all = True  # of those whom get_username lets through
