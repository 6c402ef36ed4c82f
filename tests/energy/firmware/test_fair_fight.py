"""The committed counts of int8 and spikes, and one row of them executed again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.firmware import measure_int8
from spikewatt.energy.firmware.cores import FIRMWARE_CORES, core_named
from spikewatt.energy.firmware.fair_fight import (
    CHIPS,
    DIGITS,
    INT8,
    LENET,
    Fighter,
    fair_fight,
    int8_row,
    spiking_row,
)
from spikewatt.energy.firmware.int8.samples import dense
from spikewatt.energy.kernels.library import coefficients
from spikewatt.energy.kernels.ratios import PLAIN
from spikewatt.energy.layer_tables.layer_table import LAYERS

M4 = core_named("Cortex-M4")
WORKLOADS = {INT8, "rate", "radix", "sync_rate"}


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return fair_fight()


def test_the_table_is_whole(counts):
    keys = ["network", "workload", "core", "quality"]
    assert len(counts) == 2 * len(WORKLOADS) * len(FIRMWARE_CORES) * 2 == 64
    assert not counts.duplicated(keys).any()
    assert set(counts["network"]) == {DIGITS, LENET}
    assert set(counts["workload"]) == WORKLOADS
    assert set(counts["core"]) == set(CHIPS) == set(FIRMWARE_CORES)
    assert (counts["cycles_low"] <= counts["cycles"]).all()
    assert (counts["cycles"] <= counts["cycles_high"]).all()
    spiking = counts["workload"] != INT8
    for column in ("spikes", "neuron_updates"):
        assert (counts[column] > 0).eq(spiking).all()
    steps = counts.groupby("workload")["steps"].unique()
    assert steps.map(list).to_dict() == {INT8: [0], "rate": [32], "radix": [4], "sync_rate": [15]}
    published = counts["timing"] == "published"
    assert published.eq(counts["core"].isin(("Cortex-M0+", "Cortex-M4"))).all()


def test_energy_is_cycles_times_a_price_of_the_chip(counts):
    for (core, name), rows in counts.groupby(["core", "chip"]):
        card = load_card(CHIPS[core])
        assert name == card.name
        per_cycle_j = card["energy_per_cycle_j"].value * card["active_power_factor"].value
        np.testing.assert_allclose(rows["energy_j"], rows["cycles"] * per_cycle_j)
        np.testing.assert_allclose(rows["time_s"], rows["cycles"] / card["clock_hz"].value)


def test_ranges_hold_timing_and_card(counts):
    for what, unit in (("time", "s"), ("energy", "j")):
        low, value, high = (counts[f"{what}{end}_{unit}"] for end in ("_low", "", "_high"))
        assert (low <= value).all()
        assert (value <= high).all()
    one = counts.set_index(["core", "network", "workload", "quality"])
    row = one.loc[("Cortex-M4", LENET, "radix", "best")]
    card = load_card("stm32l4r5")
    energy = card["energy_per_cycle_j"]
    assert row["time_s"] == pytest.approx(row["cycles"] / card["clock_hz"].value)
    assert row["time_high_s"] == pytest.approx(row["cycles_high"] / card["clock_hz"].value)
    assert row["energy_j"] == pytest.approx(row["cycles"] * energy.value)
    widths = np.log([row["cycles_high"] / row["cycles"], energy.high / energy.value])
    assert row["energy_high_j"] / row["energy_j"] == pytest.approx(np.exp(np.hypot(*widths)))


def test_best_loops_beat_plain_ones_everywhere(counts):
    cycles = counts.pivot_table(
        index=["network", "workload", "core"], columns="quality", values="cycles"
    )
    assert len(cycles) == 32
    assert (cycles["best"] < 0.65 * cycles["plain"]).all()


def test_macs_are_those_of_the_networks(counts):
    operations = counts[counts["workload"] == INT8].groupby("network")["operations"].unique()
    assert operations[DIGITS].tolist() == [64 * 48 + 48 * 10]
    first, second = 24 * 24 * 20 * 25, 8 * 8 * 50 * 25 * 20
    assert operations[LENET].tolist() == [first + second + 800 * 500 + 500 * 10]


def test_loops_lie_about_what_vendors_measured():
    """Plain ones above CMSIS-NN on a Cortex-M4, the best ones not above it, layer by layer."""
    measured = coefficients("cmsis-nn", M4.name)
    kinds = {
        "dense": "cycles_per_mac_dense",
        "conv": "cycles_per_mac_conv",
        "depthwise": "cycles_per_mac_conv",
    }
    table = pd.read_csv(measure_int8.LAYERS)
    found = table[(table["core"] == M4.name) & table["kind"].isin(kinds)]
    per_mac = found["kind"].map({kind: measured[key].value for kind, key in kinds.items()})
    cmsis = per_mac * found["operations"] + measured["cycles_per_output"].value * found["outputs"]
    plain = found["quality"] == "plain"
    assert plain.sum() == (~plain).sum() == 8
    assert (found["cycles"][plain] > 1.2 * cmsis[plain]).all()
    assert (found["cycles"][~plain] < cmsis[~plain]).all()


def test_plain_loops_lie_below_the_reference_kernels_of_an_interpreter():
    """TensorFlow Lite Micro's on an RP2350, a Cortex-M33: 20 to 35 cycles for each MAC.

    AD is dense, IC is convolutions; ours do not compute the place of each value by a function.
    """
    rows = pd.read_csv(PLAIN)
    rows = rows[rows["group"] == "RP2350"].set_index("network")
    macs = pd.read_csv(LAYERS).groupby("benchmark")["macs"].sum()
    reference = rows["plain_ms"] * 1e-3 * 150e6 / macs
    assert reference[["AD", "IC", "VWW"]].between(20, 35).all()

    table = pd.read_csv(measure_int8.LAYERS)
    ours = table[(table["core"] == "Cortex-M33") & (table["quality"] == "plain")]
    for network, kind in {"AD": "dense", "IC": "conv"}.items():
        layers = ours[ours["kind"] == kind]
        per_mac = layers["cycles"].sum() / layers["operations"].sum()
        assert 0.1 * reference[network] < per_mac < reference[network], (network, per_mac)


def test_a_layer_costs_what_the_table_of_overheads_says():
    for package in ("ziglang", "unicorn", "capstone"):
        pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")
    table = pd.read_csv(measure_int8.OVERHEADS).set_index(["core", "quality"])
    assert len(table) == 8
    row = table.loc[(M4.name, "best")]
    again = measure_int8.executed(dense("", 4, 4), M4, "best")
    assert round(again.cycles) == row["cycles_of_dense_4x4"]
    law = row["cycles_per_layer"] + 4 * row["cycles_per_output"] + 16 * row["cycles_per_mac"]
    assert law + row["cycles_per_inference"] == pytest.approx(again.cycles, rel=0.05)


def test_a_row_is_executed_and_equal_to_its_reference(mlp, mlp_network, digits):
    for package in ("ziglang", "unicorn", "capstone"):
        pytest.importorskip(package, reason="pip install 'spikewatt[firmware]'")
    from spikewatt.models.int8 import quantise_int8

    x = digits.scaled("test")[:2]
    fighter = Fighter("digits", mlp, digits.scaled("train")[:100], x)
    network = quantise_int8(mlp, fighter.calibration)
    row = int8_row(fighter, network, M4, "best")
    assert row["operations"] == 3552
    assert row["samples"] == 2

    spikes = spiking_row(fighter, "rate", mlp_network, 8, M4, "best")
    assert spikes["spikes"] > 0
    assert spikes["neuron_updates"] == 8 * (64 + 48 + 10)
    assert spikes["cycles_per_operation"] < row["cycles_per_operation"] * 4
