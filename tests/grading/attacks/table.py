"""docs/attacks.md: what became of every hostile and every unlucky notebook on this machine.

python -m tests.grading.attacks.table        # writes the page; exits 1 if one of the hostile had its way
"""

import os
import platform
import sys
import tempfile
from itertools import product
from pathlib import Path

from course_tools.grading.isolation.tiers import DOES_NOT_STOP
from course_tools.grading.jail import sandbox
from course_utils.paths import ROOT
from course_utils.tasks import tasks
from tests.grading.attacks import FULL, memorising
from tests.grading.attacks.honest import HONEST
from tests.grading.attacks.hostile import HOSTILE
from tests.grading.attacks.world import SECRETS, TIERS, World, attacked, calls, left_behind, raised, secrets_read, tried

PAGE = ROOT / "docs" / "attacks.md"
KINDS = {
    "raises its score": "tags, transformers, forged messages, shadowed names, lying objects, patched libraries, edited cells",
    "leaks": "hidden tests, other submissions, the home folder, the environment, the network",
    "damages": "files, other processes, the gradebook, memory, time, output without end, script in the feedback",
    "stays": "daemons, start-up files, cron, files for the next notebook",
    "honest": "warnings, progress bars, prints, copied or deleted cells, slow starts: nothing that should cost a point",
}
HEAD = """\
# What hostile and unlucky notebooks can do

Written by `python -m tests.grading.attacks.table`; the same notebooks are tests (`tests/grading/attacks/`). All are graded in one run, with
secrets wherever a notebook may look: hidden tests, the other students' work, the home folder, the environment of the grader, the
journal, sockets. At the second tier, notebooks whose effect does not depend on the isolation are left out.

| tier | kind | notebooks | score raised | secret read | honest points lost |
|---|---|---|---|---|---|
"""


def names(kind: str, tier: str) -> list[str]:
    """Notebooks of one kind that are tried at a tier."""
    return [name for name, one in (HOSTILE | HONEST).items() if one.kind == kind and tried(name, tier)]


def line(world: World, kind: str) -> str:
    these = names(kind, world.tier)
    scores = sum(raised(world, name) for name in these if name in HOSTILE)
    secrets = sum(bool(secrets_read(world, name)) for name in these if name in HOSTILE)
    lost = sum({c.grade_id: c.points for c in world.records[name].cells} != FULL for name in these if name in HONEST)
    return f"| {world.tier} | {kind} | {len(these)} | {scores} | {secrets} | {lost} |"


MEMORY = """\
## Notebooks that only remember

Their functions compute nothing: they return the numbers expected on the public inputs, found by the order of a function's calls, the number
of all calls, a hash of the arguments or their shapes, or typed in from the messages. Points of the functions' public checks at home, where
the inputs are always the same, and of public and hidden checks when graded, where they are drawn.

| task | known by | at home | graded |
|---|---|---|---|
"""
SEED = 11


def memory() -> list[str]:
    """What notebooks that remember earn."""
    rows = []
    for task, form in product(tasks(), memorising.FORMS):
        home, graded = (sum(memorising.remembered(task, form, seed).values()) for seed in (None, SEED))
        rows.append(f"| {task} | {form} | {home:.2f} of {memorising.at_stake(task):g} | {graded:g} |")
    return rows


def main() -> None:
    os.environ["COURSE_TOKEN"] = SECRETS["env"]
    tiers = [tier for tier in TIERS if tier in {offered.name for offered in sandbox.available()}]
    rows, after, bad = [], [], 0
    for tier in tiers:
        with tempfile.TemporaryDirectory(prefix="attacked_") as folder:
            world = attacked(Path(folder), tier)
            rows += [line(world, kind) for kind in KINDS if names(kind, tier)]
            seen = {
                "files of the machine or records of others changed": len(world.changed),
                "processes or files left behind": len(left_behind(world)),
                "connections to the machine": len(calls(world)),
            }
            after.append(
                f"After all {len(world.records)} at {tier}: {', '.join(f'{n} {what}' for what, n in seen.items())}."
            )
            bad += sum(seen.values())
    bad += sum(not row.endswith("| 0 | 0 | 0 |") for row in rows)
    remembering = memory()
    bad += sum(not row.endswith("| 0 |") for row in remembering)
    meaning = [f"- *{kind}*: {what}." for kind, what in KINDS.items()]
    known = [f"- {tier}: {DOES_NOT_STOP[tier]}." for tier in tiers]
    parts = [
        HEAD + "\n".join(rows),
        "\n".join(meaning),
        "\n".join(after),
        "What a tier does not stop:",
        "\n".join(known),
        MEMORY + "\n".join(remembering),
    ]
    PAGE.write_text(
        "\n\n".join(
            [*parts, f"Linux {'.'.join(platform.release().split('.')[:2])}, Python {platform.python_version()}."]
        )
        + "\n"
    )
    print(PAGE.read_text())
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
