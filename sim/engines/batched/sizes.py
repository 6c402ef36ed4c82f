"""How many samples a batch has: what memory allows, in few sizes, with little padding."""

from __future__ import annotations

from collections.abc import Iterable

from ...network.spiking_network import SpikingNetwork
from ..schedule import Schedule

SUM_BYTES = 4  # of a sum, and of a potential
SPIKE_BYTES = 1
OUTPUT_BYTES = 8
EIGHTHS = 8
MOST_PADDED = 1.25  # samples run, of those asked for, in a size that is there already


def bytes_per_sample(network: SpikingNetwork, plan: Schedule) -> int:
    """Memory that a sample of a batch takes at once.

    Exact codes hold the spikes of one window, and the sums, potentials and values of one
    population; streaming ones hold the potentials of all. Both hold the outputs of all steps.
    """
    neurons = [p.size for p in network.populations]
    outputs = plan.steps * sum(p.size for p in network.readouts) * OUTPUT_BYTES
    one_step = 2 * SUM_BYTES + SPIKE_BYTES
    if plan.streaming:
        return sum(neurons) * (SUM_BYTES + SPIKE_BYTES) + max(neurons) * one_step + outputs

    largest = 0
    for p in network.populations:
        window = plan.windows.get(p.name)
        spikes = window.length * SPIKE_BYTES if window else 0
        largest = max(largest, p.size * (one_step + spikes))
    return largest + sum(neurons) * SPIKE_BYTES + outputs


def even_batches(samples: int, most: int) -> int:
    """Samples of a batch where all are alike and none is larger than `most`.

    >>> even_batches(1000, 300), even_batches(20, 300)
    (250, 20)
    """
    batches = -(-samples // most)
    return -(-samples // batches)


def size_class(samples: int, there: Iterable[int] = ()) -> int:
    """A size that takes `samples`: one of those `there`, or else m · 2^k with m from 8 to 15.

    Padding is at most an eighth; a quarter in a size that is there.

    >>> size_class(250), size_class(100), size_class(5), size_class(100, there={120, 400})
    (256, 104, 5, 120)
    """
    fits = [size for size in there if samples <= size <= MOST_PADDED * samples]
    if fits:
        return min(fits)
    unit = 1
    while samples > 2 * EIGHTHS * unit:
        unit *= 2
    return -(-samples // unit) * unit
