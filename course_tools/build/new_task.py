"""`course new-task NAME`: a whole task that builds, runs and checks at once, to be replaced cell by cell.

What is written is the content of `template/`, which mirrors the checkout: TASK, TITLE and NUMBER stand for the task's name, its name in
words and its place. Then a line in `course_utils/tasks.py`, and the commands that generate the rest.
"""

import subprocess
import sys
from keyword import kwlist
from pathlib import Path

from course_utils import tasks
from course_utils.errors import CourseError, UsageError
from course_utils.paths import ROOT

FEW_SEEDS = ("--seeds", "0", "1", "2")  # of a pattern; what takes its place deserves the default
TEMPLATE = Path(__file__).with_name("template")
REGISTRY_END = "\n)\n\n\ndef tasks()"  # in course_utils/tasks.py, behind the last line of TASKS
ENTRY = '    Task("{name}", "the logarithm of a mean of exponentials, as a pattern for exercises", core=False),'


def new_task_command(name: str) -> int:
    """Write and register the task, then build it and record its bands. Raises UsageError, before anything is written, for a name in use."""
    taken = (tasks.EVERY, tasks.CORE, *kwlist)
    if not name.isidentifier() or name != name.lower() or name in taken:
        raise UsageError(f"{name!r} cannot be a task's name: use lower case letters, digits and _")
    files = _files(name)
    module = Path("course_utils", f"{name}.py")  # which the room would hide
    if there := [path for path in (module, *files) if (ROOT / path).exists()]:
        raise UsageError(f"{there[0]} exists")
    registry = Path(tasks.__file__)
    before = registry.read_text(encoding="utf-8")
    if before.count(REGISTRY_END) != 1:
        raise CourseError(f"{registry.relative_to(ROOT)}: the end of TASKS is not where it was; enter {name} by hand")
    for path, text in files.items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    registry.write_text(before.replace(REGISTRY_END, f"\n{ENTRY.format(name=name)}{REGISTRY_END}"), encoding="utf-8")
    print(f"wrote {registry.relative_to(ROOT)}: an extension, unless you take its `core=False` away", flush=True)
    for arguments in (["build", name], ["bands", name, "--profile", "smoke", *FEW_SEEDS], ["bands", name, *FEW_SEEDS]):
        print(f"\ncourse {' '.join(arguments)}", flush=True)
        done = subprocess.run([sys.executable, "-m", "course_utils.cli", *arguments], cwd=ROOT)
        if done.returncode:
            raise CourseError(f"`course {' '.join(arguments)}` failed; what was written stays")
    print(f"\nTry `course check {name}` and `course run {name}`; CONTRIBUTING.md says what comes next.")
    return 0


def _files(name: str) -> dict[Path, str]:
    """What is written, by its path in the checkout."""
    words = {"TASK": name, "TITLE": name.replace("_", " ").capitalize(), "NUMBER": str(len(tasks.TASKS) + 1)}

    def filled(text: str) -> str:
        for placeholder, value in words.items():
            text = text.replace(placeholder, value)
        return text

    found = sorted(path for path in TEMPLATE.rglob("*.txt"))
    return {
        Path(filled(path.relative_to(TEMPLATE).with_suffix("").as_posix())): filled(path.read_text(encoding="utf-8"))
        for path in found
    }
