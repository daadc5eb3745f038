"""How to grade: bounds on one notebook, and in what it is locked up."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """Of one notebook. Seconds of a cell, of a test, and of all together; bytes of one message, of memory, and of all outputs.

    stop: a notebook ends at the first cell that takes too long, as stock nbgrader's does; else the next one runs. everything:
    cells that nothing which gives points depends on are run too.
    """

    cell: float = 600.0
    test: float = 300.0
    notebook: float = 1800.0
    message: int = 2**26
    memory: int = 4 * 2**30
    outputs: int = 20 * 2**20
    stop: bool = False
    everything: bool = False


@dataclass(frozen=True)
class Settings:
    """isolation: name of a tier, "" for the best; trust: grade without isolation where there is none."""

    limits: Limits = field(default_factory=Limits)
    isolation: str = ""
    trust: bool = False

    @classmethod
    def of(cls, plain: dict) -> "Settings":
        """From what `dataclasses.asdict` made of one."""
        return cls(Limits(**plain["limits"]), plain["isolation"], plain["trust"])
