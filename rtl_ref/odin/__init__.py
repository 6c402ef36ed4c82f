"""A twin of the ODIN chip."""
