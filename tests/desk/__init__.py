"""The desk for written answers."""
