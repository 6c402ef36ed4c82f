"""ODIN one clock cycle at a time: a second, literal implementation of what the twin sums up."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from spikewatt.rtl_ref import Accesses, Bistability, SingleSynapse, TimeReference, Virtual

QUEUE = 32


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

    def change(self, pre: int, post: int) -> int:
        """Change of a potential: mapping bit, three bits of weight, and the sign of the axon."""
        mapped, weight = divmod(int(self.synapses[pre, post]), 8)
        return (-weight if self.inhibitory[pre] else weight) if mapped else 0

    def leaks(self, neuron: int) -> int:
        """Change of a potential by a time reference."""
        return -int(self.leak[neuron]) if self.leak_enable[neuron] else 0


def is_queued(event) -> bool:
    return isinstance(event, Virtual) or (isinstance(event, int) and event >= 0)


def visits(chip: Configuration, event) -> list[tuple[int | None, int, str]]:
    """What a served event visits, each in two cycles, read and write.

    As (neuron, change of its potential, memories).
    """
    if isinstance(event, SingleSynapse):
        return [(event.post, chip.change(event.pre, event.post), "both")]
    if isinstance(event, TimeReference) and event.neuron is not None:
        return [(event.neuron, chip.leaks(event.neuron), "neuron")]
    if isinstance(event, Bistability):
        return [(None, 0, "synapse")] * (32 if event.pre is not None else 8192)
    if isinstance(event, Virtual) and (event.weight or event.inhibitory or event.leak):
        weight = -event.weight if event.inhibitory else event.weight
        return [(event.neuron, chip.leaks(event.neuron) if event.leak else weight, "neuron")]
    if event in (-1, TimeReference()):
        return [(n, chip.leaks(n), "neuron") for n in range(256)]
    pre = event.neuron if isinstance(event, Virtual) else event
    return [
        (n, chip.change(pre, n), "both" if n % 8 == 0 else "neuron") for n in range(256)
    ]  # one access for eight synapses


def clocked(chip: Configuration, events: list, potentials: list[int]) -> SimpleNamespace:
    """Spikes, potentials, cycles, accesses and lost spikes of `events`.

    By a machine that knows only its registers.
    """
    v, threshold, enabled = list(potentials), chip.threshold.tolist(), chip.enabled.tolist()
    reads, writes = {"neuron": 0, "synapse": 0}, {"neuron": 0, "synapse": 0}
    queue: list[tuple] = []  # (event, cause)
    spikes, dropped, served, cycle = [], 0, 0, 0
    request = bool(events)
    seen_before = seen = False  # the two flip-flops of the request
    acknowledged_before = False
    state, work, half, popping, cause = "rest", [], 0, False, 0  # rest, work, release
    link = 0  # cycles for which the output link is still occupied

    while True:
        acknowledge = state == "release"
        answer = acknowledged_before if chip.sender_delay else acknowledge
        if request and answer:
            request, served = False, served + 1
        elif not request and not answer and served < len(events):
            request = True
        acknowledged_before = acknowledge
        if served == len(events) and not request and state == "rest" and not queue and not link:
            break
        occupied, fired, pushed, popped = link > 0, None, None, False
        following = state
        if state == "rest" and not occupied:
            waiting = events[served] if seen and served < len(events) else None
            full = len(queue) == QUEUE
            if (
                waiting is not None
                and not full
                and (not isinstance(waiting, Bistability) or not queue)
            ):
                cause, popping, following, half = served, False, "work", 0
                work = [] if is_queued(waiting) else visits(chip, waiting)
            elif queue:
                popping, following, half = True, "work", 0
                work, cause = visits(chip, queue[0][0]), queue[0][1]
        elif state == "work" and not work:  # a push takes one cycle
            pushed, following = (events[served], served), "release"
        elif state == "work":
            neuron, change, memories = work[0]
            count = writes if half else reads
            count["neuron"] += memories != "synapse"
            count["synapse"] += memories != "neuron"
            if half and neuron is not None:
                v[neuron] = min(255, max(0, v[neuron] + change))
                if v[neuron] >= threshold[neuron]:
                    v[neuron] = 0
                    fired = neuron if enabled[neuron] else None
            if half and len(work) == 1:
                popped, following = popping, "rest" if popping else "release"
            if half:
                work = work[1:]
            half = half if occupied else 1 - half
        elif state == "release" and not seen:
            following = "rest"
        if fired is not None:
            spikes.append((cause, fired))
            if not chip.open_loop:
                dropped += len(queue) == QUEUE
                pushed = (fired, cause) if len(queue) < QUEUE else None
        queue = queue[popped:] + ([pushed] if pushed else [])
        link = 6 + 2 * chip.receiver_delay if fired is not None else max(0, link - 1)
        seen, seen_before = seen_before, request
        state, cycle = following, cycle + 1
    accesses = Accesses(reads["neuron"], writes["neuron"], reads["synapse"], writes["synapse"])
    return SimpleNamespace(
        spikes=spikes, potentials=v, cycles=cycle, accesses=accesses, dropped=dropped
    )
