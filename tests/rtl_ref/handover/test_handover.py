"""What is handed over says what the network and an engine say; what cannot be is refused."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.rtl_ref import hand_over
from spikewatt.rtl_ref.design import COUNTER_ORDER, RTL, sources_of
from spikewatt.rtl_ref.handover import vectors as vectors_module
from spikewatt.rtl_ref.handover.wrappers import AXI_PORTS, CHAIN_PORTS
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate
from typer.testing import CliRunner

from ...helpers.said import data_of

STEPS, SAMPLES = 6, 3
TICK, VALID = 1 << 31, 1 << 16


@pytest.fixture(scope="module")
def x(digits):
    return digits.scaled("test")[:SAMPLES]


@pytest.fixture(scope="module")
def rate(mlp_network, x, tmp_path_factory) -> Path:
    """The folder of the 64-48-10 network in the rate code."""
    folder = tmp_path_factory.mktemp("handover") / "rate"
    hand_over(mlp_network, x, folder, steps=STEPS)
    return folder


def samples_of(file: Path) -> list[list[int]]:
    """The words of a file, by sample."""
    samples: list[list[int]] = []
    for line in file.read_text().splitlines():
        if line.startswith("// sample"):
            assert line == f"// sample {len(samples)}"
            samples.append([])
        else:
            samples[-1].append(int(line, 16))
    return samples


def signed(values, bits: int) -> np.ndarray:
    found = np.array(values, np.int64)
    return found - ((found >> (bits - 1)) << bits)


def raster(words: list[int], neurons: int, ends: bool = True) -> np.ndarray:
    """(ticks, neurons) of words in the format of SPIKE or EVENT; one row if no tick `ends` it."""
    rows, row = [], np.zeros(neurons, np.int64)
    for word in words:
        if word & TICK:
            rows.append(row)
            row = np.zeros(neurons, np.int64)
        else:
            row[word & 0xFFFF] += 1
    if not ends:
        return row[None]
    assert not row.any()
    return np.array(rows)


# ------------------------------------------------------------------ what is in the folder


def test_words_potentials_and_counters_are_those_of_an_engine(rate, mlp_network, x):
    trace = simulate(mlp_network, x, "reference", STEPS, rasters=SAMPLES)
    names = [population.name for population in mlp_network.populations]
    sent = samples_of(rate / "vectors" / "words.hex")
    assert len(sent) == SAMPLES
    for sample, words in enumerate(sent):
        assert np.array_equal(raster(words, 64), trace.rasters[names[0]][sample])

    left = samples_of(rate / "vectors" / "core01_left.hex")
    spikes = 0
    for sample, words in enumerate(left):
        assert all(word & VALID for word in words)
        assert np.array_equal(raster(words, 48), trace.rasters[names[1]][sample])
        spikes += int(trace.rasters[names[1]][sample].sum())
    assert spikes > 50
    starts = (rate / "vectors" / "core01_left_starts.hex").read_text().split()
    lengths = [len(words) for words in left]
    assert [int(start, 16) for start in starts] == [0, *np.cumsum(lengths)]

    ticks = samples_of(rate / "vectors" / "core02_left.hex")
    assert ticks == [[TICK | VALID] * STEPS] * SAMPLES
    potentials = signed(samples_of(rate / "vectors" / "potentials.hex"), 24)
    assert np.array_equal(potentials[:, 48:], trace.outputs[:, -1])

    counters = np.array(samples_of(rate / "vectors" / "counters.hex"))
    counters = counters.reshape(SAMPLES, 2, len(COUNTER_ORDER))
    by_engine = [trace.spikes[name].sum() for name in names[:2]]
    sops = counters[-1, :, COUNTER_ORDER.index("sops")]
    assert sops.tolist() == [by_engine[0] * 48, by_engine[1] * 10]
    assert not counters[:, :, COUNTER_ORDER.index("stalls")].any()


def test_the_readme_says_how_inputs_become_events(rate, mlp_network, x):
    text = " ".join((rate / "README.md").read_text().split())
    found = re.search(r"p = round\(x / (\S+)\)\. Its potential begins with (\d+)", text)
    assert found
    unit, potential = float(found[1]), np.full(64, int(found[2]))
    threshold = re.search(r"where it reaches (\d+), that is subtracted", text)
    assert threshold
    assert "an input of shape (8, 8, 1)" in text or "an input of shape (64)" in text

    pixels = np.round(x[0].ravel() / unit).astype(int)
    words: list[int] = []
    for _ in range(STEPS):
        potential = potential + pixels
        fired = potential >= int(threshold[1])
        potential = potential - int(threshold[1]) * fired
        words += [*np.flatnonzero(fired).tolist(), TICK]
    assert words == samples_of(rate / "vectors" / "words.hex")[0]


def test_memories_are_those_of_the_network(rate, mlp_network):
    hidden = mlp_network.populations[1]
    lines = (rate / "memories" / "core01_synapses.hex").read_text().split()
    assert {len(line) for line in lines} == {2}
    rows = signed([int(line, 16) for line in lines], 8).reshape(64, 64)
    weights = mlp_network.connections[0].weights
    assert weights is not None
    assert np.array_equal(rows[:, :48], np.reshape(weights, (64, 48)))
    assert not rows[:, 48:].any()

    lines = (rate / "memories" / "core01_thresholds.hex").read_text().split()
    assert [int(line, 16) for line in lines] == hidden.per_neuron("threshold").ravel().tolist()
    never = (rate / "memories" / "core02_thresholds.hex").read_text().split()
    assert never == ["ffffff"] * 10


def test_the_folder_says_what_it_holds(rate, mlp_network):
    listed = (rate / "rtl" / "files.f").read_text().split()
    assert [Path(path).name for path in listed[:-2]] == [
        file.name for file in sources_of("axi_lite_peripheral")
    ]
    assert all((rate / path).is_file() for path in listed)
    text = (rate / "README.md").read_text()
    assert mlp_network.hash[:12] in text
    assert "| 2 | output | readout | 48 | 10 |" in text
    assert "| 0x34 | REFUSED | R |" in text
    assert "{" not in text.replace("{axon, neuron}", "")
    root = RTL.parent.parent
    assert (rate / "rtl" / "LICENSE").read_text() == (root / "LICENSE").read_text()

    core = (rate / "spikewatt_network.core").read_text()
    every = {path.relative_to(rate).as_posix() for path in rate.rglob("*") if path.is_file()}
    named = set(re.findall(r"^      - (\S+): ", core, re.MULTILINE))
    assert named <= every
    assert {path for path in every if path.startswith(("memories", "vectors"))} <= named


@pytest.mark.parametrize(
    ("module", "ports"), [("snn_top", CHAIN_PORTS), ("axi_lite_peripheral", AXI_PORTS)]
)
def test_the_wrappers_have_the_ports_of_the_modules(module, ports):
    text = (RTL / f"{module}.sv").read_text()
    head = text[text.index("\n) (") : text.index("\n);")]
    found = re.findall(r"^ +(input|output) +(?:wire|logic)[^,/]*?(\w+)(?:,| *//|$)", head, re.M)
    assert [(name, direction) for name, direction, _ in ports] == [
        (name, direction) for direction, name in found
    ]


def test_the_same_network_gives_the_same_bytes(rate, mlp_network, x, tmp_path):
    hand_over(mlp_network, x, tmp_path / "again", steps=STEPS)
    files = sorted(path for path in rate.rglob("*") if path.is_file())
    assert len(files) > 40
    for path in files:
        again = tmp_path / "again" / path.relative_to(rate)
        assert path.read_bytes() == again.read_bytes(), path
        assert str(tmp_path).encode() not in path.read_bytes()


# ------------------------------------------------------------------ what is refused


def test_a_folder_is_replaced_only_where_it_is_one_of_these(mlp_network, x, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years")
    for force in (False, True):
        law = "the folder to write into is new, empty, or of this verb; got something else in it"
        with pytest.raises(SpikewattError, match=law):
            hand_over(mlp_network, x, tmp_path / "mine", steps=2, force=force)
    with pytest.raises(SpikewattError, match="must name a folder; got a file"):
        hand_over(mlp_network, x, tmp_path / "mine" / "thesis.tex")

    folder = tmp_path / "new"
    hand_over(mlp_network, x[:1], folder, steps=1)
    law = "an existing folder is not written over; got it exists; allowed: another name, or --force"
    with pytest.raises(SpikewattError, match=law):
        hand_over(mlp_network, x, folder, steps=2)
    (folder / "old").write_text("")
    written = hand_over(mlp_network, x[:1], folder, steps=2, force=True)
    assert not (folder / "old").exists()
    assert written["samples"] == 1
    assert sorted(os.listdir(tmp_path)) == ["mine", "new"]


def test_the_folder_may_be_the_one_where_one_is(mlp_network, x, tmp_path, monkeypatch):
    (tmp_path / "new").mkdir()
    monkeypatch.chdir(tmp_path / "new")
    hand_over(mlp_network, x[:1], ".", steps=1)
    assert (tmp_path / "new" / "README.md").is_file()
    assert os.listdir(tmp_path) == ["new"]


def test_the_old_folder_is_kept_where_writing_fails(mlp_network, x, tmp_path, monkeypatch):
    folder = tmp_path / "new"
    hand_over(mlp_network, x[:1], folder, steps=1)
    before = (folder / "vectors" / "words.hex").read_bytes()

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("spikewatt.folders.write", fail)
    with pytest.raises(KeyboardInterrupt):
        hand_over(mlp_network, x, folder, steps=2, force=True)
    assert (folder / "vectors" / "words.hex").read_bytes() == before
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize(
    ("options", "law"),
    [
        ({"state_bits": 33}, "hand_over.state_bits: must be a width .*got 33; allowed: 3..32"),
        ({"cycles_per_sop": 1}, "hand_over.cycles_per_sop: must be a number .*allowed: 2..64"),
        ({"state_bits": 4}, "WEIGHT_BITS: weights are no wider than the potential; got 8"),
        ({"state_bits": 9}, "fits into 9 bits|within 9 bits"),
        ({"steps": 0}, "steps"),
    ],
)
def test_options_that_cannot_be(options, law, mlp_network, x, tmp_path):
    with pytest.raises(SpikewattError, match=law):
        hand_over(mlp_network, x, tmp_path / "new", **options)
    assert not os.listdir(tmp_path)


def test_a_disk_that_is_too_small_is_told_before_the_work(mlp_network, x, tmp_path, monkeypatch):
    full = shutil._ntuple_diskusage(total=10**6, used=10**6 - 9000, free=9000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(SpikewattError, match="the folder fits on the disk; got about .* kB"):
        hand_over(mlp_network, x[:2], tmp_path / "chip")
    assert not (tmp_path / "chip").exists()


def test_no_sample(mlp_network, x, tmp_path):
    with pytest.raises(SpikewattError, match="hand_over.x: has at least one sample; got 0"):
        hand_over(mlp_network, x[:0], tmp_path / "new")


def test_a_network_that_does_not_fit(cnn_network, mlp, digits, x, tmp_path):
    with pytest.raises(DoesNotFitError, match="the core integrates the events of one population"):
        hand_over(cnn_network, x, tmp_path / "new")
    calibration = digits.scaled("train")[:100]
    network = convert(mlp, calibration, input_levels=digits.levels, code="signed")
    with pytest.raises(DoesNotFitError, match="executes the tick rule: rate or radix"):
        hand_over(network, x, tmp_path / "new")


def test_potentials_that_leave_their_width_are_refused(mlp_network, x, tmp_path):
    """The engine's are wider: spikes would differ. One bit less than what all of them need."""
    from spikewatt.rtl_ref.handover.vectors import make_vectors

    found = make_vectors(mlp_network, x, STEPS, 24, 2)
    largest = max(int(np.abs(p).max()) for s in found.samples for p in s.potentials)
    law = r"population '\w+': (its potentials stay within \d+ bits|threshold: fits into)"
    with pytest.raises(DoesNotFitError, match=law):
        hand_over(
            mlp_network, x, tmp_path / "new", steps=STEPS, state_bits=largest.bit_length() - 1
        )


def test_a_golden_model_that_disagrees_with_the_engine_is_no_vector(
    mlp_network, x, tmp_path, monkeypatch
):
    monkeypatch.setattr(vectors_module, "simulate", _one_spike_more)
    with pytest.raises(SpikewattError, match="golden model and engine agree; got a difference"):
        hand_over(mlp_network, x, tmp_path / "new", steps=STEPS)


def _one_spike_more(network, *arguments, **options):
    trace = simulate(network, *arguments, **options)
    name = network.populations[1].name
    trace.rasters[name] = trace.rasters[name].copy()
    trace.rasters[name][0, 0, 0] ^= 1
    return trace


# ------------------------------------------------------------------ the verb


def run(*words: object):
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, ["rtl", *map(str, words)])


def test_the_verb_writes_the_folder(mlp_network, rate, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mlp_network.save("my.spk")
    words = ("my.spk", "-o", "chip", "--samples", SAMPLES, "--steps", STEPS, "--json")
    result = run(*words)
    assert result.exit_code == 0, result.output
    (row,) = data_of(result.stdout)["rows"]
    assert (row["cores"], row["samples"]) == (2, SAMPLES)
    assert row["files"] == sum(path.is_file() for path in Path("chip").rglob("*"))
    for name in ("vectors/words.hex", "driver/network_vectors.c", "README.md"):
        assert Path("chip", name).read_bytes() == (rate / name).read_bytes()

    result = run(*words)
    assert result.exit_code == 2
    assert "chip: an existing folder is not written over" in result.stderr
    assert run(*words, "--force").exit_code == 0


def test_the_verb_names_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("no.spk", "-o", "chip")
    assert result.exit_code == 2
    assert "no.spk: must be a spikewatt-network file; got no such file" in result.stderr
    result = run("no.spk", "-o", "chip", "--samples", 0)
    assert "rtl --samples: must be a number of samples; got 0" in result.stderr
