"""Kinds of rows: one small class each, which says what its file holds and how it is run."""
