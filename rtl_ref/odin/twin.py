"""ODIN's core as an event-accurate model: what it computes, in which order, and how many cycles and memory accesses it takes.

The rules are those of the public RTL (ChFrenkel/ODIN), LIF neurons, learning off:

    excitatory  V = min(255, V + w)        inhibitory  V = max(0, V − w)        time reference  V = max(0, V − leak)
    then, after every update: if V >= threshold: spike, V = 0

A neuron spike event sweeps all 256 neurons in ascending order, two cycles each, mapped or not. It waits in a queue of 32; local
spikes join the queue in closed loop, and are lost without a word where it is full. A spike occupies the output link; while it does, a
sweep stands still, and nothing new is begun. The last spike of an event that is acknowledged at its end, and the synchronisation of the
next request, run beside what follows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError, whole_number
from .events import (
    NEURONS,
    WEIGHT,
    Bistability,
    Event,
    SingleSynapse,
    TimeReference,
    Virtual,
    checked,
    flag,
)

SYNAPSE_WORDS = 32  # of eight synapses, per pre-synaptic neuron
QUEUE = 32
MAPPED = 0b1000
LARGEST_POTENTIAL = 255
VISIT_CYCLES = 2  # read and write of a neuron or of a word of synapses
DECIDE_CYCLES = 1  # to choose what is served next
SYNCHRONISE_CYCLES = 2  # until a request is seen
RELEASE_CYCLES = (
    3  # from an acknowledgement to the controller's rest, with a sender that answers at once
)
OUTPUT_CYCLES = 6  # of the output link per spike, with a receiver that answers at once


@dataclass(frozen=True)
class Accesses:
    """Memory accesses, which select the whole word of a neuron (128 bits) or of eight synapses (32 bits)."""

    neuron_reads: int
    neuron_writes: int
    synapse_reads: int
    synapse_writes: int


@dataclass(frozen=True, eq=False)
class TwinRun:
    """What a run did.

    Parameters
    ----------
    spikes : (number of the event of `run` that caused it, through however many local spikes, neuron), in the order in which they leave.
    potentials : (256,) after the run. cycles : from the first request to all idle.
    accesses : of the two memories. dropped : local spikes that the full queue lost.
    synaptic_operations : neuron updates by synapses, mapped or not: 256 per neuron spike event.
    """

    spikes: list[tuple[int, int]]
    potentials: np.ndarray
    cycles: int
    accesses: Accesses
    dropped: int
    synaptic_operations: int


def _per_neuron(where: str, value, largest: int) -> np.ndarray:
    array, law = np.asarray(value), f"one integer in 0..{largest}, or one per neuron"
    if array.shape not in ((), (NEURONS,)) or not (
        np.issubdtype(array.dtype, np.integer) or array.dtype == bool
    ):
        raise SpikewattError(where, law, f"{array.dtype} {array.shape}", f"0..{largest}")
    if (wrong := array[(array < 0) | (array > largest)]).size:
        raise SpikewattError(where, law, int(wrong[0]), f"0..{largest}")
    return np.broadcast_to(array, NEURONS).astype(np.int16)


class OdinTwin:
    """A configured core.

    Parameters
    ----------
    synapses : (256, 256) uint8 [pre, post]: bits 0..2 the weight, bit 3 the mapping bit, without which the weight is 0.
    inhibitory : whether the axon of a pre-synaptic neuron takes away; one for all or (256,).
    threshold : 0..255, one for all or (256,); at 0 a neuron fires on every update.
    leak : 0..127 per time reference, by default 0; leak_enable, enabled : whether a neuron leaks, and whether it may emit its spikes;
        by default all.
    open_loop : spikes only leave the core; in closed loop they are also queued as events of their neuron.
    sender_delay : cycles by which the sender answers late, 0 or 1; receiver_delay : cycles per edge of the output handshake.

    Raises
    ------
    SpikewattError : shapes, types or ranges that the core does not have.

    References
    ----------
    Frenkel et al., IEEE Trans. Biomed. Circuits Syst. 13, 145 (2019), doi:10.1109/TBCAS.2018.2880425.
    The rules are those of its public RTL.
    """

    def __init__(
        self, synapses, inhibitory, threshold, leak=None, leak_enable=None, enabled=None, open_loop: bool = True,
        sender_delay: int = 0, receiver_delay: int = 0,
    ):  # fmt: skip
        synapses, law = np.asarray(synapses), "a (256, 256) uint8 array of 4 bits"
        if synapses.shape != (NEURONS, NEURONS) or synapses.dtype != np.uint8:
            raise SpikewattError(
                "OdinTwin.synapses",
                law,
                f"{synapses.dtype} {synapses.shape}",
                f"uint8 {(NEURONS, NEURONS)}",
            )
        if synapses.max() > MAPPED | WEIGHT:
            raise SpikewattError("OdinTwin.synapses", law, int(synapses.max()), "0..15")
        sign = 1 - 2 * _per_neuron("OdinTwin.inhibitory", inhibitory, 1)
        self.threshold = _per_neuron("OdinTwin.threshold", threshold, 255)
        leaks = _per_neuron("OdinTwin.leak_enable", 1 if leak_enable is None else leak_enable, 1)
        self.leak = _per_neuron("OdinTwin.leak", 0 if leak is None else leak, 127) * leaks
        self.enabled = _per_neuron("OdinTwin.enabled", 1 if enabled is None else enabled, 1).astype(
            bool
        )
        self.open_loop = flag("OdinTwin.open_loop", open_loop)
        self.sender_delay = whole_number(
            "OdinTwin.sender_delay",
            "is that of the senders in the sources: at once, or registered",
            sender_delay,
            0,
            1,
        )
        self.receiver_delay = whole_number(
            "OdinTwin.receiver_delay", "must be a number of cycles", receiver_delay, 0, 10**6
        )
        self.change = (
            np.where(synapses & MAPPED, synapses & WEIGHT, 0).astype(np.int16) * sign[:, None]
        )

    def run(
        self, events: Iterable[Event], potentials=None, most_local_spikes: int = 1_000_000
    ) -> TwinRun:
        """Give the core `events`, each requested as soon as the one before is acknowledged; until all is idle.

        An event is the number of a pre-synaptic neuron that spiked, −1 (a time reference of all neurons), or a typed event. A spike or
        virtual event is queued; the others run at once and overtake the queue, bistability only when it is empty.

        Parameters
        ----------
        potentials : to start from, one for all or (256,); by default 0. A run keeps nothing for the next: give it `potentials` of the last.
        most_local_spikes : in closed loop a core may excite itself for ever; beyond so many spikes between two events it is stopped.

        Raises
        ------
        SpikewattError : an event that the core does not know, a number out of range, a core that does not come to rest.
        """
        most = whole_number(
            "OdinTwin.run.most_local_spikes",
            "must be a number of spikes",
            most_local_spikes,
            1,
            2**62,
        )
        if not isinstance(events, Iterable):
            raise SpikewattError(
                "OdinTwin.run.events",
                "must be a list of events",
                type(events).__name__,
                "[3, -1, …]",
            )
        return _Run(self, potentials, most).all(
            [checked(f"OdinTwin.run: event {i}", event) for i, event in enumerate(events)]
        )


class _Run:
    """The state of a core while it runs."""

    def __init__(self, twin: OdinTwin, potentials, most_local_spikes: int):
        self.twin, self.most_local_spikes = twin, most_local_spikes
        self.potentials = np.zeros(NEURONS, np.int16)
        if potentials is not None:
            self.potentials += _per_neuron("OdinTwin.run.potentials", potentials, LARGEST_POTENTIAL)
        self.queue: deque[tuple[Event, int]] = deque()
        self.spikes: list[tuple[int, int]] = []
        self.dropped = self.operations = self.local_spikes = 0
        self.neuron_reads = self.neuron_writes = self.synapse_reads = self.synapse_writes = 0
        self.output_cycles = OUTPUT_CYCLES + 2 * twin.receiver_delay
        # Cycles: now, when the next request is seen, from when on the output link is free.
        self.now, self.seen, self.link_free = 0, SYNCHRONISE_CYCLES, 0

    def all(self, events: list[Event]) -> TwinRun:
        """Serve the requests in order, and between them the queue."""
        waiting = deque(enumerate(events))
        while waiting or self.queue:
            self.now = max(self.now, self.link_free)
            overtakes = (
                bool(waiting)
                and self.seen <= self.now
                and not isinstance(waiting[0][1], Bistability)
            )
            if self.queue and (len(self.queue) == QUEUE or not overtakes):
                self.pop()
            elif self.seen <= self.now:
                self.take(*waiting.popleft())
            else:
                self.now = self.seen
        accesses = Accesses(
            self.neuron_reads, self.neuron_writes, self.synapse_reads, self.synapse_writes
        )
        cycles = max(self.now, self.link_free)
        return TwinRun(
            self.spikes, self.potentials, cycles, accesses, self.dropped, self.operations
        )

    def take(self, cause: int, event: Event) -> None:
        """Serve the request: queue it or execute it, acknowledge, and wait until the sender has taken it back."""
        late, self.local_spikes = self.twin.sender_delay, 0
        self.now += DECIDE_CYCLES
        if isinstance(event, Virtual) or (isinstance(event, int) and event >= 0):
            self.now += 1
            self.queue.append((event, cause))
        else:
            self.at_once(event, cause)
        self.now += RELEASE_CYCLES + late
        self.seen = self.now + late + SYNCHRONISE_CYCLES

    def pop(self) -> None:
        """Serve the head of the queue, whose place is free again when it is done."""
        event, cause = self.queue[0]
        self.now += DECIDE_CYCLES
        if isinstance(event, Virtual) and (event.weight or event.inhibitory or event.leak):
            change = (
                -self.twin.leak[event.neuron]
                if event.leak
                else -event.weight
                if event.inhibitory
                else event.weight
            )
            self.one(event.neuron, int(change), cause)
        else:
            self.sweep(event.neuron if isinstance(event, Virtual) else event, cause)  # type: ignore[arg-type]
        self.queue.popleft()

    def at_once(self, event: Event, cause: int) -> None:
        """An event that is not queued."""
        twin = self.twin
        if isinstance(event, SingleSynapse):
            self.one(event.post, int(twin.change[event.pre, event.post]), cause)
            self.operations += 1
            self.synapse_reads += 1
            self.synapse_writes += 1
        elif isinstance(event, Bistability):
            words = SYNAPSE_WORDS * (NEURONS if event.pre is None else 1)
            self.now += VISIT_CYCLES * words
            self.synapse_reads += words
            self.synapse_writes += words
        elif isinstance(event, TimeReference) and event.neuron is not None:
            self.one(event.neuron, -int(twin.leak[event.neuron]), cause)
        else:
            self.update(-twin.leak, cause, synapses=False)

    def sweep(self, pre: int, cause: int) -> None:
        """The event of a neuron that spiked."""
        self.operations += NEURONS
        self.synapse_reads += SYNAPSE_WORDS
        self.synapse_writes += SYNAPSE_WORDS
        self.update(self.twin.change[pre], cause, synapses=True)

    def update(self, change: np.ndarray, cause: int, synapses: bool) -> None:
        """All neurons in ascending order. No neuron hears another within a sweep, so all are one sum."""
        v = self.potentials
        np.add(v, change, out=v)
        np.maximum(v, 0, out=v)
        np.minimum(v, LARGEST_POTENTIAL, out=v)
        self.now += VISIT_CYCLES * NEURONS
        self.neuron_reads += NEURONS
        self.neuron_writes += NEURONS
        fired = v >= self.twin.threshold
        if fired.any():
            for neuron in np.flatnonzero(fired).tolist():
                self.fire(neuron, cause)
                # The sweep stands still behind all neurons but the last, with the memories selected: the neurons', and the synapses' at
                # the last neuron of a word.
                if self.twin.enabled[neuron] and neuron != NEURONS - 1:
                    self.now = self.link_free
                    self.neuron_reads += self.output_cycles
                    self.synapse_reads += self.output_cycles if synapses and neuron % 8 == 7 else 0

    def one(self, neuron: int, change: int, cause: int) -> None:
        """One neuron."""
        self.potentials[neuron] = min(max(self.potentials[neuron] + change, 0), LARGEST_POTENTIAL)
        self.now += VISIT_CYCLES
        self.neuron_reads += 1
        self.neuron_writes += 1
        if self.potentials[neuron] >= self.twin.threshold[neuron]:
            self.fire(neuron, cause)

    def fire(self, neuron: int, cause: int) -> None:
        """A spike: reset, and unless the neuron is disabled out of the core and, in closed loop, into the queue."""
        self.potentials[neuron] = 0
        if not self.twin.enabled[neuron]:
            return
        self.spikes.append((cause, neuron))
        self.link_free = self.now + self.output_cycles
        if self.twin.open_loop:
            return
        self.local_spikes += 1
        if self.local_spikes > self.most_local_spikes:
            allowed = "an inhibitory path, higher thresholds, or most_local_spikes"
            raise SpikewattError(
                "OdinTwin.run",
                "comes to rest",
                f"{self.local_spikes:,} local spikes behind one event",
                allowed,
            )
        if len(self.queue) < QUEUE:
            self.queue.append((neuron, cause))
        else:
            self.dropped += 1
