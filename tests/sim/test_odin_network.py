"""Networks for ODIN: what they lose against Keras, whether the twin does what the scheme says, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.models.datasets import load_dataset, resized
from spikewatt.models.odin.rank_order import first_spikes
from spikewatt.models.odin.training import train_odin
from spikewatt.models.training import predictions
from spikewatt.rtl_ref import OdinTwin
from spikewatt.rtl_ref.odin.run import run_odin
from spikewatt.sim.odin.chip_files import export, read_export
from spikewatt.sim.odin.convert import convert_for_odin
from spikewatt.sim.odin.counts import OdinCounts
from spikewatt.sim.odin.image import OdinImage
from spikewatt.sim.odin.network import OdinNetwork


@pytest.fixture(scope="module")
def network(mlp, digits):
    """A 64-48-10 network in closed loop."""
    return convert_for_odin(mlp, digits.x_train, digits.y_train, digits.levels)


@pytest.fixture(scope="module")
def run(network, digits):
    return run_odin(network, digits.x_test)


@pytest.fixture(scope="module")
def mnist_16x16(shared_data):
    return resized(load_dataset("mnist", shared_data), 16, 16)


@pytest.fixture(scope="module")
def rank_order(mnist_16x16):
    """A 256-10 network in open loop, first spike wins."""
    return OdinNetwork(
        **train_odin(mnist_16x16.x_train[:20_000], mnist_16x16.y_train[:20_000], None, epochs=6)
    )


@pytest.fixture(scope="module")
def rank_order_run(rank_order, mnist_16x16):
    return run_odin(rank_order, mnist_16x16.x_test)


def small(**changes) -> OdinNetwork:
    """Random networks 12-6-4, whose neurons fire often and, with low thresholds, more than once."""
    random = np.random.default_rng(5)
    layers = (random.integers(-7, 8, (12, 6)), random.integers(0, 8, (6, 4)))
    settings = {
        "input_code": "rate",
        "readout": "potential",
        "bias_events": 2,
        "input_levels": 3,
        "largest_pixel": 16,
    }
    return OdinNetwork(
        **{"layers": layers, "thresholds": (np.full(6, 20), np.full(4, 40)), **settings, **changes}
    )


def test_digits_on_one_core_lose_little_against_keras(mlp, run, digits):
    keras_accuracy = (predictions(mlp, digits.scaled("test")) == digits.y_test).mean()
    assert keras_accuracy > 0.93
    assert run.accuracy(digits.y_test) >= keras_accuracy - 0.04
    assert run.counts.hidden_spikes.min() > 0
    assert run.counts.output_spikes.sum() == 0  # no potential of an output was lost by a reset
    assert run.counts.dropped.sum() == 0
    assert (run.counts.readout_reads == 20).all()


def test_mnist_in_rank_order_on_one_core(rank_order_run, mnist_16x16):
    """The chip's own experiment, with learning on the chip, has 84.5 % (Frenkel 2019)."""
    assert len(rank_order_run.predictions) == 10_000
    assert rank_order_run.accuracy(mnist_16x16.y_test) >= 0.845
    assert 5 < rank_order_run.counts.external_events.mean() < 80
    assert (
        rank_order_run.counts.output_spikes > 0
    ).mean() > 0.8  # for the others the host reads the potentials


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
    assert (
        run.counts.popped_events
        == run.counts.external_events + run.counts.spikes - run.counts.dropped
    ).all()
    assert (
        rank_order_run.counts.popped_events == rank_order_run.counts.external_events
    ).all()  # open loop
    assert (rank_order_run.counts.hidden_spikes == 0).all()


def test_reset_clears_with_the_fewest_cycles(network, rank_order):
    """A potential of at most threshold − 1 goes down by 127 per time reference."""
    for net in (network, rank_order):
        image = OdinImage.of(net)
        each = [-(-(int(t) - 1) // 127) for values in net.thresholds for t in values]
        assert len(image.reset_time_references) == sum(each)
        counts = run_odin(net, np.full((1, net.inputs), net.largest_pixel, np.uint8)).counts
        assert counts.reset_cycles[0] == 8 * sum(each)
        assert counts.reset_updates[0] == counts.time_references[0] == sum(each)
    many = OdinNetwork((np.ones((3, 200), int),), (np.full(200, 255),), "rate", "potential")
    assert OdinImage.of(many).reset_time_references == (-1, -1)
    counts = run_odin(many, np.full((2, 3), 255, np.uint8)).counts
    assert (counts.reset_cycles.tolist(), counts.reset_updates.tolist()) == ([1036] * 2, [512] * 2)


def test_hidden_neurons_do_what_the_scheme_says(network, run, digits):
    """Second implementation: max(0, 7 k − I) + E against the threshold, then the sum of the spikes' weights."""
    first, second = network.layers
    pixels = digits.x_test.reshape(len(digits.x_test), -1).astype(int)
    events = np.floor(pixels * network.input_levels / digits.levels + 0.5).astype(int)
    inhibition, excitation = events @ np.maximum(-first, 0), events @ np.maximum(first, 0)
    fires = (
        np.maximum(0, 7 * network.bias_events - inhibition) + excitation >= network.thresholds[0]
    )
    once = run.counts.hidden_spikes == fires.sum(axis=1)
    assert 0.2 < once.mean() <= 1
    assert (run.counts.hidden_spikes >= fires.sum(axis=1)).all()
    assert np.array_equal(run.potentials[once], (fires @ second)[once])
    assert np.array_equal(run.predictions[once], (fires @ second)[once].argmax(axis=1))


def test_rank_order_does_what_the_scheme_says(rank_order, rank_order_run, mnist_16x16):
    (weights,), threshold = rank_order.layers, int(rank_order.thresholds[0][0])
    images = mnist_16x16.x_test.reshape(-1, 256)
    for i, image in enumerate(images[:300]):
        potentials, sent, answer = np.zeros(10, int), 0, None
        for pixel in sorted(range(256), key=lambda p: (-int(image[p]), p)):
            if answer is None and image[pixel] > rank_order.brightness:
                potentials += weights[pixel]
                sent += int(weights[pixel].any())
                fired = np.flatnonzero(potentials >= threshold)
                answer = int(fired[0]) if fired.size else None
        assert rank_order_run.predictions[i] == (
            answer if answer is not None else potentials.argmax()
        )
        assert rank_order_run.counts.external_events[i] == sent
        assert rank_order_run.counts.readout_reads[i] == (0 if answer is not None else 20)
    # The search for the threshold uses the same rule, vectorised.
    classes, _ = first_spikes(weights, images[:2000], rank_order.brightness, np.array([threshold]))
    assert np.array_equal(classes[:, 0], rank_order_run.predictions[:2000])


def test_a_full_queue_loses_spikes_and_they_are_counted():
    """One event makes 40 hidden neurons fire at once: 31 find room, 9 are lost, and their weight is missing in the output."""
    layers = (np.full((1, 40), 7), np.ones((40, 2), int))
    net = OdinNetwork(layers, (np.full(40, 7), np.full(2, 255)), "rate", "potential")
    run = run_odin(net, np.full((3, 1), 255, np.uint8))
    assert run.counts.dropped.tolist() == [9] * 3
    assert run.counts.hidden_spikes.tolist() == [40] * 3
    assert run.potentials.tolist() == [[31, 31]] * 3
    assert (run.counts.cycles == 5 + 2 + 513 * 32 + 6 * 40).all()


def test_placement_gives_every_part_an_index_of_its_own(network):
    image = OdinImage.of(network)
    copies = [axons[axons >= 0] for axons in (image.inhibitory_axons, image.excitatory_axons)]
    taken = np.concatenate([*copies, [image.bias_axon], *image.neurons])
    assert len(set(taken.tolist())) == len(taken)
    assert set(np.flatnonzero(image.inhibitory)) == set(copies[0].tolist())
    signed = np.zeros((64, 48), int)
    for axons, sign in ((image.inhibitory_axons, -1), (image.excitatory_axons, 1)):
        for i in np.flatnonzero(axons >= 0):
            signed[i] += sign * (image.synapses[axons[i], image.neurons[0]] & 7).astype(int)
    assert np.array_equal(signed, network.layers[0])
    assert np.array_equal(image.synapses[np.ix_(*image.neurons)] & 7, network.layers[1])
    assert (image.synapses[image.bias_axon, image.neurons[0]] == 15).all()


def test_events_come_in_order(network, digits):
    image = OdinImage.of(network)
    (events,) = image.encode(digits.x_test[:1])
    phase = [0 if e == image.bias_axon else 1 if image.inhibitory[e] else 2 for e in events]
    assert phase == sorted(phase)
    assert phase.count(0) == network.bias_events
    counts = np.floor(digits.x_test[0].reshape(-1) * network.input_levels / 16 + 0.5).astype(int)
    for i, count in enumerate(counts):
        for axon in (image.inhibitory_axons[i], image.excitatory_axons[i]):
            assert axon < 0 or events.count(axon) == count


def test_first_spike_stops_the_host_and_an_output_spike_counts_before_any_potential():
    layers, fire = (np.array([[2, 7], [6, 7], [7, 0]]),), (np.full(2, 13),)
    net = OdinNetwork(layers, fire, "rank_order", "first_spike")
    run = run_odin(net, np.array([[10, 90, 200], [10, 90, 80], [0, 0, 5], [0, 0, 0]], np.uint8))
    assert run.predictions.tolist() == [0, 0, 0, 0]
    assert run.counts.external_events.tolist() == [2, 2, 1, 0]
    assert run.counts.cycles.tolist() == [2 * 518 + 2 + 6, 2 * 518 + 2 + 6, 520, 0]
    assert run.counts.readout_reads.tolist() == [0, 0, 4, 4]
    assert run.counts.readout_cycles.tolist() == [0, 0, 960, 960]
    fired = run_odin(
        replace(net, input_code="rate", readout="potential"), np.array([[255, 255, 0]], np.uint8)
    )
    assert (
        fired.predictions.tolist(),
        fired.output_spikes.tolist(),
        fired.potentials.tolist(),
    ) == ([1], [[0, 1]], [[8, 0]])


def test_export_reads_back_and_runs(network, run, digits, tmp_path):
    image = OdinImage.of(network)
    (events,) = image.encode(digits.x_test[:1])
    export(image, tmp_path / "odin", events)
    back = read_export(tmp_path / "odin")
    for key in (
        "synapses",
        "inhibitory",
        "threshold",
        "leak",
        "leak_enable",
        "enabled",
        "open_loop",
    ):
        assert np.array_equal(getattr(back, key), getattr(image, key)), key
    twin = OdinTwin(
        back.synapses,
        back.inhibitory,
        back.threshold,
        back.leak,
        back.leak_enable,
        back.enabled,
        back.open_loop,
    )
    lines = [
        int(line.split()[0], 16)
        for line in (tmp_path / "odin" / "events.txt").read_text().splitlines()
    ]
    sent = [word >> 8 for word in lines if word & 0xFF == 0x07]
    assert sent == events
    assert [word >> 8 for word in lines if word & 0xFF == 0xFF] == list(image.reset_time_references)
    assert twin.run(sent).potentials[image.neurons[-1]].tolist() == run.potentials[0].tolist()
    with pytest.raises(SpikewattError, match="the folder to export into is new or empty"):
        export(image, tmp_path / "odin")


def test_exported_words_have_the_documented_bits(tmp_path):
    """doc/README.md of the chip's repository, sections 3.1 and 3.3.2: worked by hand for one synapse and two neurons."""
    net = OdinNetwork((np.array([[0, -5], [3, 0]]),), (np.array([100, 255]),), "rate", "potential")
    export(OdinImage.of(net), tmp_path / "odin")
    synapses = (tmp_path / "odin" / "synapses.hex").read_text().splitlines()
    assert len(synapses) == 8192
    # Input 0 has its inhibitory copy on axon 0, to neuron 1; input 1 its excitatory copy on axon 3, to neuron 0.
    assert {i: word for i, word in enumerate(synapses) if int(word, 16)} == {
        0: "000000d0",
        3 * 32: "0000000b",
    }
    neurons = [
        int(word, 16) for word in (tmp_path / "odin" / "neurons.hex").read_text().splitlines()
    ]
    assert neurons[0] == 1 | 127 << 1 | 1 << 8 | 100 << 9
    assert neurons[2] == 1 | 127 << 1 | 1 << 8 | 255 << 9 | 1 << 127
    registers = [
        line.split() for line in (tmp_path / "odin" / "registers.txt").read_text().splitlines()
    ]
    assert [int(address) for address, _, _ in registers] == list(range(26))
    assert registers[1][1:] == ["00001", "SPI_OPEN_LOOP"]
    assert registers[2][1:] == ["00001", "SPI_SYN_SIGN[15:0]"]


def test_saved_networks_are_the_same_and_damage_is_seen(network, tmp_path):
    import h5py

    network.save(tmp_path / "net.h5")
    assert OdinNetwork.load(tmp_path / "net.h5").hash == network.hash
    assert replace(network, name="other").hash != network.hash
    with h5py.File(tmp_path / "net.h5", "r+") as file:
        file["threshold_0"][0] = 254
    with pytest.raises(FileFormatError, match="the content has the hash stored with it"):
        OdinNetwork.load(tmp_path / "net.h5")
    (tmp_path / "empty.h5").write_bytes(b"")
    with pytest.raises(FileFormatError, match="must be a whole spikewatt-odin-network file"):
        OdinNetwork.load(tmp_path / "empty.h5")
    export(OdinImage.of(network), tmp_path / "odin")
    (tmp_path / "odin" / "neurons.hex").write_text("12\n")
    with pytest.raises(FileFormatError, match="holds 256 numbers of 128 bits; got 1 numbers"):
        read_export(tmp_path / "odin")


def one_layer(inputs: int, outputs: int, weight: int = 1, **settings) -> OdinNetwork:
    layers, thresholds = (np.full((inputs, outputs), weight),), (np.full(outputs, 255),)
    return OdinNetwork(
        layers, thresholds, **{"input_code": "rate", "readout": "potential", **settings}
    )


PIXELS = np.zeros((4, 12), np.uint8)
REFUSED = [
    (
        lambda: one_layer(784, 10),
        "layers\\[0\\]: inputs take an axon each, of 256 indices; got 784 inputs; allowed: at most 256 inputs",
    ),
    (
        lambda: one_layer(200, 10, -1),
        "two axons each, for both signs, .* got 200 inputs; allowed: at most 128 inputs: .* weights of 0..7 only",
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
        "a synapse has 3 bits and its axon the sign; got 8; allowed: -7..7 in the first layer, 0..7",
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
