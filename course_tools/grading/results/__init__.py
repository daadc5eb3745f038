"""What is made of records: the journal, scores, nbgrader's gradebook, feedback, tables, Moodle."""
