"""A call across the two processes is the call it would be in one: values, gradients, changes in place, randomness, errors, output."""

import os
import random
import socket
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_tools.grading.bridge.wire import Channel, Lost
from course_tools.grading.judge.host import Host
from course_utils.checks.guard import Hung, only_to_explain, seeded, where
from course_utils.checks.probe import Probe, observe

CODE = """
import random, time, warnings
import numpy as np, torch
import torch.nn.functional as F
from torch import nn

def echo(x): return x
def fresh(x): return x + 0
def loss(a, b, t=0.5): return ((a @ b.T / t).logsumexp(1)).mean()
def detached(a, b): return (a.detach() * b).sum()
def in_place(x): x.mul_(2)
def array_in_place(x): x += 1
def append(x): x.append(len(x))
def several(x): return {"a": x * 2, "b": [x ** 2, 3], "c": (None, "text", True, 2**100, 1j, b"raw")}
def noisy(n): return torch.rand(n) + torch.from_numpy(np.random.rand(n)) + random.random()
def fails(x):
    if x == 0:
        raise NotImplementedError
    if x == 1:
        raise ValueError("one is not allowed")
    if x == 2:
        return {}["key"]
    if x == 3:
        return torch.randn(2, 3) @ torch.randn(2, 3)
    raise np.linalg.LinAlgError("singular")
def hangs(): time.sleep(60)
def dies(x): import os; os._exit(3)
def says(x):
    print("said", x)
    warnings.warn("hot", RuntimeWarning)
    return x
def make(n): return nn.Sequential(nn.Linear(n, 3), nn.Tanh())
def step(model, optimizer, x, loss_fn):
    optimizer.zero_grad()
    loss = loss_fn(model(x))
    loss.backward()
    optimizer.step()
    return loss.item()
def count(): return iter(range(3))
class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return True
    def twice(self): return Point(2 * self.x)
    def __getitem__(self, i): return (self.x, self.x)[i]
    def __len__(self): return 2
    def __str__(self): return f"Point({self.x})"
def lies(): return Point(1)
answer = 42
state = {"n": 0}
def bump():
    state["n"] += 1
    return state["n"]
"""


@pytest.fixture
def host():
    """A student's process that ran CODE. Without a sandbox: the code is ours."""
    ours, theirs = socket.socketpair()
    if (pid := os.fork()) == 0:
        ours.close()
        from course_tools.grading.jail.server import Server
        from course_tools.grading.jail.shell import StudentShell

        Server(Channel(theirs), StudentShell()).serve()
        os._exit(0)
    theirs.close()
    host = Host(Channel(ours), seconds=120.0)
    assert not host.cell(CODE, 120.0)["error"]
    yield host
    host.channel.close()
    os.waitpid(pid, 0)


VALUES = [
    None, True, 0, -7, 2**200, 1.5, float("inf"), "text", "", b"raw", 1 + 2j, ..., [1, [2.0, "x"]], (1, (2,)), {"a": {1: 2}}, {1, 2},
    frozenset({3}), range(2, 9, 3), torch.float64, np.float32(1.5), np.int64(3), np.bool_(True), np.array("text"),
]  # fmt: skip
ARRAYS = [
    torch.full((1, 1), 4.0).diagonal().clone(), torch.ones(9)[::9],  # strides other than their shapes'
    np.arange(6.0).reshape(2, 3), np.zeros((0, 3)), np.array(3), np.array(["a", "bc"]), np.array([1, None, "x"], dtype=object),
    np.asfortranarray(np.arange(6).reshape(2, 3)), torch.arange(6).reshape(2, 3).T, torch.tensor(1.5), torch.zeros(0, 2),
    torch.ones(2, dtype=torch.bfloat16), torch.tensor([1j]), torch.tensor([True, False]),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_arrive_as_they_are(host, value):
    back = host.fetch("echo")(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", ARRAYS, ids=lambda v: f"{type(v).__name__}-{v.dtype}-{tuple(v.shape)}")
def test_arrays_and_tensors_arrive_as_they_are(host, value):
    back = host.fetch("echo")([value])[0]
    assert type(back) is type(value)
    assert back.dtype == value.dtype
    assert back.shape == value.shape
    assert back.tolist() == value.tolist()


def test_the_same_object_comes_back_as_itself(host):
    x = torch.randn(3)
    assert host.fetch("echo")(x) is x
    assert host.fetch("fresh")(x) is not x
    nested = host.fetch("several")(x)
    torch.testing.assert_close(nested["a"], 2 * x)
    assert nested["c"] == (None, "text", True, 2**100, 1j, b"raw")


def test_gradients_cross_and_match(host):
    remote, a, b = host.fetch("loss"), torch.randn(4, 3, requires_grad=True), torch.randn(5, 3, requires_grad=True)
    (3 * remote(a * 2, b)).backward()
    got = a.grad, b.grad
    a.grad = b.grad = None
    (3 * ((a * 2) @ b.T / 0.5).logsumexp(1).mean()).backward()
    torch.testing.assert_close(got, (a.grad, b.grad))


def test_where_no_gradient_flows_none_arrives(host):
    a, b = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
    value = host.fetch("detached")(a, b)
    assert torch.autograd.grad(value, (a, b), allow_unused=True)[0] is None
    assert not host.fetch("fresh")(torch.ones(2)).requires_grad
    with torch.no_grad():
        assert not host.fetch("fresh")(a).requires_grad


def test_changes_in_place_happen_here_too(host):
    tensor, array, items = torch.ones(3), np.zeros(2), [7]
    host.fetch("in_place")(tensor), host.fetch("array_in_place")(array), host.fetch("append")(items)
    assert (tensor.tolist(), array.tolist(), items) == ([2, 2, 2], [1, 1], [7, 1])


def test_the_test_s_seed_decides_the_student_s_numbers(host):
    def noisy(n):
        return torch.rand(n) + torch.from_numpy(np.random.rand(n)) + random.random()

    for seed in (0, 0, 1):
        with seeded(seed):
            expected = noisy(4)
        with seeded(seed):
            first, second = host.fetch("noisy")(4), host.fetch("noisy")(4)
        torch.testing.assert_close(first, expected)
        assert not torch.equal(first, second), "a second call goes on where the first ended"


@pytest.mark.parametrize(("x", "kind", "text"), [(1, ValueError, "one is not allowed"), (2, KeyError, "'key'"), (3, RuntimeError, "cannot be multiplied"), (4, np.linalg.LinAlgError, "singular")])  # fmt: skip
def test_errors_keep_their_class_text_and_place(host, x, kind, text):
    with pytest.raises(kind, match=text) as caught:
        host.fetch("fails")(x)
    assert type(caught.value) is kind
    assert "(line " in where(caught.value)
    assert not host.unwritten


def test_not_written_is_noticed(host):
    with pytest.raises(NotImplementedError):
        host.fetch("fails")(0)
    assert host.unwritten


def test_a_call_that_hangs_is_stopped_and_the_process_goes_on(host):
    host.seconds = 0.3
    with pytest.raises(Hung):
        host.fetch("hangs")()
    assert host.fetch("answer") == 42


def test_output_and_warnings_arrive(host, capsys):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert host.fetch("says")(3) == 3
    assert capsys.readouterr().out == "said 3\n"
    assert [(w.category.__name__, str(w.message)) for w in caught] == [("RuntimeWarning", "hot")]


def test_objects_stay_there_and_are_never_compared(host):
    point = host.fetch("lies")()
    assert (point.x, point.twice().x, point[0], len(point), list(point), str(point)) == (1, 2, 1, 2, [1, 1], "Point(1)")
    point.x = 5
    assert point.twice().x == 10
    assert list(host.fetch("count")()) == [0, 1, 2]
    for compare in (
        lambda: point == 1,
        lambda: point != 1,
        lambda: point == 1,
        lambda: 1 in point,
        lambda: point < 1,
        lambda: point - 1,
    ):
        with pytest.raises(TypeError):
            compare()


def test_a_module_is_one_and_can_be_looked_at(host):
    def look(module, arguments):
        return {"n": sum(p.numel() for p in module.parameters()), "out": module(torch.ones(1, arguments[0])).shape[1]}

    module = host.fetch("make")(4)
    assert isinstance(module, nn.Module)
    assert not isinstance(module, torch.Tensor)
    assert module(torch.ones(2, 4)).shape == (2, 3)
    assert [p.shape for p in module.parameters()] == [(3, 4), (3,)]
    seen = observe(Probe("make", lambda g: (4,), look=look), host.fetch("make"))
    assert {name: array.data for name, array in seen.values.items()} == {"n": (15.0,), "out": (3.0,)}


def test_modules_optimizers_and_functions_travel_as_arguments(host):
    def setting():
        torch.manual_seed(0)
        model = nn.Linear(3, 2)
        for p in model.parameters():
            p.grad = torch.ones_like(p)
        return model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), torch.randn(5, 3)

    model, optimizer, x = setting()
    value = host.fetch("step")(model, optimizer, x, lambda z: F.mse_loss(z, torch.ones_like(z)))
    twin, optimizer, x = setting()
    optimizer.zero_grad()
    loss = F.mse_loss(twin(x), torch.ones(5, 2))
    loss.backward()
    optimizer.step()
    assert value == loss.item()
    torch.testing.assert_close(list(model.parameters()), list(twin.parameters()))
    torch.testing.assert_close([p.grad for p in model.parameters()], [p.grad for p in twin.parameters()])


def test_a_student_s_function_can_be_an_argument_of_another(host):
    assert host.fetch("step").__name__ == "step"
    assert host.fetch("echo")(host.fetch("bump"))() == 1


def test_a_copy_is_the_process_as_it_was(host):
    bump = host.fetch("bump")
    bump()
    channel, main = host.copy(), host.channel
    host.cell("def bump(): return 'redefined'\nstate['n'] = 100", 5.0)
    assert host.fetch("bump")() == "redefined"
    host.use(channel)
    assert (bump(), host.fetch("bump")()) == (2, 3)
    channel.close()
    host.use(main)
    assert bump() == 101


def test_a_missing_name_is_a_name_error(host):
    with pytest.raises(NameError, match="nothing"):
        host.fetch("nothing")


def test_after_the_end_every_question_is_refused_at_once(host):
    with pytest.raises(Lost):
        host.cell("import os; os._exit(1)", 5.0)
    with pytest.raises(Lost):
        host.fetch("answer")


def test_what_only_explains_leaves_no_trace(host):
    """A counter that a call for an explanation moves stands still; random numbers go on as if nothing had been asked."""
    bump, noisy = host.fetch("bump"), host.fetch("noisy")
    with seeded(5):
        first, second = noisy(3), noisy(3)
    before = bump()
    with seeded(5):
        assert torch.equal(noisy(3), first)
        with only_to_explain():
            assert bump() == before + 1
            noisy(2)
        host.end_aside()
    with seeded(5):
        noisy(3)
        assert torch.equal(noisy(3), second)
    assert bump() == before + 1


def test_an_explanation_that_dies_or_sends_nonsense_costs_nothing(host):
    for name in ("dies", "fails"):
        with only_to_explain(), pytest.raises((Hung, NotImplementedError)):
            host.fetch(name)(0)
    assert not host.lost and not host.unwritten
    host.end_aside()
    assert host.fetch("echo")(3) == 3
