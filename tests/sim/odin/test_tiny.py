"""Networks for tinyODIN: what they lose against Keras, what the twin does, their files, prices."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.odin import price_odin
from spikewatt.errors import DoesNotFitError, FileFormatError, SpikewattError
from spikewatt.models.odin.chips import CHIPS, ODIN, TINY_ODIN
from spikewatt.models.odin.layers import LAYERS
from spikewatt.models.training import predictions
from spikewatt.rtl_ref import TinyOdinTwin
from spikewatt.rtl_ref.odin.run import run_odin
from spikewatt.sim.odin.chip_files import WORDS, export, read_export
from spikewatt.sim.odin.convert import convert_for_odin
from spikewatt.sim.odin.counts import OdinCounts
from spikewatt.sim.odin.image import OdinImage
from spikewatt.sim.odin.network import OdinNetwork
from spikewatt.sim.odin.tiny_image import TinyOdinImage

from ...helpers.odin.networks import small, small_tiny

FIELDS = ("synapses", "threshold", "leak", "enabled", "neurons", "open_loop")


@pytest.fixture(scope="session")
def tiny(mlp, digits, once_per_run):
    """A 64-48-10 network in closed loop, trained for a quarter of the usual time."""

    def make():
        return convert_for_odin(
            mlp, digits.x_train, digits.y_train, digits.levels, epochs=30, chip="tinyodin"
        )

    return once_per_run.saved("tiny_odin_digits", make, OdinNetwork)


@pytest.fixture(scope="session")
def tiny_run(tiny, digits):
    return run_odin(tiny, digits.x_test[:200])


def test_every_chip_has_layers_and_words():
    assert set(LAYERS) == set(WORDS) == set(CHIPS.values())
    for chip, kinds in LAYERS.items():
        assert all(kind.chip is chip for kind in kinds)
        assert load_card(chip.name).about["executes"]


def test_a_shortly_trained_network_is_near_keras(mlp, tiny, tiny_run, digits):
    right = predictions(mlp, digits.scaled("test"))[:200] == digits.y_test[:200]
    assert right.mean() > 0.93
    assert tiny_run.accuracy(digits.y_test[:200]) >= right.mean() - 0.05
    assert tiny_run.counts.chip is TINY_ODIN
    assert (tiny.layers[1] < 0).any()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_digits_on_tiny_odin_are_within_three_points_of_keras(mlp, digits, seed):
    """All 360 test images: 0.6 to 1.4 points below when this was written."""
    network = convert_for_odin(
        mlp, digits.x_train, digits.y_train, digits.levels, seed=seed, chip="tinyodin"
    )
    keras_accuracy = (predictions(mlp, digits.scaled("test")) == digits.y_test).mean()
    assert keras_accuracy > 0.93
    assert run_odin(network, digits.x_test).accuracy(digits.y_test) >= keras_accuracy - 0.03


def test_hidden_neurons_do_what_the_scheme_says(tiny, tiny_run, digits):
    """Second implementation: sums of signed weights, the bias at the end; where none was early."""
    first, second = tiny.layers
    pixels = digits.x_test[:200].reshape(200, -1).astype(int)
    events = np.floor(pixels * tiny.input_levels / digits.levels + 0.5).astype(int)
    fires = events @ first + 7 * tiny.bias_events >= tiny.thresholds[0]

    same = tiny_run.counts.hidden_spikes == fires.sum(axis=1)
    assert same.mean() > 0.9
    assert np.array_equal(tiny_run.potentials[same], (fires @ second)[same])
    assert tiny_run.potentials.min() < 0 < tiny_run.potentials.max()


def test_cycles_and_accesses_are_closed_forms_of_the_counts(tiny, tiny_run):
    """Law: (5 + h) N + 2 + (2 n + 2) P + (6 + 2 r) S with n = 58 neurons, h = r = 0."""
    counts = tiny_run.counts
    n, p, s = counts.external_events, counts.popped_events, counts.spikes
    assert n.min() > 0
    assert (p == n + s).all()  # closed loop, nothing lost
    assert counts.hidden_spikes.min() > 0
    assert counts.dropped.sum() == counts.output_spikes.sum() == 0
    assert (counts.cycles == 5 * n + 2 + (1 + 2 * 58 + 1) * p + 6 * s).all()
    assert (counts.synaptic_operations == 58 * p).all()
    assert (counts.neuron_writes == 58 * p).all()
    assert (counts.synapse_writes == 0).all()
    references = len(TinyOdinImage.of(tiny).reset_time_references)
    assert (counts.reset_cycles == references * (6 + 2 * 58)).all()


def test_placement_puts_neurons_first_and_one_axon_per_input(tiny):
    image = TinyOdinImage.of(tiny)
    assert image.neurons_in_use == 58
    heard = image.axons[image.axons >= 0]
    taken = np.concatenate([heard, [image.bias_axon], *image.neurons])
    assert len(set(taken.tolist())) == len(taken)
    assert heard.min() >= 58

    first, second = image.neurons
    there = image.axons >= 0
    assert np.array_equal(image.synapses[np.ix_(heard, first)], tiny.layers[0][there])
    assert np.array_equal(image.synapses[np.ix_(first, second)], tiny.layers[1])
    assert (image.synapses[image.bias_axon, first] == 7).all()
    with pytest.raises(ValueError, match="read-only"):
        image.synapses[0, 0] = 1


def test_more_inputs_fit_than_on_odin():
    """197 inputs of both signs beside 48 + 10 neurons and a bias, where ODIN has room for 98."""
    random = np.random.default_rng(0)
    layers = (random.integers(-8, 8, (197, 48)), random.integers(-8, 8, (48, 10)))
    thresholds = (np.full(48, 100), np.full(10, 2047))
    network = small_tiny(layers=layers, thresholds=thresholds)
    assert TinyOdinImage.of(network).bias_axon == 255
    with pytest.raises(DoesNotFitError, match="an axon each, .* got 198 inputs"):
        small_tiny(layers=(np.ones((198, 48), int), layers[1]), thresholds=thresholds)


@pytest.mark.parametrize("seed", range(8))
def test_time_references_clear_whatever_images_leave(seed):
    """Bounds of potentials: no image leaves one that the references after it do not clear."""
    random = np.random.default_rng(seed)
    layers = (random.integers(-8, 8, (12, 6)), random.integers(-8, 8, (6, 4)))
    if seed % 2:
        layers = (-np.abs(layers[0]), layers[1])
        layers[0][:, 0] = 7  # one neuron that fires often
    network = small_tiny(layers=layers, thresholds=(np.full(6, 8), np.full(4, 900)))
    run = run_odin(network, random.integers(0, 17, (40, 12)).astype(np.uint8))
    assert run.counts.spikes.sum() > 20
    assert np.abs(run.potentials).max() > 20


def test_one_layer_in_rank_order_stops_at_the_first_spike():
    weights = np.array([[2, 7], [6, 7], [7, -8]])
    network = OdinNetwork(
        (weights,), (np.full(2, 13),), "rank_order", "first_spike", chip="tinyodin"
    )
    run = run_odin(network, np.array([[10, 90, 200], [10, 90, 80], [0, 0, 5]], np.uint8))
    assert run.predictions.tolist() == [0, 0, 0]
    assert run.counts.external_events.tolist() == [2, 2, 1]
    assert run.potentials[2].tolist() == [7, -8]


def test_export_reads_back_and_runs(tiny, tiny_run, digits, tmp_path):
    image = TinyOdinImage.of(tiny)
    (events,) = image.encode(digits.x_test[:1])
    export(image, tmp_path / "tiny", events)
    back = read_export(tmp_path / "tiny", "tinyodin")
    for key in FIELDS:
        assert np.array_equal(getattr(back, key), image.memories[key]), key

    lines = (tmp_path / "tiny" / "events.txt").read_text().splitlines()
    words = [int(line.split()[0], 16) for line in lines]
    assert [word for word in words if word < 0x100] == events
    assert words[len(events) :] == [0x1FF] * len(image.reset_time_references)

    twin = TinyOdinTwin(**{key: getattr(back, key) for key in FIELDS})
    potentials = twin.run(events).potentials[image.neurons[-1]]
    assert potentials.tolist() == tiny_run.potentials[0].tolist()

    with pytest.raises(FileFormatError, match="neurons.hex: holds 256 numbers of 128 bits|holds"):
        read_export(tmp_path / "tiny")
    with pytest.raises(SpikewattError, match="read_export.chip: must be a known chip; got 'tiny'"):
        read_export(tmp_path / "tiny", "tiny")


def test_exported_words_have_the_documented_bits(tmp_path):
    """doc/README.md of the chip's repository, sections 2.1, 3.1, 3.2 and 4: worked by hand."""
    net = OdinNetwork(
        (np.array([[0, -5], [3, 0]]),),
        (np.array([100, 2047]),),
        "rate",
        "potential",
        chip="tinyodin",
    )
    export(TinyOdinImage.of(net), tmp_path / "tiny")
    files = {path.name: path.read_text().splitlines() for path in (tmp_path / "tiny").iterdir()}

    there = {i: word for i, word in enumerate(files["synapses.hex"]) if int(word, 16)}
    assert there == {0: "000000b0", 32: "00000003"}
    neurons = [int(word, 16) for word in files["neurons.hex"]]
    assert neurons[:3] == [127 << 24 | 100 << 12, 127 << 24 | 2047 << 12, 0xFFFFF000]
    assert files["registers.txt"] == [
        "0 00000 SPI_GATE_ACTIVITY",
        "1 00001 SPI_OPEN_LOOP",
        "2 00000 SPI_AER_SRC_CTRL_nNEUR",
        "3 00001 SPI_MAX_NEUR",
    ]


def test_the_spi_writes_load_what_the_memory_files_hold(tiny, tmp_path):
    """An SPI slave by section 2.1: {R, W, cmd, addr} and {-, mask, byte}."""
    export(TinyOdinImage.of(tiny), tmp_path / "tiny")
    files = {path.name: path.read_text().splitlines() for path in (tmp_path / "tiny").iterdir()}
    registers, neurons, synapses = {}, np.zeros(256, np.int64), np.zeros(8192, np.int64)
    gated = []
    for line in files["spi.txt"]:
        address, data = (int(word, 16) for word in line.split())
        command = address >> 16 & 3
        gated.append(registers.get(0))
        if command == 0:
            registers[address & 0xFFFF] = data
            continue
        assert address >> 18 == 0b01
        assert data < 0x100  # nothing is masked
        if command == 1:
            neurons[address & 0xFF] |= data << 8 * (address >> 8 & 3)
        if command == 2:
            synapses[address & 0x1FFF] |= data << 8 * (address >> 13 & 3)

    assert gated == [None] + [1] * (len(gated) - 1)
    assert len(gated) == 1 + 3 + 4 * (256 + 8192) + 1
    assert [f"{word:08x}" for word in neurons.tolist()] == files["neurons.hex"]
    assert [f"{word:08x}" for word in synapses.tolist()] == files["synapses.hex"]
    assert registers == {0: 0, 1: 0, 2: 0, 3: 57}


def test_a_saved_network_keeps_its_chip(tmp_path):
    tiny, odin = small_tiny(), small()
    for network in (tiny, odin):
        network.save(tmp_path / "net.h5")
        back = OdinNetwork.load(tmp_path / "net.h5")
        assert (back.hash, back.chip) == (network.hash, network.chip)
        (tmp_path / "net.h5").unlink()
    copied = pickle.loads(pickle.dumps(tiny))
    assert copied.hash == tiny.hash
    assert copied.chip is TINY_ODIN
    assert replace(odin, chip="tinyodin").hash != odin.hash
    assert repr(tiny) == "OdinNetwork(12-6-4, rate, potential, tinyodin)"
    assert odin.chip is ODIN


def test_its_price_is_a_closed_form_of_its_counts(tiny_run):
    counts, card = tiny_run.counts.mean(), load_card("tinyodin")
    value = {key: quantity.value for key, quantity in card.values.items()}
    cycles = counts["cycles"] + counts["reset_cycles"] + 160 * (counts["readout_reads"] + 2)
    energy_j = (
        value["energy_per_sop_j"] * counts["synaptic_operations"]
        + value["energy_per_neuron_update_j"] * counts["reset_updates"]
        + value["energy_per_neuron_access_j"] * counts["readout_reads"]
        + value["energy_per_clock_cycle_j"] * cycles
        + value["leakage_power_w"] * cycles / value["clock_hz"]
    )
    (bill,) = price_odin(tiny_run.counts).bills
    frame = price_odin(tiny_run.counts).frame
    assert bill.device == "tinyodin"
    assert frame["energy_j"].sum() == pytest.approx(energy_j)
    assert energy_j > 1e-9

    with pytest.raises(SpikewattError, match="the chip that the counts are of; got odin"):
        price_odin(tiny_run.counts, "odin")
    with pytest.raises(SpikewattError, match="price_odin.device: must be ODIN itself, or tinyODIN"):
        price_odin(tiny_run.counts, "odin_style")


CACTI_PJ = {  # CACTI 7, one port, "ram": read and write per access, by process
    "32 nm LSTP": {"128 bits, 4 kB": (2.84, 7.44), "32 kB": (6.56, 5.38), "1 kB": (0.79, 1.24)},
    "32 nm LOP": {"128 bits, 4 kB": (1.75, 2.16), "32 kB": (2.77, 1.90), "1 kB": (0.34, 0.45)},
    "22 nm LSTP": {"128 bits, 4 kB": (1.88, 2.54), "32 kB": (2.90, 2.20), "1 kB": (0.34, 0.51)},
    "22 nm LOP": {"128 bits, 4 kB": (1.15, 1.43), "32 kB": (1.81, 1.23), "1 kB": (0.28, 0.26)},
}


def test_the_card_is_odins_scaled_by_its_memories():
    """Second computation of the comment in the card: memory by CACTI, logic by 0.6 (0 to 1)."""
    odin, tiny = (load_card(name)["energy_per_sop_j"] for name in ("odin", "tinyodin"))
    before, after = {}, {}
    for process, access in CACTI_PJ.items():
        synapse_read, synapse_write = access["32 kB"]
        before[process] = sum(access["128 bits, 4 kB"]) + (synapse_read + synapse_write) / 8
        after[process] = sum(access["1 kB"]) + 2 * synapse_read / 8

    shares = [after[process] / before[process] for process in CACTI_PJ]
    assert 0.31 <= min(shares) < max(shares) < 0.34

    total = odin.value * 1e12

    def scaled(process: str, logic: float) -> float:
        return after[process] + logic * (total - before[process])

    assert tiny.value * 1e12 == pytest.approx(scaled("32 nm LOP", 0.6), abs=0.1)
    assert tiny.low * 1e12 == pytest.approx(total * min(shares), abs=0.1)
    assert tiny.high * 1e12 == pytest.approx(scaled("22 nm LOP", 1.0), abs=0.1)
    assert tiny.status == "estimated"


REFUSED = [
    (lambda: small_tiny(chip="loihi"), "OdinNetwork.chip: must be a known chip; got 'loihi'"),
    (
        lambda: small_tiny(layers=(np.full((12, 6), 8), np.ones((6, 4), int))),
        "a synapse has 4 bits, signed; got 8; allowed: -8..7",
    ),
    (
        lambda: small_tiny(thresholds=(np.full(6, 2048), np.full(4, 40))),
        r"thresholds\[0\]: one per neuron, 11 bits, .* of 1..2047",
    ),
    (lambda: small_tiny(bias_events=293), "bias_events: .* got 293; allowed: 0..292"),
    (lambda: TinyOdinImage.of(small()), "TinyOdinImage.of: places networks for tinyODIN; got odin"),
    (lambda: OdinImage.of(small_tiny()), "OdinImage.of: places networks for ODIN; got tinyodin"),
    (
        lambda: TinyOdinImage.of(small_tiny()).encode(np.zeros((4, 13), np.uint8)),
        "TinyOdinImage.encode: images fit the network",
    ),
    (
        lambda: OdinCounts(*[np.zeros(2, int)] * 16, chip="loihi"),
        "OdinCounts.chip: must be a known chip",
    ),
]


@pytest.mark.parametrize(("make", "match"), REFUSED)
def test_refusals(make, match):
    with pytest.raises(SpikewattError, match=match):
        make()
