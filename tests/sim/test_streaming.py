"""Runs in parts and traces in their files: the same numbers as at once and in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
from spikewatt import hdf5, hdf5_stream
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines import inputs as inputs_module
from spikewatt.sim.engines.blocks import ahead
from spikewatt.sim.engines.engines import ENGINES
from spikewatt.sim.engines.inputs import Inputs, integer_input
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.trace import recorder, stored, trace_file
from spikewatt.sim.trace import trace as trace_module
from spikewatt.sim.trace.first_steps import first_steps
from spikewatt.sim.trace.stored import Stored
from spikewatt.sim.trace.trace import Trace

from ..helpers.assert_equal import assert_equal
from ..helpers.random_networks import random_input, random_network

EARLIER = Path(__file__).parents[1] / "fixtures" / "earlier"


@pytest.fixture
def small_parts(monkeypatch):
    """Everything that is cut into parts, is: at a few samples."""
    for engine in ENGINES.values():
        monkeypatch.setattr(type(engine), "part_bytes", 20_000)
    monkeypatch.setattr("spikewatt.sim.engines.into_file.BLOCK_BYTES", 50_000)
    monkeypatch.setattr(recorder, "CHUNK_BYTES", 8 * 16 * 10 * 7)  # 7 samples
    monkeypatch.setattr(stored, "PIECE", 16 * 10 * 8)
    monkeypatch.setattr(trace_module, "PART_BYTES", 30_000)
    monkeypatch.setattr(inputs_module, "BLOCK", 300)


@pytest.fixture
def lazily(monkeypatch):
    """Every file is a large one."""
    monkeypatch.setattr(trace_file, "LARGE", 0)


# Rounding


TYPES = ("f2", "f4", "f8", "u1", "i1", "u2", "i4", "i8", "longdouble")


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("unit", [1.0, 1 / 15, 0.3, 2.0])
def test_levels_are_what_rounding_all_at_once_gives(kind, unit, mlp_network, monkeypatch):
    """Law: round(x / unit) in float64, half to even; ties and their neighbours are among them."""
    from dataclasses import replace

    monkeypatch.setattr(inputs_module, "BLOCK", 300)
    network = replace(mlp_network, input_unit=unit)
    highest, random = network.input_levels, np.random.default_rng(0)
    ties = (np.arange(highest) + 0.5) * unit
    values = [ties, np.nextafter(ties, 0), np.nextafter(ties, 1e9), random.random(3000)]
    x = np.clip(np.concatenate(values), 0, highest * unit)
    if np.dtype(kind).kind != "f":
        x = np.minimum(np.ceil(x), min(np.iinfo(kind).max, int(highest * unit)))
    x = np.resize(x, (60, 8, 8, 1)).astype(kind)
    x = np.minimum(x, np.array(highest * unit).astype(kind))

    expected = np.round(x.reshape(60, 64).astype(np.float64) / unit).astype(np.int64)
    assert expected.max() > 0
    found = integer_input(network, x)
    assert found.dtype == np.int64
    assert np.array_equal(found, expected)
    assert np.array_equal(Inputs(network, x).levels(13, 41), expected[13:41])


def test_inputs_in_files(mlp_network, digits, tmp_path):
    """A memory map, and a data set of an HDF5 file."""
    x = digits.scaled("test")[:50].astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    expected = simulate(mlp_network, x, "event", 8)
    mapped = simulate(mlp_network, np.load(tmp_path / "x.npy", mmap_mode="r"), "event", 8)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        data = file.create_dataset("x", data=x, chunks=(7, 8, 8, 1), compression="gzip")
        read = simulate(mlp_network, data, "event", 8)
        written = simulate(mlp_network, data, "event", 8, out=tmp_path / "t.trace")
        data[49, 7, 7, 0] = np.nan
        with pytest.raises(SpikewattError, match="must be finite; got 1 NaN"):
            simulate(mlp_network, data, "event", 8)
    for trace in (mapped, read, written):
        assert trace.data_hash == expected.data_hash
        assert assert_equal(trace, expected) > 1000


def test_the_last_bad_input_is_found_before_anything_runs(
    mlp_network, digits, tmp_path, small_parts, monkeypatch
):
    monkeypatch.setattr(type(ENGINES["reference"]), "run", lambda *_: pytest.fail("it ran"))
    x = digits.scaled("test")[:100].copy()
    x[-1, 7, 7] = 1.5
    law = "must lie in the input range of the network; got 0..1.5"
    with pytest.raises(SpikewattError, match=law):
        simulate(mlp_network, x, "reference", 8, out=tmp_path / "t.trace")
    with pytest.raises(SpikewattError, match="uses the input range of the network"):
        simulate(mlp_network, x / 400, "reference", 8, out=tmp_path / "t.trace")
    assert os.listdir(tmp_path) == []


# Parts


@pytest.mark.parametrize(("engine", "input_code"), [
    ("reference", "poisson"), ("event", "if"), ("event", "poisson"), ("event", "analog"),
    ("batched", "poisson"),
])  # fmt: skip
def test_parts_are_the_whole(engine, input_code, tmp_path, small_parts, monkeypatch):
    """Law: where a run is cut changes nothing, neither what is drawn nor what is recorded."""
    network = random_network(3, kinds=("conv2d", "dense"), input_code=input_code, inputs=2)
    x = random_input(network, 31, 0)
    written = simulate(network, x, engine, 9, rasters=5, seed=4, out=tmp_path / "t.trace")
    in_parts = simulate(network, x, engine, 9, rasters=5, seed=4)

    parts = []
    real = type(ENGINES["reference"]).run
    monkeypatch.setattr(type(ENGINES["reference"]), "part_bytes", 2**28)
    monkeypatch.setattr(
        type(ENGINES["reference"]),
        "run",
        lambda self, n, levels, *rest: parts.append(len(levels)) or real(self, n, levels, *rest),
    )
    whole = simulate(network, x, "reference", 9, rasters=5, seed=4)
    assert parts == [31]
    assert assert_equal(whole, in_parts) > 1000
    assert assert_equal(whole, written) > 1000
    assert whole.data_hash == in_parts.data_hash == written.data_hash
    assert sum(int(counts.sum()) for counts in whole.spikes.values()) > 100


def test_progress_is_that_of_the_whole_run(mlp_network, digits, small_parts):
    said = []
    simulate(
        mlp_network,
        digits.scaled("test")[:60],
        "event",
        16,
        progress=lambda *words: said.append(words),
    )
    assert len(said) > 5
    assert all(total == 60 for _, _, total in said)
    done = [done for _, done, _ in said]
    assert done == sorted(done)
    assert done[-1] == 60


# Traces in files


@pytest.fixture
def both(mlp_network, digits, tmp_path, small_parts, lazily):
    """The trace of one run in memory, and in its file."""
    x = digits.scaled("test")[:100]
    ours = simulate(mlp_network, x, "reference", 16, rasters=3)
    return ours, simulate(mlp_network, x, "event", 16, rasters=3, out=tmp_path / "t.trace")


def test_a_trace_in_its_file_is_the_one_in_memory(both, tmp_path, digits):
    ours, theirs = both
    labels = digits.y_test[:100]
    theirs.save(tmp_path / "again.trace")
    for lazy in (theirs, Trace.load(tmp_path / "t.trace"), Trace.load(tmp_path / "again.trace")):
        assert isinstance(lazy.outputs, Stored)
        assert isinstance(lazy.spikes["hidden1"], Stored)
        assert lazy.content_hash() == ours.content_hash()
        assert lazy.settings.as_json() | {"engine": ""} == ours.settings.as_json() | {"engine": ""}
        assert assert_equal(ours, lazy) > 10_000
        for step in (-1, 3):
            assert np.array_equal(lazy.predictions(step), ours.predictions(step))
        assert np.array_equal(lazy.accuracy(labels), ours.accuracy(labels))
        assert lazy.accuracy(labels)[-1] > 0.7
        assert lazy.mean_spikes() == ours.mean_spikes()
        assert lazy.mean_operations(None, "nonzero") == ours.mean_operations(None, "nonzero")
    assert sum(part.samples for part in theirs.parts()) == 100
    assert len(list(theirs.parts())) > 3


@pytest.mark.parametrize("devices", [("odin_style", "stm32l4r5"), ("reference_core",)])
def test_prices_of_both_are_equal_to_the_last_bit(devices, both):
    ours, theirs = both
    for mine, other in ((ours, theirs), (first_steps(ours, 9), first_steps(theirs, 9))):
        assert isinstance(other.outputs, Stored)
        expected, found = price(mine, *devices), price(other, *devices)
        assert expected.frame.equals(found.frame)
        assert len(expected.frame) > 3
        assert expected.totals().equals(found.totals())


def test_decisions_of_both_are_equal(digits, mlp, tmp_path, small_parts):
    from spikewatt.sim.conversion.convert import convert

    network = convert(mlp, digits.scaled("train")[:100], readout="spikes")
    x = digits.scaled("test")[:60]
    ours = simulate(network, x, "reference", 12)
    theirs = simulate(network, x, "reference", 12, out=tmp_path / "t.trace")
    for spikes, step in ((1, -1), (3, 6)):
        expected, found = ours.decisions(spikes, step), theirs.decisions(spikes, step)
        assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))
    assert (ours.decisions(1)[0] >= 0).any()


def test_earlier_versions_are_read_lazily_too(lazily):
    lazy = Trace.load(EARLIER / "spikes.trace")
    assert isinstance(lazy.outputs, Stored)
    assert lazy.outputs.dtype == lazy.outputs[0].dtype == np.int64
    assert lazy.spikes["conv"].sum() > 0


KEYS = [
    3, -1, slice(None), slice(2, 60), slice(60, 2), slice(5, 90, 3), slice(None, None, -1),
    (slice(None), slice(3, 9)), (slice(None), -1), (slice(None), slice(2, 14, 2)),
    (slice(10, 20), 4, slice(1, 3)), (Ellipsis, slice(-4, None)), (Ellipsis, 0), (7, 2, 1),
    (slice(None), slice(None), slice(2, 5)), [4, 2, 77], np.arange(100) % 3 == 0,
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_stored_counts_are_indexed_as_arrays_are(key, both):
    array, counts = both[0].outputs, both[1].outputs
    assert np.array_equal(np.asarray(counts[key]), array[key])
    assert counts[key].shape == array[key].shape
    cut, stored_cut = array[:, 2:12, 1:], counts[:, 2:12, 1:]
    assert isinstance(stored_cut, Stored)
    assert np.array_equal(np.asarray(stored_cut[:, 1:4]), cut[:, 1:4])


def test_stored_counts_reckon_as_arrays_do(both):
    for array, counts in (
        (both[0].outputs, both[1].outputs),
        (both[0].spikes["hidden1"], both[1].spikes["hidden1"]),
    ):
        for axis in (None, 0, 1, -1, *([(1, 2), (0, 2)] if array.ndim == 3 else [])):
            for name in ("sum", "min", "max", "mean"):
                expected = getattr(array, name)(axis=axis)
                assert np.array_equal(getattr(counts, name)(axis=axis), expected), (axis, name)
        assert np.array_equal(counts * 2 - 1, array * 2 - 1)
        assert np.array_equal(np.abs(counts), np.abs(array))
        assert (counts.size, counts.nbytes, len(counts)) == (array.size, array.nbytes, 100)
        assert sum(1 for _ in counts) == 100


def test_a_file_has_the_narrowest_numbers_and_users_have_int64(both, tmp_path):
    with h5py.File(tmp_path / "t.trace") as file:
        assert hdf5.data_of(file, "spikes/hidden1").dtype == np.uint8
        operations = hdf5.data_of(file, "synaptic_operations/synapses/input->hidden1")
        assert operations.dtype == np.uint16
        assert hdf5.data_of(file, "outputs").dtype.itemsize < 8
    assert both[1].spikes["hidden1"][:5].dtype == both[1].outputs[0].dtype == np.int64
    assert Trace.load(tmp_path / "t.trace").spikes["hidden1"].dtype == np.int64
    assert recorder.narrowest(-129, 0) == np.int16
    assert recorder.narrowest(0, 2**32) == np.uint64


def test_who_reads_ahead_is_not_waited_for():
    """A reader that is dropped half-way may hold the lock that its thread waits for."""
    gate, waited = threading.Event(), []

    def items():
        yield 1
        if not gate.wait(5):
            waited.append(True)

    found = ahead(items())
    assert next(found) == 1
    found.close()  # type: ignore[attr-defined]
    assert not waited
    gate.set()


def test_chunks_are_written_under_the_lock_of_h5py(tmp_path):
    """Law: libhdf5 serves one thread at a time; h5py's own call does not see to it."""
    from h5py._objects import phil

    def is_held() -> bool:
        found = []

        def ask():
            found.append(phil.acquire(False))
            if found[0]:
                phil.release()

        asks = threading.Thread(target=ask)
        asks.start()
        asks.join()
        return found == [False]

    class Data:
        def __init__(self):
            self.id, self.written = self, []

        def write_direct_chunk(self, *given):
            self.written.append((given, is_held()))

    data = Data()
    hdf5_stream.write_chunk(data, (0, 0), b"1")
    assert data.written == [(((0, 0), b"1"), True)]
    assert not is_held()


# Whole or not at all


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_what_fails_in_the_middle_leaves_nothing(
    failure, mlp_network, digits, tmp_path, small_parts, monkeypatch
):
    path = tmp_path / "t.trace"
    path.write_text("old")
    kind, calls = type(ENGINES["reference"]), []
    real = kind.run

    def run(self, *given):
        calls.append(len(os.listdir(tmp_path)))
        if len(calls) == 9:
            raise failure
        real(self, *given)

    monkeypatch.setattr(kind, "run", run)
    with pytest.raises(failure):
        simulate(mlp_network, digits.scaled("test")[:200], "reference", 16, out=path)
    assert calls == [2] * 9  # the old file, and the new one under another name
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["t.trace"]


@pytest.mark.parametrize("bytes_left", [0, 3000, 20_000])
def test_a_disk_that_fills_up_is_an_error_and_leaves_nothing(
    bytes_left, mlp_network, digits, tmp_path, small_parts, monkeypatch
):
    """At the header, in the middle, and at the end: libhdf5 is never told."""
    real, left = os.pwrite, [bytes_left]

    def pwrite(handle, data, place):
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        return real(handle, data, place)

    monkeypatch.setattr(hdf5_stream.os, "pwrite", pwrite)
    x = digits.scaled("test")[:200]
    with pytest.raises(SpikewattError, match="t.trace: can be written; got No space left"):
        simulate(mlp_network, x, "reference", 16, out=tmp_path / "t.trace")
    assert left[0] < 0
    assert os.listdir(tmp_path) == []


def test_places_that_are_no_files_are_found_before_anything_runs(
    mlp_network, digits, tmp_path, monkeypatch
):
    monkeypatch.setattr(type(ENGINES["reference"]), "run", lambda *_: pytest.fail("it ran"))
    x = digits.scaled("test")[:2]
    for place, law in (
        (tmp_path, "must name a file"),
        (tmp_path / "no" / "t.trace", "the folder to write into exists"),
        (Path("/dev/full"), "must name a file"),
    ):
        with pytest.raises(SpikewattError, match=law):
            simulate(mlp_network, x, "reference", 8, out=place)


# Memory


def test_a_trace_that_memory_does_not_hold_goes_into_a_file(mlp_network, tmp_path, monkeypatch):
    monkeypatch.setattr("spikewatt.resources.available_memory", lambda: 2 * 10**6)
    monkeypatch.setattr("spikewatt.sim.engines.into_file.BLOCK_BYTES", 10**5)
    monkeypatch.setattr(type(ENGINES["event"]), "part_bytes", 10**5)
    monkeypatch.setattr(recorder, "CHUNK_BYTES", 10**4)
    x = np.full((2000, 8, 8, 1), 0.5, np.float32)
    with pytest.raises(SpikewattError, match=r"fits into memory.*simulate\(out='x.trace'\)"):
        simulate(mlp_network, x, "event", 16)
    assert simulate(mlp_network, x, "event", 16, out=tmp_path / "t.trace").samples == 2000
    with pytest.raises(SpikewattError, match="rasters of 2,000 samples.*fewer rasters"):
        simulate(mlp_network, x, "event", 16, rasters=2000, out=tmp_path / "t.trace")


PEAK = """
import sys
import numpy as np
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.trace.trace import Trace
network, x, out = sys.argv[1:]
trace = simulate(SpikingNetwork.load(network), np.load(x, mmap_mode="r"), "event", 16, out=out)
trace = Trace.load(out)
trace.mean_spikes(), trace.mean_operations(), trace.accuracy(np.zeros(trace.samples, int))
status = open("/proc/self/status").read()  # ru_maxrss remembers the parent
print(status.split("VmHWM:")[1].split()[0])
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_samples(mlp_network, tmp_path):
    """In int64 the counts of the longer run alone would be 600 MB."""
    mlp_network.save(tmp_path / "n.spk")
    peaks = []
    for samples in (100_000, 300_000):
        random = np.random.default_rng(0)
        x = random.integers(0, 256, (samples, 8, 8, 1), np.uint8)
        np.save(tmp_path / "x.npy", (x / np.float32(255)).astype(np.float32))
        words = [str(tmp_path / name) for name in ("n.spk", "x.npy", "t.trace")]
        run = subprocess.run(
            [sys.executable, "-c", PEAK, *words], capture_output=True, text=True, check=True
        )
        peaks.append(int(run.stdout) * 1024)
    mapped = 200_000 * 64 * 4  # pages of the larger file that the process has looked at
    assert peaks[1] - peaks[0] < mapped + 50e6
    assert peaks[1] < 1e9, peaks
