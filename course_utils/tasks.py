"""Which tasks the course has, in their order. To add one is to add a line to TASKS; everything that lists tasks reads it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.errors import CourseError, UsageError
from course_utils.paths import NOTEBOOKS

SUMS = re.compile(r"(?P<minutes>\d+) minutes · (?P<points>\d+) points")  # the third line of a notebook
EVERY, CORE = "all", "core"  # what may stand for names of tasks


@dataclass(frozen=True)
class Task:
    """A task of the course. builds: what students write in it; core: no extension. Title, minutes and points are its notebook's."""

    name: str
    builds: str
    core: bool = True

    @property
    def notebook(self) -> Path:
        """What students get."""
        return NOTEBOOKS / self.name / f"{self.name}.ipynb"

    @property
    def opening(self) -> list[str]:
        """The lines of the notebook's first cell. Raises CourseError where it is not built yet."""
        try:
            cells = json.loads(self.notebook.read_text(encoding="utf-8"))["cells"]
        except FileNotFoundError:
            raise CourseError(f"{self.name} has no notebook yet: run `course build {self.name}`") from None
        return "".join(cells[0]["source"]).splitlines()

    @property
    def title(self) -> str:
        return self.opening[0].removeprefix("# ")

    @property
    def sums(self) -> str:
        """Such as "153 minutes · 44 points"."""
        return self.opening[2]


TASKS = (
    Task("simclr", "augmentations, NT-Xent, encoder and head, linear probe and kNN, what each ablation costs"),
    Task(
        "infonce",
        "from the pair loss to InfoNCE; a proof checked to twelve digits; the bound on mutual information and where it saturates",
    ),
    Task(
        "pseudo_perplexity",
        "pseudo-likelihood exactly and with real models; masked and causal scores on the same text, and why they must not be compared",
    ),
    Task(
        "pythia_scaling",
        "count parameters and FLOPs, fit, forecast the largest model before seeing it; Kaplan against Chinchilla",
    ),
    Task(
        "ssl_families",
        "rotation and jigsaw, MoCo, BYOL, DINO, SwAV, MAE under one budget of FLOPs; how each collapses, and the number that warns",
        core=False,
    ),
    Task(
        "attention_objectives",
        "attention, masks and cache; GPT-NeoX and BERT in your own block; three objectives on one model; sampling, compressing, iGPT, ELECTRA, SimCSE",
        core=False,
    ),
    Task(
        "few_labels",
        "losses as likelihoods, probe against fine-tuning at home and under shift, FixMatch and mean teacher, label propagation, prototypes, CLIP and zero-shot",
        core=False,
    ),
    Task(
        "scaling_limits",
        "Rademacher complexity and double descent; Banko & Brill's learners on our text; shape, repeated data, gradient noise, muP; pass@k, best-of-n, DPO",
        core=False,
    ),
)


def tasks() -> list[str]:
    """The names of all tasks."""
    return [task.name for task in TASKS]


def require_task(name: str) -> str:
    """Return `name` if it is a task. Raises UsageError that lists the tasks there are."""
    if name not in tasks():
        raise UsageError(f"unknown task {name!r}; the tasks are: {', '.join(tasks())}")
    return name


def chosen(names: Sequence[str], default: str = EVERY) -> list[str]:
    """The tasks that are meant by `names`, each a task, "core" or "all"; by `default` if there are none. Errors as `require_task`."""
    groups = {EVERY: tasks(), CORE: [task.name for task in TASKS if task.core]}
    found = [task for name in names or [default] for task in groups.get(name) or [require_task(name)]]
    return list(dict.fromkeys(found))
