"""The sizes a notebook runs in. "smoke": seconds, for tests and grading; "quick": minutes on a CPU; "gpu": full size."""

PROFILES = ("smoke", "quick", "gpu")
