"""`course similar`: pairs of submissions that share more than independent answers do. A page for a person to read, never a verdict."""
