"""Spikes drive the work: a compiled kernel that adds weights for what fired, and nothing else."""
