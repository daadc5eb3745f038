"""Before any test: one thread, so that a run repeats itself to the last bit; course_utils before torch, as everywhere.

- A test marked `slow(seconds)` lets its file begin early, longest first, so that no worker is left with one at the end. All others are
  `quick`: `make test ARGS="-m quick"`.
- `make test ARGS=--costs` ends on what each test file costs, in CPU seconds of the tests and of the processes they waited for.
- `make test ARGS=--no-skips`, as in CI: a test that this machine would skip fails.
"""

import os
from collections import defaultdict

os.environ["OMP_NUM_THREADS"] = "1"

import pytest

from course_utils.machine import cores


def pytest_addoption(parser):
    parser.addoption("--costs", action="store_true", help="show the CPU seconds of each test file")
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails")


# --- slow, quick, and how many at a time


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, since many tests wait for what they started; at most four, for the memory."""
    return min(cores() + 1, 4)


def pytest_configure(config):
    config.addinivalue_line("markers", "slow(seconds): takes about so many CPU seconds; the longest files begin first")
    config.addinivalue_line("markers", "quick: every test that is not slow (set by itself)")


def pytest_collection_modifyitems(items):
    seconds = defaultdict(float)
    for item in items:
        if mark := item.get_closest_marker("slow"):
            seconds[item.path] = max(seconds[item.path], mark.args[0])
        else:
            item.add_marker("quick")
    items.sort(key=lambda item: -seconds[item.path])


# --- shared


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """A new gradebook.db, to be copied."""
    from course_tools.grading.results.database import create

    path = tmp_path_factory.mktemp("blank") / "gradebook.db"
    create(path, "default_course")
    return path


# --- nothing skipped


def _refuse_skip(report, config) -> None:
    if report.skipped and config.getoption("no_skips") and not hasattr(report, "wasxfail"):
        report.outcome, (_, _, reason) = "failed", report.longrepr
        report.longrepr = f"{report.nodeid} cannot run here, and with --no-skips that is a failure: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _refuse_skip(report, collector.config)
    return report


# --- costs

_spent = 0.0


def _since_last() -> float:
    """CPU seconds of this process and its ended children since the last call."""
    global _spent
    before, _spent = _spent, sum(os.times()[:4])
    return _spent - before


def pytest_collection_finish():
    _since_last()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    report = yield
    report.cpu = _since_last()
    _refuse_skip(report, item.config)
    return report


def pytest_terminal_summary(terminalreporter, config):
    if not config.getoption("costs"):
        return
    costs = defaultdict(lambda: [0, 0.0, 0.0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "cpu"):
                row = costs[report.nodeid.partition("::")[0]]
                row[0] += report.when == "setup"
                row[1] += report.cpu
                row[2] += report.duration
    terminalreporter.section("costs")
    terminalreporter.write_line(f"{'CPU s':>7} {'wall s':>7} {'tests':>6}  file")
    for file, (tests, cpu, wall) in sorted(costs.items(), key=lambda item: -item[1][1]):
        terminalreporter.write_line(f"{cpu:7.1f} {wall:7.1f} {tests:6}  {file}")
    terminalreporter.write_line(f"{sum(cpu for _, cpu, _ in costs.values()):7.1f}  in all")
