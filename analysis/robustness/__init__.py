"""Accuracy as curves against faults."""
