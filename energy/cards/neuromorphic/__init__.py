"""What cards of neuromorphic chips can say: their words, and the values that each asks for."""
