"""Where notebooks are graded: a pool on this machine, dask, Slurm."""
