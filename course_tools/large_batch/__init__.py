"""SimCLR at large batches: NT-Xent in panels, and one batch shared by many processes.

These are answers to exercises, so neither students' copies nor the sandbox that grades them have this folder.
"""
