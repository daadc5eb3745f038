"""The table of docs/hub.md: what a hostile student tries on nbgrader's exchange as it comes, and on ours.

python -m tests.exchange.table        # as root, who makes four users and removes them; exits 1 if something was to be had on ours
"""

import re
import sys
from pathlib import Path

from course_utils.paths import ROOT
from course_utils.progress import Progress
from tests.exchange.attacks import ATTACKS, harms
from tests.exchange.people import people
from tests.exchange.world import World

PAGE = ROOT / "docs" / "hub.md"
REGION = re.compile(r"(?<=<!-- attacks -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)
HEAD = "| eve | on nbgrader's exchange as it comes | here |\n|---|---|---|\n"


def tried(tries: str, base: Path, names: dict[str, str]) -> tuple[list[str], list[str]]:
    """The harms on nbgrader's exchange, and on ours."""
    found = []
    for boxed in (False, True):
        with World(base, names, boxed) as world:
            found.append(harms(world, ATTACKS[tries][0]))
    return found[0], found[1]


def row(tries: str, stock: list[str], ours: list[str]) -> str:
    return f"| {tries} | {'; '.join(stock) or 'nothing'} | {'; '.join(ours) or f'nothing: {ATTACKS[tries][1]}'} |"


def main() -> int:
    lines, failed = [], False
    with people() as (base, names), Progress("attacks", len(ATTACKS), "tried") as bar:
        for tries in ATTACKS:
            stock, ours = tried(tries, base, names)
            lines.append(row(tries, stock, ours))
            failed |= bool(ours)
            bar.update()
    PAGE.write_text(REGION.sub(lambda _: HEAD + "\n".join(lines), PAGE.read_text()))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
