"""ODIN's core as an event-accurate model: what it computes, in which order, and how many cycles and memory accesses it takes.

The rules are those of the public RTL (ChFrenkel/ODIN), LIF neurons, learning off:

    excitatory  V = min(255, V + w)        inhibitory  V = max(0, V − w)        time reference  V = max(0, V − leak)
    then, after every update: if V >= threshold: spike, V = 0

A neuron spike event sweeps all 256 neurons in ascending order, two cycles each, mapped or not. It waits in a queue of 32; local
spikes join the queue in closed loop, and are lost without a word where it is full.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import SpikewattError, one_of, whole_number

NEURONS = 256
SYNAPSE_WORDS = 32  # of eight synapses, per pre-synaptic neuron
QUEUE = 32
MAPPED, WEIGHT = 0b1000, 0b0111
LARGEST_POTENTIAL = 255
SWEEP_CYCLES, POP_CYCLES = 2, 1  # per neuron of a sweep; to take an entry from the queue
PUSH_CYCLES, HANDSHAKE_CYCLES, OUTPUT_CYCLES, LAST_CYCLES = 5, 6, 6, 2


@dataclass(frozen=True)
class SingleSynapse:
    """One synapse of neuron `pre`, to neuron `post`, both 0..255."""

    pre: int
    post: int


@dataclass(frozen=True)
class TimeReference:
    """A time reference, which leaks: of one neuron, or of all (None)."""

    neuron: int | None = None


@dataclass(frozen=True)
class Virtual:
    """An event for one neuron without a synapse: `weight` 0..7, inhibitory or not, or a leak."""

    neuron: int
    weight: int
    inhibitory: bool = False
    leak: bool = False


@dataclass(frozen=True)
class Bistability:
    """A bistability event of the synapses of one pre-synaptic neuron, or of all (None); it changes nothing while learning is off."""

    pre: int | None = None


Event = int | SingleSynapse | TimeReference | Virtual | Bistability


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
    spikes : (number of the event that caused it, neuron), in the order in which they leave the core.
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
    array = np.asarray(value)
    integer = np.issubdtype(array.dtype, np.integer) or array.dtype == bool
    if array.shape not in ((), (NEURONS,)) or not integer or array.min() < 0 or array.max() > largest:
        raise SpikewattError(where, f"one integer in 0..{largest}, or one per neuron", f"{array.dtype} {array.shape}", f"0..{largest}")
    return np.broadcast_to(array, NEURONS).astype(np.int16)


class OdinTwin:
    """A configured core.

    Parameters
    ----------
    synapses : (256, 256) uint8 [pre, post]: bits 0..2 the weight, bit 3 the mapping bit, without which the weight is 0.
    inhibitory : whether the axon of a pre-synaptic neuron takes away; one for all or (256,).
    threshold : 0..255, one for all or (256,); at 0 a neuron fires on every update.
    leak : 0..127 per time reference; leak_enable, enabled : whether a neuron leaks, and whether it may emit its spikes.
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
        synapses = np.asarray(synapses)
        if synapses.shape != (NEURONS, NEURONS) or synapses.dtype != np.uint8 or synapses.max() > 15:
            raise SpikewattError("OdinTwin.synapses", "a (256, 256) uint8 array of 4 bits", f"{synapses.dtype} {synapses.shape}", "0..15")
        sign = 1 - 2 * _per_neuron("OdinTwin.inhibitory", inhibitory, 1)
        self.threshold = _per_neuron("OdinTwin.threshold", threshold, 255)
        leaks = _per_neuron("OdinTwin.leak_enable", 1 if leak_enable is None else leak_enable, 1)
        self.leak = _per_neuron("OdinTwin.leak", 0 if leak is None else leak, 127) * leaks
        self.enabled = _per_neuron("OdinTwin.enabled", 1 if enabled is None else enabled, 1).astype(bool)
        self.open_loop = bool(open_loop)
        self.sender_delay = whole_number("OdinTwin.sender_delay", "must be what was measured", sender_delay, 0, 1)
        self.receiver_delay = whole_number("OdinTwin.receiver_delay", "must be a number of cycles", receiver_delay, 0, 10**6)
        self.change = np.where(synapses & MAPPED, synapses & WEIGHT, 0).astype(np.int16) * sign[:, None]

    def run(self, events: Iterable[Event], potentials=None, most_local_spikes: int = 1_000_000) -> TwinRun:
        """Give the core `events`, each requested as soon as the one before is acknowledged; until all is idle.

        An event is the number of a pre-synaptic neuron that spiked, −1 (a time reference of all neurons), or a typed event. A spike or
        virtual event is queued; the others run at once and overtake the queue, bistability only when it is empty.

        Parameters
        ----------
        potentials : (256,) to start from; by default 0.
        most_local_spikes : in closed loop a core may excite itself for ever; beyond so many spikes it is stopped.

        Raises
        ------
        SpikewattError : an event that the core does not know, a number out of range, a core that does not come to rest.
        """
        return _Run(self, potentials, most_local_spikes).all([self._checked(i, event) for i, event in enumerate(events)])

    def _checked(self, i: int, event: Event) -> Event:
        where = f"OdinTwin.run: event {i}"
        if isinstance(event, int | np.integer) and not isinstance(event, bool):
            return whole_number(where, "must be a neuron, or -1 for a time reference", int(event), -1, NEURONS - 1)
        fields = {SingleSynapse: ("pre", "post"), TimeReference: ("neuron",), Virtual: ("neuron",), Bistability: ("pre",)}
        kind = type(event)
        one_of(where, "must be an event that the core knows", kind.__name__, ("int", *(k.__name__ for k in fields)))
        for name in fields[kind]:
            value = getattr(event, name)
            if value is not None or kind in (SingleSynapse, Virtual):
                whole_number(f"{where}.{name}", "must be a neuron", value, 0, NEURONS - 1)
        if isinstance(event, Virtual):
            whole_number(f"{where}.weight", "must be a weight", event.weight, 0, WEIGHT)
        return event


class _Run:
    """The state of a core while it runs."""

    def __init__(self, twin: OdinTwin, potentials, most_local_spikes: int):
        self.twin, self.most_local_spikes = twin, most_local_spikes
        self.potentials = np.zeros(NEURONS, np.int16)
        if potentials is not None:
            self.potentials += _per_neuron("OdinTwin.run.potentials", potentials, LARGEST_POTENTIAL)
        self.queue: deque[tuple[Event, int]] = deque()
        self.spikes: list[tuple[int, int]] = []
        self.dropped = self.cycles = self.operations = 0
        self.neuron_reads = self.neuron_writes = self.synapse_reads = self.synapse_writes = 0
        self.stall = OUTPUT_CYCLES + 2 * twin.receiver_delay

    def all(self, events: list[Event]) -> TwinRun:
        """Serve the requests in order, and between them the queue."""
        waiting, late = deque(enumerate(events)), self.twin.sender_delay
        queued = False
        while waiting or self.queue:
            full = len(self.queue) >= QUEUE
            if waiting and not full and not (isinstance(waiting[0][1], Bistability) and self.queue):
                cause, event = waiting.popleft()
                queued = isinstance(event, Virtual) or (isinstance(event, int) and event >= 0)
                if queued:
                    self.cycles += PUSH_CYCLES + late
                    self.queue.append((event, cause))
                else:
                    self.cycles += HANDSHAKE_CYCLES + 2 * late
                    self.at_once(event, cause)
                if self.queue:  # the next request needs two cycles to be seen
                    self.pop()
            else:
                self.pop()
        if events:
            self.cycles += LAST_CYCLES if queued else -late
        accesses = Accesses(self.neuron_reads, self.neuron_writes, self.synapse_reads, self.synapse_writes)
        return TwinRun(self.spikes, self.potentials, self.cycles, accesses, self.dropped, self.operations)

    def pop(self) -> None:
        """Serve the head of the queue, whose place is free again when it is done."""
        event, cause = self.queue[0]
        self.cycles += POP_CYCLES
        if isinstance(event, Virtual) and (event.weight or event.inhibitory or event.leak):
            change = -self.twin.leak[event.neuron] if event.leak else -event.weight if event.inhibitory else event.weight
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
            self.cycles += SWEEP_CYCLES * words
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
        self.cycles += SWEEP_CYCLES * NEURONS
        self.neuron_reads += NEURONS
        self.neuron_writes += NEURONS
        fired = v >= self.twin.threshold
        if fired.any():
            for neuron in np.flatnonzero(fired).tolist():
                self.fire(neuron, cause)
                # While the output link stalls the sweep, the memories stay selected: the neurons' but at the end, the synapses' at
                # the last neuron of a word.
                if self.twin.enabled[neuron] and neuron != NEURONS - 1:
                    self.neuron_reads += self.stall
                    self.synapse_reads += self.stall if synapses and neuron % 8 == 7 else 0

    def one(self, neuron: int, change: int, cause: int) -> None:
        """One neuron."""
        self.potentials[neuron] = min(max(self.potentials[neuron] + change, 0), LARGEST_POTENTIAL)
        self.cycles += SWEEP_CYCLES
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
        self.cycles += self.stall
        if self.twin.open_loop:
            return
        if len(self.spikes) > self.most_local_spikes:
            allowed = "an inhibitory path, higher thresholds, or most_local_spikes"
            raise SpikewattError("OdinTwin.run", "comes to rest", f"{len(self.spikes):,} spikes in closed loop", allowed)
        if len(self.queue) < QUEUE:
            self.queue.append((neuron, cause))
        else:
            self.dropped += 1
