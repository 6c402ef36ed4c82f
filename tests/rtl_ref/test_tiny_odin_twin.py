"""Published and second implementation: tinyODIN's formulas, and its registers clock by clock.

The corner cases of potentials and leak are worked by hand from `lif_neuron.v`.
"""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.models.odin.chips import CHIPS, ODIN, TINY_ODIN
from spikewatt.rtl_ref import (
    Accesses,
    Bistability,
    OdinTwin,
    SingleSynapse,
    TimeReference,
    TinyOdinTwin,
    Virtual,
)
from spikewatt.rtl_ref.odin.core_twin import CoreTwin
from spikewatt.rtl_ref.odin.run import TWINS
from spikewatt.sim.odin.images import IMAGES

from ..helpers.odin.tiny_clocked import Configuration, clocked

EMPTY = np.zeros((256, 256), int)


def synapses(pre: int, posts, weight: int = 7) -> np.ndarray:
    """A crossbar with synapses from one neuron only."""
    found = EMPTY.copy()
    found[pre, posts] = weight
    return found


@pytest.mark.parametrize("neurons", [1, 8, 58, 201, 256])
def test_a_neuron_event_takes_the_cycles_of_the_formula(neurons):
    """doc/README.md, 2.2.1: 1 + 2 (SPI_MAX_NEUR + 1); a time reference of all 2 (SPI_MAX_NEUR + 1).

    Around them are the handshake (five cycles with the queueing), one to decide and one more to
    leave the queue, as in controller.v.
    """
    twin = TinyOdinTwin(EMPTY, 4095, neurons=neurons)
    event = 1 + 2 * neurons
    assert TINY_ODIN.event_cycles(neurons) == event
    for count in (1, 3, 10):
        run = twin.run([7] * count)
        assert run.cycles == (event + 5 - 1 + 1 + 1) * count + 2
        assert run.cycles == 5 * count + 2 + TINY_ODIN.served_cycles(neurons) * count
        assert run.synaptic_operations == neurons * count

        words = -(-neurons // 8)
        assert run.accesses == Accesses(
            neurons * count, neurons * count, 2 * words * count, synapse_writes=0
        )
        assert twin.run([-1] * count).cycles == (2 * neurons + 6) * count
        assert twin.run([TimeReference(9)] * count).cycles == 8 * count
        assert twin.run([Virtual(9, 3)] * count).cycles == 8 * count + 2


def test_what_differs_from_odin():
    """One cycle more per event, with the same neurons; nothing is written back."""
    odin = OdinTwin(np.zeros((256, 256), np.uint8), 0, 255).run([7] * 4)
    tiny = TinyOdinTwin(EMPTY, 4095).run([7] * 4)
    assert tiny.cycles == odin.cycles + 4
    assert (odin.accesses.synapse_writes, tiny.accesses.synapse_writes) == (4 * 32, 0)
    assert tiny.accesses.synapse_reads == 2 * odin.accesses.synapse_reads
    assert (ODIN.queue, TINY_ODIN.queue) == (32, 128)


CASES = [  # potential, weight, threshold -> potential, spikes
    (2047, 7, 4095, 2047, False),
    (2043, 7, 4095, 2047, False),
    (-2048, -8, 4095, -2048, False),
    (-2041, -8, 4095, -2048, False),
    (-2048, 7, 4095, -2041, False),
    (2047, -8, 4095, 2039, False),
    (2041, 7, 2047, 0, True),
    (2041, 7, 2048, 2047, False),  # a threshold beyond the largest potential
    (-3, 7, 4, 0, True),
    (-3, 7, 5, 4, False),
    (-1, 0, 0, -1, False),  # below 0 nothing fires, even at threshold 0
    (0, -1, 0, -1, False),
    (-1, 1, 0, 0, True),
    (60, -3, 50, 0, True),  # tested after every update
]


@pytest.mark.parametrize(("before", "weight", "threshold", "after", "fires"), CASES)
def test_corner_cases_of_signed_potentials(before, weight, threshold, after, fires):
    thresholds = np.where(np.arange(256) == 9, threshold, 4095)
    run = TinyOdinTwin(synapses(1, [9], weight), thresholds).run([1], before)
    assert run.potentials[9] == after
    assert run.spikes == ([(0, 9)] if fires else [])
    if weight:  # without one a virtual event is a spike of its neuron
        virtual = TinyOdinTwin(EMPTY, thresholds).run([Virtual(9, weight)], before)
        assert virtual.potentials[9] == after
        assert len(virtual.spikes) == fires


LEAKS = [  # potential, leak -> potential
    (100, 30, 70),
    (-100, 30, -70),
    (30, 30, 0),
    (-30, 30, 0),
    (29, 30, 0),
    (-29, 30, 0),
    (-1, 127, 0),
    (1, 127, 0),
    (0, 127, 0),
    (2047, 127, 1920),
    (-2048, 127, -1921),
    (-5, 0, -5),
    (5, 0, 5),
]


@pytest.mark.parametrize(("before", "leak", "after"), LEAKS)
def test_a_time_reference_leaks_towards_zero(before, leak, after):
    twin = TinyOdinTwin(EMPTY, 4095, leak=leak)
    assert twin.run([-1], before).potentials.tolist() == [after] * 256
    one = twin.run([TimeReference(5)], before)
    assert one.potentials[5] == after
    assert (np.delete(one.potentials, 5) == before).all()


def test_a_leak_may_end_in_a_spike_and_disabled_neurons_emit_nothing():
    others = np.arange(256) != 9
    thresholds = np.where(np.arange(256) < 10, 5, 4095)
    twin = TinyOdinTwin(EMPTY, thresholds, leak=3, enabled=others, neurons=11)
    run = twin.run([-1], 8)
    assert run.spikes == [(0, neuron) for neuron in range(9)]
    assert run.potentials[:12].tolist() == [0] * 10 + [5] + [8]  # the last was not visited


def test_unused_neurons_are_skipped_but_their_axons_are_heard():
    crossbar = synapses(200, range(256), 7)
    run = TinyOdinTwin(crossbar, 4095, neurons=100).run([200])
    assert run.potentials.tolist() == [7] * 100 + [0] * 156
    assert run.cycles == 5 + 2 + 2 + 2 * 100


def test_a_virtual_event_without_weight_is_a_spike_of_its_neuron():
    run = TinyOdinTwin(synapses(3, [9], 5), 4095).run([Virtual(3, 0)])
    assert run.potentials[9] == 5
    assert run.synaptic_operations == 256


def test_the_queue_holds_127_local_spikes_of_one_event_and_loses_the_rest():
    twin = TinyOdinTwin(synapses(200, range(150)), 7, neurons=150, open_loop=False)
    run = twin.run([200])
    assert len(run.spikes) == 150
    assert run.dropped == 150 - 127
    assert run.cycles == 5 + 2 + 302 * 128 + 6 * 150


def test_the_spike_of_the_last_neuron_is_sent_before_the_event_leaves_the_queue():
    last = TinyOdinTwin(synapses(200, [57]), 7, neurons=58).run([200])
    quiet = TinyOdinTwin(EMPTY, 7, neurons=58).run([200])
    assert last.cycles == quiet.cycles + 6
    assert last.accesses == quiet.accesses
    assert last.output_cycles == [last.cycles - 1 - 6]


def random_chip(random: np.random.Generator, open_loop: bool) -> Configuration:
    """Half of the synapses; in closed loop so few that it comes to rest."""
    there = random.random((256, 256)) < 0.5
    weights = np.where(there, random.integers(-8, 8, (256, 256)), 0)
    if not open_loop:
        weights = np.triu(weights, 200)
    extreme = random.random(256) < 0.1
    threshold = random.integers(0, 30, 256) if open_loop else random.integers(3, 12, 256)
    return Configuration(
        synapses=weights,
        threshold=np.where(extreme, random.integers(2040, 4096, 256), threshold),
        leak=random.integers(0, 20, 256),
        enabled=random.random(256) < 0.9,
        neurons=int(random.integers(1 if open_loop else 210, 257)),
        open_loop=open_loop,
        sender_delay=int(random.integers(0, 2)),
        receiver_delay=int(random.integers(0, 4)),
    )


def random_event(random: np.random.Generator, streams: str):
    a, b = (int(number) for number in random.integers(0, 256, 2))
    kind = int(random.integers(0, 10))
    if streams == "spikes" or kind < 4:
        return a
    if streams == "with time references" or kind < 6:
        return -1
    return TimeReference(a % 255) if kind < 8 else Virtual(a % 16, b % 16 - 8)


@pytest.mark.parametrize("streams", ["spikes", "with time references", "all kinds"])
@pytest.mark.parametrize("seed", range(6))
def test_twin_equals_the_registers_clock_by_clock(seed, streams):
    random = np.random.default_rng(seed)
    chip = random_chip(random, open_loop=bool(seed % 2))
    events = [random_event(random, streams) for _ in range(30)]
    start = random.integers(-60, 20, 256)
    start[random.integers(0, 256, 12)] = [2047, -2048] * 6

    run = TinyOdinTwin(**vars(chip)).run(events, start)
    literal = clocked(chip, events, start.tolist())
    assert run.spikes == literal.spikes
    assert run.spike_cycles == literal.spike_cycles
    assert run.output_cycles == literal.output_cycles
    assert run.potentials.tolist() == literal.potentials
    assert run.accesses == literal.accesses
    assert run.cycles == literal.cycles
    assert run.dropped == literal.dropped
    assert len(run.spikes) > 3


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"synapses": EMPTY[:9]}, r"TinyOdinTwin.synapses: a \(256, 256\) array of integers"),
        ({"synapses": EMPTY + 8}, "TinyOdinTwin.synapses: .* signed; got 8; allowed: -8..7"),
        ({"synapses": EMPTY - 9}, "got -9; allowed: -8..7"),
        ({"threshold": 4096}, "TinyOdinTwin.threshold: one integer in 0..4095"),
        ({"leak": 128}, "TinyOdinTwin.leak: one integer in 0..127"),
        ({"neurons": 0}, "TinyOdinTwin.neurons: must be a number of neurons; got 0"),
        ({"neurons": 257}, "TinyOdinTwin.neurons: .* allowed: 1..256"),
    ],
)
def test_cores_that_do_not_exist_are_refused(options, match):
    with pytest.raises(SpikewattError, match=match):
        TinyOdinTwin(**{"synapses": EMPTY, "threshold": 9, **options})


@pytest.mark.parametrize(
    ("event", "match"),
    [
        (SingleSynapse(1, 2), "event 0: must be an event that the core knows"),
        (Bistability(), "event 0: must be an event that the core knows"),
        (TimeReference(255), "event 0.neuron: must be a neuron; got 255; allowed: 0..254"),
        (Virtual(16, 3), "event 0.neuron: must be a neuron; got 16; allowed: 0..15"),
        (Virtual(3, 8), "event 0.weight: must be a weight; got 8; allowed: -8..7"),
        (Virtual(3, 2, inhibitory=True), "event 0.inhibitory: is ODIN's: .* signed weight"),
        (Virtual(3, 2, leak=True), "event 0.leak: is ODIN's"),
    ],
)
def test_events_that_its_ten_bits_cannot_say_are_refused(event, match):
    with pytest.raises(SpikewattError, match=match):
        TinyOdinTwin(EMPTY, 9).run([event])


def test_potentials_beyond_their_range_are_refused():
    match = "TinyOdinTwin.run.potentials: one integer in -2048..2047"
    with pytest.raises(SpikewattError, match=match):
        TinyOdinTwin(EMPTY, 9).run([1], potentials=2048)


def test_every_chip_has_its_twin_and_its_image():
    assert len(CHIPS) == 2
    assert set(TWINS) == set(IMAGES) == set(CHIPS.values())
    assert set(TWINS.values()) == set(CoreTwin.__subclasses__())
    assert all(twin.chip is chip for chip, twin in TWINS.items())
