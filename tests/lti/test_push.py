"""Grades to Open edX's LTI consumer: they arrive once, with their state and comment, whatever the platform and the machine go through."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from course_tools.grading.intake.collect import take_in
from course_tools.grading.model.records import failed
from course_tools.grading.results.gradebook import synchronize
from course_tools.grading.results.journal import Journal
from course_tools.lti import services
from course_tools.lti.services import stamp
from course_tools.lti.store import Entry
from course_utils.cli import main
from tests.grading import toy
from tests.lti.conftest import CLASS
from tests.lti.test_launch import TASK


@pytest.fixture
def sent(world, monkeypatch):
    """The scores that the platform has, without those of earlier tests. Nobody waits long for a platform here."""
    monkeypatch.setattr(services, "RETRIES", services.RETRIES.new(backoff_factor=0.01, backoff_jitter=0))
    if not world.store.links():
        assert world.launch(**TASK).status_code == 303
    world.stand("set", forget=True, busy=[], slow=0, seen=[])
    with world.store.transaction() as database:
        database.execute("DELETE FROM grade")
    return lambda: {score["user_id"]: score for score in world.stand("state")["scores"]}


def grade(world, *names: str, code: str = toy.RIGHT, text: str = toy.PLACEHOLDER, crash: bool = False) -> None:
    """Submissions of these, all of whose tests pass, graded by the stand-in: 6 of 12 points, nothing to be read."""
    for name in names:
        for notebook in ("one", "two"):
            toy.answer(world.course.root / f"submitted/{name}@example.org/ps1/{notebook}.ipynb", code, text)
    intake = take_in(world.course, world.course.root / "submitted")
    with Journal(world.course.journal) as journal:
        journal.append(*intake.students.values(), *intake.records)
        for job in intake.jobs:
            if job.student.partition("@")[0] in names:
                journal.append(failed(job, "crashed", "ran out of memory") if crash else toy.graded(job))
        synchronize(world.course, journal)


def test_grades_arrive_with_state_and_comment_and_only_once(world, sent, capsys):
    grade(world, *CLASS)
    assert main(["lti", "push", "ps1"]) == 0
    assert "4 grades sent, 4 students, 0 wait in the outbox" in capsys.readouterr().out
    assert sent().keys() == {f"user-{name}" for name in CLASS}
    ann = sent()["user-ann"]
    assert (ann["score_given"], ann["score_maximum"], ann["comment"]) == (6.0, 12.0, "6 of 12 points")
    assert (ann["activity_progress"], ann["grading_progress"]) == ("Completed", "FullyGraded")
    world.stand("set", seen=[])
    assert main(["lti", "push", "ps1"]) == 0
    assert "0 grades sent" in capsys.readouterr().out
    assert not [line for line in world.stand("state")["seen"] if "scores" in line]


def test_only_what_changed_is_sent_and_an_open_grade_has_no_score(world, sent, capsys):
    grade(world, *CLASS)
    main(["lti", "push", "ps1"])
    grade(world, "ben", text="Since 2x = x + x.")
    grade(world, "cleo", code=toy.WRONG)
    grade(world, "dan", crash=True)
    assert main(["lti", "push", "ps1"]) == 0
    assert "3 grades sent" in capsys.readouterr().out
    scores = sent()
    assert (scores["user-ben"]["score_given"], scores["user-ben"]["grading_progress"]) == (None, "PendingManual")
    assert scores["user-cleo"]["score_given"] == 0.0
    assert (scores["user-dan"]["grading_progress"], scores["user-dan"]["score_given"]) == ("Failed", None)
    assert "could not be graded: ran out of memory" in scores["user-dan"]["comment"]


def test_who_is_not_in_the_roster_is_named(world, sent, capsys):
    grade(world, "ann", "eve")
    assert main(["lti", "push", "ps1"]) == 3
    assert "NOT KNOWN eve@example.org: no roster has them, or has two" in capsys.readouterr().out
    assert "user-ann" in sent()
    world.course.journal.unlink()


def test_a_busy_platform_is_given_time(world, sent, capsys):
    grade(world, *CLASS)
    world.stand("set", busy=[[429, 1], [500], [200], [503], [502], [200], [429]])
    before = time.monotonic()
    assert main(["lti", "push", "ps1"]) == 0
    assert time.monotonic() - before >= 1  # as it asked
    assert len(sent()) == 4
    assert "status 429: trying again" in capsys.readouterr().err


def test_what_a_platform_does_not_take_waits(world, sent, capsys):
    grade(world, *CLASS)
    world.stand("set", busy=[[200], [200], [200], *[[500]] * 6])
    assert main(["lti", "push", "ps1"]) == 3
    out = capsys.readouterr().out
    assert "1 grades sent" in out and "3 wait in the outbox" in out
    assert "WAITS cleo@example.org (edx): the platform answers 500" in out
    assert main(["lti", "push", "ps1"]) == 0
    assert "3 grades sent" in capsys.readouterr().out and len(sent()) == 4


def test_a_platform_that_is_gone(world, sent, capsys, monkeypatch):
    grade(world, "ann")
    monkeypatch.setattr(services, "RETRIES", services.RETRIES.new(total=1))
    (world.course.root / "lti.toml").write_text(
        world.toml.replace('token_url = "' + world.base, 'token_url = "http://127.0.0.1:9')
    )
    try:
        assert main(["lti", "push", "ps1"]) == 1
        assert "edx: the platform does not answer (ConnectionError)" in capsys.readouterr().err
    finally:
        (world.course.root / "lti.toml").write_text(world.toml)


def test_a_key_that_the_platform_no_longer_knows(world, sent, capsys):
    from jwcrypto.jwk import JWK

    grade(world, "ann")
    other = JWK.generate(kty="RSA", size=2048).export_to_pem().decode()
    world.stand("set", key=other)
    try:
        assert main(["lti", "push", "ps1"]) == 1
        assert "does not know our key or client (400" in capsys.readouterr().err and not sent()
        assert main(["lti", "roster"]) == 1
    finally:
        world.stand("set", key="", keyset=f"{world.tool}/lti/jwks")
    assert main(["lti", "push", "ps1"]) == 0 and "user-ann" in sent()


def test_never_an_older_grade_over_a_newer_one(world, sent, capsys):
    """Not in the outbox, and not on the platform, which somebody else may have told more."""
    (link,) = world.store.links("ps1")
    now, said = datetime.now(UTC), '{"activityProgress": "Completed", "gradingProgress": "FullyGraded"}'
    entry = Entry("edx", link.lineitem, "user-ann", "ann@example.org", "ps1", stamp(now), said)
    assert world.store.offer(entry) == "new"
    assert world.store.offer(replace(entry, timestamp=stamp(now - timedelta(seconds=1)), score="{}")) == "older"
    assert world.store.offer(replace(entry, timestamp=stamp(now), score="{}")) == "older"
    assert world.store.waiting("ps1") == [entry]
    later = replace(entry, timestamp=stamp(now + timedelta(hours=1)))
    with world.store.transaction() as database:  # a clock that was wrong
        database.execute("UPDATE grade SET timestamp = ?", (later.timestamp,))
    grade(world, "ann")
    assert main(["lti", "push", "ps1"]) == 3
    assert "OLDER ann@example.org: the outbox has a later grade" in capsys.readouterr().out
    with world.store.transaction() as database:
        database.execute("DELETE FROM grade")
    assert main(["lti", "push", "ps1"]) == 3
    assert "Score timestamp can only be updated to a later point in time" in capsys.readouterr().out
    assert world.store.waiting("ps1")[0].student == "ann@example.org"


def test_a_newer_grade_that_comes_while_one_is_sent_still_waits(world, sent):
    (link,) = world.store.links("ps1")
    old = Entry("edx", link.lineitem, "user-ann", "ann", "ps1", stamp(datetime.now(UTC)), "{}")
    new = replace(old, timestamp=stamp(datetime.now(UTC) + timedelta(seconds=1)), score='{"scoreGiven": 1}')
    world.store.offer(old)
    world.store.offer(new)
    world.store.settle(old)
    assert world.store.waiting("ps1") == [new]


def test_a_link_that_is_gone_or_takes_no_grades(world, sent, capsys):
    grade(world, "ann")
    (link,) = world.store.links("ps1")
    world.store.save(replace(link, resource="no-grades", lineitem="", lineitems="", scopes=""))
    world.store.save(replace(link, resource="gone", lineitem=f"{link.lineitem}99"))
    assert main(["lti", "push", "ps1"]) == 3
    out = capsys.readouterr().out
    assert "NO COLUMN edx: its link no-grades takes no grades" in out and "the platform answers 404" in out
    assert sent()["user-ann"]["score_given"] == 6.0
    for resource in ("no-grades", "gone"):
        assert main(["lti", "links", "--drop", resource]) == 0
    assert main(["lti", "links", "--drop", "gone"]) == 2
    assert main(["lti", "push", "ps1"]) == 0 and world.store.links("ps1") == [link]
    assert link.lineitem in capsys.readouterr().out


def test_a_column_is_made_where_we_may(world, sent):
    grade(world, "ann")
    world.stand("set", mode="programmatic")
    try:
        assert world.launch(**TASK).status_code == 303
        assert main(["lti", "push", "ps1"]) == 0 and main(["lti", "push", "ps1"]) == 0
        assert world.stand("state")["columns"] == [{"label": "ps1", "resource_id": "ps1", "score_maximum": 12}]
        assert sent()["user-ann"]["score_given"] == 6.0
    finally:
        world.stand("set", mode="declarative")
        assert world.launch(**TASK).status_code == 303


@pytest.mark.slow(6)
def test_killed_at_any_moment_it_goes_on(world, sent):
    """Also between the platform's taking a grade and our writing so down: it is slow to answer, so most kills fall there."""
    grade(world, *CLASS)
    world.stand("set", slow=0.3)
    command = [sys.executable, "-m", "course_utils.cli", "lti", "push", "ps1"]
    for seen in (0, 1):
        push = subprocess.Popen(command, start_new_session=True)
        while push.poll() is None and len(sent()) == seen:
            time.sleep(0.01)
        push.kill()
        assert push.wait() == -signal.SIGKILL
    assert main(["lti", "push", "ps1"]) == 0
    assert {user: score["score_given"] for user, score in sent().items()} == {f"user-{name}": 6.0 for name in CLASS}
    assert not world.store.waiting("ps1")


def test_the_roster(world, capsys):
    assert main(["lti", "roster"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["platform", "student", "name", "roles", "status"]
    assert len(lines) == 7 and lines[2].split() == ["edx", "ann@example.org", "Ann", "Example", "Learner", "Active"]
    assert any("prof@example.org" in line and "Administrator" in line for line in lines)


def test_secrets_of_pushing_are_not_in_the_log(world, sent, log, monkeypatch):
    tokens = []
    keep = services.Services._cache_access_token
    monkeypatch.setattr(
        services.Services, "_cache_access_token", lambda self, *a, **k: tokens.append(a[1]) or keep(self, *a, **k)
    )
    grade(world, "ann")
    assert main(["lti", "push", "ps1"]) == 0
    said = log()
    assert '"scoreGiven": 6.0' in said and '"client_assertion": {"header"' in said and len(tokens) == 2
    for secret in (*tokens, *tokens[0].split("."), "user-ann", "ann@", "Ann Example"):
        assert secret not in said
    place = world.store.path.parent
    assert place.stat().st_mode & 0o777 == 0o700 and (place / "key.pem").stat().st_mode & 0o777 == 0o600
    pem = (place / "key.pem").read_text()
    assert pem.startswith("-----BEGIN PRIVATE KEY-----") and pem.splitlines()[1] not in said
