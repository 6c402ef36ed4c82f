"""What spikes and products cost on this machine."""

from __future__ import annotations


def spikes_of_equal_cost(multiplications: int, fan_out: float) -> int:
    """Spikes of a step that cost as much as a product of `multiplications`."""
    return int(multiplications * 10e9 / 200e9 / max(fan_out, 1))
