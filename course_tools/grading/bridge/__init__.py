"""What passes between the judge and the jail: frames, values, random states. Both sides import it, and it imports neither."""
