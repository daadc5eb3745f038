"""The desk as a small web server for this machine alone.

Who has no token gets nothing: it is in the link that the command prints, and from then on in a cookie of this server only. Requests under
another host's name, from another page, or without the mark of a page of ours are refused. Requests are answered one after another.
"""

import json
import math
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

from tornado.web import Application, HTTPError, RequestHandler

from course_tools.desk.answers import reused
from course_tools.desk.desk import Desk, Wanted
from course_tools.desk.pages import FOLDER, POLICY, Pages, state
from course_utils.errors import CourseError, UsageError

HEADERS = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LARGEST = 4_000_000  # bytes of a request: a grade for each of a thousand answers


def application(desk: Desk, pages: Pages, port: int, token: str) -> Application:
    """port: where it listens, which names its cookies: browsers keep those of all ports of a host together."""
    given: dict[str, Any] = {"desk": desk, "pages": pages}
    routes = [
        (r"/", Home, given),
        (r"/read/([^/]+/[^/]+)", Read, given),
        (r"/ask", Ask, given),
        (r"/settle", Settle, given),
        (r"/desk\.js", Script, given),
    ]
    return Application(
        routes,
        default_handler_class=Nothing,
        default_handler_args=given,
        port=port,
        token=token,
        xsrf_cookies=True,
        xsrf_cookie_name=f"desk_xsrf_{port}",
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Strict"},
        log_function=lambda handler: None,
    )


class Guarded(RequestHandler):
    """Whatever comes after is from a page of ours, on this machine, in the browser of who has the token."""

    def initialize(self, desk: Desk, pages: Pages) -> None:
        self.desk, self.pages = desk, pages

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        port, token = self.settings["port"], self.settings["token"]
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        if self.request.host not in hosts:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="This name is not this machine's")
        if self.request.method != "GET" and self.request.headers.get("Origin") not in {
            f"http://{host}" for host in hosts
        }:
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Not from a page of this desk")
        cookie = f"desk_{port}"
        if _same(self.get_query_argument("token", ""), token):
            self.set_cookie(cookie, token, httponly=True, samesite="Strict")
            self.redirect(self.request.path)  # without the token, which is then in no history and no screenshot
        elif not _same(self.get_cookie(cookie, "") or "", token):
            raise HTTPError(HTTPStatus.FORBIDDEN, reason="Open the link that `course desk` printed")

    @property
    def xsrf(self) -> str:
        return self.xsrf_token.decode()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """In words, for the page's script and for a person."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, CourseError):
            usage = isinstance(error, UsageError)
            self.set_status(HTTPStatus.BAD_REQUEST if usage else HTTPStatus.SERVICE_UNAVAILABLE)
        self.finish({"error": str(error) if isinstance(error, CourseError) else self._reason})

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """What a person can mend is on the page; anything else is ours."""
        if not isinstance(value, HTTPError | CourseError):
            super().log_exception(kind, value, trace)


class Home(Guarded):
    def get(self) -> None:
        self.finish(self.pages.home(self.xsrf))


class Read(Guarded):
    def get(self, path: str) -> None:
        self.finish(self.pages.read(self.desk.question(path), self.xsrf))

    def post(self, path: str) -> None:
        """Grades as JSON: a list of what `Wanted` holds. Replies with what is written, and what was changed meanwhile."""
        question = self.desk.question(path)
        written, conflicts = self.desk.give(question, _wanted(self.request.body))
        found = self.desk.answers(question, self.desk.contents()).shown
        self.finish(
            {
                "written": [state(one) for one in written],
                "conflicts": [state(one) for one in conflicts],
                "reused": reused(one.given for one in found),
            }
        )


class Ask(Guarded):
    def post(self) -> None:
        student, path, text = map(self.get_body_argument, ("student", "question", "text"))
        self.desk.ask((self.desk.question(path), student, text))
        self.redirect("/#requests")


class Settle(Guarded):
    def post(self) -> None:
        self.desk.settle(self.get_body_argument("request"), bool(self.get_body_argument("again", "")))
        self.redirect("/#requests")


class Script(Guarded):
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish((FOLDER / "desk.js").read_bytes())


class Nothing(Guarded):
    def prepare(self) -> None:
        super().prepare()
        if not self._finished:
            raise HTTPError(HTTPStatus.NOT_FOUND)


def _same(given: str, token: str) -> bool:
    return compare_digest(given.encode(), token.encode())


def _wanted(body: bytes) -> list[Wanted]:
    """Raises UsageError for anything else than the script of the page sends."""
    try:
        found = [Wanted(**entry) for entry in json.loads(body)]
        good = [
            isinstance(one.key, str)
            and isinstance(one.version, str)
            and isinstance(one.comment, str)
            and (one.score is None or (type(one.score) in (int, float) and math.isfinite(one.score)))
            and all(type(number) is int for number in one.met)
            for one in found
        ]
    except (ValueError, TypeError):
        good = [False]
    if not all(good):
        raise UsageError("this is no list of grades")
    return [Wanted(one.key, one.version, one.score, one.comment, tuple(one.met)) for one in found]
