"""Whole batches in TensorFlow."""
