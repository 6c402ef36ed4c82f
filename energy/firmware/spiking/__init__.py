"""Spiking networks as C: kernels in two qualities, generated networks, what their loops cost."""
