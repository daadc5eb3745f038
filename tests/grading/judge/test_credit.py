"""Points by nbgrader's own rules."""

import pytest
from nbformat import v4

from course_tools.grading.judge.credit import partial_credit
from course_tools.grading.model.notebook import Refused
from tests.grading.attacks import mark


@pytest.mark.parametrize("value", [None, 1.5, 0.0, 2, 0, True, False, "1", -1.0, [1.0], float("nan"), (1,), 3.0, 3.5])
def test_partial_credit_is_nbgrader_s(value):
    from nbgrader.utils import determine_grade

    outputs = [] if value is None else [v4.new_output("execute_result", {"text/plain": repr(value)}, execution_count=1)]
    cell = v4.new_code_cell("", outputs=outputs, metadata=mark("t", 3, grade=True, locked=True))
    try:
        expected = determine_grade(cell)[0]
    except ValueError:
        with pytest.raises(Refused):
            partial_credit(value, 3.0)
    else:
        assert partial_credit(value, 3.0) == expected
