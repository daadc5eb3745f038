"""Executing notebooks headless, and holding what they measured against the recorded bands."""

import course_tools.light  # before nbformat, which it makes quick to import  # noqa: F401
