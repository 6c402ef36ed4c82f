"""Coefficients of int8 kernel libraries: the law, left-out networks, the committed fits, a user's own rows."""

from __future__ import annotations

import json
from math import exp, isinf

import numpy as np
import pandas as pd
import pytest
from spikewatt.energy.cards.calibrate import MEASURED_BY_USER, calibrate
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels import stack_fit
from spikewatt.energy.kernels.fit import CHECKED, FITS, fit_all
from spikewatt.energy.kernels.law import ELEMENT, FITTED, predict, work
from spikewatt.energy.kernels.layer_table import LAYERS, read_networks
from spikewatt.energy.kernels.library import OLDER, borrow, coefficients, libraries, named
from spikewatt.energy.kernels.measured import MEASURED, read_measured
from spikewatt.energy.kernels.power import fit_power
from spikewatt.energy.kernels.stack_fit import fit_stack, leave_one_out
from spikewatt.errors import SpikewattError

TRUE = {
    "cycles_per_mac_dense": 3.1,
    "cycles_per_mac_conv": 2.4,
    "cycles_per_output": 72.0,
    "cycles_per_pool_element": 6.0,
}
FOUR = ("AD", "IC", "KWS", "VWW")


@pytest.fixture(scope="module")
def work_rows():
    return {name: work(layers) for name, layers in read_networks().items()}


@pytest.fixture(scope="module")
def rows():
    return read_measured()


@pytest.fixture(scope="module")
def left_out(rows, work_rows):
    return leave_one_out(rows, work_rows)


@pytest.fixture(scope="module")
def committed():
    return json.loads(FITS.read_text())


def user_rows(work_rows, networks=FOUR, clock_mhz=120.0, power_w=0.044):
    """Rows as a user would measure them on a device with the coefficients TRUE."""
    cycles = np.array([predict(TRUE, work_rows[name]) for name in networks])
    latency_ms = cycles / clock_mhz / 1e3
    return pd.DataFrame(
        {"network": networks, "latency_ms": latency_ms, "energy_uj": latency_ms * power_w * 1e3}
    )


# The fit


def test_law_cycles_are_linear_in_coefficients_and_counts(work_rows):
    once = predict(TRUE, work_rows["KWS"])
    assert predict(
        {key: 3 * value for key, value in TRUE.items()}, work_rows["KWS"]
    ) == pytest.approx(3 * once, rel=1e-12)
    assert predict(
        TRUE, {key: 3 * value for key, value in work_rows["KWS"].items()}
    ) == pytest.approx(3 * once, rel=1e-12)
    assert once == pytest.approx(3.1 * 768 + 2.4 * 2656000 + 72 * 72012 + 6 * 8000, rel=1e-12)


def test_law_known_coefficients_are_recovered(work_rows):
    cycles = {name: predict(TRUE, work_rows[name]) for name in FOUR}
    exact = {"cycles_per_mac_dense": (3.1 / 2.4, 0.5), "cycles_per_output": (30.0, 0.3)}
    fit = fit_stack(work_rows, cycles, exact)
    for key, value in TRUE.items():
        assert fit.coefficients[key] == pytest.approx(value, rel=0.01), key
    assert max(map(abs, fit.residuals.values())) < 0.001
    far = {
        "cycles_per_mac_dense": (1.0, 5.0),
        "cycles_per_output": (300.0, 5.0),
    }  # so weak that the data decide
    for key, value in TRUE.items():
        assert fit_stack(work_rows, cycles, far).coefficients[key] == pytest.approx(
            value, rel=0.01
        ), key


def test_law_what_no_network_tells_comes_from_the_prior(work_rows):
    cycles = {name: predict(TRUE, work_rows[name]) for name in ("IC", "KWS", "VWW")}
    fit = fit_stack(work_rows, cycles)
    assert fit.from_prior == fit.weakest == ("cycles_per_mac_dense",)
    assert fit.prior_share["cycles_per_mac_dense"] > 0.99
    assert fit.coefficients["cycles_per_mac_dense"] == pytest.approx(
        fit.coefficients["cycles_per_mac_conv"], rel=0.01
    )
    assert fit.condition_number_data > 1000 > 100 > fit.condition_number
    one = fit_stack(work_rows, {"IC": cycles["IC"]})
    assert isinf(one.condition_number_data)
    assert one.coefficients["cycles_per_output"] == pytest.approx(
        30 * one.coefficients["cycles_per_mac_conv"], rel=1e-3
    )


def test_law_cycles_scaled_scale_the_coefficients(work_rows, monkeypatch):
    monkeypatch.setattr(stack_fit, "ELEMENT_CYCLES", (0.0, 0.0, 0.0))
    cycles = {"AD": 9e5, "IC": 4e7, "KWS": 1.2e7, "VWW": 4e7}
    once, twice = (
        fit_stack(work_rows, {name: scale * value for name, value in cycles.items()})
        for scale in (1, 2)
    )
    for key in FITTED:
        assert twice.coefficients[key] == pytest.approx(2 * once.coefficients[key], rel=1e-6)
    assert twice.condition_number == pytest.approx(once.condition_number, rel=1e-6)


def test_the_fit_refuses_what_it_cannot_use(work_rows):
    with pytest.raises(SpikewattError, match="cycles: must have at least one network"):
        fit_stack(work_rows, {})
    with pytest.raises(SpikewattError, match="cycles: IC: must be above 0; got -1"):
        fit_stack(work_rows, {"IC": -1.0})
    with pytest.raises(SpikewattError, match="networks with known layers; got 'X'"):
        fit_stack(work_rows, {"X": 1.0})


def test_published_left_out_networks_are_predicted(left_out):
    """MLPerf Tiny v0.5, v0.7, v1.0, v1.1 (github mlcommons/tiny_results_*): 14 stacks, each network predicted from the others."""
    assert len(left_out) == 56
    assert not left_out["used_in_fit"].any()
    errors = left_out.loc[left_out["network"].isin(CHECKED), "error"].abs()
    assert len(errors) == 42
    assert errors.median() <= 0.12
    assert errors.max() <= 0.30


def test_a_left_out_row_never_enters_its_own_fit(rows, work_rows, left_out):
    for network in FOUR:
        changed = rows.copy()
        changed.loc[changed["network"] == network, ["cycles", "latency_s"]] *= 7.0
        again = leave_one_out(changed, work_rows)
        own = left_out["network"] == network
        assert again.loc[own, "predicted"].tolist() == left_out.loc[own, "predicted"].tolist()
        assert (again.loc[~own, "predicted"] != left_out.loc[~own, "predicted"]).all()


def test_published_power_hardly_depends_on_the_network(rows, committed):
    chips, table = fit_power(rows)
    assert len(table) == 35
    assert table["error"].abs().median() <= 0.05
    assert table["error"].abs().max() <= 0.15
    assert (
        {"stm32l4r5 1.8 V", "stm32u575 1.8 V", "stm32h7a3 3 V", "stm32h7a3 3.3 V"}
        <= set(chips)
        == set(committed["power"])
    )
    for chip in chips.values():
        power, energy = chip["power_w"], chip["energy_per_cycle_j"]
        assert power["low"] < power["value"] < power["high"]
        assert energy["value"] * chip["clock_hz"] == pytest.approx(power["value"])
    assert chips["stm32l4r5 1.8 V"]["energy_per_cycle_j"]["value"] == pytest.approx(
        370e-12, rel=0.02
    )


def same(left, right):
    """Whether two nested objects agree, numbers to 1e-4 relative or 1e-6 absolute."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return (
        left == pytest.approx(right, rel=1e-4, abs=0 if abs(left) < 1e-6 else 1e-6)
        if isinstance(left, float)
        else left == right
    )


def test_golden_committed_fits_are_those_of_the_data(committed):
    assert sum(map(len, committed["stacks"].values())) == 14
    assert same(committed, fit_all())


def test_wrong_measurements_are_refused():
    frame = pd.read_csv(MEASURED)
    with pytest.raises(SpikewattError, match="must be a known kernel library; got 'magic'"):
        read_measured(frame.assign(software="magic"))
    with pytest.raises(
        SpikewattError, match="one row per library, core and network; got tflm, Cortex-M4, AD"
    ):
        read_measured(pd.concat([frame, frame[:1]]))
    with pytest.raises(
        SpikewattError,
        match="measurements: row 2: latency_ms: must be a number above 0; got 'fast'",
    ):
        read_measured(
            frame.astype({"latency_ms": object}).replace(
                {"latency_ms": {frame["latency_ms"][1]: "fast"}}
            )
        )


# The library


def test_every_library_answers_for_every_core():
    cores = {core for some in libraries().values() for core in some}
    assert cores == {"Cortex-M0+", "Cortex-M4", "Cortex-M33", "Cortex-M7"}
    for library, own in libraries().items():
        for core in cores:
            found = coefficients(library, core)
            assert list(found) == [*FITTED, ELEMENT]
            for value, low, high, note, group in found.values():
                assert 0 < low < value < high
                assert note
                assert group in (f"kernel fit {library} {core}", f"assumed {ELEMENT}")
            assert ("borrowed" in found["cycles_per_mac_conv"][3]) == (core not in own)
    assert (
        "borrowed from hale and x-cube-ai"
        in coefficients("cmsis-nn", "Cortex-M7")["cycles_per_output"][3]
    )


def test_a_range_widens_with_what_is_not_known():
    def width(*arguments):
        value, low, high, _, _ = coefficients(*arguments)["cycles_per_mac_conv"]
        assert value - low == pytest.approx(high - value)
        return (high - low) / 2 / value

    own, other, borrowed = (
        width("cmsis-nn", "Cortex-M4"),
        width("cmsis-nn", "Cortex-M4", False),
        width("cmsis-nn", "Cortex-M7"),
    )
    assert other == pytest.approx(np.hypot(own, 0.1))
    assert borrowed >= np.hypot(own, 0.2) - 1e-9
    assert width("hale", "Cortex-M7") == pytest.approx(0.05)


def test_published_rows_lie_in_the_range_of_borrowed_coefficients(rows, work_rows):
    """Stacks that were measured, predicted without their own rows: another core of the same library, times other libraries' ratio."""
    errors = []
    for library, core in rows[["library", "core"]].drop_duplicates().itertuples(index=False):
        if core == "Cortex-M0+" or len(libraries()[library]) == 1:
            continue  # no other library has both cores
        values, spreads, reference, lenders = borrow(library, core)
        assert core != reference
        assert library not in lenders
        assert OLDER.get(library) not in lenders
        for row in rows[(rows["library"] == library) & (rows["core"] == core)].itertuples():
            error = predict({**values, ELEMENT: 6.0}, work_rows[row.network]) / row.cycles - 1
            assert abs(error) < max(spreads.values())
            errors.append(error)
    assert len(errors) == 44
    assert np.median(np.abs(errors)) < 0.12


def test_an_unknown_library_or_core_is_refused():
    with pytest.raises(
        SpikewattError,
        match="library: must be a kernel library.*got 'CMSIS'; allowed: cmsis-nn, hale, tflm, tvm, x-cube-ai",
    ):
        coefficients("CMSIS", "Cortex-M4")
    with pytest.raises(
        SpikewattError,
        match="core: must be a core.*got 'Cortex-M55'; allowed: Cortex-M0\\+, Cortex-M33, Cortex-M4, Cortex-M7",
    ):
        coefficients("cmsis-nn", "Cortex-M55")
    with pytest.raises(
        SpikewattError,
        match="another library must link this core to a fitted one.*hale: Cortex-M0\\+",
    ):
        borrow("hale", "Cortex-M0+")


@pytest.mark.parametrize(
    ("spelt", "library"),
    [
        ("CMSIS-NN", "cmsis-nn"), ("cmsis_nn", "cmsis-nn"), ("vendor-optimised", "x-cube-ai"), ("Reference", "tflm"),
        ("X-CUBE-AI v7.3.0", "x-cube-ai"), ("Bosch HALE version 1.0", "hale"), ("x-cube-ai-7.1", "x-cube-ai-7.1"),
    ],
)  # fmt: skip
def test_names_of_a_library(spelt, library):
    assert named(spelt) == library
    assert load_card("STM32L4R5", spelt).about["library"] == library


# A user's own rows


def test_law_a_calibration_recovers_the_device(work_rows, tmp_path):
    user_rows(work_rows).to_csv(tmp_path / "mine.csv", index=False)
    result = calibrate({"clock_hz": 120e6}, tmp_path / "mine.csv")
    assert result.status == MEASURED_BY_USER
    assert set(result.values) == {*TRUE, "energy_per_cycle_j"} == set(result.statuses)
    for key, value in TRUE.items():
        fitted, low, high = result.values[key]
        assert fitted == pytest.approx(value, rel=0.01), key
        assert low <= 0.95 * fitted + 1e-9
        assert high >= 1.05 * fitted - 1e-9
    assert result.values["energy_per_cycle_j"][0] == pytest.approx(0.044 / 120e6)
    assert result.statuses["cycles_per_pool_element"] == "assumed"
    assert list(result.residuals) == ["AD, row 1", "IC, row 2", "KWS, row 3", "VWW, row 4"]
    assert result.condition_number_data < 15


def test_a_calibration_reads_clocks_per_row_and_needs_no_energy(work_rows):
    frame = pd.concat(
        [user_rows(work_rows, clock_mhz=clock).assign(clock_mhz=clock) for clock in (64.0, 128.0)]
    ).assign(energy_uj=np.nan)
    result = calibrate({}, frame)
    assert "energy_per_cycle_j" not in result.values
    assert len(result.residuals) == 8
    assert result.values["cycles_per_mac_conv"][0] == pytest.approx(2.4, rel=0.01)
    noisy = frame.assign(latency_ms=frame["latency_ms"] * np.tile([exp(0.1), exp(-0.1)], 4))
    value, low, high = calibrate({}, noisy).values["cycles_per_mac_conv"]
    assert (high - low) / 2 / value > 0.1


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        (
            ("AD", "IC"),
            "identify cycles_per_output; got 2 different networks for 3 coefficients.*allow_prior",
        ),
        (
            ("IC", "KWS", "VWW"),
            "identify cycles_per_mac_dense; got a condition number of .* where at most 15.*fully connected, such as AD",
        ),
        (
            ("AD", "KWS", "VWW"),
            "identify cycles_per_mac_conv and cycles_per_output; got a condition number.*such as IC",
        ),
    ],
)
def test_a_calibration_that_identifies_too_little_is_refused_or_says_what_it_assumed(
    work_rows, networks, message
):
    frame = user_rows(work_rows, networks)
    with pytest.raises(SpikewattError, match=message):
        calibrate({"clock_hz": 120e6}, frame)
    result = calibrate({"clock_hz": 120e6}, frame, allow_prior=True)
    assert result.from_prior
    for key in result.from_prior:
        value, low, high = result.values[key]
        assert "assumed ratio" in result.statuses[key]
        assert (high - low) / 2 / value > 0.2


def test_a_calibration_without_fully_connected_layers_is_refused(work_rows):
    layers = pd.read_csv(LAYERS)
    frame = user_rows(work_rows, ("IC", "KWS", "VWW"))
    with pytest.raises(
        SpikewattError,
        match="identify cycles_per_mac_dense; got no network with fully connected MACs",
    ):
        calibrate({"clock_hz": 120e6}, frame, layers[layers["op"] != "FULLY_CONNECTED"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="latency_ms"), "must have the column latency_ms"),
        (
            lambda f: f.assign(voltage=3.0),
            "unknown column; got voltage; allowed: network, latency_ms, energy_uj, clock_mhz",
        ),
        (
            lambda f: f.assign(network="mine"),
            "row 1: network: must be a benchmark of the layer table; got 'mine'; allowed: AD, IC",
        ),
        (lambda f: f[:0], "at least one row"),
        (
            lambda f: f.assign(latency_ms=[1.0, 0.0, 1.0, 1.0]),
            "row 2: latency_ms: must be a number above 0; got '0.0'",
        ),
        (
            lambda f: f.assign(energy_uj=[1.0, 1.0, -3.0, 1.0], clock_mhz=64),
            "row 3: energy_uj: must be a number above 0; got '-3.0'",
        ),
        (
            lambda f: f.assign(clock_mhz="fast"),
            "row 1: clock_mhz: must be a number above 0; got 'fast'",
        ),
        (lambda f: f, "must have the column clock_mhz where the device states no clock"),
    ],
)
def test_a_wrong_calibration_table_is_refused(work_rows, change, message):
    with pytest.raises(SpikewattError, match=message):
        calibrate({}, change(user_rows(work_rows)))
