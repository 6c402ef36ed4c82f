"""Zeros among the activations of an ANN: counted, written, and read back."""
