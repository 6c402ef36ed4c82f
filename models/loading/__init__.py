"""Trained networks from files: one module per format, and nothing in a file is executed."""
