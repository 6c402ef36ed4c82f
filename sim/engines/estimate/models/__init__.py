"""How each engine estimates its own seconds and bytes."""
