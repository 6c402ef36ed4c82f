"""Networks for ODIN: what they lose against Keras; that the twin does what the scheme says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.models.odin.rank_order import first_spikes
from spikewatt.models.training import predictions
from spikewatt.rtl_ref.odin.run import run_odin
from spikewatt.sim.odin.image import OdinImage
from spikewatt.sim.odin.network import OdinNetwork

from .conftest import QUARTER


def test_digits_on_one_core_lose_little_against_keras(mlp, run, digits):
    keras_accuracy = (predictions(mlp, digits.scaled("test")) == digits.y_test).mean()
    assert keras_accuracy > 0.93
    assert run.accuracy(digits.y_test) >= keras_accuracy - 0.04

    assert run.counts.hidden_spikes.min() > 0
    assert run.counts.output_spikes.sum() == 0  # no potential of an output was lost by a reset
    assert run.counts.dropped.sum() == 0
    assert (run.counts.readout_reads == 20).all()


ON_THE_CHIP = 0.845  # with learning on the chip (Frenkel 2019)


def test_a_quarter_of_mnist_in_rank_order_on_one_core(rank_order_run, mnist_16x16):
    """The chip's own experiment; all digits in the slow test."""
    assert len(rank_order_run.predictions) == 2500
    assert rank_order_run.accuracy(mnist_16x16.y_test[QUARTER]) >= ON_THE_CHIP

    counts = rank_order_run.counts
    assert 5 < counts.external_events.mean() < 80
    # For the others the host reads the potentials.
    assert (counts.output_spikes > 0).mean() > 0.8


@pytest.mark.slow
def test_mnist_in_rank_order_on_one_core(rank_order, mnist_16x16):
    """All 10,000 test images."""
    everything = run_odin(rank_order, mnist_16x16.x_test)
    assert len(everything.predictions) == 10_000
    assert everything.accuracy(mnist_16x16.y_test) >= ON_THE_CHIP


def test_cycles_are_the_closed_form_of_the_counts(run, rank_order_run):
    """Law: (5 + h) N + 2 + 513 P + (6 + 2 r) S, with h = r = 0."""
    for counts in (run.counts, rank_order_run.counts):
        n, p, s = counts.external_events, counts.popped_events, counts.spikes
        assert n.min() > 0
        assert (counts.cycles == 5 * n + 2 + 513 * p + 6 * s).all()
        assert (counts.synaptic_operations == 256 * p).all()
        assert (counts.neuron_writes == 256 * p).all()
        assert (counts.synapse_writes == 32 * p).all()
        assert (s == counts.hidden_spikes + counts.output_spikes).all()

    closed, opened = run.counts, rank_order_run.counts
    queued = closed.external_events + closed.spikes - closed.dropped
    assert (closed.popped_events == queued).all()
    assert (opened.popped_events == opened.external_events).all()
    assert (opened.hidden_spikes == 0).all()


def test_reset_clears_with_the_fewest_cycles(network, rank_order):
    """A potential of at most threshold − 1 goes down by 127 per time reference."""
    for net in (network, rank_order):
        each = [-(-(int(t) - 1) // 127) for values in net.thresholds for t in values]
        assert len(OdinImage.of(net).reset_time_references) == sum(each)

        bright = np.full((1, net.inputs), net.largest_pixel, np.uint8)
        counts = run_odin(net, bright).counts
        assert counts.reset_cycles[0] == 8 * sum(each)
        assert counts.reset_updates[0] == counts.time_references[0] == sum(each)


def test_reset_of_many_neurons_takes_all_at_once():
    many = OdinNetwork((np.ones((3, 200), int),), (np.full(200, 255),), "rate", "potential")
    assert OdinImage.of(many).reset_time_references == (-1, -1)
    counts = run_odin(many, np.full((2, 3), 255, np.uint8)).counts
    assert counts.reset_cycles.tolist() == [1036] * 2
    assert counts.reset_updates.tolist() == [512] * 2


def test_hidden_neurons_do_what_the_scheme_says(network, run, digits):
    """Second implementation: max(0, 7 k − I) + E against the threshold, then their weights."""
    first, second = network.layers
    pixels = digits.x_test.reshape(len(digits.x_test), -1).astype(int)
    events = np.floor(pixels * network.input_levels / digits.levels + 0.5).astype(int)

    inhibition = events @ np.maximum(-first, 0)
    excitation = events @ np.maximum(first, 0)
    potential = np.maximum(0, 7 * network.bias_events - inhibition) + excitation
    fires = potential >= network.thresholds[0]
    outputs = fires @ second

    once = run.counts.hidden_spikes == fires.sum(axis=1)
    assert 0.2 < once.mean() <= 1
    assert (run.counts.hidden_spikes >= fires.sum(axis=1)).all()
    assert np.array_equal(run.potentials[once], outputs[once])
    assert np.array_equal(run.predictions[once], outputs[once].argmax(axis=1))


def in_rank_order(image, weights, brightness, threshold):
    """Potentials, events sent, and the first neuron that fired, of one image, pixel by pixel."""
    potentials, sent, answer = np.zeros(weights.shape[1], int), 0, None
    for pixel in sorted(range(len(image)), key=lambda p: (-int(image[p]), p)):
        if answer is None and image[pixel] > brightness:
            potentials += weights[pixel]
            sent += int(weights[pixel].any())
            fired = np.flatnonzero(potentials >= threshold)
            answer = int(fired[0]) if fired.size else None
    return potentials, sent, answer


def test_rank_order_does_what_the_scheme_says(rank_order, rank_order_run, mnist_16x16):
    (weights,), threshold = rank_order.layers, int(rank_order.thresholds[0][0])
    images = mnist_16x16.x_test[QUARTER].reshape(-1, 256)
    brightness = rank_order.brightness
    counts = rank_order_run.counts

    for i, image in enumerate(images[:300]):
        potentials, sent, answer = in_rank_order(image, weights, brightness, threshold)
        expected = potentials.argmax() if answer is None else answer
        assert rank_order_run.predictions[i] == expected
        assert counts.external_events[i] == sent
        assert counts.readout_reads[i] == (20 if answer is None else 0)

    # The search for the threshold uses the same rule, vectorised.
    classes, _ = first_spikes(weights, images[:2000], brightness, np.array([threshold]))
    assert np.array_equal(classes[:, 0], rank_order_run.predictions[:2000])


def test_a_full_queue_loses_spikes_and_they_are_counted():
    """One event makes 40 hidden neurons fire at once: 31 find room, 9 are lost."""
    layers = (np.full((1, 40), 7), np.ones((40, 2), int))
    net = OdinNetwork(layers, (np.full(40, 7), np.full(2, 255)), "rate", "potential")
    run = run_odin(net, np.full((3, 1), 255, np.uint8))
    assert run.counts.dropped.tolist() == [9] * 3
    assert run.counts.hidden_spikes.tolist() == [40] * 3
    assert run.potentials.tolist() == [[31, 31]] * 3
    assert (run.counts.cycles == 5 + 2 + 513 * 32 + 6 * 40).all()


FIRST_SPIKE = OdinNetwork(
    layers=(np.array([[2, 7], [6, 7], [7, 0]]),),
    thresholds=(np.full(2, 13),),
    input_code="rank_order",
    readout="first_spike",
)


def test_first_spike_stops_the_host():
    pixels = [[10, 90, 200], [10, 90, 80], [0, 0, 5], [0, 0, 0]]
    run = run_odin(FIRST_SPIKE, np.array(pixels, np.uint8))
    assert run.predictions.tolist() == [0, 0, 0, 0]
    assert run.counts.external_events.tolist() == [2, 2, 1, 0]
    assert run.counts.cycles.tolist() == [2 * 518 + 2 + 6, 2 * 518 + 2 + 6, 520, 0]
    assert run.counts.readout_reads.tolist() == [0, 0, 4, 4]
    assert run.counts.readout_cycles.tolist() == [0, 0, 960, 960]


def test_an_output_spike_counts_before_any_potential():
    net = replace(FIRST_SPIKE, input_code="rate", readout="potential")
    run = run_odin(net, np.array([[255, 255, 0]], np.uint8))
    assert run.predictions.tolist() == [1]
    assert run.output_spikes.tolist() == [[0, 1]]
    assert run.potentials.tolist() == [[8, 0]]
