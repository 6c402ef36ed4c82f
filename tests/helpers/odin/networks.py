"""Small networks for ODIN, made without training."""

from __future__ import annotations

import numpy as np
from spikewatt.sim.odin.network import OdinNetwork


def small(**changes) -> OdinNetwork:
    """Random networks 12-6-4, whose neurons fire often and, with low thresholds, more than once."""
    random = np.random.default_rng(5)
    layers = (random.integers(-7, 8, (12, 6)), random.integers(0, 8, (6, 4)))
    usual = {
        "layers": layers,
        "thresholds": (np.full(6, 20), np.full(4, 40)),
        "input_code": "rate",
        "readout": "potential",
        "bias_events": 2,
        "input_levels": 3,
        "largest_pixel": 16,
    }
    return OdinNetwork(**{**usual, **changes})


def small_tiny(**changes) -> OdinNetwork:
    """Random networks 12-6-4 for tinyODIN: signed weights in both layers, the bias at the end."""
    random = np.random.default_rng(6)
    layers = (random.integers(-8, 8, (12, 6)), random.integers(-8, 8, (6, 4)))
    usual = {"layers": layers, "thresholds": (np.full(6, 30), np.full(4, 2047)), "bias_events": 4}
    return small(**{**usual, "chip": "tinyodin", **changes})


def one_layer(inputs: int, outputs: int, weight: int = 1, **settings) -> OdinNetwork:
    """A layer whose weights are all the same."""
    layers, thresholds = (np.full((inputs, outputs), weight),), (np.full(outputs, 255),)
    usual = {"input_code": "rate", "readout": "potential"}
    return OdinNetwork(layers, thresholds, **{**usual, **settings})
