"""What the Pythia scaling notebook imports."""
