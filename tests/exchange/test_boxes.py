"""The instructor's side of the exchange with boxes, in the ordinary course of things."""

import importlib
import os
import shutil
import subprocess
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.exchange import ExchangeError

from course_tools.exchange import plugins
from course_tools.grading.model.receipts import SECRET, TIMESTAMP
from course_tools.grading.model.records import Student
from course_tools.grading.results.database import opened, settle, stamp
from course_tools.grading.results.journal import Journal
from course_utils.cli import main
from tests.exchange.attacks import EARLY, forged, give_feedback, hand_in
from tests.exchange.people import do
from tests.exchange.world import BOXES, COURSE, TASK, World

pytestmark = pytest.mark.slow(6)


@pytest.fixture
def world(users):
    with World(*users, boxed=True) as one:
        yield one


def test_the_newest_is_collected_and_again_only_what_is_newer(world):
    world.work("ada", "first")
    world.work("ada", "second")
    assert world.teach("Collect", update=True) == []
    assert world.collected("ada") == "second"
    stamp = (world.submitted("ada") / TIMESTAMP).stat().st_mtime_ns
    world.teach("Collect", update=True)
    assert (world.submitted("ada") / TIMESTAMP).stat().st_mtime_ns == stamp
    world.work("ada", "third")
    world.teach("Collect")
    assert world.collected("ada") == "second"  # as in nbgrader, without update
    world.teach("Collect", update=True)
    assert world.collected("ada") == "third"


def test_what_is_left_aside_is_told_in_a_line_each(world):
    def shapes() -> None:
        place = forged(world)
        hand_in(place)
        (place / "link").symlink_to("/etc/passwd")
        os.mkfifo(place / "pipe")
        (place / "large").touch()
        os.truncate(place / "large", 2 * 10**9)
        (place / "bell\a").symlink_to("x")

    do(world.names["eve"], shapes)
    do(world.names["eve"], forged(world, when="half").mkdir)
    said = world.teach("Collect", update=True)
    eve = world.names["eve"]
    assert f"{eve}: {eve}+{TASK}+half+x is not complete or cannot be read: left alone" in said
    assert f"{eve}: link is a link; only files are collected" in said
    assert f"{eve}: pipe is no file" in said
    assert f"{eve}: large has 1,907 MB, more than 20: its outputs must be cleared" in said
    assert f"{eve}: bell? is a link; only files are collected" in said
    assert any("says 2030-01-01 00:00 and arrived 20" in line for line in said)
    assert len(said) == 6
    assert world.collected("eve") == "eve's answer"


def test_files_in_folders_are_taken_and_count_for_the_time(world):
    def nest() -> None:
        hand_in(place)
        (place / "data/deep").mkdir(parents=True)
        (place / "data/deep/table.csv").write_text("1")
        for number in range(12):
            place.joinpath(*["d"] * number).mkdir(exist_ok=True)
        place.joinpath(*["d"] * 11, "hidden").touch()

    place = forged(world)
    do(world.names["eve"], nest)
    world.teach("Collect", update=True)
    assert (world.submitted("eve") / "data/deep/table.csv").read_text() == "1"
    assert not list(world.submitted("eve").rglob("hidden"))
    do(world.names["eve"], (place / "data/deep/table.csv").write_text, "2")
    world.teach("Collect", update=True)
    assert (world.submitted("eve") / "data/deep/table.csv").read_text() == "2"


def test_too_many_files_are_told(world):
    def many() -> None:
        hand_in(place)
        for number in range(1001):
            (place / str(number)).touch()

    place = forged(world)
    do(world.names["eve"], many)
    assert world.teach("Collect", update=True) == [f"{world.names['eve']}: a submission holds more than 1,000 files"]
    assert not world.submitted("eve").exists()


def test_a_time_in_a_name_is_told_where_it_is_not_that_of_the_arrival(world):
    do(world.names["eve"], hand_in, forged(world, when=EARLY), "eve's answer", EARLY)
    (line,) = world.teach("Collect", update=True)
    assert "says 2020-01-01 00:00 and arrived 20" in line and line.endswith("UTC, which counts")


def test_feedback_reaches_its_student_by_nbgraders_own_fetch(world):
    for role in ("ada", "zoe"):
        world.work(role, "answer")
    world.teach("Collect", update=True)
    (world.submitted("zoe") / SECRET).unlink()
    (line,) = give_feedback(world)
    assert line == f"{world.names['zoe']}: did not hand in through the exchange, so there is no box for feedback"
    world.learn("ada", "FetchFeedback")
    (page,) = (world.home("ada") / TASK / "feedback").rglob("*.html")
    assert page.read_text() == f"<p>for {world.names['ada']}</p>"


def test_before_the_due_date_an_earlier_one_is_collected(world):
    world.work("ada", "in time")
    due = datetime.now(UTC)
    world.work("ada", "late")
    with opened(world.course / "gradebook.db", COURSE) as database:
        row = {"name": TASK, "duedate": stamp(due.isoformat())}
        settle(database, "assignment", ["name"], [row], {"course_id": COURSE})
    world.teach("Collect", before_duedate=True)
    assert world.collected("ada") == "in time"
    world.teach("Collect", update=True)
    assert world.collected("ada") == "late"


def test_a_release_is_replaced_only_when_asked(world):
    with pytest.raises(ExchangeError, match="add --force"):
        world.teach("ReleaseAssignment")
    do(world.names["teach"], (world.course / "release" / TASK / "one.ipynb").write_text, "better")
    world.teach("ReleaseAssignment", force=True)
    world.learn("ada", "FetchAssignment")
    assert (world.home("ada") / TASK / "one.ipynb").read_text() == "better"


def test_an_exchange_that_is_not_open_is_named_with_the_way_out(world):
    with pytest.raises(ExchangeError, match="may be read by the instructor only"):
        world.step("eve", plugins.Collect, world.exchange)
    shutil.rmtree(world.exchange / COURSE / "inbound")
    with pytest.raises(ExchangeError, match=r"inbound does not exist: the hub makes it .* docs/hub\.md"):
        world.teach("Collect")


def test_no_box_for_who_shares_their_group(world):
    subprocess.run(["usermod", "-a", "-G", world.names["ada"], world.names["eve"]], check=True)
    try:
        with pytest.raises(BOXES["NotPrivate"], match=f"has to be {world.names['ada']}'s own") as raised:
            BOXES["open_box"](world.exchange, COURSE, world.names["teach"], world.names["ada"])
        assert raised.value.jupyterhub_message == str(raised.value)  # what JupyterHub shows
    finally:
        subprocess.run(["usermod", "-G", "", world.names["eve"]], check=True)


def test_root_follows_no_link_in_the_place_of_a_box(world):
    box = world.exchange / COURSE / "feedback" / world.names["ada"]
    box.rmdir()
    box.symlink_to(world.course)
    with pytest.raises(NotADirectoryError):
        BOXES["open_box"](world.exchange, COURSE, world.names["teach"], world.names["ada"])


def test_a_student_is_forgotten_by_root_and_what_is_written_anew_stays_the_instructors(world, monkeypatch, capsys):
    teach, ada, eve = (world.names[role] for role in ("teach", "ada", "eve"))
    world.work("ada", "an answer")
    world.work("eve", "another")
    do(teach, _graded, world.course, world.exchange, (ada, eve))
    inbound, feedback = world.inbound("ada"), world.exchange / COURSE / "feedback" / ada
    do(teach, (feedback / "page.html").write_text, "for ada")
    monkeypatch.chdir(world.course)
    importlib.import_module("sqlite3.dump")  # now: people without rights to this Python cannot
    assert main(["forget", ada]) == 0
    assert f"would remove: {inbound}/" in capsys.readouterr().out
    assert do(teach, _forget, world.course, ada) == 3  # boxes lie in folders of root's
    assert list(inbound.iterdir()) and not list(feedback.iterdir())
    journal = world.course / "grading" / TASK / "journal.jsonl"
    assert ada not in journal.read_text()
    do(teach, _graded, world.course, world.exchange, (ada, eve))
    assert main(["forget", ada, "--yes"]) == 0
    assert f"nothing of {ada} is left in" in capsys.readouterr().out
    assert not inbound.exists() and not feedback.exists() and list(world.inbound("eve").iterdir())
    assert journal.owner() == teach and ada not in journal.read_text() and eve in journal.read_text()


def _graded(course: Path, exchange: Path, students: tuple[str, ...]) -> None:
    config = f"c.CourseDirectory.course_id = {COURSE!r}\nc.Exchange.root = {str(exchange)!r}\n"
    (course / "nbgrader_config.py").write_text(config)
    with Journal(course / "grading" / TASK / "journal.jsonl") as journal:
        journal.append(*map(Student, students))


def _forget(course: Path, student: str) -> int:
    with chdir(course):
        return main(["forget", student, "--yes"])
