"""HTML pages that stand alone: executed notebooks, reports, feedback."""

import course_tools.light  # before nbformat, which it makes quick to import  # noqa: F401
