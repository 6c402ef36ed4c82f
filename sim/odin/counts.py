"""OdinCounts: what inferences on an ODIN core consist of, in counts only. It knows no joule."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ...errors import SpikewattError

NEURONS = 256
READ_CYCLES = 160  # one byte through SPI: 20 bits of address and 20 of data, at four clock cycles a bit at least


@dataclass(frozen=True, eq=False)
class OdinCounts:
    """Counts per inference; every array is (samples,) int64.

    Parameters
    ----------
    external_events : neuron spike events that the host sends (N).
    popped_events : events that the core served (P): the external ones and, in closed loop, the spikes that found room in the queue.
    spikes : of all neurons (S), each of which leaves the core. hidden_spikes, output_spikes : their parts.
    dropped : spikes that the full queue lost, so that their synapses never got them.
    synaptic_operations : 256 per popped event, mapped or not.
    cycles : of the inference, from the first request to all idle: 5 N + 2 + 513 P + 6 S; 0 without an event.
    neuron_reads, neuron_writes, synapse_reads, synapse_writes : memory accesses of the inference.
    time_references : that clear the potentials behind an inference, each of one neuron or of all (`reset_updates` says which).
    reset_updates : neurons that they update, each one read and one write of the neuron memory.
    reset_cycles : that they take, at 8 cycles for one neuron and 518 for all.
    readout_reads : bytes that the host reads through SPI, two per potential, which lies across two bytes. Each takes `READ_CYCLES` at
        least, and the core stands still: two writes of the same length open and close its memories to SPI, once per inference with reads.

    Raises
    ------
    SpikewattError : arrays of different lengths, or none of integers.
    """

    external_events: np.ndarray
    popped_events: np.ndarray
    spikes: np.ndarray
    hidden_spikes: np.ndarray
    output_spikes: np.ndarray
    dropped: np.ndarray
    synaptic_operations: np.ndarray
    cycles: np.ndarray
    neuron_reads: np.ndarray
    neuron_writes: np.ndarray
    synapse_reads: np.ndarray
    synapse_writes: np.ndarray
    time_references: np.ndarray
    reset_updates: np.ndarray
    reset_cycles: np.ndarray
    readout_reads: np.ndarray

    def __post_init__(self):
        for field in fields(self):
            array = np.asarray(getattr(self, field.name))
            if (
                array.ndim != 1
                or array.shape != np.shape(self.external_events)
                or not np.issubdtype(array.dtype, np.integer)
            ):
                raise SpikewattError(
                    f"OdinCounts.{field.name}",
                    "is one integer per inference",
                    f"{array.dtype} {array.shape}",
                )
            array = array.astype(np.int64)
            array.setflags(write=False)
            object.__setattr__(self, field.name, array)

    @property
    def samples(self) -> int:
        """Number of inferences."""
        return len(self.external_events)

    @property
    def readout_cycles(self) -> np.ndarray:
        """(samples,) cycles at least that SPI takes to read the potentials: the bytes, and two writes where there are any."""
        return READ_CYCLES * (self.readout_reads + 2 * (self.readout_reads > 0))

    def mean(self) -> dict[str, float]:
        """Mean per inference of every count."""
        return {field.name: float(getattr(self, field.name).mean()) for field in fields(self)}
