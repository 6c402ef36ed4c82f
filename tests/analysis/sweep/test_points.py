"""Rows of a sweep: each is what `price` says of the same trace on the same hardware."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.analysis.design.front import on_front
from spikewatt.analysis.sweep.network_points import network_points
from spikewatt.analysis.sweep.rows import read_sweep
from spikewatt.analysis.sweep.space import make_space
from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.analysis.sweep.work.network import KeptNetworks, trace_of
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.price import price
from spikewatt.energy.pricing.prices import ENERGIES, TIMES
from spikewatt.energy.pricing.uncertainty import estimate
from spikewatt.sim.trace.first_steps import first_steps


@pytest.fixture
def space(base):
    return make_space(
        base
        | {
            "max_cores": 2,
            "network": {"weight_bits": [8, 4], "steps": [4, 8]},
            "hardware": {
                "device": ["odin_style", "odin_style:cycles_per_sop=1", "stm32l4r5"],
                "neurons_per_core": [64, 256],
                "node_nm": [28, 45],
                "voltage_v": [0.55, 0.65, 0.8],
                "period_s": [1e-2, 1.0],
            },
        }
    )


def bill_for(row, traces, found):
    """The bill of a row, made on its own."""
    trace = first_steps(traces[row["network_point"]], int(row["steps"]))
    card = load_card(found.names.design({**row, "host": ""}))
    host = None if row["host"] in ("none", "") else load_card(row["host"])
    return bill_of(trace, card, row["period_s"], host)


def traces_of(space):
    kept = KeptNetworks()
    points = network_points(space)
    found = {point.number: kept.get(point.simulation.key) for point in points if point.simulation}
    return {number: trace_of(each) for number, each in found.items() if each}


def assert_priced_as(row, bill, workload: str) -> None:
    """Energy and time of a row, with their ranges, are those of a bill."""
    for what, keys in (("energy_j", ENERGIES), ("time_s", TIMES)):
        found = estimate(bill, bill.select(workload, what))
        got = [row[key] for key in keys]
        assert got == pytest.approx((found.value, found.low, found.high), rel=1e-9), (what, row)


def test_every_row_is_what_a_bill_of_its_own_says(space, own_cache, tmp_path):
    found = sweep(space, tmp_path / "s", workers=0)
    rows = found.frame
    assert len(rows) == 4 * (2 * 2 * 2 * 3 * 2 * 2 + 2 * 2)
    assert found.simulated + found.reused == 2
    assert rows["reason"].eq("").all()
    traces = traces_of(space)
    for row in rows.sample(40, random_state=1).to_dict("records"):
        bill = bill_for(row, traces, found)
        workload = row["workload"]
        assert_priced_as(row, bill, workload)
        footprint = bill.footprints[workload]
        assert row["memory_bytes"] == footprint.memory_bytes
        if footprint.area_m2:
            assert row["cores"] == footprint.cores
            assert row["mm2"] == pytest.approx(footprint.area_m2.value * 1e6)


def test_the_front_is_that_of_all_rows_compared_with_all(space, own_cache, tmp_path):
    found = sweep(space, tmp_path / "s", workers=0)
    everything = found.frame
    assert not everything.loc[~everything["decides"], "on_front"].any()
    rows = everything[everything["decides"]]
    values = rows[["accuracy_validation", "energy_j", "period_s"]].to_numpy(float)
    for i, (accuracy, energy, period) in enumerate(values):
        same = values[values[:, 2] == period]
        better = (same[:, 0] >= accuracy) & (same[:, 1] <= energy)
        better &= (same[:, 0] > accuracy) | (same[:, 1] < energy)
        on = not better.any() and not np.isnan(accuracy)
        assert rows["on_front"].iloc[i] == on
    assert 0 < rows["on_front"].sum() < len(rows)
    assert len(found.front) == rows["on_front"].sum()
    few = read_sweep(found.path, front=True)
    assert few["on_front"].sum() == rows["on_front"].sum()
    assert len(few) < len(rows)


def test_accuracies_are_those_of_the_run(space, own_cache, tmp_path, digits):
    rows = sweep(space, tmp_path / "s", workers=0).frame
    traces = traces_of(space)
    labels = digits.y_test[:60]
    for number, trace in traces.items():
        mine = rows[(rows["network_point"] == number) & (rows["workload"] == "snn")]
        steps = int(mine["steps"].iloc[0])
        assert mine["accuracy"].nunique() == 1
        assert mine["accuracy"].iloc[0] == trace.accuracy(labels)[steps - 1]


HARDWARE = {
    "device": ["odin_style", "stm32l4r5"],
    "host": "none",
    "strategy": ["race_to_idle", "just_in_time"],
    "voltage_v": [0.55, 0.7, 1.0],
}


def test_just_in_time_meets_the_period_at_the_lowest_voltage(base, own_cache, tmp_path):
    periods = [1.0, 1.5e-4, 1.2e-4, 1e-5]
    given = base | {"network": {"steps": [8]}, "hardware": {**HARDWARE, "period_s": periods}}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    core = rows[rows["device"] == "odin_style"]
    late = core["reason"].str.startswith("period_s")
    trace = traces_of(make_space(given))[0]

    waiting = core[(core["strategy"] == "just_in_time") & ~late]
    assert len(waiting) >= 1
    for row in waiting.to_dict("records"):
        slow = row["clock_hz"] > 1e3
        assert row["time_s"] == pytest.approx(row["period_s"], rel=1e-9) or not slow
        text = f"odin_style:voltage_v={row['voltage_v']!r},clock_hz={row['clock_hz'] * 0.999999}"
        bill = bill_of(trace, load_card(text))
        assert row["energy_j"] == pytest.approx(
            bill.total("snn")
            + (row["period_s"] - bill.total("snn", "time_s"))
            * bill.card["leakage_power_w"].value
            * row["cores"],
            rel=1e-5,
        )

    racing = core[(core["strategy"] == "race_to_idle") & ~late]
    assert racing["voltage_v"].nunique() == 3
    cheapest = racing.groupby("period_s")["energy_j"].min()
    for row in waiting.to_dict("records"):
        # By these laws a core never loses by waiting: at equal voltage all costs are the same.
        assert row["energy_j"] <= cheapest.get(row["period_s"], np.inf) * (1 + 1e-9)
    assert late.any()
    assert set(core[late]["period_s"]) <= set(periods[1:])  # 1 s is long enough for all
    at_once = core["period_s"] == min(periods)
    assert late[at_once].all()
    latency_s = bill_of(trace, load_card("odin_style:voltage_v=1.0")).total("snn", "time_s")
    fastest = (core["voltage_v"] == 1.0) & (core["strategy"] == "race_to_idle")
    assert (late[fastest] == core[fastest]["period_s"].lt(latency_s)).all()
    assert core[late]["energy_j"].isna().all()


def test_a_microcontroller_sleeps_for_the_rest_or_runs_slowly(base, own_cache, tmp_path):
    hardware = {**HARDWARE, "period_s": [0.01]}
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    rows = rows[(rows["device"] == "stm32l4r5") & (rows["workload"] == "int8_ann")]
    race = rows[rows["strategy"] == "race_to_idle"].iloc[0]
    wait = rows[rows["strategy"] == "just_in_time"].iloc[0]
    assert race["time_s"] < 0.01
    assert wait["time_s"] == pytest.approx(0.01)
    assert wait["clock_hz"] < race["clock_hz"] == load_card("stm32l4r5")["clock_hz"].value
    sleeping = (0.01 - race["time_s"]) * load_card("stm32l4r5")["sleep_power_w"].value
    assert race["energy_j"] - wait["energy_j"] > sleeping * 0.999
    assert (rows["cheapest_strategy"] == "just_in_time").all()


def test_values_of_a_card_as_they_are_and_as_factors(base, own_cache, tmp_path):
    hardware = {
        "device": "odin_style",
        "host": "none",
        "voltage_v": [0.55, 0.8],
        "energy_per_sop_j": {"factor": [0.5, 1, 2]},
        "leakage_power_w": [1e-6, 2e-6],
        "clock_hz": [1e6, 9e7],
    }
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    trace = traces_of(make_space(given))[0]
    fits = rows[rows["reason"] == ""]
    too_fast = rows[rows["reason"] != ""]
    assert len(fits) == 18
    assert set(zip(too_fast["voltage_v"], too_fast["clock_hz"], strict=True)) == {(0.55, 9e7)}
    for row in fits.to_dict("records"):
        card = load_card(f"odin_style:voltage_v={row['voltage_v']},clock_hz={row['clock_hz']}")
        bill = bill_of(trace, card)
        changed = {
            "energy_per_sop_j": card["energy_per_sop_j"].value * row["energy_per_sop_j"],
            "leakage_power_w": row["leakage_power_w"],
        }
        assert row["energy_j"] == pytest.approx(bill.total("snn", changed=changed), rel=1e-12)


def test_what_does_not_fit_stays_with_its_reason(base, own_cache, tmp_path):
    given = base | {
        "network": {"weight_bits": [8, 16], "code": ["rate", "radix"]},
        "hardware": {"device": ["odin_style", "stm32l4r5"], "host": "none", "period_s": 1},
    }
    rows = sweep(given, tmp_path / "s", workers=0).frame
    assert len(rows) == 4 * 3
    cores = rows[rows["device"] == "odin_style"].set_index(["weight_bits", "code"])["reason"]
    assert cores[8, "rate"] == ""
    assert "weights fit into its synapses; got 16 bits" in cores[16, "rate"]
    assert rows["reason"].str.contains("\n").sum() == 0
    assert "radix doubles the accumulator" in cores[8, "radix"]
    wide = rows[(rows["device"] == "stm32l4r5") & (rows["weight_bits"] == 16)]
    reasons = wide.set_index(["workload", "code"])["reason"]
    assert reasons["snn"].str.contains("weights are int8").all()
    assert (reasons["int8_ann"] == "").all()
    assert not on_front(wide[wide["workload"] == "snn"], {"energy_j": "least"}).any()


def test_libraries_and_supplies_are_those_of_a_price(base, own_cache, tmp_path):
    axes = {"library": ["cmsis-nn", "tflm"], "supply_v": [1.8, 3.0], "clock_hz": [40e6]}
    hardware = {"device": ["stm32l4r5", "nrf54l15"], **axes, "period_s": 0.5}
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    assert len(rows) == 2 * 2 * 2 * 2
    trace = traces_of(make_space(given))[0]
    for (device, library, supply_v), mine in rows.groupby(["device", "library", "supply_v"]):
        prices = price(
            trace,
            device,
            period_s=0.5,
            library=library,
            supply_v=supply_v,
            clock_hz=40e6,
        ).totals()
        expected = dict(zip(prices["workload"], prices["energy_j"], strict=True))
        got = dict(zip(mine["workload"], mine["energy_j"], strict=True))
        assert got == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("method", ["grid", "latin_hypercube"])
def test_library_supply_and_clock_are_those_of_a_host_too(base, own_cache, tmp_path, method):
    axes = {"library": ["cmsis-nn", "tflm"], "supply_v": [1.8, 3.6], "clock_hz": [1e6, 30e6]}
    hardware = {"device": ["odin_style"], "host": ["none", "stm32l4r5"], **axes, "period_s": 0.5}
    given = base | {"network": {"steps": [8]}, "hardware": hardware, "method": method}
    if method != "grid":
        given["points"] = 24
    rows = sweep(given, tmp_path / "s", workers=0).frame
    assert rows["reason"].eq("").all()
    alone = rows[rows["host"] == "none"]
    hosted = rows[rows["host"] == "stm32l4r5"]
    assert alone["supply_v"].isna().all()
    if method == "grid":  # without a host there is nothing that these would be of
        assert (len(alone), len(hosted)) == (2, 2 * 2 * 2)
    trace = traces_of(make_space(given))[0]
    for row in hosted.to_dict("records"):
        clocks = dict.fromkeys(("odin_style", "stm32l4r5"), row["clock_hz"])
        settings = {"library": row["library"], "supply_v": {"stm32l4r5": row["supply_v"]}}
        prices = price(
            trace,
            "odin_style",
            host="stm32l4r5",
            period_s=0.5,
            clock_hz=clocks,
            max_cores=None,
            **settings,
        )
        bill = prices.bill("odin_style+stm32l4r5")
        assert_priced_as(row, bill, "snn")
    assert len(hosted["supply_v"].unique()) == 2


def test_a_clock_that_only_the_core_reaches_is_refused_beside_its_host(base, own_cache, tmp_path):
    hardware = {"device": "odin_style", "host": ["none", "nrf54l15"], "voltage_v": [1.0]}
    hardware["clock_hz"] = [1e3, 1e6]
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    rows = sweep(given, tmp_path / "s", workers=0).frame.set_index(["host", "clock_hz"])["reason"]
    assert rows["nrf54l15", 1e3] == "clock_hz: the host reaches it"
    assert rows["nrf54l15", 1e6] == rows["none", 1e6] == ""


def test_chips_by_their_core_run_as_a_price_has_them(base, own_cache, tmp_path):
    """Beyond their clock and below, behind either regulator, with a range from the law alone."""
    chip = "cortex-m0+:clock_mhz=64,ua_per_mhz=100,supply_v=3,regulator=ldo"
    hardware = {
        "device": ["odin_style", chip, "nrf52840"],
        "host": ["none", chip],
        "regulator": ["ldo", "dcdc"],
        "clock_hz": [20e6, 75e6],
    }
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    refused = rows[rows["reason"] != ""]
    assert set(refused["regulator"]) == {"dcdc"}
    assert refused["reason"].str.contains("one that the chip has; got 'dcdc'; allowed: ldo").all()
    trace = traces_of(make_space(given))[0]
    fits = rows[rows["reason"] == ""]
    assert len(fits) == 2 + 2 + 2 * 2 + 2 * 2 * 2  # alone, hosted, by core, with a card
    for row in fits.to_dict("records"):
        host = None if row["host"] in ("", "none") else row["host"]
        microcontroller = host or row["device"]
        settings = {"clock_hz": dict.fromkeys({row["device"], microcontroller}, row["clock_hz"])}
        if microcontroller != "odin_style":
            settings["regulator"] = {microcontroller: row["regulator"]}
        prices = price(trace, row["device"], host=host, max_cores=None, **settings)
        bill = prices.bill(f"{row['device']}+{host}" if host else row["device"])
        energy = estimate(bill, bill.select(row["workload"]))
        got = [row[key] for key in ("energy_j", "energy_low_j", "energy_high_j")]
        assert got == pytest.approx((energy.value, energy.low, energy.high), rel=1e-9), row


def test_card_values_reach_a_host_where_the_core_has_them_not(base, own_cache, tmp_path):
    hardware = {
        "device": "odin_style",
        "host": ["none", "stm32l4r5"],
        "energy_per_cycle_j": {"factor": [1, 2]},
        "cycles_per_result_read": [30, 300],
        "cycles_per_step": [3],  # a core has it: it is not the host's
    }
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    rows = sweep(given, tmp_path / "s", workers=0).frame
    alone, hosted = rows[rows["host"] == "none"], rows[rows["host"] == "stm32l4r5"]
    assert (len(alone), len(hosted)) == (1, 4)
    assert alone["energy_per_cycle_j"].isna().all()

    trace = traces_of(make_space(given))[0]
    bill = price(trace, "odin_style", host="stm32l4r5", max_cores=None).bill("odin_style+stm32l4r5")
    for row in hosted.to_dict("records"):
        own = bill.values["host.energy_per_cycle_j"].value
        changed = {
            "host.energy_per_cycle_j": own * row["energy_per_cycle_j"],
            "host.cycles_per_result_read": row["cycles_per_result_read"],
            "cycles_per_step": 3.0,
        }
        assert row["energy_j"] == pytest.approx(bill.total("snn", changed=changed), rel=1e-12)
    assert hosted["energy_j"].nunique() == 4
