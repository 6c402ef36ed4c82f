"""Files are whole, known and unchanged, or an error says so; inputs are checked before any work.

Ctrl-C leaves nothing half-written.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from spikewatt import hdf5
from spikewatt.errors import FileFormatError, MissingToolError, SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.trace.run_settings import RunSettings
from spikewatt.sim.trace.trace import Trace


def test_trace_is_saved_and_loaded_whole(trace, tmp_path):
    trace.save(tmp_path / "trace.h5")
    loaded = Trace.load(tmp_path / "trace.h5")
    assert loaded.layers == trace.layers
    assert (loaded.network_hash, loaded.data_hash, loaded.settings, loaded.neurons) == (
        trace.network_hash, trace.data_hash, trace.settings, trace.neurons,
    )  # fmt: skip
    assert np.array_equal(loaded.outputs, trace.outputs)
    for mine, theirs in (
        (loaded.spikes, trace.spikes),
        (loaded.rasters, trace.rasters),
        (loaded.sops, trace.sops),
    ):
        assert mine.keys() == theirs.keys()
        assert all(np.array_equal(mine[key], theirs[key]) for key in theirs)
    assert (tmp_path / "trace.h5").stat().st_mode & 0o444 == 0o444


def another_version(whole, folder):
    """The HDF5 of a sealed file, with version 99 in it."""
    bare = folder / "bare.h5"
    bare.write_bytes(whole[hdf5.BLOCK :])
    with h5py.File(bare, "r+") as file:
        file.attrs["version"] = 99
    return bare.read_bytes()


def test_truncated_foreign_and_old_files(trace, mlp_network, tmp_path):
    path = tmp_path / "trace.h5"
    trace.save(path)
    whole = path.read_bytes()
    for size in (0, 100, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:size])
        with pytest.raises(FileFormatError, match="must be a whole spikewatt-trace file"):
            Trace.load(path)
    path.write_bytes(whole)
    path.write_bytes(whole.replace(b"spikewatt-trace 7\n", b"spikewatt-trace 9\n"))
    with pytest.raises(FileFormatError, match="the content has the hash stored with it"):
        Trace.load(path)
    path.write_bytes(hdf5.sealed(another_version(whole, tmp_path), "spikewatt-trace", 99))
    with pytest.raises(
        FileFormatError, match="version of a spikewatt-trace file must be known; got 99"
    ):
        Trace.load(path)
    mlp_network.save(tmp_path / "n.spk")
    with pytest.raises(
        FileFormatError, match="must be a spikewatt-trace file; got 'spikewatt-network'"
    ):
        Trace.load(tmp_path / "n.spk")
    with pytest.raises(FileFormatError, match="no such file"):
        SpikingNetwork.load(tmp_path / "absent.spk")
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        counts = file["synaptic_operations/synapses/input->hidden1"]
        assert isinstance(counts, h5py.Dataset)
        counts[0, 0] = counts[0, 0] + 1
    with pytest.raises(FileFormatError, match="the content has the hash stored with it"):
        Trace.load(path)
    with h5py.File(tmp_path / "n.spk", "r+") as file:
        weights = file["connection_0_weights"]
        assert isinstance(weights, h5py.Dataset)
        weights[0, 0] = weights[0, 0] + 1
    with pytest.raises(FileFormatError, match="the content has the hash stored with it"):
        SpikingNetwork.load(tmp_path / "n.spk")
    with pytest.raises(SpikewattError, match="the folder to write into exists"):
        trace.save(tmp_path / "no" / "trace.h5")


def test_an_interrupted_save_leaves_the_old_file(trace, tmp_path, monkeypatch):
    path = tmp_path / "trace.h5"
    trace.save(path)
    before = path.read_bytes()
    monkeypatch.setattr("spikewatt.hdf5.put", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        trace.save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["trace.h5"]


@pytest.mark.parametrize(
    ("x", "match"),
    [
        (np.full((2, 8, 8, 1), np.nan), "must be finite; got 128 NaN"),
        (np.zeros((2, 7, 8, 1)), r"network's input shape; got \(2, 7, 8, 1\)"),
        (np.zeros((0, 8, 8, 1)), "at least one sample"),
        (
            np.full((1, 8, 8, 1), 1.2),
            r"must lie in the input range of the network; got 1.2..1.2; allowed: 0..1",
        ),
        (np.full((1, 8, 8, 1), -0.2), "must lie in the input range"),
        (np.full((1, 8, 8, 1), "a"), "must hold real numbers"),
    ],
)
def test_bad_inputs(mlp_network, x, match):
    with pytest.raises(SpikewattError, match=match):
        simulate(mlp_network, x, "reference")


def test_bad_simulation_options(mlp_network, digits):
    x = digits.scaled("test")[:2]
    with pytest.raises(SpikewattError, match="must be a number of samples; got -1"):
        simulate(mlp_network, x, "reference", rasters=-1)
    with pytest.raises(SpikewattError, match="must be a number of steps; got 32.5"):
        simulate(mlp_network, x, "reference", steps=32.5)  # type: ignore[arg-type]
    with pytest.raises(
        SpikewattError,
        match="must name an engine; got 'nest'; allowed: annarchy, auto, batched, event, reference",
    ):
        simulate(mlp_network, x, "nest")
    with pytest.raises(SpikewattError, match=r"number of steps; got 0; allowed: 1..10000"):
        simulate(mlp_network, x, "reference", steps=0)
    with pytest.raises(SpikewattError, match="number of processes; got 0; allowed: 1"):
        simulate(mlp_network, x, "annarchy", workers=0)


def test_bad_questions_to_a_trace(trace):
    with pytest.raises(SpikewattError, match="must be a step of this trace; got 16"):
        trace.predictions(16)
    with pytest.raises(
        SpikewattError, match="column of the ledger; got 'physical'; allowed: nonzero, synapses"
    ):
        trace.ledger("physical")
    with pytest.raises(SpikewattError, match="one label per sample"):
        trace.accuracy(np.zeros(3, int))
    with pytest.raises(
        SpikewattError, match="labels are integers below the 10 outputs; got int64 12..12"
    ):
        trace.accuracy(np.full(40, 12))


def test_network_refuses_fractions(mlp_network):
    import dataclasses

    with pytest.raises(SpikewattError, match="every number of a SpikingNetwork is an integer"):
        dataclasses.replace(mlp_network.populations[1], bias=np.full(48, 0.5))
    with pytest.raises(SpikewattError, match="an integer below 2\\^53"):
        dataclasses.replace(mlp_network.populations[1], bias=np.full(48, np.inf))
    with pytest.raises(SpikewattError, match="have different names; set branch"):
        dataclasses.replace(mlp_network, connections=mlp_network.connections * 2)
    with pytest.raises(SpikewattError, match="must be at least 1; got 0"):
        dataclasses.replace(mlp_network.populations[1], threshold=np.zeros(48, int))
    with pytest.raises(SpikewattError, match="weights have 4 bits; got -?127"):
        dataclasses.replace(mlp_network, weight_bits=4)
    with pytest.raises(SpikewattError, match="must name a population; got 'conv9'"):
        mlp_network.population("conv9")
    with pytest.raises(ValueError, match="read-only"):
        mlp_network.connections[0].weights[0, 0] = 3


def test_missing_compiler_is_named_before_the_work(monkeypatch, tmp_path, mlp_network, digits):
    from spikewatt.analysis.job.config import RunConfig
    from spikewatt.analysis.job.run import run

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(
        MissingToolError,
        match=r"needs a C\+\+ tool chain; got no g\+\+, make; hint: apt install",
    ):
        run(RunConfig(), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    with pytest.raises(MissingToolError, match=r"no g\+\+, make"):
        simulate(mlp_network, digits.scaled("test")[:1], "annarchy")


def test_interrupt_during_simulation_leaves_no_file_and_no_process(mlp_network, tmp_path):
    mlp_network.save(tmp_path / "n.spk")
    np.savez(
        tmp_path / "many.npz", x_train=np.zeros((10, 8, 8), np.uint8), y_train=np.zeros(10, int),
        x_test=np.full((20_000, 8, 8), 150, np.uint8), y_test=np.zeros(20_000, int),
    )  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "spikewatt.cli",
        "simulate",
        "n.spk",
        "-o",
        "t.h5",
        "--dataset",
        "many.npz",
        "--steps",
        "300",
    ]
    heeding = partial(
        signal.signal, signal.SIGINT, signal.default_int_handler
    )  # what a shell starts in the background ignores the signal
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heeding,
    )

    def workers() -> list[int]:
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                line = Path(f"/proc/{pid}/cmdline").read_text()
                parent = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]
            except OSError:
                continue
            if "annarchy.worker" in line and int(parent) == process.pid:
                found.append(int(pid))
        return found

    deadline = time.monotonic() + 60
    while not (started := workers()) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    assert started, process.communicate()
    time.sleep(4)  # some samples are done
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "spikewatt: stopped: nothing was written" in errors
    assert sorted(os.listdir(tmp_path)) == ["many.npz", "n.spk"]
    for pid in started:
        assert not os.path.exists(f"/proc/{pid}")


def test_settings_of_a_trace_are_plain_json(trace):
    text = json.dumps(trace.settings.as_json())
    assert RunSettings.from_json(json.loads(text)) == trace.settings
