"""Tiers are found by trying, chosen or refused, and hold: the attacks are in `attacks/`."""

import sys
from pathlib import Path

import pytest

from course_tools.grading.bridge.wire import FRAME_LIMIT, Lost
from course_tools.grading.isolation import findings, tiers
from course_tools.grading.isolation.forkserver import ForkServer, warm
from course_tools.grading.jail import sandbox
from course_tools.grading.judge.host import Host
from course_tools.grading.model.settings import Settings
from course_tools.paths import SOLUTIONS
from course_utils.checks import fingerprints
from course_utils.errors import UsageError
from course_utils.paths import ROOT

BEST, SECOND = sandbox.Tier("namespaces", True), sandbox.Tier("landlock")


@pytest.fixture
def offered(monkeypatch):
    def offer(*offered):
        for module in (tiers, findings):
            monkeypatch.setattr(module, "available", lambda: offered)

    return offer


def test_the_best_tier_is_chosen_and_another_can_be_asked_for(offered):
    offered(BEST, SECOND)
    assert tiers.choose() == BEST
    assert tiers.choose(trust=True) == BEST
    assert tiers.choose(wanted="landlock") == SECOND
    with pytest.raises(
        UsageError, match=r"'container' is not available here; there is: namespaces\+bubblewrap, landlock"
    ):
        tiers.choose(wanted="container")


def test_without_isolation_only_trust_helps(offered):
    offered()
    with pytest.raises(UsageError, match="--trust-submissions"):
        tiers.choose()
    assert tiers.choose(trust=True) == sandbox.Tier("none")


def test_doctor_names_the_tier_and_what_it_does_not_stop(offered):
    offered(SECOND)
    texts = [finding.text for finding in findings.isolation()]
    assert texts == ["landlock", f"it does not stop: {tiers.DOES_NOT_STOP['landlock']}"]
    offered()
    assert "refuses without --trust-submissions" in next(findings.isolation()).text
    assert not any(finding.fix for finding in findings.isolation())


def test_nothing_readable_holds_the_answers():
    for path in map(Path, sandbox.readable()):
        assert not SOLUTIONS.is_relative_to(path.resolve())
        assert not path.resolve().is_relative_to(SOLUTIONS)
        assert not Path.home().is_relative_to(path.resolve())
        assert path.resolve() not in (ROOT / "course_tools", ROOT / "course_tools" / "grading")
        assert not fingerprints.FOLDER.is_relative_to(path.resolve())
    assert {str(ROOT / "course_utils" / "session.py"), sys.prefix, sys.base_prefix} <= set(sandbox.readable())


def test_the_environment_is_made_and_not_inherited(monkeypatch):
    monkeypatch.setenv("COURSE_TOKEN", "secret")
    assert "secret" not in str(tiers.environment())
    assert tiers.environment()["NBGRADER_EXECUTION"] == "autograde"


def printed(process, code):
    outputs = Host(process.channel, 120.0).cell(code, 120.0)["outputs"]
    return "".join(output.get("text", output.get("ename", "")) for output in outputs).strip()


@pytest.mark.usefixtures("fork_server")
def test_a_process_has_its_files_no_rights_and_no_company():
    if (tier := tiers.choose()).name != "namespaces":
        pytest.skip(f"the best tier is {tier}; Ubuntu: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0")
    with warm(Settings()).process(2**30, 300.0, {"data.csv": b"1,2", "more/b.txt": b"x"}, FRAME_LIMIT) as process:
        assert printed(process, "print(open('data.csv').read(), open('more/b.txt').read())") == "1,2 x"
        assert printed(process, "import os; print([p for p in os.listdir('/proc') if p.isdigit()])") == "['1']"
        assert "CapEff:\t0000000000000000" in printed(process, "print(open('/proc/self/status').read())")
        assert printed(process, "import socket; print(socket.if_nameindex())") == "[(1, 'lo')]"
        assert printed(process, f"open({str(SOLUTIONS / 'simclr.py')!r})") in ("PermissionError", "FileNotFoundError")
        secret = ROOT / "course_tools" / "large_batch" / "loss.py"
        assert printed(process, f"open({str(secret)!r})") in ("PermissionError", "FileNotFoundError")
        assert printed(process, "import course_tools.large_batch.loss").endswith("Error")
        expected = str(fingerprints.FOLDER / "simclr.json")
        assert printed(process, f"open({expected!r})") in ("PermissionError", "FileNotFoundError")
        own_check = "from course_utils.checks import check; print(check('simclr/alignment', lambda *_: 0.0))"
        lines = printed(process, own_check).splitlines()
        assert lines == ["simclr/alignment: is checked outside of the sandbox that this notebook is graded in.", "0.0"]
        holds = "import gc; print([o for o in gc.get_objects() if isinstance(o, dict) and 'mistakes' in o and 'reference' in o])"
        assert printed(process, holds) == "[]"
        assert printed(process, "import course_utils.pythia_scaling.game; print('ok')") == "ok"
        assert printed(process, "print(open('/proc/sys/user/max_user_namespaces').read())") == "0"
        assert printed(process, "open('/usr/x', 'w')") in ("PermissionError", "OSError")


@pytest.mark.usefixtures("fork_server")
def test_a_fork_server_outlives_processes_that_end_by_themselves():
    server = warm(Settings())
    for _ in range(20):
        process = server.process(2**30, 60.0, {}, FRAME_LIMIT)
        with pytest.raises(Lost):
            Host(process.channel, 5.0).cell("import os; os._exit(3)", 5.0)
        process.close()
    assert server._process.poll() is None


def test_namespaces_are_tried_by_a_process_without_threads(monkeypatch):
    """A bare clone of one with threads stopped for ever in a lock of theirs."""
    before = sandbox.namespaces_work()
    monkeypatch.setattr(sandbox.kernel, "clone", lambda namespaces: pytest.fail("cloned here"))
    assert sandbox.namespaces_work() is before


def test_a_container_is_a_command_that_runs_the_fork_server(monkeypatch):
    """Any command that passes on its open descriptors; here one that only adds to the environment."""
    if not sandbox.available():
        pytest.skip("this machine offers no isolation (see `course doctor`)")
    monkeypatch.setenv(sandbox.CONTAINER, "env INSIDE=yes")
    sandbox.available.cache_clear()
    try:
        assert tiers.choose() == sandbox.Tier("container")
        server = ForkServer(tiers.choose(), [])
        try:
            with server.process(2**30, 60.0, {}, FRAME_LIMIT) as process:
                assert printed(process, "import os; print(os.environ['INSIDE'])") == "yes"
        finally:
            server.close()
    finally:
        sandbox.available.cache_clear()


def test_a_fork_server_that_cannot_start_says_why(monkeypatch):
    monkeypatch.setattr(
        tiers, "command", lambda tier, descriptor: [sys.executable, "-c", "raise SystemExit('no luck')"]
    )
    server = ForkServer(sandbox.Tier("none"), [])
    server._process.wait()
    with pytest.raises(Lost, match=r"no luck|gone"):
        server.process(2**30, 1.0, {}, FRAME_LIMIT)
    server.close()
