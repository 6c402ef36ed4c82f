"""TwinRun: what a twin did with a stream of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Accesses:
    """Memory accesses: each selects the whole word of a neuron or of eight synapses.

    Parameters
    ----------
    neuron_reads : of the memory of neurons
    neuron_writes : of the memory of neurons
    synapse_reads : of the memory of synapses
    synapse_writes : of the memory of synapses
    """

    neuron_reads: int
    neuron_writes: int
    synapse_reads: int
    synapse_writes: int


@dataclass(frozen=True, eq=False)
class TwinRun:
    """What a run did.

    Parameters
    ----------
    spikes : (number of the event that caused it, through however many local spikes, neuron), in the
        order in which they leave
    spike_cycles : of each spike the clock cycle in which it is generated: that of the write of its
        neuron's word. The first request is raised in cycle 0
    potentials : (256,) after the run
    synapses : (256, 256) after the run, as the twin was given them; ODIN's bistability moves them
    cycles : from the first request to all idle
    accesses : of the two memories
    dropped : local spikes that the full queue lost
    synaptic_operations : neuron updates by synapses, mapped or not, by every neuron spike event one
        for each neuron that its sweep visits: 256 on ODIN
    """

    spikes: list[tuple[int, int]]
    spike_cycles: list[int]
    potentials: np.ndarray
    synapses: np.ndarray
    cycles: int
    accesses: Accesses
    dropped: int
    synaptic_operations: int

    @property
    def output_cycles(self) -> list[int]:
        """Of each spike the first clock cycle with its request on the output link.

        It is the next one: nothing is generated while the link is busy.
        """
        return [cycle + 1 for cycle in self.spike_cycles]
