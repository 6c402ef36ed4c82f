"""Where a network lies on the core, and the files that say so."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.rtl_ref import OdinTwin
from spikewatt.sim.odin.chip_files import export, read_export
from spikewatt.sim.odin.codes import INPUT_CODES
from spikewatt.sim.odin.image import OdinImage
from spikewatt.sim.odin.network import OdinNetwork

from ...helpers.odin.networks import small

MEMORIES = (
    "synapses",
    "inhibitory",
    "threshold",
    "leak",
    "leak_enable",
    "enabled",
    "open_loop",
)


def test_placement_gives_every_part_an_index_of_its_own(network):
    image = OdinImage.of(network)
    copies = [axons[axons >= 0] for axons in (image.inhibitory_axons, image.excitatory_axons)]
    taken = np.concatenate([*copies, [image.bias_axon], *image.neurons])
    assert len(taken) > 128
    assert len(set(taken.tolist())) == len(taken)
    assert set(np.flatnonzero(image.inhibitory)) == set(copies[0].tolist())


def test_the_crossbar_holds_the_weights(network):
    image = OdinImage.of(network)
    weights = image.synapses.astype(int) & 7
    first, second = image.neurons

    signed = np.zeros((64, 48), int)
    for axons, sign in ((image.inhibitory_axons, -1), (image.excitatory_axons, 1)):
        for i in np.flatnonzero(axons >= 0):
            signed[i] += sign * weights[axons[i], first]
    assert np.array_equal(signed, network.layers[0])
    assert np.array_equal(weights[np.ix_(first, second)], network.layers[1])
    assert (image.synapses[image.bias_axon, first] == 15).all()

    with pytest.raises(ValueError, match="read-only"):
        image.synapses[0, 0] = 1


def test_events_come_in_order(network, digits):
    image = OdinImage.of(network)
    (events,) = image.encode(digits.x_test[:1])
    phase = [0 if e == image.bias_axon else 1 if image.inhibitory[e] else 2 for e in events]
    assert phase == sorted(phase)
    assert phase.count(0) == network.bias_events

    pixels = digits.x_test[0].reshape(-1)
    counts = np.floor(pixels * network.input_levels / 16 + 0.5).astype(int)
    for i, count in enumerate(counts):
        for axon in (image.inhibitory_axons[i], image.excitatory_axons[i]):
            assert axon < 0 or events.count(axon) == count


def test_export_reads_back_and_runs(network, run, digits, tmp_path):
    image = OdinImage.of(network)
    (events,) = image.encode(digits.x_test[:1])
    export(image, tmp_path / "odin", events)
    back = read_export(tmp_path / "odin")
    for key in MEMORIES:
        assert np.array_equal(getattr(back, key), getattr(image, key)), key

    lines = (tmp_path / "odin" / "events.txt").read_text().splitlines()
    words = [int(line.split()[0], 16) for line in lines]
    sent = [word >> 8 for word in words if word & 0xFF == 0x07]
    cleared = [word >> 8 for word in words if word & 0xFF == 0xFF]
    assert sent == events
    assert cleared == list(image.reset_time_references)

    twin = OdinTwin(*(getattr(back, key) for key in MEMORIES))
    potentials = twin.run(sent).potentials[image.neurons[-1]]
    assert potentials.tolist() == run.potentials[0].tolist()

    with pytest.raises(SpikewattError, match="the folder to export into is new or empty"):
        export(image, tmp_path / "odin")


def test_exported_words_have_the_documented_bits(tmp_path):
    """doc/README.md of the chip's repository, sections 3.1 and 3.3.2: worked by hand."""
    net = OdinNetwork((np.array([[0, -5], [3, 0]]),), (np.array([100, 255]),), "rate", "potential")
    export(OdinImage.of(net), tmp_path / "odin")
    files = {path.name: path.read_text().splitlines() for path in (tmp_path / "odin").iterdir()}

    # Input 0 has its inhibitory copy on axon 0, to neuron 1; input 1 its excitatory copy on axon 3,
    # to neuron 0.
    synapses = files["synapses.hex"]
    assert len(synapses) == 8192
    there = {i: word for i, word in enumerate(synapses) if int(word, 16)}
    assert there == {0: "000000d0", 3 * 32: "0000000b"}

    neurons = [int(word, 16) for word in files["neurons.hex"]]
    assert neurons[0] == 1 | 127 << 1 | 1 << 8 | 100 << 9
    assert neurons[2] == 1 | 127 << 1 | 1 << 8 | 255 << 9 | 1 << 127

    registers = [line.split() for line in files["registers.txt"]]
    assert [int(address) for address, _, _ in registers] == list(range(26))
    assert registers[1][1:] == ["00001", "SPI_OPEN_LOOP"]
    assert registers[2][1:] == ["00001", "SPI_SYN_SIGN[15:0]"]


def test_saved_networks_are_the_same_and_damage_is_seen(network, tmp_path):
    path = tmp_path / "net.h5"
    network.save(path)
    assert OdinNetwork.load(path).hash == network.hash
    assert replace(network, name="other").hash != network.hash

    with h5py.File(path, "r+") as file:
        file["threshold_0"][0] = 254
    with pytest.raises(FileFormatError, match="the content has the hash stored with it"):
        OdinNetwork.load(path)

    path.write_bytes(b"")
    with pytest.raises(FileFormatError, match="must be a whole spikewatt-odin-network file"):
        OdinNetwork.load(path)


def test_damaged_exports_are_seen(network, tmp_path):
    export(OdinImage.of(network), tmp_path / "odin")
    synapses = tmp_path / "odin" / "synapses.hex"
    synapses.write_text(synapses.read_text().replace("0", "1", 1))
    with pytest.raises(FileFormatError, match="synapses.hex: the content has the hash stored"):
        read_export(tmp_path / "odin")

    (tmp_path / "odin" / "SHA256SUMS").unlink()  # as exports had none
    assert read_export(tmp_path / "odin")
    (tmp_path / "odin" / "neurons.hex").write_text("12\n")
    with pytest.raises(FileFormatError, match="holds 256 numbers of 128 bits; got 1 numbers"):
        read_export(tmp_path / "odin")
    (tmp_path / "odin" / "neurons.hex").write_text("leaky\n")
    with pytest.raises(FileFormatError, match="neurons.hex: holds hexadecimal numbers"):
        read_export(tmp_path / "odin")


def test_pixels_send_in_rounds_or_by_brightness():
    image = np.array([4, 16, 0, 8])
    rate = small(layers=(np.ones((4, 6), int), np.ones((6, 4), int)), bias_events=0)
    assert rate.input_code.senders(image, rate).tolist() == [0, 1, 3, 1, 3, 1]
    ranked = replace(rate, input_code="rank_order", input_levels=1, brightness=4)
    assert ranked.input_code.senders(image, ranked).tolist() == [1, 3]
    assert [code.name for code in INPUT_CODES.values()] == ["rate", "rank_order"]


def test_a_network_says_in_short_what_it_is(network):
    assert repr(network) == "OdinNetwork(64-48-10, rate, potential)"
