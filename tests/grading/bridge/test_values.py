"""Values cross as plain data; nonsense is refused; nothing that arrives can run."""

import ast
import socket
from fractions import Fraction
from pathlib import Path

import pytest

from course_tools.grading import bridge, judge
from course_tools.grading.bridge.decoder import Decoder
from course_tools.grading.bridge.encoder import Encoder
from course_tools.grading.bridge.values import NotPlain
from course_tools.grading.bridge.wire import Channel
from course_tools.grading.judge.host import Host

NONSENSE = [
    {}, {"unknown": 1}, [1], {"list": 3, "slot": 0}, {"list": [], "slot": 5}, {"dict": [[{"list": [], "slot": 1}, 1]], "slot": 0},
    {"array": 0, "dtype": "O", "shape": [1], "slot": 0}, {"array": 0, "dtype": "<f8", "shape": [10**12], "slot": 0}, {"array": 7, "dtype": "<f8", "shape": [1], "slot": 0},
    {"tensor": 0, "dtype": "float32", "shape": [3, -1, -1], "slot": 0, "requires": False, "leaf": True, "parameter": False, "grad": None},
    {"tensor": 0, "dtype": "load", "shape": [1], "slot": 0}, {"constant": "torch.load"}, {"pickle": 0, "tensors": []}, {"argument": 3}, {"int": 10**6},
    {"reference": "0", "kinds": ["a:b"], "name": "x", "callable": True}, {"reference": 0, "kinds": [], "name": "", "callable": True},
    {"int": "0x" + "f" * 10**5}, {"fraction": ["0x" + "f" * 10**5, "0x3"]}, {"decimal": "1E+999999999"}, {"decimal": "1" * 10**5},
]  # fmt: skip


@pytest.mark.parametrize("node", NONSENSE, ids=lambda node: str(node)[:40])
def test_nonsense_is_refused(node):
    a, b = socket.socketpair()
    with a, b:
        decoder = Decoder([bytes(8)], Host(Channel(a), 1.0)._resolve)
        with pytest.raises(NotPlain):
            decoder.value(node)


@pytest.mark.parametrize("value", [1 << 10**6, Fraction(1 << 10**6, 3)], ids=["int", "fraction"])
def test_a_number_that_nobody_could_work_with_is_an_error_of_the_answer(value):
    with pytest.raises(NotPlain, match="1000001 bits"):
        Encoder(lambda value, encoder: pytest.fail("is a number")).node(value)


def test_no_object_hides_in_a_number():
    class Sly(float):
        def __eq__(self, other):
            return True

    encoder = Encoder(lambda value, encoder: pytest.fail("is a number"))
    node = encoder.node(Sly(2.0))
    assert type(node) is float
    assert node != 3.0


def test_the_trusted_side_has_no_way_to_read_a_pickle():
    for room in (bridge, judge):
        for path in Path(room.__file__).parent.glob("*.py"):
            nodes = list(ast.walk(ast.parse(path.read_text())))
            used = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
            readers = {name for name in used if name.rpartition(".")[2] in ("load", "loads", "Unpickler")}
            assert readers <= {"json.loads", "Assignment.load"}, path
            assert "pickle" not in {
                alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
            }
