"""How a controller of ODIN's kind serves requests and queue: order, cycles, memory accesses.

A neuron spike event sweeps the neurons in ascending order, two cycles each, mapped or not: all 256
on ODIN, those up to the last in use on tinyODIN. It waits in a queue; local spikes join the queue
in closed loop, and are lost without a word where it is full. A spike occupies the output link;
while it does, a sweep stands still, and nothing new is begun. The last spike of an event that is
acknowledged at its end, and the synchronisation of the next request, run beside what follows.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from ...errors import SpikewattError
from ...models.odin.chip import (
    ALL_NEURONS,
    DECIDE_CYCLES,
    OUTPUT_CYCLES,
    PUSH_CYCLES,
    RELEASE_CYCLES,
    SYNAPSE_WORDS,
    SYNAPSES_PER_WORD,
    SYNCHRONISE_CYCLES,
    VISIT_CYCLES,
    WORDS_PER_AXON,
)
from .configuration import Configuration, after_bistability, mapped_weights
from .events import Bistability, Event, SingleSynapse, TimeReference, Virtual
from .twin_run import Accesses, TwinRun


def is_queued(event: Event) -> bool:
    """Whether an event waits in the queue: spikes and virtual events; the others run at once."""
    if isinstance(event, int):
        return event != ALL_NEURONS

    return isinstance(event, Virtual)


class Serving:
    """The state of a core while it serves.

    Parameters
    ----------
    where : for the error
    configuration : what is written into the core
    potentials : (256,) int16 to start from; they are changed in place
    most_local_spikes : after so many between two requests the core is stopped
    """

    def __init__(
        self,
        where: str,
        configuration: Configuration,
        potentials: np.ndarray,
        most_local_spikes: int,
    ):
        self.where = where
        self.configuration = configuration
        self.chip = configuration.chip
        self.synapses = configuration.synapses
        self.change = configuration.change
        self.potentials = potentials
        self.most_local_spikes = most_local_spikes
        self.output_cycles = OUTPUT_CYCLES + 2 * configuration.receiver_delay

        # Time, in cycles.
        self.now = 0
        self.seen = SYNCHRONISE_CYCLES  # when the next request is seen
        self.link_free = 0  # from when on the output link is free

        self.queue: deque[tuple[Event, int]] = deque()  # event, and the number of its cause
        self.spikes: list[tuple[int, int]] = []
        self.spike_cycles: list[int] = []
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
            spike_cycles=self.spike_cycles,
            potentials=self.potentials,
            synapses=self.synapses,
            cycles=max(self.now, self.link_free),
            accesses=accesses,
            dropped=self.dropped,
            synaptic_operations=self.operations,
        )

    def _overtakes(self, waiting: deque[tuple[int, Event]]) -> bool:
        """Whether the next request is served before the queue."""
        seen = bool(waiting) and self.seen <= self.now
        full = len(self.queue) == self.chip.queue
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
        if isinstance(event, SingleSynapse):
            change = self.change[event.pre, event.post]
            self._one(event.post, int(change), cause)
            self.operations += 1
            self.synapse_reads += 1
            self.synapse_writes += 1
        elif isinstance(event, Bistability):
            self._settle(event.pre)
        elif isinstance(event, TimeReference) and event.neuron is not None:
            self._leak(event.neuron, cause)
        else:
            swept = self.configuration.swept
            leaks = self._leaks(self.potentials[:swept], self.configuration.leak[:swept])
            self._update(leaks, cause, synapses=False)

    def _settle(self, pre: int | None) -> None:
        """Bistability: the synapses from one neuron or from all move to their nearer end."""
        words = SYNAPSE_WORDS if pre is None else WORDS_PER_AXON
        self.now += VISIT_CYCLES * words
        self.synapse_reads += words
        self.synapse_writes += words

        rows = slice(None) if pre is None else slice(pre, pre + 1)
        if self.synapses is self.configuration.synapses:
            self.synapses, self.change = self.synapses.copy(), self.change.copy()
        self.synapses[rows] = after_bistability(self.synapses[rows])
        sign = self.configuration.sign[rows, None]
        self.change[rows] = mapped_weights(self.synapses[rows]) * sign

    def _sweep(self, pre: int, cause: int) -> None:
        """The event of a neuron that spiked."""
        swept = self.configuration.swept
        words = -(-swept // SYNAPSES_PER_WORD)
        self.operations += swept
        self.synapse_reads += self.chip.synapse_reads * words
        self.synapse_writes += self.chip.synapse_writes * words
        self._update(self.change[pre, :swept], cause, synapses=True)
        if self.chip.retire_cycles:
            self.now = max(self.now, self.link_free) + self.chip.retire_cycles

    def _update(self, change: np.ndarray, cause: int, synapses: bool) -> None:
        """All swept neurons, ascending: one sum, as no neuron hears another in a sweep."""
        configuration, swept = self.configuration, self.configuration.swept
        began = self.now
        self.potentials[:swept] = self.chip.held(self.potentials[:swept] + change)
        self.neuron_reads += swept
        self.neuron_writes += swept

        fired = np.flatnonzero(self.potentials[:swept] >= configuration.threshold[:swept])
        stalled = 0
        for neuron in fired.tolist():
            self.now = began + VISIT_CYCLES * (neuron + 1) + stalled
            self._fire(neuron, cause)
            if neuron != swept - 1 and configuration.enabled[neuron]:
                stalled += self._stand_still(neuron, synapses)
        self.now = began + VISIT_CYCLES * swept + stalled

    def _stand_still(self, neuron: int, synapses: bool) -> int:
        """The sweep waits after all neurons but the last, with the memories selected; how long.

        The neurons' always, the synapses' at the last neuron of a word.
        """
        self.neuron_reads += self.output_cycles
        last_of_word = neuron % SYNAPSES_PER_WORD == SYNAPSES_PER_WORD - 1
        if synapses and last_of_word:
            self.synapse_reads += self.output_cycles
        return self.output_cycles

    @staticmethod
    def _leaks(potential, leak):
        """What a time reference changes: towards 0, and not beyond it."""
        return -np.clip(potential, -leak, leak)

    def _leak(self, neuron: int, cause: int) -> None:
        """One neuron hears a time reference."""
        leaks = self._leaks(self.potentials[neuron], self.configuration.leak[neuron])
        self._one(neuron, int(leaks), cause)

    def _one(self, neuron: int, change: int, cause: int) -> None:
        """One neuron."""
        potential = int(self.chip.held(int(self.potentials[neuron]) + change))
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
        self.spike_cycles.append(self.now - 1)
        self.link_free = self.now + self.output_cycles
        if not self.configuration.open_loop:
            self._queue_local_spike(neuron, cause)

    def _queue_local_spike(self, neuron: int, cause: int) -> None:
        self.local_spikes += 1
        if self.local_spikes > self.most_local_spikes:
            raise SpikewattError(
                self.where,
                "comes to rest",
                f"{self.local_spikes:,} local spikes after one event",
                "an inhibitory path, higher thresholds, or most_local_spikes",
            )

        if len(self.queue) < self.chip.queue:
            self.queue.append((neuron, cause))
        else:
            self.dropped += 1
