"""The tool as a web application: /lti/login, /lti/launch, /lti/jwks."""

import asyncio
import logging
from collections.abc import Mapping
from html import escape
from pathlib import Path
from traceback import format_tb
from typing import Any

from pylti1p3.exception import LtiException, OIDCException, ToolConfException
from tornado.httputil import HTTPServerRequest
from tornado.web import Application, RequestHandler

from course_tools.grading.model.assignment import Assignment
from course_tools.grading.model.courses import assignments, find_course
from course_tools.html.pages import page
from course_tools.lti.conversation import note
from course_tools.lti.launch import Browser, choices, launch, link_of, login
from course_tools.lti.platforms import Config
from course_tools.lti.store import Store

REFUSED = (LtiException, OIDCException, ToolConfException)
STRANGE = (AttributeError, KeyError, TypeError, ValueError)  # what a stranger's JSON runs into
NOT_LAUNCHED = """<h1>Not launched</h1><p>{}</p>
<p>Open the link once more, in a window of its own: some browsers keep no cookies for a page that is inside another.</p>"""
FORM = '<form method="post" action="{}"><input type="hidden" name="JWT" value="{}"><p><button>{}</button> {:g} points</p></form>'


class Page(RequestHandler):
    """Answers with what `work` returns: an address to go to, or a page. That may ask the platform, so it runs in a thread."""

    application: "Tool"

    def work(self, browser: Browser) -> str:
        raise NotImplementedError

    async def post(self) -> None:
        browser = Browser(
            _params(self.request), _cookies(self.request), self.application.config.url.startswith("https:")
        )
        try:
            found = await asyncio.to_thread(self.work, browser)
        except (*REFUSED, *STRANGE) as error:
            why = str(error) if isinstance(error, REFUSED) else "This is no launch."
            found = page("Not launched", NOT_LAUNCHED.format(escape(why)))
            self.set_status(400)
        for name, (value, seconds) in browser.new.items():
            self.add_header("Set-Cookie", cookie(name, value, seconds, browser.secure))
        self.set_header("Cache-Control", "no-store")
        if not found.startswith("<"):
            self.set_status(303)
            self.set_header("Location", found)
            found = ""
        note("browser to tool", self.request.method or "", self.request.path, self.get_status(), browser.params)
        self.finish(found)

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Where it happened. What was asked, which tornado would write down too, holds secrets."""
        logging.error("%s\n%s", kind.__name__, "".join(format_tb(trace)))


class Login(Page):
    """A platform sends a browser here first (OIDC third-party initiated login); we send it back with state and nonce."""

    def work(self, browser: Browser) -> str:
        return login(self.application.config, self.application.store, browser)

    get = Page.post


class Launched(Page):
    """The launch itself: to the task, or for a teacher who places a link, to the choice of one."""

    def work(self, browser: Browser) -> str:
        tool = self.application
        found = launch(tool.config, tool.store, browser)
        if found.is_deep_link_launch():
            return choice(*choices(tool.config, found, tool.points), tool.points)
        link = link_of(tool.config, found, list(tool.points))
        tool.store.save(link)
        return tool.config.target.format(task=link.task)


class Keys(RequestHandler):
    """Our public key, as platforms fetch it."""

    application: "Tool"

    def get(self) -> None:
        self.finish(self.application.config.registered.get_jwks())


class Tool(Application):
    """points: of each task of the course in `root`."""

    def __init__(self, config: Config, store: Store, root: Path) -> None:
        places = [("/lti/login", Login), ("/lti/launch", Launched), ("/lti/jwks", Keys)]
        super().__init__(places, log_function=lambda handler: None)  # tornado's would write down who logs in
        self.config, self.store = config, store
        self.points = {task: _points(root, task) for task in assignments(root)}


def choice(target: str, messages: Mapping[str, str], points: Mapping[str, float]) -> str:
    """A page with a button for each task, which hands its message to the platform at `target`."""
    forms = [FORM.format(escape(target), escape(jwt), escape(task), points[task]) for task, jwt in messages.items()]
    return page("Choose a task", "\n".join(["<h1>Choose a task</h1>", *forms]))


def _points(root: Path, task: str) -> float:
    sources = find_course(root, task).sources.values()
    return sum(cell.points for path in sources for cell in Assignment.load(path).cells)


def cookie(name: str, value: str, seconds: int, secure: bool) -> str:
    """For a page inside a platform's, where https allows it. Python's own cookies know no Partitioned before 3.14."""
    across = "; Secure; SameSite=None; Partitioned" if secure else ""
    until = f"; Max-Age={seconds}" if seconds else ""
    return f"{name}={value}; Path=/lti{until}; HttpOnly{across}"


def _params(request: HTTPServerRequest) -> dict[str, str]:
    return {name: values[-1].decode("utf-8", "replace") for name, values in request.arguments.items()}


def _cookies(request: HTTPServerRequest) -> dict[str, str]:
    return {name: morsel.value for name, morsel in request.cookies.items()}
