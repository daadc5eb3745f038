"""Whatever a student's function does, the observation says it in words and the check goes on."""

import sys
import time
import warnings

import pytest
import torch

from course_utils.checks.observation import Array
from course_utils.checks.probe import Probe, observe
from course_utils.checks.rules import judge

PROBE = Probe("doubles", lambda g: (torch.randn(3, generator=g),), gradients=(0,), seconds=0.3)
PLAIN = Probe("doubles", lambda g: (torch.randn(3, generator=g),), unchanged=True, seconds=0.3)


def double(x):
    return 2 * x


def verdict(function, probe=PLAIN):
    return judge(probe, observe(probe, function), observe(probe, double))


def hangs(x):
    while True:
        time.sleep(0.01)


def hangs_and_catches(x):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def changes_input(x):
    x.mul_(2)
    return x


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda x: None, "returned None: is the `return` missing?"),
        (lambda x: "six", "returned 'str', which is not a number"),
        (lambda x: (x, "six"), "returned 'str'"),
        (lambda x: 2 * x[:2], "returned shape (2,), expected (3,)"),
        (lambda x: (x, x), "returned 2 parts (0, 1), expected one value"),
        (lambda x: [], "returned 0 parts, expected one value"),
        (lambda x: [1.0] * 1000, "returned 1000 parts (0, 1, 2, 3, 4, 5, 6, 7, ...)"),
        (lambda x: 2 * x + 0j, "returned 'Tensor', which is not a number"),
        (lambda x: x * float("nan"), "got nan, expected"),
        (lambda x: 3 * x, "3 of 3 compared numbers differ"),
        (hangs, "did not return within 0.3 s"),
        (hangs_and_catches, "did not return within 0.3 s"),
        (changes_input, "changed its argument 1 in place"),
        (lambda: 1, "takes 0 positional arguments but 1 was given"),
        (lambda x: sys.exit(), "called exit()"),
    ],
)
def test_says_what_happened(function, message):
    assert message in (verdict(function) or "")


def test_numbers_are_kept():
    line = verdict(lambda x: x + 1)
    assert "got " in line
    assert "expected " in line
    assert "at entry" in line


def test_right_answers_pass_in_any_numeric_type():
    assert verdict(double) is None
    assert verdict(lambda x: (2 * x).numpy()) is None
    assert verdict(lambda x: (2 * x).double()) is None


def test_gradient_missing_and_unwanted():
    assert verdict(lambda x: 2 * x.detach(), PROBE) == "no gradient reaches argument 1"
    stopped = observe(PROBE, lambda x: 2 * x.detach())
    assert judge(PROBE, observe(PROBE, double), stopped) == "a gradient reaches argument 1, and none should"
    assert "gradient of argument 1: got 4" in verdict(lambda x: x.detach() * 2 + 4 * (x - x.detach()), PROBE)


def test_dtype_only_where_asked():
    strict = Probe("doubles", lambda g: (torch.ones(2, dtype=torch.float64),), dtype=True)
    assert "returned float32, expected float64" in verdict(lambda x: 2 * x.float(), strict)


def test_prints_and_warnings_are_caught_and_kept(capfd):
    def chatty(x):
        print("shape", x.shape)
        print("on stderr", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return 2 * x

    seen = observe(PLAIN, chatty)
    assert "shape" in seen.printed
    assert "on stderr" in seen.printed
    assert seen.warned == "UserWarning: careful"
    assert seen.failure is None
    assert capfd.readouterr() == ("", "")


def test_random_state_is_seeded_and_restored():
    before = torch.random.get_rng_state()
    first, second = (observe(PLAIN, lambda x: torch.rand(3)) for _ in range(2))
    assert first == second
    assert torch.equal(before, torch.random.get_rng_state())


class Mute(Exception):
    def __str__(self):
        raise ValueError("no text")


def test_hostile_texts_and_a_closed_stdout_do_not_escape():
    def mute(x):
        raise Mute

    def warns_nothing(x):
        warnings.warn("", stacklevel=1)
        sys.stdout.close()
        return 2 * x

    assert verdict(mute) == "Mute: (no message)"
    assert verdict(warns_nothing) is None


def test_a_function_that_catches_the_alarm_is_stopped_all_the_same():
    def stubborn(x):
        tries = 0
        while tries < 2:
            try:
                time.sleep(60)
            except BaseException:
                tries += 1
        time.sleep(60)

    assert "did not return within 0.3 s" in verdict(stubborn)


def test_not_implemented_by_torch_is_not_an_unwritten_answer():
    assert observe(PLAIN, lambda x: torch.empty(2, device="meta").cpu()).failure.kind == "raised"


def test_inputs_do_not_depend_on_the_students_default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        assert verdict(double) is None
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_inputs_that_raise_leave_the_default_dtype_alone():
    def broken(g):
        raise OSError("no data")

    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(OSError, match="no data"):
            observe(Probe("broken", broken), double)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


class Odd(BaseException):
    pass


def test_even_odd_exceptions_are_caught_but_ctrl_c_is_the_persons():
    def odd(x):
        raise Odd("not an Exception")

    def interrupted(x):
        raise KeyboardInterrupt

    assert verdict(odd) == "Odd: not an Exception"
    with pytest.raises(KeyboardInterrupt):
        verdict(interrupted)


def test_global_switches_are_turned_back():
    def meddles(x):
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        return 2 * x

    assert verdict(meddles) is None
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


def test_a_large_array_is_sampled_and_any_widespread_error_shows():
    probe = Probe("large", lambda g: (torch.randn(100, 100, generator=g),))
    seen = observe(probe, double)
    assert seen.values[""].shape == (100, 100)
    assert len(seen.values[""].data) < 100
    assert judge(probe, observe(probe, lambda x: 2 * x + (torch.arange(100) == 50) * 1.0), seen) is not None


def test_array_keeps_the_digits_of_its_type():
    assert Array.of(torch.tensor(1 / 3)).data == (0.33333334,)
    assert Array.of(1 / 3).data == (0.333333333333,)
