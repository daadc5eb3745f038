"""Where the instructor's half lives: what a student's copy has none of."""

from course_utils.paths import ROOT

SOLUTIONS = ROOT / "solutions"
BANK = ROOT / "bank"
LOCALE = ROOT / "locale"
