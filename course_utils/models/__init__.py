"""Language models: loading them from the embedded set, a local folder or the hub; training the embedded ones; scoring text."""
