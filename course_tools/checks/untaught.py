"""What a check says about a wrong answer that the bank does not know: every known one is held against the suite without itself."""

from collections import Counter
from dataclasses import replace
from typing import Any

from course_utils.checks.observation import Observation
from course_utils.checks.relations import explain
from course_utils.checks.rules import judge
from course_utils.checks.suite import Suite

HEADING = "\n## Without the bank\n"
Told = tuple[str | None, ...]


def without_the_bank(suite: Suite, label: str, seen: dict[str, Observation], answer: Any) -> str | None:
    """The other mistake, in backquotes, or the relation that is named; "" for neither, None where the suite sees nothing wrong."""
    if not any(judge(probe, seen[probe.name], suite.reference[probe.name]) for probe in suite.probes):
        return None
    others = replace(suite, mistakes=[mistake for mistake in suite.mistakes if mistake.name != label])
    if other := others.match(seen):
        return f"`{other.name}`"
    if not callable(answer):
        return ""
    relation = explain(suite.probes, seen, suite.reference, suite.depends, answer)
    return relation.name if relation else ""


def section(told: list[Told]) -> str:
    """The section of the page. told: of every wrong answer, on the public and on the hidden suite."""
    said = [one for one in told if any(one)]
    related = [one for one in said if (name := _first(one)) and not name.startswith("`")]
    confirmed = [one for one in related if _agrees(one)]
    lines = [
        HEADING.strip("\n"),
        "",
        f"Each of the {len(told)} wrong answers was also held against its exercise as if the bank did not know it. Then another known mistake may",
        "match, or a *relation* between got and expected (`course_utils/checks/relations.py`). What is said on one suite is *confirmed* if the",
        "same is said on the other, on inputs that it was not found on; it is *alone* where the other suite sees nothing wrong.",
        "",
        f"Something is said of {len(said)} ({len(said) / len(told):.0%}): another mistake of {len(said) - len(related)}, a relation of {len(related)}"
        f" ({len(related) / len(told):.0%}), of which {len(confirmed)} confirmed. Nothing is said of {len(told) - len(said)}: a wrong weight or a wrong",
        "step in the middle of a computation leaves no simple trace in its result, and for these the bank is needed.",
        "",
        "| relation | said | confirmed | alone | the other suite says |",
        "|---|---|---|---|---|",
    ]
    for name, count in Counter(_first(one) for one in related).most_common():
        mine = [one for one in related if _first(one) == name]
        others = Counter(other or "nothing" for one in mine for other in one[1:] if other is not None and other != name)
        confusion = ", ".join(f"{other} ({number})" for other, number in others.most_common())
        alone = sum(None in one or len(one) == 1 for one in mine)
        lines.append(f"| {name} | {count} | {sum(map(_agrees, mine))} | {alone} | {confusion or '-'} |")
    return "\n" + "\n".join(lines) + "\n"


def _first(told: Told) -> str:
    """What is said on the public suite, or else on the hidden one."""
    return next((one for one in told if one), "")


def _agrees(told: Told) -> bool:
    return len(told) > 1 and len(set(told)) == 1
