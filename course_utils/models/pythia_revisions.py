"""Hub revisions of Pythia that are not what their name says, and the short names of the series."""

import re

from course_utils.errors import CourseError

LAST_STEP = 143_000


def repository(name: str) -> str:
    """ "pythia-70m" -> "EleutherAI/pythia-70m"; every other name stays as it is."""
    return f"EleutherAI/{name}" if re.fullmatch(r"pythia-[\d.]+[mb](-deduped)?", name) else name


def refuse_mislabelled(repository: str, revision: str) -> None:
    """Refuse the intermediate checkpoints of pythia-2.8b: 86 of its 154 Hub revisions serve weights of the end of training, among
    them every thousandth step from 0 to 53000 (EleutherAI/pythia, issues 195 and 205).

    Raises:
        CourseError: such a revision was asked for.
    """
    if repository == "EleutherAI/pythia-2.8b" and revision not in ("main", f"step{LAST_STEP}"):
        raise CourseError(
            f"pythia-2.8b at {revision} is refused: 86 of its 154 Hub revisions hold weights of the end of training under an earlier "
            f"name (EleutherAI/pythia issues 195, 205); use step{LAST_STEP}, pythia-1.4b or pythia-2.8b-deduped"
        )
