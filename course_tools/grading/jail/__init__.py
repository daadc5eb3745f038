"""The student's side: the locked process that runs a submission, and what locks it."""
