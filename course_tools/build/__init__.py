"""From the written sources to everything generated: solution and student notebooks, fingerprints, the zip for students."""

import course_tools.light  # before nbformat, which it makes quick to import  # noqa: F401
