"""How well `course similar` finds copies, and how often it lists independent pairs: a generated class, copies planted into it.

    python -m benchmarks.similar [--students 100] [--classes 3] [TASK ...]

Answers are drawn independently from the bank's right and wrong ones, each in a student's own names, comments and order of lines: 45% choose the
same way to write an answer, so independent students often agree. A copy takes a share of its answers from somebody else, as they are or
disguised: other names and comments, independent lines moved.
"""

import argparse
import random

from course_tools.similar.command import suspicious
from course_tools.similar.pairs import pairs
from course_utils.tables import text_table
from course_utils.tasks import tasks
from tests.grading.students import students
from tests.similar.disguise import disguised

COPIES = 10  # planted in each class
SHARES = (1.0, 0.75, 0.5, 0.25)


def planted(plain: dict[str, dict[str, str]], share: float, hidden: bool, luck: random.Random) -> set[frozenset[str]]:
    """Change the class in place: COPIES students copy from COPIES others; returns the pairs."""
    chosen = luck.sample(sorted(plain), 2 * COPIES)
    found = set()
    for thief, source in zip(chosen[::2], chosen[1::2], strict=True):
        cells = luck.sample(sorted(plain[source]), round(share * len(plain[source])))
        plain[thief] |= {c: disguised(plain[source][c], luck) if hidden else plain[source][c] for c in cells}
        found.add(frozenset((thief, source)))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", default=tasks(), metavar="TASK")
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--classes", type=int, default=3)
    args = parser.parse_args()
    rows = []
    for task in args.tasks:
        classes = []
        for seed in range(args.classes):
            drawn = list(students(task, args.students, seed))
            luck = random.Random(f"{task}/{seed}")
            classes.append(
                {s: {e: disguised(a.source, luck) for e, a in chosen.items() if a.source} for s, chosen in drawn}
            )
        alarms = [len(suspicious(pairs(one, {}))) for one in classes]
        row = [task, f"{sum(alarms)} of {args.classes * args.students * (args.students - 1) // 2:,}"]
        for hidden in (False, True):
            for share in SHARES:
                hits = total = 0
                for seed, one in enumerate(classes):
                    copy = {name: dict(answers) for name, answers in one.items()}
                    copies = planted(copy, share, hidden, random.Random(f"{task}/{seed}/{share}"))
                    listed = {frozenset((p.first, p.second)) for p in suspicious(pairs(copy, {}))}
                    hits, total = hits + len(copies & listed), total + len(copies)
                row.append(f"{hits / total:.0%}")
        rows.append(row)
    shares = [f"{share:.0%}" for share in SHARES]
    head = ("", "independent pairs listed", *(f"copied {s}" for s in shares), *(f"disguised {s}" for s in shares))
    print(text_table(head, rows, right=range(1, 10)))


if __name__ == "__main__":
    main()
