"""What a GPU gains, and whether it computes the same: `python -m benchmarks.on_gpu`."""
