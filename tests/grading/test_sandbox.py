"""Tiers are found by trying, chosen or refused, and hold: the attacks are in `attacks/`."""

import os
import socket
import sys
from pathlib import Path

import pytest

from course_tools.grading.bridge.wire import FRAME_LIMIT, HEAD, Channel, Lost
from course_tools.grading.jail import findings, kernel, sandbox
from course_tools.grading.jail.forkserver import Zygote, warm
from course_tools.grading.judge.proxies import Host
from course_tools.grading.model.settings import Settings
from course_utils.errors import UsageError
from course_utils.paths import ROOT, SOLUTIONS

BEST, SECOND = sandbox.Tier("namespaces", True), sandbox.Tier("landlock")


@pytest.fixture
def offered(monkeypatch):
    return lambda *tiers: monkeypatch.setattr(sandbox, "available", lambda: tiers)


def test_the_best_tier_is_chosen_and_another_can_be_asked_for(offered):
    offered(BEST, SECOND)
    assert sandbox.choose() == BEST
    assert sandbox.choose(trust=True) == BEST
    assert sandbox.choose(wanted="landlock") == SECOND
    with pytest.raises(
        UsageError, match=r"'container' is not available here; there is: namespaces\+bubblewrap, landlock"
    ):
        sandbox.choose(wanted="container")


def test_without_isolation_only_trust_helps(offered):
    offered()
    with pytest.raises(UsageError, match="--trust-submissions"):
        sandbox.choose()
    assert sandbox.choose(trust=True) == sandbox.Tier("none")


def test_doctor_names_the_tier_and_what_it_does_not_stop(offered):
    offered(SECOND)
    texts = [finding.text for finding in findings.isolation()]
    assert texts == ["landlock", f"it does not stop: {sandbox.DOES_NOT_STOP['landlock']}"]
    offered()
    assert "refuses without --trust-submissions" in next(findings.isolation()).text
    assert not any(finding.fix for finding in findings.isolation())


def test_nothing_readable_holds_the_answers():
    for path in map(Path, sandbox.readable()):
        assert not SOLUTIONS.is_relative_to(path.resolve())
        assert not path.resolve().is_relative_to(SOLUTIONS)
        assert not Path.home().is_relative_to(path.resolve())
        assert path.resolve() not in (ROOT / "course_tools", ROOT / "course_tools" / "grading")
    assert {str(ROOT / "course_utils"), sys.prefix, sys.base_prefix} <= set(sandbox.readable())


def test_the_environment_is_made_and_not_inherited(monkeypatch):
    monkeypatch.setenv("COURSE_TOKEN", "secret")
    assert "secret" not in str(sandbox.environment())
    assert sandbox.environment()["NBGRADER_EXECUTION"] == "autograde"


def printed(process, code):
    outputs = Host(process.channel, 30.0).cell(code, 30.0)["outputs"]
    return "".join(output.get("text", output.get("ename", "")) for output in outputs).strip()


@pytest.mark.usefixtures("zygote")
def test_a_process_has_its_files_no_rights_and_no_company():
    if (tier := sandbox.choose()).name != "namespaces":
        pytest.skip(f"the best tier here is {tier}: user namespaces are restricted")
    with warm(Settings()).process(2**30, 60.0, {"data.csv": b"1,2", "more/b.txt": b"x"}, FRAME_LIMIT) as process:
        assert printed(process, "print(open('data.csv').read(), open('more/b.txt').read())") == "1,2 x"
        assert printed(process, "import os; print([p for p in os.listdir('/proc') if p.isdigit()])") == "['1']"
        assert "CapEff:\t0000000000000000" in printed(process, "print(open('/proc/self/status').read())")
        assert printed(process, "import socket; print(socket.if_nameindex())") == "[(1, 'lo')]"
        assert printed(process, f"open({str(SOLUTIONS / 'simclr.py')!r})") in ("PermissionError", "FileNotFoundError")
        secret = ROOT / "course_tools" / "large_batch" / "loss.py"
        assert printed(process, f"open({str(secret)!r})") in ("PermissionError", "FileNotFoundError")
        assert printed(process, "import course_tools.large_batch.loss").endswith("Error")
        assert printed(process, "import course_utils.pythia_scaling.game; print('ok')") == "ok"
        assert printed(process, "print(open('/proc/sys/user/max_user_namespaces').read())") == "0"
        assert printed(process, "open('/usr/x', 'w')") in ("PermissionError", "OSError")


@pytest.mark.usefixtures("zygote")
def test_a_zygote_outlives_processes_that_end_by_themselves():
    zygote = warm(Settings())
    for _ in range(20):
        process = zygote.process(2**30, 60.0, {}, FRAME_LIMIT)
        with pytest.raises(Lost):
            Host(process.channel, 5.0).cell("import os; os._exit(3)", 5.0)
        process.close()
    assert zygote._process.poll() is None


def test_a_container_is_a_command_that_runs_the_zygote(monkeypatch):
    """Any command that passes on its open descriptors; here one that only adds to the environment."""
    if not sandbox.available():
        pytest.skip("no tier to be inside of")
    monkeypatch.setenv(sandbox.CONTAINER, "env INSIDE=yes")
    sandbox.available.cache_clear()
    try:
        assert sandbox.choose() == sandbox.Tier("container")
        zygote = Zygote(sandbox.choose(), [])
        try:
            with zygote.process(2**30, 60.0, {}, FRAME_LIMIT) as process:
                assert printed(process, "import os; print(os.environ['INSIDE'])") == "yes"
        finally:
            zygote.close()
    finally:
        sandbox.available.cache_clear()


def test_a_zygote_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(
        sandbox, "command", lambda tier, descriptor: [sys.executable, "-c", "raise SystemExit('no luck')"]
    )
    zygote = Zygote(sandbox.Tier("none"), [])
    zygote._process.wait()
    with pytest.raises(Lost, match=r"no luck|gone"):
        zygote.process(2**30, 1.0, {}, FRAME_LIMIT)
    zygote.close()


@pytest.mark.skipif(not kernel.landlock_version(), reason="this kernel has no Landlock")
def test_landlock_leaves_what_is_listed(tmp_path):
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    if (pid := os.fork()) == 0:
        try:
            kernel.no_new_privileges()
            kernel.landlock([str(tmp_path / "seen"), "/nowhere"], [])
            assert (tmp_path / "seen" / "a").read_text() == "a"
            for refused in (lambda: (tmp_path / "b").read_text(), lambda: (tmp_path / "seen" / "a").write_text("x")):
                try:
                    refused()
                    os._exit(1)
                except PermissionError:
                    pass
            os._exit(0)
        except BaseException:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0


# --- the wire


@pytest.mark.parametrize(
    "data",
    [HEAD.pack(2**31, 0), HEAD.pack(2, 2**30), HEAD.pack(2, 1) + (2**60).to_bytes(8, "little"), HEAD.pack(2, 0) + b"[]", HEAD.pack(1, 0) + b"{", HEAD.pack(4, 0) + b"\xff" * 4, HEAD.pack(60_000, 0) + b"[" * 60_000],
)  # fmt: skip
def test_frames_that_are_none_are_refused(data):
    a, b = socket.socketpair()
    with a, b:
        a.sendall(data)
        with pytest.raises(Lost) as caught:
            Channel(b).receive(1.0)
        assert caught.value.kind == "protocol"


def test_half_a_frame_is_a_timeout_and_a_closed_end_a_crash():
    a, b = socket.socketpair()
    with b:
        a.sendall(HEAD.pack(10, 0) + b"{")
        with pytest.raises(Lost) as caught:
            Channel(b).receive(0.05)
        assert caught.value.kind == "timeout"
        a.close()
        with pytest.raises(Lost) as caught:
            Channel(b).receive(1.0)
        assert caught.value.kind == "crashed"


def test_frames_beyond_the_limit_are_not_sent():
    a, b = socket.socketpair()
    with a, b, pytest.raises(ValueError, match="too large"):
        Channel(a, limit=10).send({}, [bytes(11)])
