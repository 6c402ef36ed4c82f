"""Cores side by side: which neuron sits where, area, links, and which geometry would hold more."""
