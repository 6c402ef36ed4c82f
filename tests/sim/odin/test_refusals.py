"""What a network for ODIN, its image, its run and its training refuse, and in which words."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.models.odin.training import train_odin
from spikewatt.rtl_ref.odin.run import run_odin
from spikewatt.sim.odin.chip_files import export, read_export
from spikewatt.sim.odin.counts import OdinCounts
from spikewatt.sim.odin.image import OdinImage

from ...helpers.odin.networks import one_layer, small

PIXELS = np.zeros((4, 12), np.uint8)
REFUSED = [
    (
        lambda: one_layer(784, 10),
        "layers\\[0\\]: inputs take an axon each, of 256 indices; got 784 inputs; "
        "allowed: at most 256 inputs",
    ),
    (
        lambda: one_layer(200, 10, -1),
        "two axons each, for both signs, .* got 200 inputs; "
        "allowed: at most 128 inputs: .* weights of 0..7 only",
    ),
    (
        lambda: one_layer(256, 10, bias_events=1),
        "of 256 indices with the bias axon; got 256 inputs; allowed: at most 255",
    ),
    (
        lambda: small(layers=(np.full((123, 6), -1), np.ones((6, 4), int))),
        "with 10 neurons and the bias axon; got 123 inputs; .* at most 122",
    ),
    (
        lambda: one_layer(10, 257),
        "one core has 256 neurons; got 257; allowed: at most 256 in all layers",
    ),
    (
        lambda: one_layer(10, 10, 8),
        "a synapse has 3 bits and its axon the sign; got 8; "
        "allowed: -7..7 in the first layer, 0..7",
    ),
    (
        lambda: small(layers=(np.ones((12, 6), int), np.full((6, 4), -1))),
        "layers\\[1\\]: a neuron is one axon, excitatory; got -1",
    ),
    (
        lambda: small(layers=(np.ones((12, 6), int), np.ones((5, 4), int))),
        "takes what the layer before it gives; got \\(5, 4\\)",
    ),
    (
        lambda: small(thresholds=(np.full(6, 14), np.full(4, 40))),
        "thresholds\\[0\\]: .* above the potential before the input; .* 15..255",
    ),
    (
        lambda: small(thresholds=(np.full(6, 20), np.full(4, 256))),
        "thresholds\\[1\\]: one per neuron, 8 bits",
    ),
    (
        lambda: small(thresholds=(np.full(6, 20),)),
        "OdinNetwork.thresholds: has one array per layer; got 1; allowed: 2",
    ),
    (
        lambda: small(layers=(np.ones((12, 6)), np.ones((6, 4), int))),
        "layers\\[0\\]: is an array of integers with 2 axes; got float64",
    ),
    (
        lambda: small(input_code="poisson"),
        "OdinNetwork.input_code: must be a known input code; got 'poisson'",
    ),
    (lambda: small(readout="rate"), "OdinNetwork.readout: must be a known read-out; got 'rate'"),
    (
        lambda: small(bias_events=37),
        "OdinNetwork.bias_events: leaves the potential below a threshold; got 37; allowed: 0..36",
    ),
    (
        lambda: small(brightness=3),
        "OdinNetwork.brightness: plays no part under rate; got 3; allowed: 0",
    ),
    (
        lambda: small(input_code="rank_order"),
        "OdinNetwork.input_levels: plays no part under rank_order; got 3; allowed: 1",
    ),
    (
        lambda: small(largest_pixel=256),
        "OdinNetwork.largest_pixel: must be the pixel of full brightness; got 256",
    ),
    (
        lambda: OdinImage.of(small()).encode(np.zeros((4, 13), np.uint8)),
        "images fit the network; got uint8 \\(4, 13\\)",
    ),
    (
        lambda: OdinImage.of(small()).encode(PIXELS + np.uint8(17)),
        "pixels are within the range; got 17; allowed: 0..16",
    ),
    (lambda: run_odin(small(), PIXELS[:0]), "run_odin.images: holds at least one image"),
    (
        lambda: run_odin(small(), PIXELS).accuracy(np.zeros(3)),
        "OdinRun.accuracy: takes one label per image",
    ),
    (
        lambda: OdinCounts(*[np.zeros(2)] * 16),
        "OdinCounts.external_events: is one integer per inference",
    ),
    (
        lambda: export(OdinImage.of(small()), "never", [256]),
        "export: event 0: must be an index; got 256",
    ),
    (
        lambda: train_odin(PIXELS.astype(float), np.arange(4), None),
        "train_odin.x_train: must be uint8 images; got float64",
    ),
    (
        lambda: train_odin(PIXELS, np.zeros(4, int), None),
        "train_odin.y_train: must hold a label per image, of two classes",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), None, start="model"),
        "train_odin.start: begins a network with hidden neurons",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, brightness=9),
        "train_odin.brightness: is for the rank-order code",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, bias_events=37),
        "train_odin.bias_events: must leave room below the threshold",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, input_levels=0),
        "train_odin.input_levels: must be a number of events; got 0",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, epochs=0),
        "train_odin.epochs: must be a number of passes; got 0",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, seed=-1),
        "train_odin.seed: must be a seed; got -1",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, largest_pixel=0),
        "train_odin.largest_pixel: must be the pixel of full brightness",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), None, brightness=255),
        "train_odin.brightness: must be below the largest pixel; got 255",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 0),
        "OdinHidden.units: must be a number of neurons; got 0",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4), 3, spike_cost=-1),
        "OdinHidden.spike_cost: is a loss of at least 0; got -1",
    ),
    (
        lambda: train_odin(PIXELS, np.arange(4) * 100, None),
        "OdinOutput.units: must be a number of classes; got 301",
    ),
    (lambda: read_export("never"), "never/synapses.hex: must be there"),
]


@pytest.mark.parametrize(("make", "match"), REFUSED)
def test_refusals(make, match):
    with pytest.raises(SpikewattError, match=match):
        make()
