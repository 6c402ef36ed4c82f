"""Sweeps over networks and hardware: spaces, stores, workers, searches, sensitivity."""
