"""tinyODIN by its registers, one clock cycle at a time, as its public RTL describes them.

A second implementation of what the twin sums up. States, counters and flip-flops have the names of
the RTL; words are bits, potentials are two's complement.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from spikewatt.rtl_ref import Accesses, TimeReference, Virtual

DEPTH = 128  # of the queue


@dataclass
class Configuration:
    """What is written into the chip, all (256,) but the synapses and the last four."""

    synapses: np.ndarray
    threshold: np.ndarray
    leak: np.ndarray
    enabled: np.ndarray
    neurons: int
    open_loop: bool
    sender_delay: int
    receiver_delay: int


def address(event) -> int:
    """An event as its ten bits on the input link."""
    if isinstance(event, Virtual):
        return 1 << 9 | (event.weight & 0xF) << 4 | event.neuron
    if isinstance(event, TimeReference):
        return 1 << 8 | (0xFF if event.neuron is None else event.neuron)
    return 1 << 8 | 0xFF if event == -1 else event


def clocked(chip: Configuration, events: list, potentials: list[int]) -> SimpleNamespace:
    """Spikes, potentials, cycles, accesses and lost spikes of `events`."""
    machine = Machine(chip, [address(event) for event in events], potentials)
    machine.settle()
    while not machine.is_idle():
        machine.clock()
        machine.settle()

    reads, writes = machine.reads, machine.writes
    return SimpleNamespace(
        spikes=machine.spikes,
        spike_cycles=machine.spike_cycles,
        output_cycles=machine.output_cycles,
        potentials=[signed(word) for word in machine.neuron_memory],
        cycles=machine.cycle,
        accesses=Accesses(reads["neuron"], writes["neuron"], reads["synapse"], writes["synapse"]),
        dropped=machine.dropped,
    )


def signed(word: int) -> int:
    """The potential in the lowest twelve bits of a neuron's word."""
    core = word & 0xFFF
    return core - 0x1000 if core & 0x800 else core


def updated(word: int, weight: int, is_reference: bool) -> tuple[int, bool]:
    """A neuron's word after a visit, and whether its potential has reached the threshold."""
    core, threshold, leak = word & 0xFFF, word >> 12 & 0xFFF, word >> 24 & 0x7F
    negative = core >> 11
    if is_reference and negative:
        moved = core + leak & 0xFFF
        moved = moved if moved >> 11 else 0
    elif is_reference:
        moved = core - leak & 0xFFF
        moved = 0 if moved >> 11 else moved
    else:
        moved = core + (weight | 0xFF0 if weight & 8 else weight) & 0xFFF
        if negative and weight & 8 and not moved >> 11:
            moved = 0x800
        if not negative and not weight & 8 and moved >> 11:
            moved = 0x7FF

    fires = not moved >> 11 and moved >= threshold
    return word & ~0xFFF | (0 if fires else moved), fires


class Machine:
    """The chip and its neighbours."""

    def __init__(self, chip: Configuration, requests: list[int], potentials: list[int]):
        self.chip, self.requests = chip, requests
        self.last_neuron = chip.neurons - 1  # SPI_MAX_NEUR
        self.neuron_memory = [
            int(not chip.enabled[i]) << 31
            | int(chip.leak[i]) << 24
            | int(chip.threshold[i]) << 12
            | int(potentials[i]) & 0xFFF
            for i in range(256)
        ]
        self.synapse_memory = [
            sum(
                (int(chip.synapses[word // 32, 8 * (word % 32) + i]) & 0xF) << 4 * i
                for i in range(8)
            )
            for word in range(8192)
        ]

        # What is counted.
        self.cycle, self.dropped = 0, 0
        self.reads, self.writes = {"neuron": 0, "synapse": 0}, {"neuron": 0, "synapse": 0}
        self.spikes: list[tuple[int, int]] = []
        self.spike_cycles: list[int] = []
        self.output_cycles: list[int] = []

        # The controller, its counters and the two flip-flops of the request.
        self.state, self.ctrl_cnt, self.neur_cnt = "WAIT", 0, 0
        self.req_sync_int = self.req_sync = False
        self.neur_state = self.synarray_rdata = 0
        self.queue: list[tuple[int, int]] = []  # twelve bits, and the number of the cause
        self.cause = 0

        # The output link.
        self.aerout_req = self.aerout_req_before = self.busy = False
        self.ack_sync_int = self.ack_sync = self.ack_sync_del = False
        self.ack_pipe = [False] * chip.receiver_delay

        # The sender and what the controller answers.
        self.sent, self.request, self.ack_before = 0, bool(requests), False

    def is_idle(self) -> bool:
        """Nothing to do, and nothing to come."""
        done = self.sent == len(self.requests) and not self.request
        return done and self.state == "WAIT" and not self.queue and not self.busy

    def settle(self) -> None:
        """The sender takes its request back when it is acknowledged, and raises the next."""
        ack = self.state == "WAIT_REQDN"
        answer = self.ack_before if self.chip.sender_delay else ack
        self.ack_before = ack
        if self.request and answer:
            self.request = False
            self.sent += 1
        elif not self.request and not answer:
            self.request = self.sent < len(self.requests)

    def clock(self) -> None:
        """One cycle: outputs of this state, then all registers at once."""
        busy, state = self.busy, self.state
        event = self.requests[self.sent] if self.sent < len(self.requests) else 0
        head, head_cause = self.queue[0] if self.queue else (0, 0)
        full = len(self.queue) == DEPTH
        count_all = event & 0xFF == 0xFF
        odd = self.ctrl_cnt & 1

        neuron = synapse_word = None
        write = pop = push_event = increments = False
        if state == "TREF":
            neuron = self.neur_cnt if count_all else event & 0xFF
            write, increments = bool(odd), bool(odd) and count_all
        elif state == "POP_NEUR":
            neuron, write, increments = self.neur_cnt, bool(odd), bool(odd)
            if not self.neur_cnt & 7:
                synapse_word = (head & 0xFF) << 5 | self.neur_cnt >> 3
        elif state == "POP_VIRT":
            neuron, write = head & 0xFF, self.ctrl_cnt != 0
            pop = write
        elif state == "PUSH":
            push_event = True
        elif state == "AER_POP":
            pop = not busy

        following = self.next_state(event, head, full, count_all, pop)

        # The neuron's arithmetic, on what the memories gave.
        fired = None
        written = 0
        if neuron is not None:
            weight = head >> 8 or self.synarray_rdata >> 4 * (neuron & 7) & 0xF
            written, fires = updated(self.neur_state, weight, state == "TREF")
            if write and fires and not self.neur_state >> 31:
                fired = neuron
        cause = head_cause if state.startswith("POP") else self.cause

        self.link(fired)
        if fired is not None:
            self.spikes.append((cause, fired))
            self.spike_cycles.append(self.cycle)

        # The memories.
        if neuron is not None:
            (self.writes if write else self.reads)["neuron"] += 1
            self.neur_state = self.neuron_memory[neuron]
            if write:
                self.neuron_memory[neuron] = written
        if synapse_word is not None:
            self.reads["synapse"] += 1
            self.synarray_rdata = self.synapse_memory[synapse_word]

        # The queue.
        pushed = None
        if push_event:
            is_virtual = event >> 9
            pushed = (
                (event >> 4 & 0xF) << 8 | event & 0xF if is_virtual else event & 0xFF,
                self.sent,
            )
        elif fired is not None and not self.chip.open_loop:
            pushed = (fired, cause)
            self.dropped += full
        if pop:
            self.queue = self.queue[1:]
        if pushed and not full:
            self.queue.append(pushed)

        # The controller.
        if state == "WAIT":
            self.ctrl_cnt = self.neur_cnt = 0
            self.cause = self.sent
        elif not busy:
            self.ctrl_cnt += 1
            self.neur_cnt += increments
        self.req_sync, self.req_sync_int = self.req_sync_int, self.request
        self.state = following
        self.cycle += 1

    def next_state(self, event: int, head: int, full: bool, count_all: bool, pop: bool) -> str:
        """The state after this cycle."""
        state, served = self.state, "POP_VIRT" if head >> 8 else "POP_NEUR"
        if state == "WAIT":
            if self.busy:
                return "WAIT"
            if full:
                return served
            if self.req_sync and self.sent < len(self.requests):
                return "TREF" if event >> 8 & 1 else "PUSH"
            return served if self.queue else "WAIT"
        if state == "TREF":
            if count_all:
                ends = self.neur_cnt == self.last_neuron and self.ctrl_cnt & 1
            else:
                ends = self.ctrl_cnt == 1
            return "WAIT_REQDN" if ends else "TREF"
        if state == "PUSH":
            return "WAIT_REQDN"
        if state == "POP_NEUR":
            return "AER_POP" if self.ctrl_cnt & 0x1FF == 2 * self.last_neuron + 1 else "POP_NEUR"
        if state in ("POP_VIRT", "AER_POP"):
            return "WAIT" if pop else state
        return "WAIT_REQDN" if self.req_sync else "WAIT"

    def link(self, fired: int | None) -> None:
        """The output link's registers, and a receiver that answers after its delay."""
        if self.aerout_req and not self.aerout_req_before:
            self.output_cycles.append(self.cycle)
        self.aerout_req_before = self.aerout_req

        pipe = [*self.ack_pipe, self.aerout_req]
        ack, self.ack_pipe = pipe[0], pipe[1:]
        falls = not self.ack_sync and self.ack_sync_del
        if fired is not None and not self.ack_sync:
            self.aerout_req = self.busy = True
        elif self.ack_sync:
            self.aerout_req, self.busy = False, True
        elif falls:
            self.aerout_req = self.busy = False
        self.ack_sync_int, self.ack_sync, self.ack_sync_del = ack, self.ack_sync_int, self.ack_sync
