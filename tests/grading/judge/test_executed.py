"""The graded submission is a sound notebook, whatever the student's process sends as outputs."""

import json
from types import SimpleNamespace

import nbformat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_tools.grading.judge.executed import write_executed
from course_tools.grading.model.merge import Step

OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": "x"},
    {"output_type": "display_data", "data": {"text/plain": "1"}, "metadata": {}},
    {"output_type": "error", "ename": "E", "evalue": "", "traceback": ["a"]},
]
anything = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from([*OUTPUTS[0], *OUTPUTS[1], *OUTPUTS[2]]), inner)
    ),
    max_leaves=9,
)


def written(folder, reply, source="1"):
    """The outputs of the one cell, as nbformat reads them back."""
    cell = {"cell_type": "code", "metadata": {}, "source": "1"}
    grading = SimpleNamespace(
        limits=SimpleNamespace(outputs=1000),
        steps=[Step(None, cell)],
        outputs={0: reply},
        needed=SimpleNamespace(sources=(source,)),
    )
    path = folder / "one.ipynb"
    write_executed(path, {}, grading, ())
    return nbformat.read(path, 4).cells[0].outputs


def test_what_is_an_output_is_kept(tmp_path):
    assert [dict(one) for one in written(tmp_path, {"outputs": OUTPUTS, "count": 3})] == OUTPUTS


def test_what_a_page_would_run_is_left_out(tmp_path):
    data = {
        "text/plain": "a plot",
        "text/html": "<script>1</script>",
        "application/javascript": "1",
        "image/svg+xml": "<svg>",
    }
    (shown,) = written(tmp_path, {"outputs": [{"output_type": "display_data", "data": data, "metadata": {}}]})
    assert dict(shown.data) == {"text/plain": "a plot"}


def test_half_a_character_can_be_written(tmp_path):
    (shown,) = written(tmp_path, {"outputs": [{"output_type": "stream", "name": "stdout", "text": "a\ud800b"}]})
    assert shown.text == "a?b"


def test_a_cell_that_was_not_run_says_so(tmp_path):
    (note,) = written(tmp_path, None, source=None)
    assert "no point depends on it" in note.text


def test_what_is_nested_too_deep_is_left_out(tmp_path):
    deep = OUTPUTS[1] | {"data": {"text/plain": json.loads("[" * 900 + "]" * 900)}}
    for _ in range(200):
        deep["data"]["text/plain"] = [deep["data"]["text/plain"]]
    (note,) = written(tmp_path, {"outputs": [deep]})
    assert "are not kept" in note.text


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(anything, st.lists(anything)), anything)
def test_garbage_is_left_out(tmp_path, outputs, count):
    for output in written(tmp_path, {"outputs": outputs, "count": count}):
        assert output.output_type in {one["output_type"] for one in OUTPUTS}
