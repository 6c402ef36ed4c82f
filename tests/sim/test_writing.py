"""Every output is written whole or not at all, and never over what appeared meanwhile."""

from __future__ import annotations

import copy
import os
import pickle
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import spikewatt
from spikewatt import files
from spikewatt.endings import Ended, exit_code
from spikewatt.errors import SpikewattError
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.odin.image import OdinImage
from spikewatt.sim.odin.network import OdinNetwork
from spikewatt.sim.trace.trace import Trace

from ..work import grows_evenly

ROOT = Path(spikewatt.__file__).parent
FULL = Path("/dev/full")


# One file


def test_a_file_is_written_whole_with_the_rights_of_the_old_one(tmp_path):
    path = tmp_path / "a.txt"
    files.write(path, "ä\n")
    assert path.read_bytes() == "ä\n".encode()
    assert path.stat().st_mode & 0o444 == 0o444
    path.chmod(0o600)
    files.write(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("when", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_whatever_happens_the_old_file_is_kept(when, failure, tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(*_):
        raise failure

    monkeypatch.setattr(os, when, fail)
    expected = SpikewattError if isinstance(failure, OSError) else failure
    with pytest.raises(expected, match="No space left|"):
        files.write(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_promise_holds_after_the_work(tmp_path):
    """What appeared meanwhile is kept, and so is the result."""
    path = tmp_path / "t.trace"
    files.promise_new(path)
    path.write_text("of somebody else")
    law = f"an existing file is not written over; got it appeared .*kept as {tmp_path}/t-2.trace"
    with pytest.raises(SpikewattError, match=law):
        files.write(path, "mine")
    assert path.read_text() == "of somebody else"
    assert (tmp_path / "t-2.trace").read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["t-2.trace", "t.trace"]

    files.may_replace(path)  # --force
    files.write(path, "mine")
    assert path.read_text() == "mine"

    other = tmp_path / "other"
    files.promise_new(other)
    files.write(other, "1")
    files.write(other, "2")  # a promise is kept once
    assert other.read_text() == "2"


def test_a_promise_holds_where_there_are_no_links(tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    files.promise_new(tmp_path / "a")
    files.write(tmp_path / "a", "1")
    files.promise_new(tmp_path / "a")
    with pytest.raises(SpikewattError, match="is not written over"):
        files.write(tmp_path / "a", "2")
    assert (tmp_path / "a").read_text() == "1"


def test_places_that_are_no_files(tmp_path):
    with pytest.raises(SpikewattError, match="must name a file; got a folder"):
        files.write(tmp_path, "x")
    with pytest.raises(SpikewattError, match="the folder to write into exists"):
        files.write(tmp_path / "no" / "a", "x")
    with pytest.raises(SpikewattError, match="can be written; got No space left on device"):
        files.write(FULL, "x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    files.write(tmp_path / "link", "x")
    assert (tmp_path / "target").read_text() == "x"
    assert (tmp_path / "link").is_symlink()


def test_a_full_disk_is_an_error_and_no_crash(mlp_network, trace, tmp_path):
    """HDF5 is made in memory: inside of libhdf5 a full disk was a segmentation fault."""
    from spikewatt.sim.nir.write import to_nir

    for save in (mlp_network.save, trace.save, lambda path: to_nir(mlp_network, path)):
        with pytest.raises(SpikewattError, match="can be written; got No space left on device"):
            save(FULL)


# Folders


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    with files.new_folder(tmp_path / "deep" / "new") as folder:
        (folder / "a").write_text("1")
        assert not (tmp_path / "deep" / "new").exists()
    assert (tmp_path / "deep" / "new" / "a").read_text() == "1"

    def interrupted():
        with files.new_folder(tmp_path / "other") as folder:
            (folder / "a").write_text("1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == ["deep"]

    (tmp_path / "empty").mkdir()
    with files.new_folder(tmp_path / "empty") as folder:
        (folder / "a").write_text("1")
    assert (tmp_path / "empty" / "a").exists()


def test_a_folder_that_appeared_meanwhile_is_left_alone(tmp_path):
    def late():
        with files.new_folder(tmp_path / "new") as folder:
            (folder / "a").write_text("1")
            (tmp_path / "new").mkdir()
            (tmp_path / "new" / "b").write_text("2")

    with pytest.raises(SpikewattError, match="the folder to export into is new or empty"):
        late()
    assert os.listdir(tmp_path / "new") == ["b"]
    assert os.listdir(tmp_path) == ["new"]


# Nobody writes past the one writer


ALLOWED = {
    "files.py",  # the writer
    "models/loading/saved_model.py",  # a line that a hint names
    "rtl_ref/verification/faults/fault.py",  # scratch folders of tools, from here on
    "rtl_ref/verification/chains/bench.py",
    "rtl_ref/verification/proofs.py",
    "rtl_ref/synthesis/asic.py",
    "rtl_ref/synthesis/static_timing.py",
    "rtl_ref/synthesis/tools.py",
    "rtl_ref/benches/network.py",
    "rtl_ref/simulation/job.py",
    "rtl_ref/simulation/tool_log.py",
    "analysis/studies/annarchy/converter.py",  # and of ANNarchy's own converter
    "sim/engines/event/compiled.py",  # the digest beside a library that was compiled
    "sim/engines/annarchy/engine.py",
    "sim/engines/annarchy/plan.py",
    "sim/engines/annarchy/worker.py",
    "sim/engines/annarchy/processes.py",
}
WRITES = re.compile(
    r"\.write_text\(|\.write_bytes\(|\.to_csv\([^)]*(path|folder|output|file)[^)]*\)"
    r"|savefig\((path|picture|folder)|np\.savez?\w*\((path|folder)|open\([^)]*[\"'][wa]b?[\"']"
)


def test_all_outputs_go_through_the_one_writer():
    floors = ("models", "sim", "energy", "rtl_ref", "analysis", "cli")
    sources = [path for floor in floors for path in (ROOT / floor).rglob("*.py")]
    assert len(sources) > 200
    writing = {
        str(path.relative_to(ROOT))
        for path in (*sources, *ROOT.glob("*.py"))
        if any(
            WRITES.search(line) and "files.write" not in line
            for line in path.read_text().splitlines()
        )
    }
    assert writing <= ALLOWED, writing - ALLOWED


# Signals


SLOW = """
import sys, time
from spikewatt import files
from spikewatt.endings import end_like_an_interrupt, exit_code
end_like_an_interrupt()
try:
    with files.new_folder(sys.argv[1]) as folder:
        (folder / "a").write_text("1")
        print("ready", flush=True)
        time.sleep(60)
except KeyboardInterrupt as error:
    sys.exit(exit_code(error))
"""


# What a shell starts in the background ignores the signal.
HEEDING = partial(signal.signal, signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_that_end_the_program_clean_up(number, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=HEEDING,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.wait(timeout=60)
    process.stdout.close()
    assert process.returncode == 128 + number
    assert os.listdir(tmp_path) == []


def test_the_exit_code_of_an_interrupt():
    assert exit_code(KeyboardInterrupt()) == 130
    assert exit_code(Ended(signal.SIGTERM)) == 143


def test_two_simulations_with_one_output(mlp_network, tmp_path):
    """One of them says that the file appeared meanwhile."""
    mlp_network.save(tmp_path / "n.spk")
    words = ["simulate", "n.spk", "-o", "t.trace", "--engine", "reference", "--samples", "40"]
    command = [sys.executable, "-m", "spikewatt.cli", *words]
    pipe = subprocess.PIPE
    runs = [
        subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)
        for _ in range(2)
    ]
    said = [run.communicate(timeout=120) for run in runs]
    assert sorted(run.returncode for run in runs) == [0, 2], said
    refused = "".join(errors for _, errors in said)
    assert "is not written over" in refused
    for name in os.listdir(tmp_path):
        assert name == "n.spk" or Trace.load(tmp_path / name).samples == 40


# Copies


def odin_network():
    return OdinNetwork([np.array([[7, -2], [0, 5]])], [np.array([9, 9])], "rate", "potential")


def copies(value):
    return pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)


def test_copies_of_networks_cannot_change(mlp_network):
    for network in copies(mlp_network):
        assert isinstance(network, SpikingNetwork)
        assert network.hash == mlp_network.hash
        arrays = [c.weights for c in network.connections if c.weights is not None]
        arrays += [network.populations[1].threshold, network.populations[1].unit]
        for array in arrays:
            assert not array.flags.writeable

    for network in copies(odin_network()):
        assert network.hash == odin_network().hash
        assert not network.layers[0].flags.writeable
        assert not network.thresholds[0].flags.writeable
    for image in copies(OdinImage.of(odin_network())):
        assert not image.synapses.flags.writeable


# Texts that take for ever


HANGS = {
    "one key twice among many": "\n".join(f"k{i % 4999}: {i}" for i in range(5000)),
    "deep": "[" * 100_000,
    "deep blocks": "- " * 100_000,
    "laughs": "a0: &a0 [1]\n"
    + "\n".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 60)),
    "itself": "a: &a [*a]",
    "digits": "a: " + "9" * 5000,
    "large": "a: b\n" * 2**20,
}  # fmt: skip


@pytest.mark.parametrize("name", HANGS)
def test_yaml_is_read_or_refused_at_once(name, tmp_path):
    path = tmp_path / "card.yaml"
    path.write_text(HANGS[name])
    with pytest.raises(SpikewattError, match=r"card.yaml(:\d+)?: must be YAML; got .{3,220}$"):
        files.read_yaml(path)


def test_many_keys_take_no_longer_each(tmp_path):
    """Each was looked for among all before it."""
    path = tmp_path / "card.yaml"

    def read(keys: int) -> None:
        path.write_text("\n".join(f"k{i}: {i}" for i in range(keys)))
        assert len(files.read_yaml(path)) == keys  # type: ignore[arg-type]

    assert grows_evenly(read, 500)


def test_numbers_with_an_exponent_are_numbers(tmp_path):
    """As in YAML 1.2; what is written as a text stays one."""
    path = tmp_path / "config.yaml"
    path.write_text("a: 64e6\nb: -1E-3\nc: '64e6'\nd: 64e6Hz\ne: {nrf54l15: 6.4e+7}\n")
    found = files.read_yaml(path)
    assert found == {"a": 64e6, "b": -1e-3, "c": "64e6", "d": "64e6Hz", "e": {"nrf54l15": 64e6}}


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"a: \xff"])
def test_yaml_that_is_no_text(data, tmp_path):
    path = tmp_path / "card.yaml"
    path.write_bytes(data)
    with pytest.raises(SpikewattError, match="must be YAML"):
        files.read_yaml(path)


@pytest.mark.parametrize(
    "unit",
    ["J**9**9**9", "J**99999999", "9**9**9*J", "J**(9**9)", "(" * 30, "J" * 60, "1e999999999*J"],
)
def test_units_that_are_sums_are_refused_before_they_are_computed(unit, tmp_path):
    from spikewatt.energy.cards.load import FOLDER, load_card

    text = (FOLDER / "odin_style.yaml").read_text()
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("unit: pJ", f"unit: '{unit}'", 1))
    with pytest.raises(
        SpikewattError, match="unit of the right dimension; got .*hint: units joined"
    ):
        load_card(path)


def test_a_table_of_many_networks(tmp_path):
    """It was read once per network: hours for three thousand."""
    import pandas as pd
    from spikewatt.cli.pricing.priced import price_layers
    from spikewatt.energy.layer_tables.layer_table import LAYERS, read_layers

    frame = pd.read_csv(LAYERS, dtype=str, keep_default_na=False)
    one = frame[frame["benchmark"] == "AD"].head(3)
    path = tmp_path / "many.csv"

    def price(networks: int) -> None:
        many = [one.assign(benchmark=f"n{i}") for i in range(networks)]
        pd.concat(many, ignore_index=True).to_csv(path, index=False)
        assert len(price_layers(path, ["stm32l4r5"], None, None, {})) == networks

    assert grows_evenly(price, 100)
    law = r"must be a benchmark of the layer table; got 'x'; allowed: n0, .* and 388 more$"
    with pytest.raises(SpikewattError, match=law):
        read_layers(path, "x")


def test_counts_of_thousands_of_digits_are_one_line(tmp_path):
    import pandas as pd
    from spikewatt.energy.layer_tables.layer_table import LAYERS, read_layers

    frame = pd.read_csv(LAYERS, dtype=str, keep_default_na=False).head(1)
    for column, value in (("macs", "9" * 5000), ("in_shape", "1x" + "9" * 5000)):
        with pytest.raises(SpikewattError, match=f"row 1: {column}: must be a") as error:
            read_layers(frame.assign(**{column: value}))
        assert len(str(error.value)) < 300
