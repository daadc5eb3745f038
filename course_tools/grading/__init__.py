"""Grading of notebooks that strangers wrote: a trusted judge, a jailed student, a journal, and what is made of it."""
