"""Before any test: one thread, so that a run repeats itself to the last bit; course_utils before torch, as everywhere."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import course_utils  # noqa: F401
