"""Counts that are small enough to follow by hand."""

from __future__ import annotations

from spikewatt.sim.counts.counts import Counts


def counts(spikes: float = 90.0, steps: int = 5) -> Counts:
    """100 -> 10, dense."""
    return counted([("in", 100, 10, spikes, True), ("out", 10, 0, 0.0, False)], steps)


def two_layers(first: tuple[float, int], second: tuple[float, int], steps=32, **more) -> Counts:
    """100 neurons each, with spikes and fan-out."""
    layers = [("a", 100, first[1], first[0], False), ("b", 100, second[1], second[0], False)]
    return counted([*layers, ("c", 100, 0, 0.0, False)], steps, **more)


def counted(rows, steps: int, **more) -> Counts:
    """Rows of name, neurons, fan-out, spikes, and whether a layer is an input."""
    layers = [
        {
            "name": name,
            "neurons": neurons,
            "fan_out": fan_out,
            "spikes": spikes,
            "synaptic_operations": spikes * fan_out,
            "is_input": is_input,
        }
        for name, neurons, fan_out, spikes, is_input in rows
    ]
    return Counts(layers, steps=steps, **more)
