"""The instructor's half of the course: building, running, checking, grading and publishing. Students never get it."""

import course_utils  # noqa: F401  before torch, whose idle threads it puts to sleep
