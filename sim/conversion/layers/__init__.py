"""Readers of Keras layers, by concept: each module registers its own (see registry)."""
