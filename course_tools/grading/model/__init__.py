"""What is graded: the instructor's notebook as a grader needs it, a submission merged into it, jobs and records."""
