"""How the cost grows."""
