"""A chip that has no card: by its core and the figures of its data sheet."""
