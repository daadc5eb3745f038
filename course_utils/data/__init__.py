"""The data the notebooks read: embedded by default, real on request, never one in place of the other."""
