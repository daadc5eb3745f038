"""A class at a glance: points and time, known mistakes, items, what a regrade moved. Read from the journal, written as one page."""
