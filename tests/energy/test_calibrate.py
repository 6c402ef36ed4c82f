"""A user's own rows: what they tell, what they do not, and what is refused."""

from __future__ import annotations

from math import exp

import numpy as np
import pandas as pd
import pytest
from spikewatt.energy.cards.calibrate import MEASURED_BY_USER, calibrate, calibrated_card
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.kernels.law import FITTED, predict
from spikewatt.energy.layer_tables.layer_table import LAYERS
from spikewatt.errors import SpikewattError

from ..helpers.kernels import FOUR, TRUE, TRUE_OVERHEAD

CLOCK = {"clock_hz": 120e6}


def user_rows(work_rows, networks=FOUR, clock_mhz=120.0, power_w=0.044) -> pd.DataFrame:
    """Rows as a user would measure them on a device with the coefficients TRUE."""
    cycles = np.array([predict(TRUE, work_rows[name]) for name in networks])
    latency_ms = cycles / clock_mhz / 1e3
    energy_uj = latency_ms * power_w * 1e3
    return pd.DataFrame({"network": networks, "latency_ms": latency_ms, "energy_uj": energy_uj})


def half_width(found: tuple[float, float, float]) -> float:
    value, low, high = found
    return (high - low) / 2 / value


def test_a_calibration_recovers_the_device(work_rows, tmp_path):
    path = tmp_path / "mine.csv"
    user_rows(work_rows).to_csv(path, index=False)
    result = calibrate(CLOCK, path)
    assert result.status == MEASURED_BY_USER
    coefficients = {key: value for key, value in TRUE.items() if key not in TRUE_OVERHEAD}
    assert set(result.values) == {*coefficients, "energy_per_cycle_j"} == set(result.statuses)
    for key, value in coefficients.items():
        fitted, low, high = result.values[key]
        assert fitted == pytest.approx(value, rel=0.01), key
        assert low <= 0.95 * fitted + 1e-9
        assert high >= 1.05 * fitted - 1e-9
    assert result.values["energy_per_cycle_j"][0] == pytest.approx(0.044 / 120e6)
    assumed = set(coefficients) - set(FITTED)
    assert {result.statuses[key] for key in assumed} == {"assumed"}
    assert list(result.residuals) == ["AD, row 1", "IC, row 2", "KWS, row 3", "VWW, row 4"]
    assert result.condition_number_data < 15


def test_a_calibration_reads_clocks_per_row_and_needs_no_energy(work_rows):
    clocks = (64.0, 128.0)
    parts = [user_rows(work_rows, clock_mhz=mhz).assign(clock_mhz=mhz) for mhz in clocks]
    frame = pd.concat(parts).assign(energy_uj=np.nan)
    result = calibrate({}, frame)
    assert "energy_per_cycle_j" not in result.values
    assert len(result.residuals) == 8
    assert result.values["cycles_per_mac_conv"][0] == pytest.approx(2.4, rel=0.01)


def test_rows_that_scatter_widen_the_range(work_rows):
    frame = pd.concat([user_rows(work_rows)] * 2)
    scatter = np.repeat([exp(0.1), exp(-0.1)], 4)
    result = calibrate(CLOCK, frame.assign(latency_ms=frame["latency_ms"] * scatter))
    assert half_width(result.values["cycles_per_mac_conv"]) > 0.1


def test_a_calibrated_card_says_what_the_user_measured(work_rows):
    card, result = calibrated_card(load_card("stm32u575"), user_rows(work_rows), name="mine")
    assert (card.name, card.title[-12:]) == ("mine", "(calibrated)")
    measured = [key for key, q in card.values.items() if q.status == MEASURED_BY_USER]
    assert set(measured) == {*FITTED, "energy_per_cycle_j", "active_power_factor"}
    assert card["active_power_factor"].value == 1
    groups = {card[key].measurement for key in FITTED}
    assert groups == {result.measurement_group}
    with pytest.raises(SpikewattError, match="calibrate.device: must be a microcontroller; got od"):
        calibrated_card(load_card("odin_style"), user_rows(work_rows))


# What is refused


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        (
            ("AD", "IC"),
            "identify cycles_per_output; got 2 different networks for 3 coefficients.*allow_prior",
        ),
        (
            ("IC", "KWS", "VWW"),
            "identify cycles_per_mac_dense; got a condition number of .* where at most 15"
            ".*fully connected, such as AD",
        ),
        (
            ("AD", "KWS", "VWW"),
            "identify cycles_per_mac_conv and cycles_per_output; "
            "got a condition number.*such as IC",
        ),
    ],
)
def test_a_calibration_that_identifies_too_little_says_what_is_missing_or_assumed(
    work_rows, networks, message
):
    frame = user_rows(work_rows, networks)
    with pytest.raises(SpikewattError, match=message):
        calibrate(CLOCK, frame)
    result = calibrate(CLOCK, frame, allow_prior=True)
    assert result.from_prior
    for key in result.from_prior:
        assert "assumed ratio" in result.statuses[key]
        assert half_width(result.values[key]) > 0.2


def test_a_calibration_without_fully_connected_layers_is_refused(work_rows):
    layers = pd.read_csv(LAYERS)
    without = layers[layers["op"] != "FULLY_CONNECTED"]
    frame = user_rows(work_rows, ("IC", "KWS", "VWW"))
    match = "identify cycles_per_mac_dense; got no network with fully connected MACs"
    with pytest.raises(SpikewattError, match=match):
        calibrate(CLOCK, frame, without)


WRONG = {
    "must have the column latency_ms": lambda f: f.drop(columns="latency_ms"),
    "unknown column; got voltage; allowed: network, latency_ms, energy_uj, clock_mhz": (
        lambda f: f.assign(voltage=3.0)
    ),
    "row 1: network: must be a benchmark of the layer table; got 'mine'; allowed: AD, IC": (
        lambda f: f.assign(network="mine")
    ),
    "at least one row": lambda f: f[:0],
    "row 2: latency_ms: must be a number above 0; got '0.0'": (
        lambda f: f.assign(latency_ms=[1.0, 0.0, 1.0, 1.0])
    ),
    "row 3: energy_uj: must be a number above 0; got '-3.0'": (
        lambda f: f.assign(energy_uj=[1.0, 1.0, -3.0, 1.0], clock_mhz=64)
    ),
    "row 1: clock_mhz: must be a number above 0; got 'fast'": lambda f: f.assign(clock_mhz="fast"),
    "must have the column clock_mhz where the device states no clock": lambda f: f,
}


@pytest.mark.parametrize("message", WRONG)
def test_a_wrong_calibration_table_is_refused(work_rows, message):
    with pytest.raises(SpikewattError, match=message):
        calibrate({}, WRONG[message](user_rows(work_rows)))
