"""`course gpu-check`: all that is to be seen on a GPU, by itself, in the minutes that a borrowed machine has."""
