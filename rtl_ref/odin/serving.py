"""How ODIN's controller serves its requests and its queue: order, cycles, memory accesses.

A neuron spike event sweeps all 256 neurons in ascending order, two cycles each, mapped or not. It
waits in a queue of 32; local spikes join the queue in closed loop, and are lost without a word
where it is full. A spike occupies the output link; while it does, a sweep stands still, and
nothing new is begun. The last spike of an event that is acknowledged at its end, and the
synchronisation of the next request, run beside what follows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chip import (
    ALL_NEURONS,
    DECIDE_CYCLES,
    LARGEST_POTENTIAL,
    NEURONS,
    OUTPUT_CYCLES,
    PUSH_CYCLES,
    QUEUE,
    RELEASE_CYCLES,
    SWEEP_CYCLES,
    SYNAPSE_WORDS,
    SYNAPSES_PER_WORD,
    SYNCHRONISE_CYCLES,
    VISIT_CYCLES,
    WORDS_PER_AXON,
)
from .events import Bistability, Event, SingleSynapse, TimeReference, Virtual


@dataclass(frozen=True)
class Accesses:
    """Memory accesses: each selects the whole word of a neuron (128 bits) or of eight synapses.

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
    potentials : (256,) after the run
    cycles : from the first request to all idle
    accesses : of the two memories
    dropped : local spikes that the full queue lost
    synaptic_operations : neuron updates by synapses, mapped or not: 256 per neuron spike event
    """

    spikes: list[tuple[int, int]]
    potentials: np.ndarray
    cycles: int
    accesses: Accesses
    dropped: int
    synaptic_operations: int


@dataclass(frozen=True, eq=False)
class Configuration:
    """What is written into the core, and how fast its neighbours answer.

    Parameters
    ----------
    change : (256, 256) int16 [pre, post], what a synapse adds to a potential
    threshold : (256,) int16
    leak : (256,) int16, what a time reference takes away
    enabled : (256,) bool, whether a neuron may emit its spikes
    open_loop : whether spikes only leave the core
    sender_delay : cycles by which the sender answers late
    receiver_delay : cycles per edge of the output handshake
    """

    change: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    enabled: np.ndarray
    open_loop: bool
    sender_delay: int
    receiver_delay: int


def is_queued(event: Event) -> bool:
    """Whether an event waits in the queue: spikes and virtual events; the others run at once."""
    if isinstance(event, int):
        return event != ALL_NEURONS

    return isinstance(event, Virtual)


class Serving:
    """The state of a core while it serves.

    Parameters
    ----------
    configuration : what is written into the core
    potentials : (256,) int16 to start from; they are changed in place
    most_local_spikes : after so many between two requests the core is stopped
    """

    def __init__(
        self,
        configuration: Configuration,
        potentials: np.ndarray,
        most_local_spikes: int,
    ):
        self.configuration = configuration
        self.potentials = potentials
        self.most_local_spikes = most_local_spikes
        self.output_cycles = OUTPUT_CYCLES + 2 * configuration.receiver_delay

        # Time, in cycles.
        self.now = 0
        self.seen = SYNCHRONISE_CYCLES  # when the next request is seen
        self.link_free = 0  # from when on the output link is free

        self.queue: deque[tuple[Event, int]] = deque()  # event, and the number of its cause
        self.spikes: list[tuple[int, int]] = []
        self.local_spikes = 0
        self.dropped = 0
        self.operations = 0
        self.neuron_reads = self.neuron_writes = 0
        self.synapse_reads = self.synapse_writes = 0

    def all(self, events: list[Event]) -> TwinRun:
        """Serve the requests in order, and between them the queue."""
        waiting = deque(enumerate(events))
        while waiting or self.queue:
            self.now = max(self.now, self.link_free)
            if self.queue and not self._overtakes(waiting):
                self._serve_queue()
            elif self.seen <= self.now:
                self._serve_request(*waiting.popleft())
            else:
                self.now = self.seen

        accesses = Accesses(
            self.neuron_reads,
            self.neuron_writes,
            self.synapse_reads,
            self.synapse_writes,
        )

        return TwinRun(
            spikes=self.spikes,
            potentials=self.potentials,
            cycles=max(self.now, self.link_free),
            accesses=accesses,
            dropped=self.dropped,
            synaptic_operations=self.operations,
        )

    def _overtakes(self, waiting: deque[tuple[int, Event]]) -> bool:
        """Whether the next request is served before the queue."""
        seen = bool(waiting) and self.seen <= self.now
        full = len(self.queue) == QUEUE
        if not seen or full:
            return False
        _, event = waiting[0]
        return not isinstance(event, Bistability)

    def _serve_request(self, cause: int, event: Event) -> None:
        """Queue it or execute it, acknowledge, and wait until the sender has taken it back."""
        late = self.configuration.sender_delay
        self.local_spikes = 0
        self.now += DECIDE_CYCLES
        if is_queued(event):
            self.now += PUSH_CYCLES
            self.queue.append((event, cause))
        else:
            self._at_once(event, cause)

        self.now += RELEASE_CYCLES + late
        self.seen = self.now + late + SYNCHRONISE_CYCLES

    def _serve_queue(self) -> None:
        """Serve the head of the queue, whose place is free again when it is done."""
        event, cause = self.queue[0]
        self.now += DECIDE_CYCLES
        if not isinstance(event, Virtual):
            self._sweep(int(event), cause)  # type: ignore[arg-type]  # a number: see is_queued
        elif event.leak:
            self._leak(event.neuron, cause)
        elif event.weight or event.inhibitory:
            weight = int(event.weight)
            change = -weight if event.inhibitory else weight
            self._one(event.neuron, change, cause)
        else:
            # On the link it cannot be told from the neuron's own spike.
            self._sweep(event.neuron, cause)

        self.queue.popleft()

    def _at_once(self, event: Event, cause: int) -> None:
        """An event that is not queued."""
        configuration = self.configuration
        if isinstance(event, SingleSynapse):
            change = configuration.change[event.pre, event.post]
            self._one(event.post, int(change), cause)
            self.operations += 1
            self.synapse_reads += 1
            self.synapse_writes += 1
        elif isinstance(event, Bistability):
            words = SYNAPSE_WORDS if event.pre is None else WORDS_PER_AXON
            self.now += VISIT_CYCLES * words
            self.synapse_reads += words
            self.synapse_writes += words
        elif isinstance(event, TimeReference) and event.neuron is not None:
            self._leak(event.neuron, cause)
        else:
            self._update(-configuration.leak, cause, synapses=False)

    def _sweep(self, pre: int, cause: int) -> None:
        """The event of a neuron that spiked."""
        self.operations += NEURONS
        self.synapse_reads += WORDS_PER_AXON
        self.synapse_writes += WORDS_PER_AXON
        self._update(self.configuration.change[pre], cause, synapses=True)

    def _update(self, change: np.ndarray, cause: int, synapses: bool) -> None:
        """All neurons, ascending. No neuron hears another in a sweep, so all are one sum."""
        self.potentials += change
        np.clip(self.potentials, 0, LARGEST_POTENTIAL, out=self.potentials)
        self.now += SWEEP_CYCLES
        self.neuron_reads += NEURONS
        self.neuron_writes += NEURONS

        fired = self.potentials >= self.configuration.threshold
        if not fired.any():
            return
        last = NEURONS - 1
        for neuron in np.flatnonzero(fired).tolist():
            self._fire(neuron, cause)
            if neuron != last and self.configuration.enabled[neuron]:
                self._stand_still(neuron, synapses)

    def _stand_still(self, neuron: int, synapses: bool) -> None:
        """The sweep waits after all neurons but the last, with the memories selected.

        The neurons' always, the synapses' at the last neuron of a word.
        """
        self.now = self.link_free
        self.neuron_reads += self.output_cycles
        last_of_word = neuron % SYNAPSES_PER_WORD == SYNAPSES_PER_WORD - 1
        if synapses and last_of_word:
            self.synapse_reads += self.output_cycles

    def _leak(self, neuron: int, cause: int) -> None:
        """One neuron hears a time reference."""
        leak = self.configuration.leak[neuron]
        self._one(neuron, -int(leak), cause)

    def _one(self, neuron: int, change: int, cause: int) -> None:
        """One neuron."""
        potential = int(self.potentials[neuron]) + change
        potential = min(max(potential, 0), LARGEST_POTENTIAL)
        self.potentials[neuron] = potential

        self.now += VISIT_CYCLES
        self.neuron_reads += 1
        self.neuron_writes += 1

        if potential >= self.configuration.threshold[neuron]:
            self._fire(neuron, cause)

    def _fire(self, neuron: int, cause: int) -> None:
        """A spike: reset, and out of the core, and in closed loop into the queue.

        A disabled neuron is reset only.
        """
        self.potentials[neuron] = 0
        if not self.configuration.enabled[neuron]:
            return
        self.spikes.append((cause, neuron))
        self.link_free = self.now + self.output_cycles
        if not self.configuration.open_loop:
            self._queue_local_spike(neuron, cause)

    def _queue_local_spike(self, neuron: int, cause: int) -> None:
        self.local_spikes += 1
        if self.local_spikes > self.most_local_spikes:
            raise SpikewattError(
                "OdinTwin.run",
                "comes to rest",
                f"{self.local_spikes:,} local spikes behind one event",
                "an inhibitory path, higher thresholds, or most_local_spikes",
            )

        if len(self.queue) < QUEUE:
            self.queue.append((neuron, cause))
        else:
            self.dropped += 1
