"""The best points of each side as tables."""
