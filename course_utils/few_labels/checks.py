"""Public probes of the exercises: which seeded inputs each function is called on, and what is compared.

The numbers they are held against are generated from the instructor's answers (`course build`); the hidden probes are in the bank.
"""

from course_utils.checks import Probe
from course_utils.few_labels.probes import adapting, graphs, joint, losses, text

PROBES: dict[str, list[Probe]] = losses.PROBES | adapting.PROBES | joint.PROBES | graphs.PROBES | text.PROBES
