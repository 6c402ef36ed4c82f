"""ODIN one clock cycle at a time: a second, literal implementation of what the twin sums up."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from spikewatt.rtl_ref import Accesses, Bistability, SingleSynapse, TimeReference, Virtual

QUEUE = 32
NEURONS = range(256)
SYNAPSE_WORDS = 32  # per pre-synaptic neuron


@dataclass
class Configuration:
    """What is written into the chip, all (256,) but the synapses and the last three."""

    synapses: np.ndarray
    inhibitory: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    leak_enable: np.ndarray
    enabled: np.ndarray
    open_loop: bool
    sender_delay: int
    receiver_delay: int

    def leaks(self, neuron: int) -> int:
        """Change of a potential by a time reference."""
        if not self.leak_enable[neuron]:
            return 0

        return -int(self.leak[neuron])


# What is visited in two cycles, read and write: the neuron (or none), the change of its potential
# (of a synapse: where it comes from), and which of the two memories are selected.
@dataclass
class Visit:
    """A neuron, whose potential changes, or a word of eight synapses."""

    memories: tuple[str, ...]
    neuron: int | None = None
    change: int = 0
    pre: int | None = None  # the change is that of the synapse from here
    word: int | None = None  # whose synapses bistability moves


NEURON, SYNAPSE, BOTH = ("neuron",), ("synapse",), ("neuron", "synapse")


def is_queued(event) -> bool:
    if isinstance(event, int):
        return event >= 0

    return isinstance(event, Virtual)


def visits(chip: Configuration, event) -> list[Visit]:
    """What a served event visits, in order."""
    if isinstance(event, SingleSynapse):
        return [Visit(BOTH, event.post, pre=event.pre)]

    if isinstance(event, Bistability):
        rows = NEURONS if event.pre is None else [event.pre]
        words = range(SYNAPSE_WORDS)
        return [Visit(SYNAPSE, pre=pre, word=word) for pre in rows for word in words]

    if isinstance(event, TimeReference) and event.neuron is not None:
        return [Visit(NEURON, event.neuron, chip.leaks(event.neuron))]

    if event in (-1, TimeReference()):
        return [Visit(NEURON, neuron, chip.leaks(neuron)) for neuron in NEURONS]

    if isinstance(event, Virtual):
        if event.leak:
            return [Visit(NEURON, event.neuron, chip.leaks(event.neuron))]
        if event.weight or event.inhibitory:
            weight = -event.weight if event.inhibitory else event.weight
            return [Visit(NEURON, event.neuron, weight)]

        return sweep(event.neuron)

    return sweep(event)


def sweep(pre: int) -> list[Visit]:
    """All neurons, with one access to the synapses for eight of them."""
    found: list[Visit] = []
    for neuron in NEURONS:
        memories = BOTH if neuron % 8 == 0 else NEURON
        found.append(Visit(memories, neuron, pre=pre))

    return found


def clocked(chip: Configuration, events: list, potentials: list[int]) -> SimpleNamespace:
    """Spikes, potentials, cycles, accesses and lost spikes of `events`."""
    machine = Machine(chip, events, potentials)
    machine.send()
    while not machine.is_idle():
        machine.clock()
        machine.send()

    reads, writes = machine.reads, machine.writes
    accesses = Accesses(reads["neuron"], writes["neuron"], reads["synapse"], writes["synapse"])
    return SimpleNamespace(
        spikes=machine.spikes,
        spike_cycles=machine.spike_cycles,
        output_cycles=machine.output_cycles,
        synapses=machine.synapses,
        potentials=machine.potentials,
        cycles=machine.cycle,
        accesses=accesses,
        dropped=machine.dropped,
    )


class Machine:
    """The chip and its neighbours, who know only their registers."""

    def __init__(self, chip: Configuration, events: list, potentials: list[int]):
        self.chip, self.events = chip, events
        self.potentials = list(potentials)
        self.synapses = [[int(value) for value in row] for row in chip.synapses]
        self.threshold = chip.threshold.tolist()
        self.enabled = chip.enabled.tolist()

        # What is counted.
        self.cycle = 0
        self.reads = {"neuron": 0, "synapse": 0}
        self.writes = {"neuron": 0, "synapse": 0}
        self.spikes: list[tuple[int, int]] = []
        self.spike_cycles: list[int] = []  # in which they are generated
        self.output_cycles: list[int] = []  # from which on they are on the output link
        self.dropped = 0

        # The sender.
        self.request = bool(events)
        self.served = 0
        self.acknowledged_before = False

        # The two flip-flops of the request, the controller, the queue, the output link.
        self.seen_before = self.seen = False
        self.state = "rest"  # rest, work, release
        self.work: list[Visit] = []
        self.half = 0  # of a visit: read, then write
        self.popping = False
        self.cause = 0
        self.queue: list[tuple] = []  # event, cause
        self.link = 0  # cycles for which it is still occupied

    def is_idle(self) -> bool:
        all_served = self.served == len(self.events) and not self.request
        return all_served and self.state == "rest" and not self.queue and not self.link

    def send(self) -> None:
        """The sender takes its request back when it is acknowledged, and raises the next."""
        acknowledge = self.state == "release"
        answer = self.acknowledged_before if self.chip.sender_delay else acknowledge
        self.acknowledged_before = acknowledge

        if self.request and answer:
            self.request = False
            self.served += 1
        elif not self.request and not answer:
            self.request = self.served < len(self.events)

    def clock(self) -> None:
        """One cycle: what the registers hold decides what they hold next."""
        self.fired: int | None = None
        self.pushed: tuple | None = None
        self.popped = False
        occupied = self.link > 0
        if self.link == 6 + 2 * self.chip.receiver_delay:
            self.output_cycles.append(self.cycle)

        following = self.state
        if self.state == "rest" and not occupied:
            following = self.decide()
        elif self.state == "work":
            following = self.visit(occupied) if self.work else self.push()
        elif self.state == "release" and not self.seen:
            following = "rest"

        self.link = max(0, self.link - 1)
        if self.fired is not None:
            self.emit(self.fired)

        self.queue = self.queue[self.popped :]
        if self.pushed:
            self.queue.append(self.pushed)

        self.seen, self.seen_before = self.seen_before, self.request
        self.state = following
        self.cycle += 1

    def decide(self) -> str:
        """Serve the request that is seen, or the queue."""
        self.half = 0
        if self.seen and self.served < len(self.events):
            waiting = self.events[self.served]
            full = len(self.queue) == QUEUE
            held_back = isinstance(waiting, Bistability) and self.queue
            if not full and not held_back:
                self.cause, self.popping = self.served, False
                self.work = [] if is_queued(waiting) else visits(self.chip, waiting)
                return "work"

        if self.queue:
            event, self.cause = self.queue[0]
            self.popping = True
            self.work = visits(self.chip, event)
            return "work"

        return "rest"

    def push(self) -> str:
        """A request that is queued takes one cycle."""
        self.pushed = (self.events[self.served], self.served)
        return "release"

    def visit(self, occupied: bool) -> str:
        """Half of a visit; while the link is occupied it is repeated."""
        visited = self.work[0]
        count = self.writes if self.half else self.reads
        for memory in visited.memories:
            count[memory] += 1

        following = "work"
        if self.half:
            if visited.neuron is not None:
                self.update(visited.neuron, visited.change + self.heard(visited))
            elif visited.pre is not None and visited.word is not None:
                self.settle(visited.pre, visited.word)
            self.work = self.work[1:]
            if not self.work:
                self.popped = self.popping
                following = "rest" if self.popping else "release"

        if not occupied:
            self.half = 1 - self.half

        return following

    def heard(self, visited: Visit) -> int:
        """Change by a synapse: mapping bit, three bits of weight, the sign of the axon."""
        if visited.pre is None or visited.neuron is None:
            return 0

        mapped, weight = divmod(self.synapses[visited.pre][visited.neuron], 8)
        if not mapped:
            return 0

        return -weight if self.chip.inhibitory[visited.pre] else weight

    def settle(self, pre: int, word: int) -> None:
        """Bistability: the top bit of a mapped weight says whether it goes up or down."""
        row = self.synapses[pre]
        for post in range(8 * word, 8 * word + 8):
            mapped, weight = divmod(row[post], 8)
            if mapped and 4 <= weight < 7:
                row[post] += 1
            if mapped and 0 < weight < 4:
                row[post] -= 1

    def update(self, neuron: int, change: int) -> None:
        potential = self.potentials[neuron] + change
        potential = min(255, max(0, potential))
        if potential >= self.threshold[neuron]:
            potential = 0
            if self.enabled[neuron]:
                self.fired = neuron

        self.potentials[neuron] = potential

    def emit(self, neuron: int) -> None:
        """A spike occupies the link; in closed loop it joins the queue, where that is not full."""
        self.spikes.append((self.cause, neuron))
        self.spike_cycles.append(self.cycle)
        self.link = 6 + 2 * self.chip.receiver_delay
        if self.chip.open_loop:
            return
        if len(self.queue) < QUEUE:
            self.pushed = (neuron, self.cause)
        else:
            self.dropped += 1
