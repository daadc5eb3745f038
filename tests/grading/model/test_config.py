"""What nbgrader_config.py says about a course, read without running it."""

import math

import pytest

from course_tools.grading.model.config import configured, limits_of


@pytest.fixture
def config(tmp_path):
    def write(*lines):
        (tmp_path / "nbgrader_config.py").write_text(
            "\n".join(["import nothing_of_the_kind", "c = get_config()", *lines])
        )
        return tmp_path

    return write


def test_what_it_assigns_is_known(config):
    root = config("c.A.x = 1", "c.A.x = 2", "c.B.y = len('abc')", "c.B.z = 'text'")
    assert configured(root, "A.x") == 2
    assert configured(root, "B.y", "B.z") == "text"
    assert configured(root, "B.y") is None


def test_without_a_config_nothing_is(tmp_path):
    assert configured(tmp_path, "A.x") is None
    limits = limits_of(tmp_path)
    assert (limits.cell, limits.test, limits.notebook, limits.stop) == (600, 300, 1800, False)


@pytest.mark.parametrize(
    ("lines", "cell", "stop"),
    [
        (["c.ExecutePreprocessor.timeout = 45"], 45, False),
        (["c.ExecutePreprocessor.timeout = 45", "c.Execute.timeout = 50"], 50, False),
        (["c.ExecutePreprocessor.timeout = -1"], 1800, False),
        (["c.ExecutePreprocessor.timeout = 9999"], 1800, False),
        (["c.ExecutePreprocessor.interrupt_on_timeout = True", "c.Execute.timeout = 5"], 5, False),
        (["c.ExecutePreprocessor.interrupt_on_timeout = False", "c.Execute.timeout = 5"], 5, True),
    ],
)
def test_timeouts(config, lines, cell, stop):
    limits = limits_of(config(*lines))
    assert (limits.cell, limits.test, limits.stop) == (cell, cell, stop)
    assert math.isfinite(limits.notebook)
