"""Neuromorphic chips: what happens on their cores, from counts, and its bill."""
