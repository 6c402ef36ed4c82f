"""The best design on each side, at equal accuracy."""
