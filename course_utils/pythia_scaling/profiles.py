"""How much is measured: "smoke" checks that it runs, "quick" fits a laptop CPU, "gpu" scores the real Pythia."""

from dataclasses import dataclass

from course_utils.errors import CourseError
from course_utils.models import load_causal
from course_utils.pythia_scaling.family import Family, ladder, pythia


@dataclass(frozen=True)
class Profile:
    """Sizes of one profile.

    Attributes:
        models: of Pythia, to be scored where the hub can be reached; empty for the embedded ladder.
        characters: of held-out text that every model is scored on.
        refits: of a student's own fit in a bootstrap.
        bootstrap: refits of the course's fast fit.
    """

    models: tuple[str, ...]
    characters: int
    refits: int
    bootstrap: int

    def family(self, source: str | None = None) -> Family:
        """What to score: `source` if it is given, else the profile's own. Without a hub the ladder is taken, and that is said."""
        if source == "hub" or (source is None and self.models):
            chosen = pythia(self.models or PROFILES["gpu"].models)
            try:
                load_causal(chosen.names[0], "hub")
            except CourseError as error:
                if source == "hub":
                    raise
                print(f"Pythia is out of reach ({error}); this run scores the course's own ladder instead")
                return ladder()
            return chosen
        return ladder(source or "embedded")


PROFILES = {
    "smoke": Profile(models=(), characters=2_000, refits=10, bootstrap=100),
    "quick": Profile(models=(), characters=20_000, refits=200, bootstrap=4000),
    "gpu": Profile(
        models=("pythia-14m", "pythia-31m", "pythia-70m", "pythia-160m", "pythia-410m", "pythia-1b", "pythia-1.4b"),
        characters=400_000,
        refits=500,
        bootstrap=4000,
    ),
}
