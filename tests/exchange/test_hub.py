"""A small class on a real hub, from release to feedback: three students, one of them hostile, through their own servers.

- ada hands in twice, zoe late, eve a link to what is not hers.
- The instructor releases, collects, grades in the sandbox and gives feedback back by `course`; nbgrader's pages say the same.
- Everybody sees their own feedback, in JupyterLab too, and nobody sees another's.
"""

import csv
import os
from datetime import UTC, datetime

import pytest
from playwright import sync_api

from tests.browser.access import chromium, needs_browser
from tests.exchange.classroom import COURSE, classroom
from tests.exchange.hub import PASSWORD, PATIENCE
from tests.exchange.people import do
from tests.grading import toy

pytestmark = pytest.mark.slow(40)

STUDENTS = ("ada", "eve", "zoe")


@pytest.fixture(scope="module")
def class_():
    with classroom(STUDENTS) as here:
        for person in here.people.values():
            person.start()
        for person in here.people.values():
            person.wait()
        yield here


def test_students_fetch_what_is_released_and_hand_in(class_):
    assert class_.listed("ada") == []
    said, code = class_.course("release", "ps1")
    assert (said, code) == ("released: ps1\n", 0)
    for role in STUDENTS:
        (task,) = class_.listed(role)
        assert (task["assignment_id"], task["status"]) == ("ps1", "released")
        assert class_.act(role, "fetch")[0]["status"] == "fetched"

    class_.write("ada", toy.WRONG)
    class_.act("ada", "submit")
    class_.write("ada", toy.RIGHT)
    (_, submitted) = class_.act("ada", "submit")
    assert len(submitted["submissions"]) == 2

    class_.due = datetime.now(UTC)
    class_.write("zoe", toy.RIGHT)
    class_.act("zoe", "submit")


def test_nobody_gets_at_the_server_of_another(class_):
    eve, ada = class_.people["eve"], class_.names["ada"]
    for path in (f"/user/{ada}/api/contents", f"/user/{ada}/assignments?course_id={COURSE}", f"/hub/api/users/{ada}"):
        assert eve.client.get(path).status_code in (403, 404), path
    do(class_.names["eve"], class_.hand_in_a_link)


def test_the_instructor_collects_and_grades_in_the_sandbox(class_):
    said, code = class_.course("collect", "ps1")
    assert "3 new submissions of ps1 collected from 3 students" in said
    assert f"left aside: {class_.names['eve']}: one.ipynb is a link; only files are collected" in said
    assert code == 3

    said, code = class_.course("grade", "ps1", "--due", class_.due.isoformat(), "--late", "1/day")
    assert code == 3 and f"NOT GRADED {class_.names['eve']}/one (missing_notebook)" in said, said
    with (class_.folder / "grading/ps1/items.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["tier"] for row in rows if row["student"] != class_.names["eve"]} == {"namespaces"}
    points = {
        role: sum(float(r["points"] or 0) for r in rows if r["student"] == class_.names[role]) for role in STUDENTS
    }
    assert points == {"ada": 3, "eve": 0, "zoe": 3}
    assert {float(row["late_penalty"]) for row in rows if row["student"] == class_.names["zoe"]} == {1}


def test_nbgraders_formgrader_shows_it(class_):
    teach = class_.people["teach"]
    (task,) = teach.get("formgrader/api/assignments")
    assert (task["name"], task["status"], task["num_submissions"]) == ("ps1", "released", 3)
    submissions = {one["student"]: one for one in teach.get("formgrader/api/submissions/ps1")}
    shown = {role: submissions[class_.names[role]] for role in STUDENTS}
    assert {role: one["score"] for role, one in shown.items()} == {"ada": 3, "eve": 0, "zoe": 3}  # lateness apart
    assert all(one["autograded"] for one in shown.values())


def test_each_student_gets_their_own_feedback_and_nobody_elses(class_):
    said, code = class_.course("feedback", "ps1", "--release")
    assert code == 0 and "3 pages released" in said, said
    for role in STUDENTS:
        class_.act(role, "fetch_feedback")
    (ada,), (zoe,) = class_.pages("ada"), class_.pages("zoe")
    assert "one: 3 of 6 points" in ada and f"<title>one, {class_.names['ada']}" in ada
    assert "one: 2 of 6 points" in zoe and "1 points are taken off" in zoe
    assert class_.pages("eve") == []  # what she handed in by hand is in no list of hers
    boxes = class_.exchange / COURSE / "feedback"
    for place in (boxes, *boxes.iterdir()):
        if place.name != class_.names["eve"]:
            with pytest.raises(PermissionError):
                do(class_.names["eve"], os.listdir, place)


@needs_browser
def test_jupyterlab_shows_a_student_the_feedback(class_):
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(f"{class_.people['ada'].address}/hub/login")
        page.fill("#username_input", class_.names["ada"])
        page.fill("#password_input", PASSWORD)
        page.click("#login_submit")
        for name in ("Nbgrader", "Assignment List"):
            page.locator(".lm-MenuBar-item, .lm-Menu-item").get_by_text(name, exact=True).first.click()
        submitted = page.locator("#submitted_assignments_list")
        sync_api.expect(submitted).to_contain_text("ps1")
        sync_api.expect(submitted).to_contain_text("view feedback")
        assert not page.get_by_text("Formgrader", exact=True).count()
