"""The trusted side: runs the instructor's tests against the jail, and makes the points."""
