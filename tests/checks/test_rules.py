"""What ties a rule together: every field of an observation is judged, compared with known mistakes, and stored."""

import dataclasses
import json

import pytest
import torch

from course_utils.checks.chance import Tally
from course_utils.checks.observation import Array, Failure, Observation, pack, unpack
from course_utils.checks.probe import Probe, observe
from course_utils.checks.rules import judge, same

PROBE = Probe("any", lambda g: (), unchanged=True, dtype=True)
RIGHT = Observation(
    {"": Array((2,), "float32", (1.0, 2.0))},
    {"0": Array((1,), "float32", (3.0,)), "1": None},
    tallies={"heads": Tally(49, 100, 0.5)},
)
OTHERWISE = {
    "values": {"": Array((2,), "float32", (1.0, float("nan")))},
    "gradients": {"0": None, "1": None},
    "changed": ("0",),
    "tallies": {"heads": Tally(0, 100, 0.5)},
    "failure": Failure("raised", "ValueError", "ValueError: no"),
}


def changed(field):
    return dataclasses.replace(RIGHT, **{field: OTHERWISE[field]})


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(Observation) if field.compare])
def test_every_field_of_an_observation_is_judged_compared_and_stored(field):
    wrong = changed(field)
    assert judge(PROBE, wrong, RIGHT) is not None
    assert not same(PROBE, wrong, RIGHT)
    assert same(PROBE, wrong, wrong)
    stored = unpack(Observation, json.loads(json.dumps(pack(wrong))))
    assert same(PROBE, stored, wrong)
    assert not same(PROBE, stored, RIGHT)


def test_what_has_its_default_is_not_stored():
    assert pack(Observation()) == {}
    assert pack(RIGHT) == {
        "values": {"": {"shape": [2], "dtype": "float32", "data": [1.0, 2.0]}},
        "gradients": {"0": {"shape": [1], "dtype": "float32", "data": [3.0]}, "1": None},
        "tallies": {"heads": {"count": 49, "trials": 100, "chance": 0.5}},
    }


def test_a_failure_is_known_by_its_kind_and_its_exception_not_by_its_words():
    told = Failure("raised", "RuntimeError", "RuntimeError: shapes (3, 4) and (5,) (line 2: `a @ b`)")
    assert told == Failure("raised", "RuntimeError", "RuntimeError: another line of another torch")
    assert told != Failure("raised", "IndexError", told.text)
    assert told != Failure("type", "RuntimeError", told.text)
    assert pack(told) == {"kind": "raised", "of": "RuntimeError"}


def test_dtypes_are_compared_only_where_the_probe_minds():
    single, double = (Observation({"": Array((), kind, (1.0,))}) for kind in ("float32", "float64"))
    assert not same(PROBE, single, double)
    assert same(dataclasses.replace(PROBE, dtype=False), single, double)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (lambda: torch.eye(2), lambda: [[1.0, 0.0], [0.0, 1.0]], "returned lists of numbers, expected tensors"),
        (lambda: (torch.ones(2), 1.0), lambda: ([1, 1], 1.0), "returned lists of numbers, expected tensors"),
        (lambda: torch.ones(2), lambda: (torch.ones(2), 1.0), "returned 2 parts (0, 1), expected one value"),
        (lambda: torch.arange(3), lambda: torch.arange(3.0), "returned float32, expected int64"),
        (lambda: torch.ones(2).double(), lambda: torch.ones(2), "returned float32, expected float64: keep the precision of the input"),
        (lambda: (1.0, (2.0, 3.0)), lambda: (1.0, (2.0, 4.0)), "value 2, part 2: got 4, expected 3"),
    ],
)  # fmt: skip
def test_a_part_or_a_type_is_called_what_it_is(right, wrong, said):
    assert judge(PROBE, observe(PROBE, wrong), observe(PROBE, right)) == said
