"""Before any test: one thread, so that a run repeats itself to the last bit; course_utils before torch, as everywhere.

`make test ARGS=--costs` ends on what each test file costs, in CPU seconds of the tests and of the processes they waited for.
"""

import os
from collections import defaultdict

os.environ["OMP_NUM_THREADS"] = "1"

import pytest

import course_utils  # noqa: F401


def pytest_addoption(parser):
    parser.addoption("--costs", action="store_true", help="show the CPU seconds of each test file")


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
def pytest_runtest_makereport():
    report = yield
    report.cpu = _since_last()
    return report


def pytest_terminal_summary(terminalreporter, config):
    if not config.getoption("costs"):
        return
    costs = defaultdict(lambda: [0, 0.0, 0.0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            if hasattr(report, "cpu"):
                row = costs[report.nodeid.partition("::")[0]]
                row[0] += report.when == "call"
                row[1] += report.cpu
                row[2] += report.duration
    terminalreporter.section("costs")
    terminalreporter.write_line(f"{'CPU s':>7} {'wall s':>7} {'tests':>6}  file")
    for file, (tests, cpu, wall) in sorted(costs.items(), key=lambda item: -item[1][1]):
        terminalreporter.write_line(f"{cpu:7.1f} {wall:7.1f} {tests:6}  {file}")
    terminalreporter.write_line(f"{sum(cpu for _, cpu, _ in costs.values()):7.1f}  in all")
