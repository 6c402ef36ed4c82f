"""Published and second implementation: ODIN's cycles and corner cases as simulated from its RTL.

And the same rules written out literally, clock by clock.
"""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.rtl_ref import Accesses, Bistability, OdinTwin, SingleSynapse, TimeReference, Virtual

from ..helpers.odin.clocked import Configuration, clocked

EMPTY = np.zeros((256, 256), np.uint8)


def synapses(pre: int, posts, value: int = 0b1111) -> np.ndarray:
    """A crossbar with synapses from one neuron only; 0b1111 is a mapped weight of 7."""
    found = EMPTY.copy()
    found[pre, posts] = value
    return found


@pytest.mark.parametrize(
    ("event", "period", "late", "accesses"),
    [
        (SingleSynapse(1, 2), 8, 10, Accesses(1, 1, 1, 1)),
        (TimeReference(3), 8, 10, Accesses(1, 1, 0, 0)),
        (-1, 518, 520, Accesses(256, 256, 0, 0)),
        (Bistability(4), 70, 72, Accesses(0, 0, 32, 32)),
        (Bistability(), 16_390, 16_392, Accesses(0, 0, 8192, 8192)),
    ],
)
def test_periods_and_accesses_of_events_that_run_at_once(event, period, late, accesses):
    """Rows of the cycle table: N events take N periods.

    A registered sender takes two cycles more each, and one less at the end.
    """
    twin = OdinTwin(EMPTY, 0, 255)
    late_twin = OdinTwin(EMPTY, 0, 255, sender_delay=1)
    for count in (1, 3, 10):
        run = twin.run([event] * count)
        assert run.cycles == period * count
        assert vars(run.accesses) == {key: value * count for key, value in vars(accesses).items()}
        assert late_twin.run([event] * count).cycles == late * count - 1


@pytest.mark.parametrize(("event", "each", "operations"), [(7, 518, 256), (Virtual(9, 3), 8, 0)])
def test_queued_events(event, each, operations):
    twin = OdinTwin(EMPTY, 0, 255)
    late_twin = OdinTwin(EMPTY, 0, 255, sender_delay=1)
    for count in (1, 4, 40):
        run = twin.run([event] * count)
        assert run.cycles == each * count + 2
        assert run.synaptic_operations == operations * count
        assert late_twin.run([event] * count).cycles == (each + 1) * count + 2


@pytest.mark.parametrize("fire", [0, 10, 20, 30, 40])
def test_each_output_spike_stalls_six_cycles_and_the_receivers_delay(fire):
    """RTL simulation: 512, 572, 632, 692, 752 busy cycles.

    A delay of 3 on both edges makes 12 of the 6.
    """
    quiet = OdinTwin(EMPTY, 0, 255).run([200]).cycles
    for delay in (0, 3):
        twin = OdinTwin(synapses(200, range(fire)), 0, 7, receiver_delay=delay)
        run = twin.run([200])
        stall = 6 + 2 * delay

        assert [neuron for _, neuron in run.spikes] == list(range(fire))
        assert run.cycles == quiet + fire * stall
        assert run.accesses.neuron_reads == 256 + fire * stall
        assert run.accesses.synapse_reads == 32 + (fire // 8) * stall
        assert run.accesses.neuron_writes == 256
        assert run.accesses.synapse_writes == 32


def test_the_last_neuron_stalls_no_read():
    run = OdinTwin(synapses(200, [255]), 0, 7).run([200])
    assert run.spikes == [(0, 255)]
    assert run.accesses.neuron_reads == 256
    assert run.accesses.synapse_reads == 32


def test_the_queue_holds_31_local_spikes_of_one_event_and_loses_the_rest():
    """RTL simulation: 50 neurons fire on one input; 31 are queued, 19 lost, 50 leave the core."""
    run = OdinTwin(synapses(200, range(50)), 0, 7, open_loop=False).run([200])
    assert len(run.spikes) == 50
    assert run.dropped == 19
    assert run.cycles == 5 + 2 + 513 * 32 + 6 * 50
    assert run.accesses.neuron_writes == 256 * 32


def test_a_time_reference_overtakes_queued_spikes():
    """RTL simulation: with five spikes queued it is served first: V = 10, not 10 − 3."""
    crossbar = synapses(200, range(5))
    crossbar[:5, 100] = 0b1010  # each of the five brings 2
    leak = np.zeros(256, int)
    leak[100] = 3
    threshold = np.where(np.arange(256) < 5, 7, 255)

    twin = OdinTwin(crossbar, 0, threshold, leak=leak, leak_enable=1, open_loop=False)
    assert twin.run([200, -1]).potentials[100] == 10


CASES = [  # potential, change, inhibitory, threshold -> potential, spikes
    (4, 7, True, 255, 0, False),
    (253, 7, False, 254, 0, True),
    (60, 3, True, 50, 0, True),
    (250, 7, False, 255, 0, True),
    (10, 5, False, 16, 15, False),
    (10, 6, False, 16, 0, True),
    (0, 0, False, 0, 0, True),
]


@pytest.mark.parametrize(("before", "weight", "inhibitory", "threshold", "after", "fires"), CASES)
def test_corner_cases_of_the_neuron(before, weight, inhibitory, threshold, after, fires):
    start = np.full(256, before)
    twin = OdinTwin(synapses(1, [9], 0b1000 | weight), inhibitory, threshold)
    run = twin.run([SingleSynapse(1, 9)], start)
    assert run.potentials[9] == after
    assert (run.spikes == [(0, 9)]) == fires

    if weight:  # without one a virtual event is a spike of its neuron
        virtual = OdinTwin(EMPTY, 0, threshold).run([Virtual(9, weight, inhibitory)], start)
        assert virtual.potentials[9] == after
        assert len(virtual.spikes) == fires


def test_unmapped_synapses_disabled_neurons_and_leaks():
    unmapped = OdinTwin(synapses(1, [9], 0b0111), 0, 255)
    assert unmapped.run([SingleSynapse(1, 9), 1]).potentials[9] == 0

    others = np.arange(256) != 9
    silent = OdinTwin(synapses(1, [9]), 0, 7, enabled=others, open_loop=False).run([1])
    assert silent.spikes == []
    assert silent.potentials[9] == 0
    assert silent.dropped == 0

    start = np.full(256, 4)
    leaky = OdinTwin(EMPTY, 0, 255, leak=10, leak_enable=np.arange(256) < 128)
    assert leaky.run([-1], start).potentials.tolist() == [0] * 128 + [4] * 128
    assert leaky.run([TimeReference(5)], start).potentials.sum() == 4 * 255


def test_bistability_moves_mapped_weights_to_their_end():
    """src/sdsp_update.v: 4 and above one up, to 7; below one down, to 0; the rest stays."""
    crossbar = EMPTY.copy()
    crossbar[0, :8] = 0b1000 | np.arange(8)
    crossbar[0, 8:16] = np.arange(8)  # not mapped
    crossbar[1, :8] = 0b1000 | np.arange(8)
    twin = OdinTwin(crossbar, 0, 255)

    once = [0, 0, 1, 2, 5, 6, 7, 7]
    assert twin.run([Bistability(0), 0]).potentials[:16].tolist() == once + [0] * 8
    assert twin.run([Bistability(0), 1]).potentials[:8].tolist() == list(range(8))
    assert twin.run([Bistability(), 1]).potentials[:8].tolist() == once

    ends = twin.run([Bistability()] * 3)
    assert (ends.synapses[0, :8] & 7).tolist() == [0, 0, 0, 0, 7, 7, 7, 7]
    assert (ends.synapses[0, 8:16] == np.arange(8)).all()
    assert np.array_equal(ends.synapses & 8, crossbar & 8)

    # A run keeps nothing for the next, and spends what the cycle table says.
    assert twin.run([0]).potentials[:8].tolist() == list(range(8))
    assert twin.run([Bistability(0), 0]).cycles == 70 + 518 + 2


def test_bistability_waits_for_the_queue_and_bears_the_sign_of_the_axon():
    crossbar = synapses(3, [9], 0b1101)
    inhibitory = np.arange(256) == 3
    run = OdinTwin(crossbar, inhibitory, 255).run([3, Bistability(3), 3], np.full(256, 20))
    assert run.potentials[9] == 20 - 5 - 6


def test_spikes_have_their_clock_cycles():
    """A spike of neuron n: seen after 2, chosen and queued in 2, taken in 1, then 2 n + 1."""
    run = OdinTwin(synapses(200, [3, 4]), 0, 7).run([200])
    released = 3
    first = 2 + 2 + released + 1 + 2 * 3 + 1
    stall = 6
    assert run.spike_cycles == [first, first + 2 + stall]
    assert run.output_cycles == [first + 1, first + 3 + stall]


def random_event(random: np.random.Generator, streams: str):
    a, b = (int(number) for number in random.integers(0, 256, 2))
    kind = int(random.integers(0, 10))
    if streams == "spikes" or kind < 4:
        return a
    if streams == "with time references" or kind < 6:
        return -1

    typed = (
        SingleSynapse(a, b),
        TimeReference(a if b else None),
        Virtual(a, b % 8, inhibitory=bool(b & 8), leak=b > 200),
        Bistability(a),
    )

    return typed[kind - 6]


def random_chip(random: np.random.Generator, open_loop: bool) -> Configuration:
    """Half of the synapses; in closed loop so few that it comes to rest."""
    mapped = random.random((256, 256)) < 0.5
    values = random.integers(0, 16, (256, 256))
    crossbar = np.where(mapped, values, 0).astype(np.uint8)
    if not open_loop:
        crossbar = np.triu(crossbar, 200)

    inhibitory = random.random(256) < 0.3
    enabled = random.random(256) < 0.9
    threshold = random.integers(5, 40 if open_loop else 12, 256)
    leak = random.integers(0, 20, 256)
    receiver_delay, sender_delay = int(random.integers(0, 4)), int(random.integers(0, 2))
    leak_enable = random.random(256) < 0.8
    return Configuration(
        crossbar,
        inhibitory,
        threshold,
        leak,
        leak_enable,
        enabled,
        open_loop,
        sender_delay,
        receiver_delay,
    )


@pytest.mark.parametrize("streams", ["spikes", "with time references", "all kinds"])
@pytest.mark.parametrize("seed", range(6))
def test_twin_equals_the_rules_clock_by_clock(seed, streams):
    """Second implementation, and the published totals: cycles = (5+h) N + 2 + 513 P + (6+2r) S."""
    random = np.random.default_rng(seed)
    chip = random_chip(random, open_loop=bool(seed % 2))
    events = [random_event(random, streams) for _ in range(40)]
    start = random.integers(0, 50, 256)

    run = OdinTwin(**vars(chip)).run(events, start)
    literal = clocked(chip, events, start.tolist())
    assert run.spikes == literal.spikes
    assert run.spike_cycles == literal.spike_cycles
    assert run.output_cycles == literal.output_cycles
    assert run.synapses.tolist() == literal.synapses
    assert run.potentials.tolist() == literal.potentials
    assert run.accesses == literal.accesses
    assert run.cycles == literal.cycles
    assert run.dropped == literal.dropped
    assert len(run.spikes) > 3

    if streams == "spikes":
        pops = literal.accesses.synapse_writes // 32
        cycles = (5 + chip.sender_delay) * len(events) + 2
        cycles += 513 * pops
        cycles += (6 + 2 * chip.receiver_delay) * len(run.spikes)
        assert run.cycles == cycles


def test_what_runs_beside_the_output_link():
    """Rules of the RTL: some spikes are sent while the sender lets go and asks again.

    Those of an event that ends in its acknowledgement.
    """
    single = [SingleSynapse(1, 2)] * 3
    assert OdinTwin(EMPTY, 0, 0).run(single).cycles == 9 + 9 + 11
    assert OdinTwin(EMPTY, 0, 0, sender_delay=1).run(single).cycles == 10 + 10 + 11

    last_fires = np.where(np.arange(256) == 255, 0, 255)
    assert OdinTwin(EMPTY, 0, last_fires).run([-1]).cycles == 518 + 3

    # The second request was seen long before it is served.
    closed = OdinTwin(synapses(200, range(5)), 0, 7, open_loop=False)
    assert closed.run([200, -1]).cycles == 7 + 513 + 5 * 6 + (518 - 2) + 5 * 513


@pytest.mark.parametrize(
    ("crossbar", "options", "match"),
    [
        (
            EMPTY.astype(int),
            {},
            r"OdinTwin.synapses: a \(256, 256\) uint8 array of 4 bits",
        ),
        (
            EMPTY + np.uint8(16),
            {},
            "OdinTwin.synapses: .* 4 bits; got 16; allowed: 0..15",
        ),
        (EMPTY, {"inhibitory": 2}, "OdinTwin.inhibitory: one integer in 0..1"),
        (
            EMPTY,
            {"threshold": 256},
            "OdinTwin.threshold: one integer in 0..255, or one per neuron; got 256",
        ),
        (EMPTY, {"threshold": np.zeros(10, int)}, "OdinTwin.threshold"),
        (EMPTY, {"leak": 128}, "OdinTwin.leak: one integer in 0..127"),
        (EMPTY, {"sender_delay": 2}, "OdinTwin.sender_delay: is that of the senders"),
        (EMPTY, {"receiver_delay": -1}, "OdinTwin.receiver_delay: must be a number of cycles"),
        (EMPTY, {"open_loop": "no"}, "OdinTwin.open_loop: must be true or false; got 'no'"),
    ],
)
def test_cores_that_do_not_exist_are_refused(crossbar, options, match):
    with pytest.raises(SpikewattError, match=match):
        OdinTwin(crossbar, **{"inhibitory": 0, "threshold": 9, **options})


@pytest.mark.parametrize(
    ("events", "match"),
    [
        (3, "OdinTwin.run.events: must be a list of events; got int"),
        ([256], "event 0: must be a neuron, or -1 for a time reference; got 256"),
        ([1, "spike"], "event 1: must be an event that the core knows; got 'str'"),
        ([SingleSynapse(1, 300)], "event 0.post: must be a neuron; got 300"),
        ([TimeReference(256)], "event 0.neuron: must be a neuron; got 256"),
        ([Virtual(1, 8)], "event 0.weight: must be a weight; got 8"),
        ([Virtual(1, 1, "no")], "event 0.inhibitory: must be true or false; got 'no'"),
    ],
)
def test_events_that_the_core_does_not_know_are_refused(events, match):
    with pytest.raises(SpikewattError, match=match):
        OdinTwin(EMPTY, 0, 9).run(events)


def test_a_limit_of_local_spikes_is_at_least_one():
    match = "most_local_spikes: must be a number of spikes; got -1"
    with pytest.raises(SpikewattError, match=match):
        OdinTwin(EMPTY, 0, 9).run([3], most_local_spikes=-1)


def test_a_core_that_excites_itself_forever_is_stopped():
    twin = OdinTwin(synapses(3, [3]), 0, 7, open_loop=False)
    match = "OdinTwin.run: comes to rest; got 1,001 local spikes after one event"
    with pytest.raises(SpikewattError, match=match):
        twin.run([3], most_local_spikes=1000)


def test_a_run_leaves_the_potentials_that_it_was_given():
    start = np.full(256, 3, np.int16)
    OdinTwin(synapses(1, [9]), 0, 255).run([1], start)
    assert start.tolist() == [3] * 256
