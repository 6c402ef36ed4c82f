"""Spikes that are lost on their way: which ones, drawn here, so that every engine loses the same.

A lost spike was fired: the potential of its neuron is what it is after a spike, and the neuron
knows that it has sent it. Nobody hears it: all synapses that lead from the neuron miss it at once.
Counts are of the spikes that arrive, and of the operations that these cause.
"""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from ..network.spiking_network import SpikingNetwork
from .schedule import Schedule

DRAWS = 2**32
OF_LOSSES = 1  # tells these draws from those of encoders


def probability(where: str, value: object) -> float:
    """`value` as a probability or a share.

    Raises
    ------
    SpikewattError : it is no number in 0..1.

    >>> probability("simulate.lost_spikes", 1)
    1.0
    """
    number = isinstance(value, float | int | np.floating | np.integer)
    if isinstance(value, bool) or not number or not 0 <= value <= 1:
        raise SpikewattError(where, "must be a share", repr(value), "0..1")
    return float(value)


def arriving(
    network: SpikingNetwork, plan: Schedule, lost: float, seed: int, first: int, samples: int
) -> dict[str, np.ndarray]:
    """Which spikes would arrive, should they be fired: each is lost with probability `lost`.

    A draw depends on `seed`, the number of the sample, that of the population, step and neuron:
    batches and engines do not change it, and a longer run begins like a shorter one. What is lost
    at some probability is lost at a larger one, too.

    Parameters
    ----------
    lost : 0..1, to multiples of 2^-32.
    seed : 0 to 2^31 − 1.
    first : number of the first sample.
    samples : how many.

    Returns
    -------
    population -> (samples, steps of its window, neurons) uint8, 0 where a spike is lost; empty
    where `lost` is 0.
    """
    if lost == 0:
        return {}

    found = {}
    for number, p in enumerate(network.populations):
        if p.name not in plan.windows:
            continue
        length = plan.windows[p.name].length
        arrive = np.zeros((samples, length, p.size), np.uint8)
        if lost < 1:
            fewest = np.uint32(min(round(lost * DRAWS), DRAWS - 1))
            for i in range(samples):
                key = [seed, first + i, number + 1, OF_LOSSES]
                random = np.random.default_rng(key)
                arrive[i] = random.integers(0, DRAWS, (length, p.size), np.uint32) >= fewest
        found[p.name] = arrive
    return found


def bytes_of_draws(network: SpikingNetwork, plan: Schedule) -> int:
    """Memory of one sample's draws."""
    sizes = {p.name: p.size for p in network.populations}
    return sum(window.length * sizes[name] for name, window in plan.windows.items())
