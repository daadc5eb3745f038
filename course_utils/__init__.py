"""Learning at Scale, the course companion: what its notebooks import and the `course` command that builds, runs and checks them."""

import os

__version__ = "1.0.0"

# OpenMP's idle threads spin by default. Where something else runs too (a second kernel, a CI neighbour) that makes small torch
# operations up to a hundred times slower; sleeping threads cost next to nothing. Read when torch is loaded, so import this first.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
