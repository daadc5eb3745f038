"""The check of a GPU, rehearsed."""
