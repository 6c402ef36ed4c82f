"""ODIN one clock cycle at a time: a second, literal implementation of the rules that the twin sums up."""

from __future__ import annotations

from types import SimpleNamespace

from spikewatt.rtl_ref import Accesses, Bistability, OdinTwin, SingleSynapse, TimeReference, Virtual

QUEUE = 32


def is_queued(event) -> bool:
    return isinstance(event, Virtual) or (isinstance(event, int) and event >= 0)


def visits(twin: OdinTwin, event) -> list[tuple[int | None, int, str]]:
    """What a served event visits: (neuron, change of its potential, memories), each in two cycles: read, then write."""
    change, leak = twin.change.tolist(), twin.leak.tolist()
    if isinstance(event, SingleSynapse):
        return [(event.post, change[event.pre][event.post], "both")]
    if isinstance(event, TimeReference):
        return [(event.neuron, -leak[event.neuron], "neuron")]
    if isinstance(event, Bistability):
        return [(None, 0, "synapse")] * (32 if event.pre is not None else 8192)
    if isinstance(event, Virtual) and (event.weight or event.inhibitory or event.leak):
        return [(event.neuron, -leak[event.neuron] if event.leak else -event.weight if event.inhibitory else event.weight, "neuron")]
    if event == -1:
        return [(n, -leak[n], "neuron") for n in range(256)]
    pre = event.neuron if isinstance(event, Virtual) else event
    return [(n, change[pre][n], "both" if n % 8 == 0 else "neuron") for n in range(256)]  # one access for eight synapses


def clocked(twin: OdinTwin, events: list, potentials: list[int]) -> SimpleNamespace:
    """Spikes, potentials, cycles, accesses and lost spikes of `events`, by a machine that knows only its registers."""
    v, threshold, enabled = list(potentials), twin.threshold.tolist(), twin.enabled.tolist()
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
        answer = acknowledged_before if twin.sender_delay else acknowledge
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
            if waiting is not None and not full and (not isinstance(waiting, Bistability) or not queue):
                cause, popping, following, half = served, False, "work", 0
                work = [] if is_queued(waiting) else visits(twin, waiting)
            elif queue:
                popping, following, half = True, "work", 0
                work, cause = visits(twin, queue[0][0]), queue[0][1]
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
            if not twin.open_loop:
                dropped += len(queue) == QUEUE
                pushed = (fired, cause) if len(queue) < QUEUE else None
        queue = queue[popped:] + ([pushed] if pushed else [])
        link = 6 + 2 * twin.receiver_delay if fired is not None else max(0, link - 1)
        seen, seen_before = seen_before, request
        state, cycle = following, cycle + 1
    accesses = Accesses(reads["neuron"], writes["neuron"], reads["synapse"], writes["synapse"])
    return SimpleNamespace(spikes=spikes, potentials=v, cycles=cycle, accesses=accesses, dropped=dropped)
