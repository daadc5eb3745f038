"""The tool as a web application: /lti/login, /lti/launch, /lti/jwks."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from traceback import format_tb
from typing import Any

from pylti1p3.cookie import CookieService
from pylti1p3.exception import LtiException, OIDCException, ToolConfException
from pylti1p3.request import Request
from tornado.web import Application, RequestHandler

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.courses import assignments, find_course
from course_tools.html.pages import page
from course_tools.lti.conversation import note
from course_tools.lti.launch import Launch, Login, choices, link_of, remembering
from course_tools.lti.platforms import Config
from course_tools.lti.services import Patient, session
from course_tools.lti.store import Store

REFUSED = (LtiException, OIDCException, ToolConfException)
STRANGE = (AttributeError, KeyError, TypeError, ValueError)  # what a stranger's JSON runs into
NOT_LAUNCHED = """<h1>Not launched</h1><p>{}</p>
<p>Open the link once more, in a window of its own: some browsers keep no cookies for a page that is inside another.</p>"""
FORM = '<form method="post" action="{}"><input type="hidden" name="JWT" value="{}"><p><button>{}</button> {:g} points</p></form>'


class Tool(Application):
    """points: of each task of the course in `root`."""

    def __init__(self, config: Config, store: Store, root: Path) -> None:
        places = [("/lti/login", LoginPage), ("/lti/launch", LaunchPage), ("/lti/jwks", Keys)]
        super().__init__(places, log_function=lambda handler: None)  # tornado's would write down who logs in
        self.config, self.store = config, store
        self.points = {task: _points(root, task) for task in assignments(root)}


def _points(root: Path, task: str) -> float:
    sources = find_course(root, task).sources.values()
    return sum(cell.points for path in sources for cell in Assignment.load(path).cells)


@dataclass
class Browser(Request, CookieService):
    """A request, and the cookies of its answer, as the library wants them."""

    page: "Page"

    def is_secure(self) -> bool:
        return self.page.application.config.url.startswith("https:")

    def get_param(self, key: str) -> str:
        return self.page.get_argument(key, "")

    def get_cookie(self, name: str) -> str | None:
        return self.page.get_cookie(f"lti-{name}")

    def set_cookie(self, name: str, value: str | int, exp: int | None = None) -> None:
        self.page.add_header("Set-Cookie", cookie(f"lti-{name}", str(value), exp or 0, self.is_secure()))


def cookie(name: str, value: str, seconds: int, secure: bool) -> str:
    """For a page inside a platform's, where https allows it. Python's own cookies know no Partitioned before 3.14."""
    across = "; Secure; SameSite=None; Partitioned" if secure else ""
    until = f"; Max-Age={seconds}" if seconds else ""
    return f"{name}={value}; Path=/lti{until}; HttpOnly{across}"


class Page(RequestHandler):
    """Answers with what `work` returns: an address to go to, or a page. That may ask the platform, so it runs in a thread."""

    application: Tool

    def work(self, browser: Browser) -> str:
        raise NotImplementedError

    async def post(self) -> None:
        said = {name: self.get_argument(name) for name in self.request.arguments}
        try:
            found = await asyncio.to_thread(self.work, Browser(self))
        except (*REFUSED, *STRANGE) as error:
            why = str(error) if isinstance(error, REFUSED) else "This is no launch."
            found = page("Not launched", NOT_LAUNCHED.format(escape(why)))
            self.set_status(400)
        self.set_header("Cache-Control", "no-store")
        if found.startswith("<"):
            self.write(found)
        else:
            self.set_status(303)
            self.set_header("Location", found)
        note("browser to tool", self.request.method or "", self.request.path, self.get_status(), said)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Where it happened. What was asked, which tornado would write down too, holds secrets."""
        logging.error("%s\n%s", kind.__name__, "".join(format_tb(trace)))


class LoginPage(Page):
    """A platform sends a browser here first (OIDC third-party initiated login); we send it back with state and nonce."""

    def work(self, browser: Browser) -> str:
        config = self.application.config
        found = Login(browser, config.registered, **remembering(browser))
        return str(found.get_redirect_object(f"{config.url}/lti/launch"))

    get = Page.post


class LaunchPage(Page):
    """The launch itself: to the task, or for a teacher who places a link, to a page with a button for each task."""

    def work(self, browser: Browser) -> str:
        tool = self.application
        fetching = session(Patient(1))
        found = Launch(browser, tool.config.registered, requests_session=fetching, **remembering(browser))
        found.validate()
        if found.is_deep_link_launch():
            target, messages = choices(tool.config, found, tool.points)
            return choice(target, messages, tool.points)
        link = link_of(tool.config, found, tool.points)
        tool.store.save(link)
        return tool.config.target.format(task=link.task)


def choice(target: str, messages: Mapping[str, str], points: Mapping[str, float]) -> str:
    """A page with a button for each task, which hands its message to the platform at `target`."""
    forms = [FORM.format(escape(target), jwt, escape(task), points[task]) for task, jwt in messages.items()]
    return page("Choose a task", "\n".join(["<h1>Choose a task</h1>", *forms]))


class Keys(RequestHandler):
    """Our public key, as platforms fetch it."""

    application: Tool

    def get(self) -> None:
        self.finish(self.application.config.registered.get_jwks())
