"""A student who is to be forgotten: where the course keeps persons, taken out, and searched for (docs/privacy.md)."""
