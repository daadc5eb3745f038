"""Grading of notebooks that strangers wrote: a trusted checker, a sandboxed student, a journal, and what is made of it."""
