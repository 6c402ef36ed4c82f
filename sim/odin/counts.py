"""OdinCounts: what inferences on a core of ODIN's kind consist of. It knows no joule."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chip import SPI_BYTE_CYCLES
from ...models.odin.chips import ODIN, OdinChip, chip_of


@dataclass(frozen=True, eq=False)
class OdinCounts:
    """Counts per inference; every array is int64 (samples,), and `chip` says where.

    Parameters
    ----------
    external_events : events
        Neuron spike events that the host sends (N).
    popped_events : events
        That the core served (P): the external ones and, in closed loop, the spikes that found room
        in the queue.
    spikes : spikes
        Of all neurons (S), each of which leaves the core.
    hidden_spikes, output_spikes : spikes
        Their parts.
    dropped : spikes
        That the full queue lost, so that their synapses never got them.
    synaptic_operations : operations
        Per popped event one for each neuron that its sweep visits, mapped or not: 256 on ODIN.
    cycles : clock cycles
        Of the inference, from the first request to all idle: 5 N + 2 + 513 P + 6 S on ODIN, with
        2 n + 2 for 513 on tinyODIN where n neurons are in use; 0 without an event.
    neuron_reads, neuron_writes, synapse_reads, synapse_writes : memory accesses
        Of the inference.
    time_references : events
        That clear the potentials after an inference, each of one neuron or of all
        (`reset_updates` says which).
    reset_updates : neurons
        That they update, each one read and one write of the neuron memory.
    reset_cycles : clock cycles
        That they take, at 8 cycles for one neuron and 518 for all (6 + 2 n on tinyODIN).
    readout_reads : bytes
        That the host reads through SPI, two per potential, which lies across two bytes. Each takes
        `SPI_BYTE_CYCLES` at least, and the core stands still: two writes of the same length open
        and close its memories to SPI, once per inference with reads.
    chip : OdinChip or its name, default "odin"
        That the inferences ran on.

    Raises
    ------
    SpikewattError : arrays of different lengths, or none of integers; no such chip.
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
    chip: OdinChip = ODIN

    def __post_init__(self):
        object.__setattr__(self, "chip", chip_of("OdinCounts.chip", self.chip))
        samples = np.shape(self.external_events)
        for name in COUNTS:
            array = np.asarray(getattr(self, name))
            one_each = array.ndim == 1 and array.shape == samples
            if not one_each or not np.issubdtype(array.dtype, np.integer):
                raise SpikewattError(
                    where=f"OdinCounts.{name}",
                    law="is one integer per inference",
                    got=f"{array.dtype} {array.shape}",
                )

            array = array.astype(np.int64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def samples(self) -> int:
        """Number of inferences."""
        return len(self.external_events)

    @property
    def readout_cycles(self) -> np.ndarray:
        """(samples,) cycles at least that SPI takes to read the potentials.

        The bytes, and two writes where there are any.
        """
        writes = np.where(self.readout_reads > 0, 2, 0)
        return SPI_BYTE_CYCLES * (self.readout_reads + writes)

    def mean(self) -> dict[str, float]:
        """Mean per inference of every count."""
        return {name: float(getattr(self, name).mean()) for name in COUNTS}


COUNTS = tuple(field.name for field in fields(OdinCounts) if field.name != "chip")
