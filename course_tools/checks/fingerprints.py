"""The fingerprints as they are made, by `course build`: what ships instead of answers (`course_utils.checks.fingerprints` reads them)."""

import json
import math
from collections.abc import Mapping
from typing import Any

from course_tools.checks import bank
from course_utils.checks.fingerprints import probes
from course_utils.checks.observation import Observation, pack
from course_utils.checks.probe import Probe
from course_utils.checks.seal import lock
from course_utils.checks.suite import Mistake
from course_utils.errors import CourseError

DRIFT = 1e-3  # relative: another CPU rounds differently, another reference answer does not stay this close


def make(task: str, points: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Records of every exercise of a task, from the bank. points: exercise -> suite -> points, as written in the source."""
    records = {}
    for exercise, worth in points.items():
        name = f"{task}/{exercise}"
        public = bank.suite(name, probes(name))
        broken = [f"{probe}: {seen.failure.text}" for probe, seen in public.reference.items() if seen.failure]
        if broken:
            raise CourseError(f"the reference answer of {name} fails its own probe: {'; '.join(broken)}")
        mistakes = [{"name": m.name, "hint": m.hint, "seen": _where_wrong(m, public.probes)} for m in public.mistakes]
        records[exercise] = {
            "points": worth,
            "reference": {probe: pack(seen) for probe, seen in public.reference.items()},
            "responds": public.responds,
            "mistakes": [record for record in mistakes if record["seen"]],
        }
        if known := bank.varied(name):
            records[exercise]["variants"] = {variant: _sealed(name, variant) for variant in known.variants}
    return records


def _sealed(name: str, variant: str) -> dict[str, Any]:
    """Of a variant, each part of the right answer, with nothing to say, and the known mistakes, each to be unlocked by itself."""
    suite = bank.varied_suite(name, variant)
    if len(suite.probes) != 1 or suite.probes[0].reveal:
        raise CourseError(f"{name} varies: it needs one probe, with reveal=False")
    (probe,) = suite.probes
    salt = f"{name}, {variant}"
    right = suite.reference[probe.name].values.items()
    wrong = ((mistake.on(probe), f"{mistake.name}\n{mistake.hint}") for mistake in suite.mistakes)
    return {
        "right": {part: lock(probe, Observation({part: array}), "", salt) for part, array in right},
        "wrong": [lock(probe, seen, words, salt) for seen, words in wrong if seen],
    }


def _where_wrong(mistake: Mistake, public: list[Probe]) -> dict[str, Any]:
    return {probe.name: pack(seen) for probe in public if (seen := mistake.on(probe))}


def dumps(records: dict[str, Any]) -> str:
    """Compact, diffable JSON: one line per reference and per mistake."""
    lines = []
    for exercise, record in records.items():
        mistakes = ",\n   ".join(json.dumps(mistake, ensure_ascii=False) for mistake in record["mistakes"])
        variants = ",\n   ".join(
            f"{json.dumps(name)}: {json.dumps(one)}" for name, one in record.get("variants", {}).items()
        )
        lines.append(
            f' {json.dumps(exercise)}: {{\n  "points": {json.dumps(record["points"])},\n'
            f'  "reference": {json.dumps(record["reference"])},\n  "responds": {json.dumps(record["responds"])},\n  "mistakes": [\n   {mistakes}\n  ]'
            + (f',\n  "variants": {{\n   {variants}\n  }}}}' if variants else "}")
        )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def agree(old: Any, new: Any) -> bool:
    """Whether two sets of records are the same up to rounding: equal structure and text, numbers within DRIFT."""
    if isinstance(old, dict) and isinstance(new, dict):
        same = (_respond_alike if key == "responds" else agree for key in old)
        return old.keys() == new.keys() and all(one(old[key], new[key]) for one, key in zip(same, old, strict=True))
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(agree(a, b) for a, b in zip(old, new, strict=True))
    if isinstance(old, float) and isinstance(new, float):
        return (
            old == new or (math.isnan(old) and math.isnan(new)) or math.isclose(old, new, rel_tol=DRIFT, abs_tol=1e-5)
        )
    return old == new


def _respond_alike(old: dict[str, dict[str, str]], new: dict[str, dict[str, str]]) -> bool:
    """Whether nothing is told in two ways; what is too near to tell on one processor may be told on another."""
    return old.keys() == new.keys() and all(
        new[probe].get(name, response) == response for probe, said in old.items() for name, response in said.items()
    )
