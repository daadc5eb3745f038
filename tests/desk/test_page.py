"""The desk as a person meets it: in a browser, by keyboard; and as a stranger does, who gets nothing."""

import asyncio
import http.client
import json
import socket
import threading
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from course_tools.desk.answers import Sample
from course_tools.desk.command import desk_command
from course_tools.desk.desk import Desk
from course_tools.desk.pages import Pages
from course_tools.desk.server import application
from course_utils.errors import UsageError
from tests.browser.access import chromium, needs_browser, violations

from .test_desk import give, in_gradebook, shown

TOKEN = "for-this-test-only"


@contextmanager
def served(desk, port, token=TOKEN, hidden=False):
    """The address of a desk that answers from a thread."""
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def listen():
        server = application(desk, Pages(desk, hidden), port, token).listen(port, "127.0.0.1")
        ready.set()
        return server

    def run():
        server = loop.run_until_complete(listen())
        loop.run_forever()
        server.stop()
        loop.run_until_complete(server.close_all_connections())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def card(page, desk, student):
    return page.locator(f"#a-{shown(desk)[student].key}")


@pytest.mark.slow(8)
@needs_browser
def test_a_class_is_read_in_a_browser(course, desk, port):
    give(desk, "mallory", 0, "What is this?")
    with chromium() as browser:
        with served(desk, port) as address:
            page, other = (browser.new_context().new_page() for _ in range(2))
            errors = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"{address}/?token={TOKEN}")
            assert page.url == f"{address}/", "the token is gone from the address"
            page.get_by_role("link", name="one").click()
            other.goto(f"{address}/read/one/why?token={TOKEN}")
            assert page.locator("article").count() == 10 and page.title() == "one", "no script of an answer runs"
            expect(page.locator("#status")).to_have_text("10 answers; 1 more wrote nothing")

            # the keyboard: the first answer of a group, then all like it; one of them is left out
            first, again = (page.locator("article").nth(i) for i in (0, 1))
            group = page.locator("[data-group]").first.locator("article")
            page.keyboard.press("j")
            page.keyboard.press("j")
            expect(again).to_be_focused()
            page.keyboard.press("x")
            page.keyboard.press("k")
            page.keyboard.press("1")
            expect(first.locator(".score")).to_have_value("1")
            page.keyboard.press("+")
            page.keyboard.press("c")
            page.keyboard.type("Name the law.")
            page.keyboard.press("Escape")
            expect(first.locator(".state")).to_have_text("· 1.5 of 3")
            expect(page.locator("#reused button")).to_have_text(["What is this?", "Name the law."])
            page.keyboard.press("g")
            expect(page.locator("#status")).to_have_text("Saved. 7 left to read.")
            assert [one.given.score for one in shown(desk).values()].count(1.5) == group.count() - 1 == 2
            page.keyboard.press("u")
            expect(page.locator("#status")).to_have_text("Saved. 8 left to read.")
            page.keyboard.press("n")
            expect(again).to_be_focused()
            page.keyboard.press("Shift+Digit2")
            page.keyboard.press("a")
            expect(again.locator(".state")).to_have_text("· 3 of 3")
            student = next(name for name, one in shown(desk).items() if one.given.score == 3)
            assert in_gradebook(course, student) == (3, False, "Name the law.")

            # the page that was open beside it shows what it would have written over
            theirs = card(other, desk, student)
            theirs.locator(".score").fill("2")
            theirs.locator(".score").blur()
            expect(theirs.locator(".conflict p")).to_have_text("Meanwhile ann gave 3 points: Name the law.")
            theirs.locator(".theirs").click()
            expect(theirs.locator(".score")).to_have_value("3")
            assert in_gradebook(course, student)[0] == 3

        # the desk is gone, and comes back with another token
        page.keyboard.press("0")
        expect(page.locator("#status")).to_contain_text("Not saved: the desk does not answer")
        with served(desk, port, "another") as address:
            other.context.add_cookies([{"name": f"desk_{port}", "value": TOKEN, "url": address}])
            page.context.new_page().goto(f"{address}/?token=another")
            expect(page.locator("#status")).to_contain_text("Saved.")
            assert in_gradebook(course, student)[0] == 0
        assert errors == []


@pytest.mark.slow(5)
@needs_browser
def test_its_pages_are_accessible(course, desk, port):
    give(desk, "s00", 3)
    give(Desk.open(course, "zoe", Sample("zoe", 1)), "s00", 2, "half")
    desk.ask((desk.questions[0], "s00", "Please look <b>again</b>."))
    with served(desk, port) as address:
        pages = [f"{address}/?token={TOKEN}", f"{address}/read/one/why?token={TOKEN}"]
        assert violations(pages) == []


# --- strangers


def ask(port, path, method="GET", body=None, **headers):
    """Status, headers and text. A name's underscores stand for hyphens."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    reply = connection.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read().decode()


def test_a_stranger_gets_nothing(desk, port):
    mine = {"Cookie": f"desk_{port}={TOKEN}; desk_xsrf_{port}=mark"}
    own = {"Origin": f"http://127.0.0.1:{port}", "X_XSRFToken": "mark"}
    before = desk.course.journal.read_bytes()
    with served(desk, port):
        for path in ("/", "/read/one/why", "/desk.js", "/desk.css", "/?token=guess", "/../course_tools/desk/desk.py"):
            assert ask(port, path)[0] == 403, path
        assert ask(port, "/", Host="evil.example", **mine)[0] == 403, "another name for this address"
        for wrong in ({}, own | {"Origin": "http://evil.example"}, own | {"X_XSRFToken": "other"}):
            assert ask(port, "/read/one/why", "POST", "[]", **mine, **wrong)[0] == 403
        assert ask(port, "/read/one/why", "POST", "[]", **own)[0] == 403
        assert ask(port, "/read/one/why", "POST", "[]", **mine, **own)[0] == 200
        for bad in ("", "{}", '[{"key": 1}]', '[{"key":"a","version":"b","score":NaN,"comment":"","met":[]}]'):
            status, _, text = ask(port, "/read/one/why", "POST", bad, **mine, **own)
            assert (status, json.loads(text)) == (400, {"error": "this is no list of grades"}) or bad == "{}"
        assert ask(port, "/read/one/whence", **mine)[0] == 400
        assert ask(port, "/nothing", **mine)[0] == 404
        status, headers, _ = ask(port, "/", **mine)
        assert status == 200 and "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
    assert desk.course.journal.read_bytes() == before


def test_names_can_be_hidden_and_what_is_asked_is_text(course, desk):
    give(desk, "s00", 3, "</script><b>")
    desk.ask((desk.questions[0], "s00", "<script>no</script>"))
    for hidden in (True, False):
        pages = Pages(desk, hidden)
        text = pages.home("x") + pages.read(desk.questions[0], "x")
        assert ("s00" in text) != hidden
        assert "<script>no" not in text and "</script><b>" not in text and 'src="x"' not in text and "<img" not in text


def test_a_blind_page_holds_nothing_of_the_first_reading(course, desk):
    give(desk, "s00", 3, "praise")
    give(Desk.open(course, "yannick", Sample("yannick", 1)), "s00", 1, "blame")
    blind = Pages(Desk.open(course, "zoe", Sample("zoe", 1)), hidden=False)
    text = blind.home("x") + blind.read(desk.questions[0], "x")
    assert not [word for word in ("praise", "blame", "s00", "ann", "yannick") if word in text]
    assert '"score": null' in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"second": 0}, "--second 0 is no share"),
        ({"requests": "none.csv"}, "none.csv cannot be read"),
        ({"requests": "none.csv", "blind": "zoe"}, "a blind reader does not see them"),
        ({}, "--port"),
    ],
)
def test_a_wrong_command(course, monkeypatch, port, options, message):
    monkeypatch.chdir(course.root)
    with socket.create_server(("127.0.0.1", port)), pytest.raises(UsageError, match=message):
        desk_command("ps1", port, **options)
