"""Public probes of the exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from course_utils.checks import Probe
from course_utils.scaling_limits.checks_after import AFTER
from course_utils.scaling_limits.checks_learning import LEARNING
from course_utils.scaling_limits.checks_training import TRAINING

PROBES: dict[str, list[Probe]] = LEARNING | TRAINING | AFTER
