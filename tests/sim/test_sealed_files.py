"""Files of ours are sealed, old ones are read under limits, and no file can hang or lie."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from spikewatt import hdf5
from spikewatt.errors import FileFormatError, SpikewattError
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.nir.read import from_nir
from spikewatt.sim.odin.network import OdinNetwork
from spikewatt.sim.trace.trace import Trace

from ..helpers.engines import DEFINITION, IN_PROCESS
from ..helpers.random_networks import COMPARABLE_INPUTS, random_input, random_network

EARLIER = Path(__file__).parents[1] / "fixtures" / "earlier"
NETWORK_HASH = "b456c5748a58895fcc598d770e1fd6d88446483829cb80c745f31a11b0f8d813"
ODIN_HASH = "9ad0ff24fea7b5f14ddbf9de30d90b96c79438efe839b9316889e94f981a239e"
SEALED = {"n.spk": SpikingNetwork, "t.trace": Trace, "o.h5": OdinNetwork}


@pytest.fixture
def earlier_trace():
    return Trace.load(EARLIER / "spikes.trace")


@pytest.fixture
def files(tmp_path, mlp_network, trace):
    """One sealed file of each format."""
    mlp_network.save(tmp_path / "n.spk")
    trace.save(tmp_path / "t.trace")
    one = OdinNetwork([np.eye(2, dtype=int)], [np.array([1, 1])], "rate", "potential")
    one.save(tmp_path / "o.h5")
    return tmp_path


# Earlier versions


def test_files_of_earlier_versions_load(earlier_trace):
    assert SpikingNetwork.load(EARLIER / "network.spk").hash == NETWORK_HASH
    assert from_nir(EARLIER / "network.nir").hash == NETWORK_HASH
    assert OdinNetwork.load(EARLIER / "network.odin.h5").hash == ODIN_HASH
    assert earlier_trace.network_hash == NETWORK_HASH
    assert earlier_trace.spikes["conv"].sum() > 0


@pytest.mark.parametrize(("name", "format_and_version"), [
    ("network.spk", ("spikewatt-network", 5)),
    ("spikes.trace", ("spikewatt-trace", 7)),
])  # fmt: skip
def test_no_new_version_comes_without_its_seal(name, format_and_version, files):
    """The seal cannot be cut off."""
    new = files / ("n.spk" if name.endswith("spk") else "t.trace")
    bare = files / "bare.h5"
    bare.write_bytes(new.read_bytes()[hdf5.BLOCK :])
    with h5py.File(bare) as file:
        assert (file.attrs["format"].decode(), file.attrs["version"]) == format_and_version
    with pytest.raises(FileFormatError, match="its seal is missing"):
        SEALED[new.name].load(bare)


# The seal


@pytest.mark.parametrize("name", SEALED)
def test_any_flipped_bit_and_any_zeroed_sector_is_found_at_once(name, files, monkeypatch):
    """Before libhdf5, which some of them would hang, sees the file."""
    path = files / name
    whole = path.read_bytes()
    assert SEALED[name].load(path)
    places = np.random.default_rng(0).integers(0, len(whole), 60).tolist()

    asked = []

    def library(*given, **options):
        asked.append(given)
        raise OSError("libhdf5 was asked")

    monkeypatch.setattr(h5py, "File", library)
    monkeypatch.setattr(hdf5.subprocess, "run", library)
    for place in [*range(0, 160, 3), *places]:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(FileFormatError):
            SEALED[name].load(path)

    for start in range(0, len(whole), 512):
        zeroed = whole[:start] + bytes(512) + whole[start + 512 :]
        if zeroed[: len(whole)] != whole:
            path.write_bytes(zeroed[: len(whole)])
            with pytest.raises(FileFormatError):
                SEALED[name].load(path)
    assert not asked


def test_a_sealed_file_has_no_strings_of_variable_length(files):
    """Those lie in a heap that libhdf5 walks without end when it is damaged."""
    for name in SEALED:
        with h5py.File(files / name) as file:
            kinds = [value.dtype.kind for value in file.attrs.values()]
            file.visititems(
                lambda _, item, kinds=kinds: kinds.append(
                    getattr(item, "dtype", np.dtype("i8")).kind
                )
            )
            assert "O" not in kinds
            assert len(kinds) > 3


# Headers that lie, in files whose seal is right


def resealed(path: Path, edit) -> Path:
    """The file with its HDF5 edited, and sealed again by who knows how."""
    whole = path.read_bytes()
    head = whole.split(b"\n", 1)[0].decode()
    name, version = head.rsplit(" ", 1)
    bare = path.with_name("bare.h5")
    bare.write_bytes(whole[hdf5.BLOCK :])
    with h5py.File(bare, "r+") as file:
        edit(file)
    path.write_bytes(hdf5.sealed(bare.read_bytes(), name, int(version)))
    return path


def header_edited(path: Path, edit) -> Path:
    def rewrite(file):
        about = json.loads(file["about"][()].tobytes())
        edit(about)
        del file["about"]
        hdf5.put_json(file, "about", about)

    return resealed(path, rewrite)


def set_in(*keys_and_value):
    *keys, last, value = keys_and_value

    def edit(about):
        for key in keys:
            about = about[key]
        about[last] = value

    return edit


HEADERS = [
    (set_in("settings", "windows", "hidden1", [0, 15, []]), "'hidden1' fires at every step"),
    (set_in("settings", "windows", "input", [0, 17, []]), "lies within the steps; got 0..17"),
    (set_in("settings", "windows", "input", [0, -1, []]), "greater than or equal to 0"),
    (set_in("settings", "steps", 17), "fires at every step"),
    (set_in("settings", "code", "ratf"), "must be a known code"),
    (set_in("settings", "weight_bits", 99), "less than or equal to 16"),
    (set_in("settings", "state_bits", "8"), "valid integer"),
    (set_in("settings", "resets", ["zerp"]), "resets are known; got zerp"),
    (set_in("settings", "outputs", {"output": [0, 9]}), "outputs are the read-outs"),
    (set_in("settings", "surprise", 1), "unknown key"),
    (set_in("neurons", "input", 65), "has as many neurons as its shape; got 64; allowed: 65"),
    (set_in("network_hash", "abc"), "should match pattern"),
    (set_in("layers", 0, "kind", "identity"), "layer 'input->hidden1': has the synapses of its k"),
    (set_in("layers", 0, "kind", "densf"), "must be a known kind"),
    (set_in("layers", 0, "post_kind", "max_pool"), "has a kind that its post population takes"),
    (set_in("layers", 0, "synapses", 3071), "has the synapses of its kind; got 3071; allowed"),
    (set_in("layers", 0, "nonzero_synapses", 9999), "no more synapses with weights"),
    (set_in("layers", 0, "macs", 1), "has the macs of its layers"),
    (set_in("layers", 0, "macs", -1), "greater than or equal to 0"),
    (set_in("layers", 0, "macs", 10**18 * 10**3), "less than or equal to"),
    (set_in("layers", 0, "host_macs", 3072), "a host multiplies an analog input"),
    (set_in("layers", 0, "mixed_axons", 65), "no more mixed axons"),
    (set_in("layers", 0, "fan_in", 65), "has a fan-in within its pre population"),
    (set_in("layers", []), "at least 1 item"),
    (set_in("layers", 0, "pre", "hidden2"), "has as many neurons as its shape"),
]


@pytest.mark.parametrize(("edit", "match"), HEADERS)
def test_a_header_that_cannot_be_is_refused(edit, match, files):
    path = header_edited(files / "t.trace", edit)
    with pytest.raises(FileFormatError, match=match):
        Trace.load(path)


def test_few_flipped_bits_of_an_old_header_pass_its_laws():
    """Old headers have no hash: each digit and letter of what prices ask for is tried."""
    with h5py.File(EARLIER / "spikes.trace") as file:
        about = json.loads(str(file.attrs["about"]))
    from spikewatt.sim.trace.header import checked_header
    from spikewatt.sim.trace.laws import check_header
    from spikewatt.sim.trace.layer_summary import LayerSummary
    from spikewatt.sim.trace.run_settings import RunSettings

    def load(text):
        header = checked_header(json.loads(text))
        layers = tuple(LayerSummary.from_json(layer) for layer in header["layers"])
        settings = RunSettings.from_json(header["settings"])
        check_header(layers, header["neurons"], settings)
        return header

    assert load(json.dumps(about)) == about
    text = json.dumps(about)
    begin, passed, tried = text.index('"settings"'), [], 0
    for place in range(begin, len(text)):
        for bit in range(7):
            changed = text[:place] + chr(ord(text[place]) ^ 1 << bit) + text[place + 1 :]
            tried += 1
            try:
                load(changed)
            except (ValueError, TypeError, KeyError, AttributeError):
                continue
            passed.append(text[max(0, place - 12) : place + 8])
    assert tried > 5000
    # What remains are names, parameters and widths that no law of the counts knows.
    assert len(passed) < 0.05 * tried, passed


COUNTS = [
    ("spikes", "hidden1", -1, "spikes of 'hidden1': counts are possible; got -1"),
    ("spikes", "hidden1", 49, r"counts are possible; got 0..49; allowed: 0..48"),
    ("synapses", "input->hidden1", -5, "operations of 'input->hidden1': counts are possible"),
    ("synapses", "input->hidden1", 3073, "counts are possible; got"),
    ("nonzero", "hidden1->output", 481, "counts are possible"),
    ("synapses", "input->hidden1", 7, "those with weights are among all|reaches all post neurons"),
    ("saturations", "hidden1", -2, "saturations of 'hidden1': counts are possible; got -2"),
]


@pytest.mark.parametrize(("group", "key", "value", "match"), COUNTS)
def test_counts_that_cannot_be_are_refused(group, key, value, match, trace, tmp_path):
    """With the right hash: −2.44 µJ were priced."""
    array = {
        "spikes": trace.spikes,
        "saturations": trace.saturations,
        "synapses": trace.synaptic_operations["synapses"],
        "nonzero": trace.synaptic_operations["nonzero"],
    }[group]
    changed = array[key].copy()
    changed[0, ...] = value
    arrays = {**array, key: changed}
    if group in ("synapses", "nonzero"):
        wrong = dataclasses.replace(
            trace, synaptic_operations={**trace.synaptic_operations, group: arrays}
        )
    else:
        wrong = dataclasses.replace(trace, **{group: arrays})
    wrong.save(tmp_path / "wrong.trace")
    with pytest.raises(FileFormatError, match=match):
        Trace.load(tmp_path / "wrong.trace")


def test_a_raster_that_contradicts_its_counts_is_refused(trace, tmp_path):
    raster = np.zeros_like(trace.rasters["hidden1"])
    wrong = dataclasses.replace(trace, rasters={**trace.rasters, "hidden1": raster})
    wrong.save(tmp_path / "wrong.trace")
    with pytest.raises(FileFormatError, match="a raster has the spikes that are counted"):
        Trace.load(tmp_path / "wrong.trace")


# Files that no one vouches for


def unsealed(path: Path, make) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "spikewatt-trace"
        file.attrs["version"] = 5
        file.attrs["hash"] = "0" * 64
        file.attrs["about"] = "{}"
        make(file)
    return path


def external_link(file):
    os.mkfifo(Path(file.filename).with_name("fifo"))
    file["outputs"] = h5py.ExternalLink("fifo", "/x")


def external_storage(file):
    fifo = Path(file.filename).with_name("fifo")
    os.mkfifo(fifo)
    file.create_dataset("outputs", (10,), "i8", external=[(str(fifo), 0, 80)])


def soft_loop(file):
    file["a"], file["b"] = h5py.SoftLink("/b"), h5py.SoftLink("/a")


def hard_loop(file):
    file.create_group("a")
    file["a/b"] = file["a"]


def terabytes(file):
    file.create_dataset("outputs", (2**20, 2**20), "i8", chunks=(2**10, 2**10))


def dense_gigabytes(file):
    file.create_dataset("outputs", (2**40,), "i8", chunks=(2**20,), compression="gzip")


def virtual(file):
    layout = h5py.VirtualLayout((4,), "i8")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4,))
    file.create_virtual_dataset("outputs", layout)


HOSTILE = [
    (external_link, "is a link to elsewhere"),
    (external_storage, "lies in another file"),
    (soft_loop, "is a link to elsewhere"),
    (hard_loop, "stands there twice, or in itself"),
    (terabytes, "declares 8,796,093,022,208 bytes and stores 0"),
    (dense_gigabytes, "declares 8,796,093,022,208 bytes and stores 0"),
    (virtual, "lies in another file"),
]


@pytest.mark.parametrize(("make", "match"), HOSTILE)
@pytest.mark.parametrize("sealed_again", [False, True])
def test_nothing_is_followed_out_of_a_file(make, match, sealed_again, tmp_path):
    path = unsealed(tmp_path / "t.trace", make)
    if sealed_again:
        path.write_bytes(hdf5.sealed(path.read_bytes(), "spikewatt-trace", 7))
    with pytest.raises(FileFormatError, match=match):
        Trace.load(path)


@pytest.mark.parametrize("make", [external_link, soft_loop, terabytes])
def test_nothing_is_followed_out_of_a_nir_file(make, tmp_path):
    path = unsealed(tmp_path / "n.nir", make)
    with pytest.raises(FileFormatError, match="must be a whole NIR file"):
        from_nir(path, 1.0, "zero")


def test_old_files_with_zeroed_sectors_end_in_one_line(tmp_path):
    """The heap of their strings made libhdf5 loop; the reader is another process, with a limit."""
    whole = (EARLIER / "spikes.trace").read_bytes()
    path, refused = tmp_path / "t.trace", 0
    for start in range(0, len(whole), 1024):
        path.write_bytes((whole[:start] + bytes(512) + whole[start + 512 :])[: len(whole)])
        message = ""
        try:
            Trace.load(path)
        except SpikewattError as error:
            message = str(error)
            refused += 1
        assert "\n" not in message
        assert "takes too long" not in message
    assert refused > 5


ATTRIBUTES = [
    ("about", "[" * 100_000, "nested too deep"),
    ("about", '{"a": ' + "9" * 5000 + "}", "must be a whole spikewatt-trace file"),
    ("about", '{"a": NaN}', "NaN is no number of JSON"),
    ("about", 7, "about is no text"),
    ("about", "[]", "header: "),
    ("about", "{}", "header: .*required"),
    ("version", "x", "version of a spikewatt-trace file must be known; got x"),
    ("version", np.ones(3), "must be a whole spikewatt-trace file"),
    ("format", 3, "must be a spikewatt-trace file; got None"),
]


@pytest.mark.parametrize(("key", "value", "match"), ATTRIBUTES)
def test_attributes_of_another_kind_are_one_line(key, value, match, tmp_path):
    def make(file):
        if isinstance(value, str) and len(value) > 60_000:
            del file.attrs["about"]
            file["about"] = np.frombuffer(value.encode(), np.uint8)
        else:
            file.attrs[key] = value

    path = unsealed(tmp_path / "t.trace", make)
    with pytest.raises(FileFormatError, match=match):
        Trace.load(path)


def test_settings_that_are_missing_or_foreign_are_one_line(tmp_path, files):
    def without_settings(file):
        del file["settings"]

    path = resealed(files / "o.h5", without_settings)
    with pytest.raises(FileFormatError, match="must be a whole spikewatt-odin-network file"):
        OdinNetwork.load(path)

    def extra(file):
        file["surprise"] = np.arange(3)

    path = resealed(files / "n.spk", extra)
    with pytest.raises(FileFormatError, match="'surprise' does not belong there"):
        SpikingNetwork.load(path)


def test_folders_and_pipes_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "t.trace")
    with pytest.raises(FileFormatError, match="got a pipe or a device"):
        Trace.load(tmp_path / "t.trace")
    with pytest.raises(FileFormatError, match="got a folder"):
        Trace.load(tmp_path)
    with pytest.raises(FileFormatError, match="the NIR file must exist; got a pipe or a device"):
        from_nir(tmp_path / "t.trace", 1.0, "zero")


def test_names_that_are_not_unicode(trace, tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b"/t\xff.trace")
    trace.save(name)
    assert Trace.load(name).content_hash() == trace.content_hash()


def test_memory_stays_small_beside_what_is_declared(tmp_path):
    """A few megabytes that unpack to more than there is are not unpacked."""

    def make(file):
        data = file.create_dataset("outputs", (2**31,), "i8", chunks=(2**24,), compression="gzip")
        data[: 2**24] = 0

    path = unsealed(tmp_path / "t.trace", make)
    code = (
        "import sys\n"
        "from spikewatt.sim.trace.trace import Trace\n"
        "from spikewatt.errors import FileFormatError\n"
        "try:\n    Trace.load(sys.argv[1])\n"
        "except FileFormatError as error:\n    print(error)\n"
        "status = open('/proc/self/status').read()\n"
        "print(status.split('VmHWM:')[1].split()[0])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, timeout=60
    )
    message, kilobytes = run.stdout.strip().splitlines()
    assert "declares 17,179,869,184 bytes" in message
    assert int(kilobytes) < 600_000


# What runs, keeps the laws


@pytest.mark.parametrize("seed", range(24))
def test_the_trace_of_any_network_is_lawful(seed, tmp_path):
    """Law: what an engine counts can be saved and loaded, whatever the network."""
    from spikewatt.sim.engines.simulate import simulate

    code = ("rate", "signed", "radix", "sync_rate")[seed % 4]
    inputs = {
        "rate": ("if", "analog", "poisson", "bursting", "phase", "constant"),
        "signed": ("if", "bitplane", "analog"),
        "radix": ("bitplane", "analog"),
        "sync_rate": ("if", "analog"),
    }[code]
    input_code = inputs[seed // 4 % len(inputs)]
    kinds = ("conv2d", "depthwise", "pool", "dense")
    if (code, input_code) in COMPARABLE_INPUTS:
        kinds += ("max_pool",)
    network = random_network(
        seed, kinds=kinds, code=code, input_code=input_code, residual=seed % 3 == 0
    )
    narrow = {"state_bits": 8} if code == "rate" and seed % 8 == 0 else {}
    steps = None if network.code.exact else 9
    for engine in (DEFINITION, *IN_PROCESS):
        x = random_input(network, 2, seed)
        trace = simulate(network, x, engine, steps, rasters=1, **narrow)
        trace.save(tmp_path / "t.trace")
        loaded = Trace.load(tmp_path / "t.trace")
        assert loaded.content_hash() == trace.content_hash()
        assert (loaded.settings, loaded.layers) == (trace.settings, trace.layers)

    network.save(tmp_path / "n.spk")
    assert SpikingNetwork.load(tmp_path / "n.spk").hash == network.hash
