"""In what submissions are locked up, as the grader sees it: the tier is chosen and the fork server started in it."""
