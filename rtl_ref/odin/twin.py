"""ODIN's core as an event-accurate model: what it computes, in which order, and at what expense.

The rules are those of the public RTL (ChFrenkel/ODIN), LIF neurons, learning off:

    excitatory      V = min(255, V + w)
    inhibitory      V = max(0, V − w)
    time reference  V = max(0, V − leak)
    then, after every update: if V >= threshold: spike, V = 0
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ...errors import SpikewattError, whole_number
from ...models.odin.chip import (
    LARGEST_LEAK,
    LARGEST_POTENTIAL,
    LARGEST_SYNAPSE,
    LARGEST_THRESHOLD,
    MAPPED,
    NEURONS,
    WEIGHT_MASK,
)
from .events import Event, checked_events, flag
from .serving import Accesses, Configuration, Serving, TwinRun

__all__ = ["Accesses", "OdinTwin", "TwinRun"]


class OdinTwin:
    """A configured core.

    Parameters
    ----------
    synapses : (256, 256) uint8 [pre, post]
        Bits 0..2 the weight, bit 3 the mapping bit, without which the weight is 0.
    inhibitory : bool, one for all or (256,)
        Whether the axon of a pre-synaptic neuron takes away.
    threshold : 0..255, one for all or (256,)
        At 0 a neuron fires on every update.
    leak : 0..127 per time reference, one for all or (256,), default 0
    leak_enable : bool, one for all or (256,), default all
        Whether a neuron leaks.
    enabled : bool, one for all or (256,), default all
        Whether a neuron may emit its spikes.
    open_loop : bool, default True
        Spikes only leave the core; in closed loop they are also queued as events of their neuron.
    sender_delay : 0 (default) or 1 cycles
        By which the sender answers late.
    receiver_delay : cycles per edge of the output handshake, default 0

    Raises
    ------
    SpikewattError : shapes, types or ranges that the core does not have.

    References
    ----------
    Frenkel et al., IEEE Trans. Biomed. Circuits Syst. 13, 145 (2019),
    doi:10.1109/TBCAS.2018.2880425. The rules are those of its public RTL.

    >>> import numpy as np
    >>> synapses = np.zeros((256, 256), np.uint8)
    >>> synapses[17, 3] = 0b1101  # mapped, weight 5
    >>> run = OdinTwin(synapses, inhibitory=False, threshold=8).run([17, 17])
    >>> run.spikes  # the second event makes neuron 3 fire: 5 + 5 >= 8
    [(1, 3)]
    >>> run.cycles, run.synaptic_operations
    (1044, 512)
    """

    def __init__(
        self,
        synapses,
        inhibitory,
        threshold,
        leak=None,
        leak_enable=None,
        enabled=None,
        open_loop: bool = True,
        sender_delay: int = 0,
        receiver_delay: int = 0,
    ):
        weights = _weights(synapses)
        sign = 1 - 2 * _per_neuron("OdinTwin.inhibitory", inhibitory, 1)
        threshold = _per_neuron("OdinTwin.threshold", threshold, LARGEST_THRESHOLD)
        leaks = _per_neuron("OdinTwin.leak_enable", _or(leak_enable, 1), 1)
        leak = _per_neuron("OdinTwin.leak", _or(leak, 0), LARGEST_LEAK)
        enabled = _per_neuron("OdinTwin.enabled", _or(enabled, 1), 1)

        open_loop = flag("OdinTwin.open_loop", open_loop)
        sender_delay = whole_number(
            "OdinTwin.sender_delay",
            "is that of the senders in the sources: at once, or registered",
            sender_delay,
            0,
            1,
        )
        receiver_delay = whole_number(
            "OdinTwin.receiver_delay",
            "must be a number of cycles",
            receiver_delay,
            0,
            10**6,
        )

        self.configuration = Configuration(
            change=weights * sign[:, None],
            threshold=threshold,
            leak=leak * leaks,
            enabled=enabled.astype(bool),
            open_loop=open_loop,
            sender_delay=sender_delay,
            receiver_delay=receiver_delay,
        )

    def __repr__(self) -> str:
        synapses = np.count_nonzero(self.configuration.change)
        loop = "open" if self.configuration.open_loop else "closed"
        return f"OdinTwin({synapses:,} synapses, {loop} loop)"

    def run(
        self,
        events: Iterable[Event],
        potentials=None,
        most_local_spikes: int = 1_000_000,
    ) -> TwinRun:
        """Give the core `events`, each requested as soon as the one before is acknowledged.

        A spike or virtual event is queued; the others run at once and overtake the queue,
        bistability only when it is empty. The run ends when all is idle.

        Parameters
        ----------
        events : number of a pre-synaptic neuron that spiked, −1 (a time reference of all neurons),
            or a typed event
        potentials : 0..255 to start from, one for all or (256,), default 0
            A run keeps nothing for the next: give it those of the last.
        most_local_spikes : default a million
            In closed loop a core may excite itself for ever; after so many spikes between two
            events it is stopped.

        Returns
        -------
        TwinRun : spikes in order, potentials, cycles, memory accesses, lost spikes, operations.

        Raises
        ------
        SpikewattError : an event that the core does not know, a number out of range, a core that
            does not come to rest.
        """
        most_local_spikes = whole_number(
            "OdinTwin.run.most_local_spikes",
            "must be a number of spikes",
            most_local_spikes,
            1,
            2**62,
        )
        requests = checked_events("OdinTwin.run", events)

        start = _per_neuron(
            "OdinTwin.run.potentials",
            _or(potentials, 0),
            LARGEST_POTENTIAL,
        )

        return Serving(self.configuration, start, most_local_spikes).all(requests)


def _weights(synapses) -> np.ndarray:
    """(256, 256) int16 weights of the synapses that are mapped, 0 of the others."""
    where = "OdinTwin.synapses"
    law = "a (256, 256) uint8 array of 4 bits"
    synapses = np.asarray(synapses)
    shape = (NEURONS, NEURONS)
    if synapses.shape != shape or synapses.dtype != np.uint8:
        raise SpikewattError(
            where,
            law,
            f"{synapses.dtype} {synapses.shape}",
            f"uint8 {shape}",
        )

    largest = int(synapses.max())
    if largest > LARGEST_SYNAPSE:
        raise SpikewattError(where, law, largest, f"0..{LARGEST_SYNAPSE}")

    weights = (synapses & WEIGHT_MASK).astype(np.int16)
    mapped = (synapses & MAPPED) != 0
    return np.where(mapped, weights, np.int16(0))


def _per_neuron(where: str, value, largest: int) -> np.ndarray:
    """(256,) int16 of its own, from one value for all or one for each."""
    array = np.asarray(value)
    law = f"one integer in 0..{largest}, or one per neuron"
    allowed = f"0..{largest}"

    integers = array.dtype.kind in "biu"
    right_shape = array.shape in ((), (NEURONS,))
    if not right_shape or not integers:
        raise SpikewattError(where, law, f"{array.dtype} {array.shape}", allowed)

    wrong = array[(array < 0) | (array > largest)]
    if wrong.size:
        raise SpikewattError(where, law, int(wrong[0]), allowed)

    return np.broadcast_to(array, NEURONS).astype(np.int16)


def _or(value, default: int):
    return default if value is None else value
