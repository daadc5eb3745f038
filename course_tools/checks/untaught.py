"""What a check says about a wrong answer that the bank does not know: every known one is held against the suite without itself."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from course_utils.checks.observation import Observation
from course_utils.checks.relations import quiet, relations
from course_utils.checks.rules import broken_rule
from course_utils.checks.suite import Suite

HEADING = "\n## Without the bank\n"
NUMBERS = ("has_the_value", "has_the_gradient")  # rules whose line says what was got and expected, and nothing of why
KINDS = ("mistake", "rule", "relation", "law", "place")


@dataclass(frozen=True)
class Said:
    """What is said on one suite: kind (one of KINDS, or "" for nothing) and name. confirms: what is said on another holds here as well."""

    kind: str = ""
    name: str = ""
    confirms: bool = False


Told = tuple[Said | None, ...]


def without_the_bank(
    suite: Suite, label: str, seen: dict[str, Observation], answer: Any, before: Said | None = None
) -> Said | None:
    """What is said if the suite does not know the mistake `label`; None where the suite sees nothing wrong.

    before: what was said on another suite. Whatever is said here first, it is looked for among all that holds here.
    """
    broken = {
        rule for probe in suite.probes if (rule := broken_rule(probe, seen[probe.name], suite.reference[probe.name]))
    }
    if not broken:
        return None
    others = replace(suite, mistakes=[mistake for mistake in suite.mistakes if mistake.name != label])
    first, wanted = Said(), (before.kind, before.name) if before and before.kind else None
    with quiet():
        for kind, name in _causes(others, seen, answer, broken):
            first = first if first.kind else Said(kind, name)
            if wanted in (None, (kind, name)):
                return replace(first, confirms=wanted is not None)
    return first


def _causes(suite: Suite, seen: dict[str, Observation], answer: Any, broken: set[str]) -> Iterator[tuple[str, str]]:
    """(kind, name), in the order in which they would be said."""
    if other := suite.match(seen):
        yield "mistake", f"`{other.name}`"
    if not broken & set(NUMBERS):
        yield from (("rule", rule.replace("_", " ")) for rule in sorted(broken, key=lambda rule: rule == "ran"))
    if callable(answer):
        yield from ((relation.kind, relation.name) for relation in relations(suite, seen, answer))


WORDS = {
    "mistake": "another known mistake",
    "rule": "*rule*: a shape, a type, an argument changed in place, an error and its line, a share that is not due to chance",
    "relation": "*relation*: of the numbers got to those expected, or of the function to its arguments",
    "law": "*law*: what a change of the arguments should do to the result, and does not",
    "place": "*place*: some of the values, entries or calls are wrong, and no others",
    "": "nothing",
}
METHOD = """
Each of the {count} wrong answers was also held against its exercise as if the bank did not know it. What counts as said of its cause is one
sentence, the first that holds of the kinds in the table below. A line that only says what was got and what was expected is not counted, nor
that some calls fail and others do not, unless all that is essential is right and the sentence names the calls that are not.

What is said on one suite is *confirmed* if it holds on the other too, on inputs that it was not found on. It is *alone* where the other suite
sees nothing wrong, so it cannot be checked. What is *not confirmed* may be true of the first inputs only; it is not counted as a cause.
Answers are called again for a few seconds at most, so a busy machine finds a little less.

**{true:.0%} of all wrong answers are told a cause that is confirmed, or alone**: {numbers:.0%} a relation or a law, {rules:.0%} a rule,
{places:.0%} no more than the place, {mistakes:.0%} another mistake. {unconfirmed:.0%} are told something that the other suite does not
confirm, and {nothing:.0%} nothing. The aim was 85%, and it is missed: a wrong weight or a wrong step in the middle of a computation keeps
all laws of the right answer and leaves no simple trace in its numbers. For these the bank is needed. {questions} of the answers ({asked:.0%})
are given to questions for a number or an expression. A relation to it would give it away, so nothing is said; of the others, {others:.0%} are
told a cause.
"""


def section(told: list[Told], questions: int) -> str:
    """The section of the page. told: of every wrong answer, on the public and on the hidden suite. questions: answers that are no functions."""
    first = [_first(one) for one in told]
    sure = [said.kind for said, one in zip(first, told, strict=True) if said.kind and (_confirmed(one) or _alone(one))]

    def share(*kinds: str) -> float:
        return sum(kind in kinds for kind in sure) / len(told)

    said = sum(bool(one.kind) for one in first)
    text = METHOD.format(
        count=len(told),
        true=len(sure) / len(told),
        numbers=share("relation", "law"),
        rules=share("rule"),
        places=share("place"),
        mistakes=share("mistake"),
        unconfirmed=(said - len(sure)) / len(told),
        nothing=1 - said / len(told),
        questions=questions,
        asked=questions / len(told),
        others=len(sure) / max(1, len(told) - questions),
    )
    lines = [
        HEADING.strip("\n"),
        *text.rstrip().split("\n"),
        "",
        "| said | answers | confirmed | alone | not confirmed |",
        "|---|---|---|---|---|",
    ]
    for kind in (*KINDS, ""):
        mine = [one for one, said_of in zip(told, first, strict=True) if said_of.kind == kind]
        confirmed, alone = sum(map(_confirmed, mine)), sum(map(_alone, mine))
        rest = (confirmed, alone, len(mine) - confirmed - alone) if kind else ("-", "-", "-")
        lines.append(f"| {WORDS[kind]} | {len(mine)} ({len(mine) / len(told):.0%}) | {' | '.join(map(str, rest))} |")
    lines += [
        "",
        "| kind | what is said | answers | confirmed | alone | where not, the other suite says |",
        "|---|---|---|---|---|---|",
    ]
    for (kind, name), count in Counter(
        (one.kind, one.name) for one in first if one.kind and one.kind != "mistake"
    ).most_common():
        mine = [one for one, said_of in zip(told, first, strict=True) if (said_of.kind, said_of.name) == (kind, name)]
        others = Counter(
            (one[-1].name or "nothing") for one in mine if not _confirmed(one) and not _alone(one) and one[-1]
        )
        confusion = ", ".join(f"{other} ({number})" for other, number in others.most_common())
        lines.append(
            f"| {kind} | {name} | {count} | {sum(map(_confirmed, mine))} | {sum(map(_alone, mine))} | {confusion or '-'} |"
        )
    return "\n" + "\n".join(lines) + "\n"


def _first(told: Told) -> Said:
    """What is said on the public suite, or else on the hidden one."""
    return next((one for one in told if one and one.kind), Said())


def _confirmed(told: Told) -> bool:
    return any(one is not None and one.confirms for one in told)


def _alone(told: Told) -> bool:
    """Whether the other suite, if there is one, sees nothing wrong."""
    return bool(_first(told).kind) and sum(one is not None for one in told) == 1
