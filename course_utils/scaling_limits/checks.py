"""Public probes of the exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from course_utils.checks import Probe
from course_utils.scaling_limits.probes import after, learning, training

PROBES: dict[str, list[Probe]] = learning.PROBES | training.PROBES | after.PROBES
