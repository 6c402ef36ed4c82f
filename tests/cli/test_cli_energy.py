"""The verbs that price, map, calibrate, validate and run ODIN's networks, as a user calls them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels.measured import MEASURED
from spikewatt.energy.layer_tables.layer_table import LAYERS
from typer.testing import CliRunner

from ..helpers.said import data_of


def spikewatt(*arguments: str):
    """Run a verb in this process: a process each would take most of the time."""
    from spikewatt.cli.main import app

    return CliRunner().invoke(app, list(arguments))


def on(*devices: str) -> list[str]:
    """The options that name devices."""
    return [part for name in devices for part in ("--device", name)]


@pytest.fixture(scope="module")
def trace_file(trace, tmp_path_factory):
    path = tmp_path_factory.mktemp("trace") / "t.trace"
    trace.save(path)
    return str(path)


def test_price_with_everything(trace_file):
    devices = on("odin_style", "stm32l4r5", "rule_ac_mac_45nm")
    options = ("--host", "stm32u575", "--period-s", "1", "--tornado", "--explain", "--json")
    result = spikewatt("price", trace_file, *devices, *options)
    assert result.exit_code == 0, result.output
    found = data_of(result.stdout)
    assert {(row["device"], row["workload"]) for row in found["rows"]} == {
        ("odin_style", "snn"),
        ("odin_style+stm32u575", "snn"),
        ("stm32l4r5", "snn"),
        ("stm32l4r5", "int8_ann"),
        ("rule_ac_mac_45nm", "snn"),
        ("rule_ac_mac_45nm", "int8_ann"),
    }
    assert len(found["verdicts"]) == 4 * 3 / 2  # a rule decides nothing
    for row in found["verdicts"]:
        assert row["verdict_at_period"] in ("wins", "loses", "undecided")
        assert row["ratio_at_period"] != row["ratio"]
    alone, beside = (line for line in found["assumptions"] if "synapse and neuron memory" in line)
    assert ("the host" in alone, "the host" in beside) == (True, False)
    assert ("regulator's loss" in alone, "regulator's loss" in beside) == (True, False)
    assert {row["verdict"] for row in found["verdicts"]} <= {"wins", "loses", "undecided"}
    assert found["break_even"]
    assert found["tornado"]
    explained = found["explain"]  # the first two devices, not the first with and without a host
    assert [explained[i]["step"] for i in (0, -1)] == ["odin_style snn", "stm32l4r5 snn"]
    assert explained[0]["energy_j"] + sum(row["change_j"] for row in explained) == pytest.approx(
        explained[-1]["energy_j"]
    )
    devices = on("odin_style", "stm32l4r5")
    shown = spikewatt("price", trace_file, *devices, "--tornado", "--explain")
    for title in (
        "Price of one inference",
        "Verdicts",
        "Break-even",
        "What matters most",
        "From the first price",
        "not counted:",
    ):
        assert title in shown.stdout
    assert "included:" not in shown.stdout
    in_full = spikewatt("price", trace_file, *devices, "--assumptions")
    assert "included:" in in_full.stdout
    assert "not counted:" not in in_full.stdout


def test_price_of_a_layer_table(tmp_path):
    which = ("--layers", "mlperf_tiny", "--network", "ic")
    how = ("--library", "X-CUBE-AI v7.3", "--clock-mhz", "200")
    output = ("-o", str(tmp_path / "p.csv"), "--json")
    result = spikewatt("price", *which, *on("stm32h7a3"), *how, *output)
    assert result.exit_code == 0, result.output
    (row,) = data_of(result.stdout)["rows"]
    measured_s = (
        54.345e-3 * 280 / 200
    )  # X-CUBE-AI 7.3 on this board; cycles do not depend on the clock
    assert row["time_s"] == pytest.approx(measured_s, rel=0.05)
    assert set(pd.read_csv(tmp_path / "p.csv")["benchmark"]) == {"IC"}
    devices = on("STM32L4R5", "stm32u575")
    options = ("price", "--layers", str(LAYERS), *devices, "--tornado", "--explain")
    every = spikewatt(*options, "--assumptions")
    assert all(f"{name}: price" in every.stdout for name in ("AD", "IC", "KWS", "VWW"))
    assert "counted as nothing: 13_reshape, 15_softmax" in " ".join(every.stdout.split())
    document = data_of(spikewatt(*options, "--json").stdout)
    networks = ["AD", "IC", "KWS", "SWW", "VWW"]
    for key in ("rows", "verdicts", "tornado", "explain"):
        assert sorted({row["benchmark"] for row in document[key]}) == networks
    assert (len(document["rows"]), len(document["verdicts"])) == (10, 5)


def test_explain_takes_the_first_two_that_can_execute(trace_file):
    devices = on("odin", "odin_style", "stm32l4r5")
    found = data_of(spikewatt("price", trace_file, *devices, "--explain", "--json").stdout)
    assert list(found["does_not_fit"]) == ["odin"]
    assert [found["explain"][i]["step"] for i in (0, -1)] == ["odin_style snn", "stm32l4r5 snn"]


def rows_of(*words: str) -> dict:
    """Device and workload -> row of a price."""
    result = spikewatt("price", *words, "--json")
    assert result.exit_code == 0, result.output
    found = data_of(result.stdout)["rows"]
    return {(row["device"], row["workload"]): row for row in found}


def test_price_takes_a_clock_and_a_supply_for_a_trace_and_for_layers(trace_file):
    devices = on("odin_style", "stm32l4r5", "nrf54l15")
    own = rows_of(trace_file, *devices)
    slow = rows_of(trace_file, *devices, "--clock-hz", "stm32l4r5=60e6", "--supply-v", "3")
    assert list(slow) == list(own)  # names stay
    for side, before in own.items():
        after = slow[side]
        if side == ("stm32l4r5", "int8_ann"):
            assert after["time_s"] == pytest.approx(2 * before["time_s"])
            assert after["energy_j"] == pytest.approx(before["energy_j"] * 3 / 1.8)
        changed = "stm32l4r5" in side[0]
        assert (after["energy_j"] != before["energy_j"]) == changed
    layers = ("--layers", str(LAYERS), "--benchmark", "KWS", *on("nrf54l15"))
    in_hz, in_mhz = rows_of(*layers, "--clock-hz", "64e6"), rows_of(*layers, "--clock-mhz", "64")
    assert in_hz == in_mhz != rows_of(*layers)


def test_price_leaves_hosts_out_where_asked_for(trace_file):
    devices = on("odin_style", "stm32l4r5")
    assert len(rows_of(trace_file, *devices)) == 4
    assert len(rows_of(trace_file, *devices, "--host", "none")) == 3


def test_what_a_refusal_names_is_a_marked_row(trace_file):
    small = "odin_style:axons_per_core=32"
    shown = spikewatt("price", trace_file, *on(small, "stm32l4r5"))
    assert shown.exit_code == 0, shown.output
    assert "in place of" in shown.stdout
    assert "(odin_style:axons_per_core=128), or a narrower layer" in shown.stdout
    found = data_of(spikewatt("price", trace_file, *on(small), "--json").stdout)
    assert [(row["device"], row["instead_of"]) for row in found["rows"]] == [
        ("odin_style:axons_per_core=128", small)
    ]
    two = ("price", trace_file, *on("odin_style:neurons_per_core=64"), "--max-cores")
    assert data_of(spikewatt(*two, "any", "--json").stdout)["rows"][0]["cores"] == 2


def test_fit_of_names_and_files(tmp_path, mlp):
    mlp.save(tmp_path / "my.keras")
    networks = ("lenet", str(tmp_path / "my.keras"))
    result = spikewatt("fit", *networks, "--json")
    assert result.exit_code == 0, result.output
    found = data_of(result.stdout)
    core, microcontroller, *_ = found["rows"]
    assert (core["network"], core["device"], core["fits"]) == ("lenet", "odin_style", "no")
    assert core["nearest"] == "odin_style:axons_per_core=1024"
    assert microcontroller["cores"] is None
    assert {row["network"] for row in found["rows"]} == {"lenet", "my"}
    assert {row["network"] for row in found["misfits"]} == {"lenet"}

    pooled = data_of(spikewatt("fit", "annarchy-cnn", *on("odin_style"), "--json").stdout)
    assert "max_pool" in {row["needed"] for row in pooled["misfits"]}

    shown = spikewatt("fit", "mlp-64-48-10", *on("odin_style"), "--code", "radix").stdout
    assert "mlp-64-48-10: what it takes up" in shown
    assert "radix doubles the accumulator at each step" in shown
    cifar = ("fit", "lenet", *on("stm32l4r5"), "--input-shape", "32x32x3", "--json")
    flash = [data_of(spikewatt(*words).stdout)["rows"][0]["flash_bytes"] for words in (
        cifar, ("fit", "lenet", *on("stm32l4r5"), "--json"),
    )]  # fmt: skip
    assert flash[0] > flash[1]


def test_map(trace_file):
    found = data_of(spikewatt("map", trace_file, "--json").stdout)
    assert found["rows"][0]["residents"] == "input[0:64], hidden1[0:48], output[0:10]"
    assert "64 KiB of weights" in spikewatt("map", trace_file).stdout


def readings(path, networks=("AD", "IC", "KWS", "VWW"), factor=1.0):
    """A user's CSV: the published rows of one stack."""
    rows = pd.read_csv(MEASURED)
    rows = rows[
        (rows["software"] == "X-CUBE-AI v7.3.0")
        & (rows["board"] == "NUCLEO-U575ZI-Q")
        & rows["benchmark"].isin(networks)
    ]
    frame = pd.DataFrame(
        {
            "network": rows["benchmark"],
            "latency_ms": rows["latency_ms"] * factor,
            "energy_uj": rows["energy_uj"],
        }
    )
    frame.to_csv(path, index=False)
    return rows


def test_calibrate_makes_a_card_that_prices_its_own_rows(tmp_path):
    rows = readings(tmp_path / "r.csv")
    card = tmp_path / "mine.yaml"
    result = spikewatt(
        "calibrate", str(tmp_path / "r.csv"), "--device", "stm32u575", "-o", str(card), "--json"
    )
    assert result.exit_code == 0, result.output
    assert {row["status"] for row in data_of(result.stdout)["rows"]} == {"measured (user)"}
    assert load_card(str(card))["energy_per_cycle_j"].status == "measured (user)"
    for row in rows.itertuples():
        which = ("--layers", str(LAYERS), "--benchmark", row.benchmark)
        priced = spikewatt("price", *which, *on(str(card)), "--json")
        (found,) = data_of(priced.stdout)["rows"]
        assert found["time_s"] * 1e3 == pytest.approx(row.latency_ms, rel=0.03)
        assert found["energy_j"] * 1e6 == pytest.approx(row.energy_uj, rel=0.06)


def test_validate(tmp_path):
    result = spikewatt("validate", "-o", str(tmp_path / "v.csv"), "--json")
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "v.csv")
    assert len(table) > 90
    np.testing.assert_allclose(table["error"], table["predicted"] / table["published"] - 1)
    left_out = table[table["kind"].str.startswith("validation: left out by")]
    assert left_out["low"].le(left_out["predicted"]).all()
    assert (table["quantity"] == "latency").sum() == 2 * 135
    (summed,) = [found for name, found in data_of(result.stdout).items() if name == "left_out"]
    rows = {(row["scheme"], row["quantity"], row["apart"]): row for row in summed}
    of_builds = rows["build", "latency", "all rows"]
    assert of_builds["rows"] == 135
    assert of_builds["median_error"] <= 0.08
    assert table[table["kind"].str.startswith("second implementation")]["error"].abs().max() == 0


def test_odin_prices_beside_the_accuracy_and_exports(tmp_path):
    result = spikewatt(
        "odin", "-o", str(tmp_path / "chip"), "--period-s", "1", "--samples", "100", "--json"
    )
    assert result.exit_code == 0, result.output
    found = data_of(result.stdout)
    assert (
        found["accuracy"] >= found["keras_accuracy"] - 0.05
    )  # of 100 images; all of them in test_odin_network
    (row,) = found["rows"]
    counts = found["counts"]
    cycles = counts["cycles"] + counts["reset_cycles"] + 160 * (counts["readout_reads"] + 2)
    assert row["cycles"] == pytest.approx(
        cycles
    )  # to the cycle what the twin took, and its read-out
    assert any("on the twin" in line for line in found["assumptions"])
    assert {p.name for p in (tmp_path / "chip" / "image").iterdir()} >= {
        "synapses.hex",
        "neurons.hex",
        "registers.txt",
        "events.txt",
    }


def test_odin_takes_the_chip(tmp_path):
    folder = tmp_path / "chip"
    words = ("odin", "--chip", "tinyodin", "--hidden", "0", "--samples", "60", "-o", str(folder))
    result = spikewatt(*words, "--json")
    assert result.exit_code == 0, result.output
    found = data_of(result.stdout)
    (row,) = found["rows"]
    counts = found["counts"]
    assert row["device"] == "tinyodin"
    assert counts["synaptic_operations"] == pytest.approx(10 * counts["popped_events"])
    assert found["accuracy"] > 0.6
    assert any("no silicon of tinyODIN was published" in line for line in found["assumptions"])
    assert (folder / "image" / "spi.txt").is_file()

    result = spikewatt("odin", "--chip", "loihi")
    assert result.exit_code == 2
    assert (
        "odin --chip: must be a known chip; got 'loihi'; allowed: odin, tinyodin" in result.output
    )


# Arguments, with TRACE and LAYERS for files; and what is said about them.
REFUSED = {
    "both": (
        "price TRACE --layers LAYERS --device stm32l4r5",
        "takes a trace, or --counts, or --layers; got a trace and --layers",
    ),
    "neither": ("price --device stm32l4r5", "takes a trace, or --counts, or --layers; got none"),
    "no device": ("price TRACE", "price --device: must name at least one device"),
    "period": (
        "price TRACE --device stm32l4r5 --period-s 1e-6",
        "one inference fits into the period; got 1e-06 s",
    ),
    "host": (
        "price TRACE --device odin_style --host cr2032",
        "price.host: must be a microcontroller",
    ),
    "clock": (
        "price TRACE --device stm32l4r5 --clock-hz 64",
        "device 'stm32l4r5': clock_hz: must be a clock of the device, in hertz; got 64.0",
    ),
    "clock twice": (
        "price TRACE --device stm32l4r5 --clock-hz 64e6 --clock-mhz 64",
        "price --clock-mhz: is --clock-hz in megahertz; got both",
    ),
    "clock in words": (
        "price TRACE --device stm32l4r5 --clock-hz fast",
        "price --clock-hz: must be a number without a unit, or DEVICE=NUMBER; got fast",
    ),
    "supply": (
        "price TRACE --device stm32l4r5 --supply-v stm32l4r5=5",
        "supply_v: must be a supply of the device, in volts; got 5.0; allowed: 1.71 to 3.6",
    ),
    "supply of two": (
        "price TRACE --device stm32l4r5 --supply-v 3 --supply-v 2",
        "price --supply-v: is one value, or one for each of several devices; got 3, 2",
    ),
    "supply of another": (
        "price TRACE --device stm32l4r5 --supply-v nrf54l15=3",
        "price.supply_v: must name devices that are priced; got 'nrf54l15'; allowed: stm32l4r5",
    ),
    "host of layers": (
        "price --layers LAYERS --device stm32l4r5 --host none",
        "price --host: goes with a trace; got --layers",
    ),
    "network": (
        "price --layers LAYERS --device stm32l4r5 --spk n.spk",
        "price --spk: goes with a trace; got --layers",
    ),
    "explain": (
        "price TRACE --device stm32l4r5 --explain",
        "price --explain: needs two devices",
    ),
    "workload": (
        "price TRACE --device odin_style --device stm32l4r5 --explain --workload int8_ann",
        "odin_style has the workload; got int8_ann; allowed: snn",
    ),
    "fit": ("fit resnet", "network: must name a network or be the path of a file"),
    "fit shape": (
        "fit lenet --input-shape large",
        "fit --input-shape: is sizes joined by x; got 'large'; allowed: 28x28x1",
    ),
    "fit battery": ("fit lenet --device cr2032", "fit.devices: must be neuromorphic cores"),
    "odin": ("price TRACE --device odin", "executes what was trained for its 3-bit weights"),
    "core": ("map TRACE --device stm32l4r5", "map --device: must be a neuromorphic core"),
    "size": ("map TRACE --device odin_style:axons_per_core=32", "(odin_style:axons_per_core=64)"),
    "cores": (
        "map TRACE --device odin_style:neurons_per_core=64 --max-cores 1",
        "fits on 1 core (max_cores); got 2 cores; allowed: odin_style:neurons_per_core=128",
    ),
    "no cores": (
        "price TRACE --device odin_style --max-cores 0",
        "price.max_cores: must be a number of cores, or any",
    ),
    "library": (
        "price TRACE --device stm32l4r5 --library none",
        "must be a kernel library with known cycle counts",
    ),
    "benchmark": ("price --layers LAYERS --device stm32l4r5 --benchmark GPT", "GPT"),
    "network of a table": (
        "price --layers mlperf_tiny --device stm32l4r5 --network GPT",
        "network: must be a benchmark of the layer table; got 'GPT'; allowed: AD, IC, KWS, SWW",
    ),
    "network and benchmark": (
        "price --layers LAYERS --device stm32l4r5 --network IC --benchmark IC",
        "price --network: is --benchmark by another name; got both",
    ),
    "no table": (
        "price --layers mlperf --device stm32l4r5",
        "layer table: must come with spikewatt, or be a file; got 'mlperf'; allowed: mlperf_tiny",
    ),
    "columns": ("calibrate columns.csv --device stm32u575 -o c.yaml", "columns.csv"),
    "too few": ("calibrate few.csv --device stm32u575 -o c.yaml", "few.csv"),
    "core card": (
        "calibrate few.csv --device odin_style -o c.yaml",
        "calibrate.device: must be a microcontroller",
    ),
    "784": (
        "odin --hidden 200",
        "of 256 indices with 210 neurons and the bias axon; got 64 inputs; "
        "allowed: at most 22 inputs",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_one_line_and_exit_code_2(case, trace_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "columns.csv").write_text("network,milliseconds\nIC,3\n")
    readings(tmp_path / "few.csv", ("IC", "KWS"))
    arguments, message = REFUSED[case]
    before = sorted(p.name for p in tmp_path.iterdir())
    files = {"TRACE": trace_file, "LAYERS": str(LAYERS)}
    result = spikewatt(*[files.get(part, part) for part in arguments.split()])
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == before
