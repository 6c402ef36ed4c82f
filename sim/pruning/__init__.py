"""Pruning: what a network can do without, within a budget of accuracy."""
