"""LTI 1.3: a learning platform launches tasks, says who is in the class, and is told the grades (docs/lti.md)."""
