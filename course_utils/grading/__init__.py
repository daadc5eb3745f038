"""Grading of notebooks that strangers wrote: a trusted checker, a sandboxed student, a journal, and what is made of it."""

import course_utils.notebooks  # before nbformat, which it makes quick to import  # noqa: F401
