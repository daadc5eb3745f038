"""Public probes by section of the notebook, and the inputs that the hidden ones share with them."""
