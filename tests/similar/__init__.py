"""Copies are found, independent answers are not."""
