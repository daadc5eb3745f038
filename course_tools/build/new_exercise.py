"""`course new-exercise TASK ID`: the three places an exercise is written in, with everything but the exercise itself.

    solutions/TASK.py               statement, answer and both checks; the sums in the first cell
    course_utils/TASK/checks.py     its public probes; where the room has probes/, the file there that has those of the exercise before
    bank/TASK/ID.py                 hidden probes, another right answer, five mistakes

What is left to fill in refuses to pass: the answer and the bank raise NotImplementedError, the mistakes have no hints.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from course_tools.build import source
from course_tools.paths import BANK, SOLUTIONS
from course_utils.errors import CourseError, UsageError
from course_utils.paths import ROOT
from course_utils.tasks import require_task

GRADED = ("answer", "check", "[markdown] manual")
MINUTES, POINTS = 10, 3  # what the statement below states
CELLS = '''\
# %% [markdown] exercise
# ### Exercise N.N: what it is about
# difficulty 2/5 · importance 3/5 · {minutes} minutes · {points} points
#
# One idea; what the function must survive.
#
# <details><summary>Hint</summary>What to think about first.</details>
# <details><summary>Hint 2</summary>Nearly the answer, in words.</details>
# <details><summary>Help: I get ...</summary>A symptom, and its cause.</details>

# %% answer id="{name}"
def {name}(x: Tensor) -> Tensor:
    """What it returns (Author et al. year, Eq. n).

    x: (N,). Returns a scalar.
    """
    ### BEGIN SOLUTION
    raise NotImplementedError  # the answer, which is cut out of the released notebook
    ### END SOLUTION

# %% check id="{name}" points=2
check("{task}/{name}", {name})

# %% check id="{name}" points=1 hidden
check("{task}/{name}", {name})
'''
PROBES = """\
    "{name}": [
        Probe("five numbers", lambda g: (torch.randn(5, generator=g),)),
        Probe("the gradient arrives", lambda g: (torch.randn(4, generator=g),), gradients=(0,), seed=1),
        Probe("leaves its input alone", lambda g: (torch.randn(3, generator=g),), unchanged=True, seed=2),
    ],
"""
BANK_FILE = '''\
"""{name}: hidden tests, other ways to be right, and the ways to be wrong that students know."""

import torch

from course_utils.checks import Probe
from course_tools.checks.bank import Bank

# unlike the public probes: other sizes and seeds, extreme values, float64
bank = Bank(
    hidden=[
        Probe("a hundred numbers", lambda g: (torch.randn(100, generator=g),), seed=11),
        Probe("large numbers", lambda g: (1e4 * torch.randn(6, generator=g),), seed=12),
        Probe("float64", lambda g: (torch.randn(6, generator=g, dtype=torch.float64),), dtype=True, rtol=1e-7, seed=13),
    ]
)


@bank.alternative
def another_way(x):
    raise NotImplementedError  # right, and unlike the reference


# Each wrong answer is named after what is wrong with it. Its hint says the cause in words, kindly, and gives no code away.
'''
MISTAKE = """

@bank.misconception("")
def mistake_{number}(x):
    raise NotImplementedError
"""


@dataclass(frozen=True)
class Edit:
    """New content of a file, and the line (from 1) to look at."""

    path: Path
    line: int
    text: str


def new_exercise_command(task: str, name: str, after: str | None) -> int:
    """Write the three files, or none: UsageError for a name that cannot be used, CourseError for a file that is not as expected."""
    require_task(task)
    if not name.isidentifier() or name != name.lower():
        raise UsageError(f"{name!r} cannot be a function's name: use lower case letters, digits and _")
    written, room = SOLUTIONS / f"{task}.py", ROOT / "course_utils" / task
    bank = BANK / task / f"{name}.py"
    text = BANK_FILE.format(name=name) + "".join(MISTAKE.format(number=number) for number in range(1, 6))
    first = cells(written, name, after)
    previous = after or next((id for id in reversed(exercises(written)) if id != name), None)
    edits = [first, public_probes(probes_file(room, previous), name, after), Edit(bank, 1, text)]
    if bank.exists():
        raise UsageError(f"{bank.relative_to(ROOT)} exists")
    for edit in edits:
        edit.path.parent.mkdir(parents=True, exist_ok=True)
        edit.path.write_text(edit.text, encoding="utf-8")
        print(f"wrote {edit.path.relative_to(ROOT)}:{edit.line}")
    print(
        f"Fill them in, then `course build {task}` and `course check {task} --exercise {name}`, until every answer is judged right."
    )
    return 0


def cells(path: Path, name: str, after: str | None) -> Edit:
    """The cells behind the checks of exercise `after`, or of the last one; the sums of the first cell corrected."""
    found = source.read(path)
    graded = [cell for cell in found if cell.kind in GRADED]
    ids = exercises(path)
    if name in ids:
        raise UsageError(f"{path.stem} has an exercise {name!r}")
    if after and after not in ids:
        raise UsageError(f"{path.stem} has no exercise {after!r}; it has: {', '.join(ids)}")
    last = next((cell for cell in reversed(graded) if after in (None, cell.options["id"])), found[-1])
    following = [cell.line for cell in found if cell.line > last.line]
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    line = following[0] if following else len(lines) + 2
    new = CELLS.format(task=path.stem, name=name, minutes=MINUTES, points=POINTS)
    before, behind = "".join(lines[: line - 1]).rstrip("\n"), "".join(lines[line - 1 :])
    text = f"{before}\n\n{new}" + (f"\n{behind}" if behind else "")
    return Edit(path, line, source.TOTAL.sub(_added, text, count=1))


def exercises(path: Path) -> list[str]:
    """The ids of a source, in order."""
    return list(dict.fromkeys(cell.options["id"] for cell in source.read(path) if cell.kind in GRADED))


def _added(sums: re.Match[str]) -> str:
    return f"{int(sums['minutes']) + MINUTES} minutes · {int(sums['points']) + POINTS} points"


def probes_file(room: Path, previous: str | None) -> Path:
    """Where the probes of the exercise `previous` stand: checks.py, or a file of probes/ where a room has many."""
    files = [room / "checks.py", *sorted((room / "probes").glob("*.py"))]
    with_probes = {path: known for path in files if path.is_file() and (known := _entries(path)) is not None}
    named = [
        path
        for path, known in with_probes.items()
        if previous in {key.value for key in known.keys if isinstance(key, ast.Constant)}
    ]
    return (named or list(with_probes) or files)[0]


def _entries(path: Path) -> ast.Dict | None:
    """The literal that a file assigns to PROBES."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = [node.value for node in tree.body if isinstance(node, ast.AnnAssign) and _is_probes(node.target)]
    return next((value for value in values if isinstance(value, ast.Dict)), None)


def public_probes(path: Path, name: str, after: str | None) -> Edit:
    """The entry behind that of `after`, or at the end of PROBES."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(f"{path.relative_to(ROOT)}: cannot be read ({error.strerror})") from None
    found = _entries(path)
    if found is None:
        raise CourseError(f"{path.relative_to(ROOT)}: defines no `PROBES: dict[str, list[Probe]] = {{...}}`")
    entries = zip(found.keys, found.values, strict=True)
    known = {key.value: value for key, value in entries if isinstance(key, ast.Constant)}
    if name in known:
        raise UsageError(f"{path.relative_to(ROOT)} has probes for {name!r}")
    end = known[after].end_lineno if after in known else found.end_lineno
    assert end is not None
    lines = text.splitlines(keepends=True)
    new = PROBES.format(name=name)
    if not known:
        lines[end - 1] = lines[end - 1].replace("{}", "{\n" + new + "}")
        return Edit(path, end + 1, "".join(lines))
    at = end if after in known else end - 1
    return Edit(path, at + 1, "".join([*lines[:at], new, *lines[at:]]))


def _is_probes(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and target.id == "PROBES"
