"""The rules that turn an observation into a verdict. Each returns None, or one line that keeps the numbers.

To add a rule: a field of `Observation` for what it looks at, filled in by `observe`; and a function in `RULES`. The rest follows from the
field: known mistakes are compared in it, and the fingerprints store it.
"""

from collections.abc import Callable

import numpy as np

from course_utils.checks.chance import broken
from course_utils.checks.observation import Array, Observation, alike
from course_utils.checks.probe import Probe

Rule = Callable[[Probe, Observation, Observation], str | None]


def ran(probe: Probe, got: Observation, expected: Observation) -> str | None:
    return got.failure.text if got.failure else None


def has_the_parts(probe: Probe, got: Observation, expected: Observation) -> str | None:
    if got.values.keys() == expected.values.keys():
        return None
    return f"returned {_parts(got)}, expected {_parts(expected)}"


def has_the_shape(probe: Probe, got: Observation, expected: Observation) -> str | None:
    for name, want in expected.values.items():
        if got.values[name].shape != want.shape:
            return f"{_named(name)}returned shape {got.values[name].shape}, expected {want.shape}"
    return None


def has_the_dtype(probe: Probe, got: Observation, expected: Observation) -> str | None:
    for name, want in expected.values.items():
        if probe.dtype and got.values[name].dtype != want.dtype:
            return f"{_named(name)}returned {got.values[name].dtype}, expected {want.dtype}: keep the precision of the input"
    return None


def has_the_value(probe: Probe, got: Observation, expected: Observation) -> str | None:
    for name, want in expected.values.items():
        difference = compare(got.values[name], want, probe)
        if difference and not probe.reveal:
            return f"{_named(name)}{difference.split(',')[0]}, which is not it"
        if difference:
            return f"{_named(name)}{difference}" + (f" ({probe.note})" if probe.note else "")
    return None


def has_the_gradient(probe: Probe, got: Observation, expected: Observation) -> str | None:
    for name, want in expected.gradients.items():
        have = got.gradients.get(name)
        if have is None and want is not None:
            return f"no gradient reaches argument {int(name) + 1}"
        if have is not None and want is None:
            return f"a gradient reaches argument {int(name) + 1}, and none should"
        if have is not None and want is not None and (difference := compare(have, want, probe)):
            return f"gradient of argument {int(name) + 1}: {difference}"
    return None


def left_inputs_alone(probe: Probe, got: Observation, expected: Observation) -> str | None:
    if probe.unchanged and got.changed:
        return f"changed its argument {', '.join(str(int(i) + 1) for i in got.changed)} in place"
    return None


def follows_the_law(probe: Probe, got: Observation, expected: Observation) -> str | None:
    if not (worst := broken(got.tallies)):
        return None
    name, tally = worst
    if tally.trials == 1:
        return f"{name}: {'yes' if tally.count else 'no'}, and a right answer says {'no' if tally.count else 'yes'}"
    share = f"{tally.count} of {tally.trials} ({tally.share:.1%})"
    return f"{name}: {share} in {probe.calls} calls; a right answer has about {tally.chance:.1%}"


RULES: tuple[Rule, ...] = (
    ran,
    has_the_parts,
    has_the_shape,
    has_the_dtype,
    has_the_value,
    has_the_gradient,
    left_inputs_alone,
    follows_the_law,
)


def judge(probe: Probe, got: Observation, expected: Observation) -> str | None:
    """None if `got` is as good as `expected`, else the first broken rule's line."""
    return next((line for rule in RULES if (line := rule(probe, got, expected))), None)


def broken_rule(probe: Probe, got: Observation, expected: Observation) -> str:
    """The name of the rule whose line `judge` returns, "" for none."""
    return next((rule.__name__ for rule in RULES if rule(probe, got, expected)), "")


def same(probe: Probe, got: Observation, other: Observation) -> bool:
    """Whether `got` fails in just the way `other` does: the test of a fingerprint."""

    def close(a: Array, b: Array) -> bool:
        kind = a.dtype == b.dtype or not probe.dtype
        return kind and a.shape == b.shape and not compare(a, b, probe, nan_equal=True)

    return alike(got, other, close)


def compare(got: Array, want: Array, probe: Probe, nan_equal: bool = False) -> str | None:
    """None if all entries agree to the probe's tolerance, else the worst entry in numbers. Shapes are equal."""
    a, b = np.array(got.data), np.array(want.data)
    off = ~np.isclose(a, b, rtol=probe.rtol, atol=probe.atol, equal_nan=nan_equal)
    if not off.any():
        return None
    finite = np.isfinite(a)
    with np.errstate(invalid="ignore"):  # inf - inf
        worst = int(np.argmax(np.where(off, np.where(finite, np.abs(a - b), np.inf), -1.0)))
    line = f"got {a[worst]:.6g}, expected {b[worst]:.6g}"
    if a.size == 1:
        return line
    where = (
        f" at entry {tuple(int(i) for i in np.unravel_index(worst, want.shape))}"
        if a.size == np.prod(want.shape)
        else ""
    )
    return f"{line}{where}; {off.sum()} of {a.size} compared numbers differ"


def _named(name: str) -> str:
    if name.isdigit():  # one of several that were returned
        return f"value {int(name) + 1}: "
    return f"{name}: " if name else ""


def _parts(observation: Observation) -> str:
    names = list(observation.values)
    if names == [""]:
        return "one value"
    return f"{len(names)} parts" + (f" ({', '.join(names[:8])}{', ...' * (len(names) > 8)})" if names else "")
