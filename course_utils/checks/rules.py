"""The rules that turn an observation into a verdict. Each returns None, or one line that keeps the numbers.

To add a rule: a field of `Observation` for what it looks at, filled in by `observe`; and a function in `RULES`. The rest follows from the
field: known mistakes are compared in it, and the fingerprints store it.
"""

from collections.abc import Callable

import numpy as np

from course_utils.checks.chance import broken
from course_utils.checks.observation import Array, Observation, alike
from course_utils.checks.probe import Probe
from course_utils.language import Sentence

GOT = Sentence("got {}, expected {}")
Rule = Callable[[Probe, Observation, Observation], Sentence | None]


def ran(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    return Sentence("{}").format(got.failure.text) if got.failure else None


def has_the_parts(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    if got.values.keys() == expected.values.keys():
        return None
    if any(_within(name, expected) and not array.shape for name, array in got.values.items()):
        return Sentence("returned lists of numbers, expected tensors")
    return Sentence("returned {}, expected {}").format(_parts(got), _parts(expected))


def has_the_shape(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    for name, want in expected.values.items():
        if got.values[name].shape != want.shape:
            text = Sentence("returned shape {}, expected {}").format(got.values[name].shape, want.shape)
            return _named(name) + text
    return None


def has_the_dtype(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    for name, want in expected.values.items():
        if probe.dtype and got.values[name].dtype != want.dtype:
            kept = Sentence("returned {}, expected {}: keep the precision of the input")
            text = Sentence("returned {}, expected {}") if want.dtype.startswith(("int", "bool")) else kept
            return _named(name) + text.format(got.values[name].dtype, want.dtype)
    return None


def has_the_value(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    for name, want in expected.values.items():
        difference = compare(got.values[name], want, probe)
        if difference and not probe.reveal:
            number = difference.split(",")[0].removeprefix("got ")
            return _named(name) + Sentence("got {}, which is not it").format(number)
        if difference:
            return _named(name) + difference + (Sentence(" ({})").format(probe.note) if probe.note else "")
    return None


def has_the_gradient(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    for name, want in expected.gradients.items():
        have = got.gradients.get(name)
        if have is None and want is not None:
            return Sentence("no gradient reaches argument {}").format(int(name) + 1)
        if have is not None and want is None:
            return Sentence("a gradient reaches argument {}, and none should").format(int(name) + 1)
        if have is not None and want is not None and (difference := compare(have, want, probe)):
            return Sentence("gradient of argument {}: {}").format(int(name) + 1, difference)
    return None


def left_inputs_alone(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    if probe.unchanged and got.changed:
        changed = ", ".join(str(int(i) + 1) for i in got.changed)
        return Sentence("changed its argument {} in place").format(changed)
    return None


def follows_the_law(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
    if not (worst := broken(got.tallies)):
        return None
    name, tally = worst
    if tally.trials == 1:
        found = (
            Sentence("{}: yes, and a right answer says no")
            if tally.count
            else Sentence("{}: no, and a right answer says yes")
        )
        return found.format(name)
    text = Sentence("{}: {} of {} ({:.1%}) in {} calls; a right answer has about {:.1%}")
    return text.format(name, tally.count, tally.trials, tally.share, probe.calls, tally.chance)


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


def judge(probe: Probe, got: Observation, expected: Observation) -> Sentence | None:
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


def compare(got: Array, want: Array, probe: Probe, nan_equal: bool = False) -> Sentence | None:
    """None if all entries agree to the probe's tolerance, else the worst entry in numbers. Shapes are equal."""
    a, b = np.array(got.data), np.array(want.data)
    off = ~np.isclose(a, b, rtol=probe.rtol, atol=probe.atol, equal_nan=nan_equal)
    if not off.any():
        return None
    finite = np.isfinite(a)
    with np.errstate(invalid="ignore"):  # inf - inf
        worst = int(np.argmax(np.where(off, np.where(finite, np.abs(a - b), np.inf), -1.0)))
    line = GOT.format(f"{a[worst]:.6g}", f"{b[worst]:.6g}")
    if a.size == 1:
        return line
    if a.size == np.prod(want.shape):
        line += Sentence(" at entry {}").format(tuple(int(i) for i in np.unravel_index(worst, want.shape)))
    return line + Sentence("; {} of {} compared numbers differ").format(off.sum(), a.size)


def part(name: str) -> Sentence:
    """What a person calls a part of a result: "value 2, part 1" for 1.0."""
    place, _, inner = name.partition(".")
    if not place.isdigit():  # one that was given a name
        return Sentence("{}").format(name) if name else Sentence("the result")
    if not inner:
        return Sentence("value {}").format(int(place) + 1)
    return Sentence("value {}, part {}").format(int(place) + 1, int(inner) + 1 if inner.isdigit() else inner)


def _named(name: str) -> Sentence:
    return Sentence("{}: ").format(part(name)) if name else Sentence()


def _within(name: str, expected: Observation) -> bool:
    """Whether it is inside of something that was expected to be one array."""
    return "." in name and ("" in expected.values or name.rpartition(".")[0] in expected.values)


def _parts(observation: Observation) -> Sentence:
    names = list(observation.values)
    if names == [""]:
        return Sentence("one value")
    listed = f" ({', '.join(names[:8])}{', ...' * (len(names) > 8)})" if names else ""
    return Sentence("{} parts").format(len(names)) + listed
