"""Learning at Scale, the course companion: what its notebooks import and the `course` command that builds, runs and checks them."""

__version__ = "0.1.0"
