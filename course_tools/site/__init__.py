"""The course site."""

import course_tools.light  # before nbformat, which it makes quick to import  # noqa: F401
