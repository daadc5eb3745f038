"""What `course train-lm` and `course fetch-lm` do."""

from pathlib import Path

from course_utils.errors import UsageError
from course_utils.models.hub import hub_folder
from course_utils.models.pythia_revisions import refuse_mislabelled, repository
from course_utils.models.recipes import Recipe, recipes
from course_utils.models.train import FINISHED, STATE, train
from course_utils.paths import RUNS


def train_command(names: list[str], profile: str = "cpu", output: str | None = None, resume: bool = False) -> int:
    """Train the named models or runs (default: every one of the profile), one after the other.

    Raises:
        UsageError: unknown name; a run was begun before and `resume` is false.
    """
    folder = Path(output) if output else RUNS / "language_models"
    chosen = select(names, profile)
    begun = [recipe.run for recipe in chosen if (folder / recipe.run / STATE).exists()]
    if begun and not resume:
        raise UsageError(f"{folder / begun[0]} was begun before; go on with --resume, or delete it to begin anew")
    for recipe in chosen:
        if not (folder / recipe.run / FINISHED).exists():
            train(recipe, folder)
    print(f"{len(chosen)} runs are finished in {folder}")
    return 0


def select(names: list[str], profile: str) -> list[Recipe]:
    """The recipes of a profile that the names choose; a name is that of a model or of one of its runs."""
    known = recipes(profile)
    for name in names:
        if not any(name in (recipe.model, recipe.run) for recipe in known):
            models = ", ".join(dict.fromkeys(recipe.model for recipe in known))
            raise UsageError(f"unknown model {name!r} in profile {profile}; the models are: {models}")
    return [recipe for recipe in known if not names or recipe.model in names or recipe.run in names]


def fetch_command(name: str, revision: str = "main") -> int:
    """Bring a model of the hub into the cache and say where it is."""
    refuse_mislabelled(repository(name), revision)
    print(hub_folder(repository(name), revision, instead="train your own with `course train-lm`"))
    return 0
