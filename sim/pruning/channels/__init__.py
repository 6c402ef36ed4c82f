"""Channels: which belong together, where they lie in weights, and networks without some."""
