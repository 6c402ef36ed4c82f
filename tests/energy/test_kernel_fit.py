"""Coefficients of int8 kernel libraries: the law, left-out networks, the committed fits."""

from __future__ import annotations

import json
from math import isinf

import pandas as pd
import pytest
from spikewatt.energy.kernels import stack_fit
from spikewatt.energy.kernels.fit import CHECKED, FITS, fit_all
from spikewatt.energy.kernels.law import FITTED, predict
from spikewatt.energy.kernels.measured import MEASURED, read_measured
from spikewatt.energy.kernels.power import fit_power
from spikewatt.energy.kernels.stack_fit import fit_stack, leave_one_out
from spikewatt.errors import SpikewattError

from ..helpers.kernels import FOUR, TRUE


@pytest.fixture(scope="module")
def left_out(rows, work_rows):
    return leave_one_out(rows, work_rows)


@pytest.fixture(scope="module")
def committed():
    return json.loads(FITS.read_text())


def true_cycles(work_rows, networks=FOUR) -> dict[str, float]:
    """Cycles of networks on the device with the coefficients TRUE."""
    return {name: predict(TRUE, work_rows[name]) for name in networks}


def times(factor: float, numbers: dict[str, float]) -> dict[str, float]:
    return {key: factor * number for key, number in numbers.items()}


# The law


def test_cycles_are_linear_in_coefficients_and_counts(work_rows):
    done = work_rows["KWS"]
    once = predict(TRUE, done)
    assert predict(times(3, TRUE), done) == pytest.approx(3 * once, rel=1e-12)
    assert predict(TRUE, times(3, done)) == pytest.approx(3 * once, rel=1e-12)
    by_hand = 3.1 * 768 + 2.4 * 2_656_000 + 72 * 72_012 + 6 * 8000 + 1000 * 12 + 500
    assert once == pytest.approx(by_hand, rel=1e-12)


def test_known_coefficients_are_recovered(work_rows):
    exact = {"cycles_per_mac_dense": (3.1 / 2.4, 0.5), "cycles_per_output": (30.0, 0.3)}
    fit = fit_stack(work_rows, true_cycles(work_rows), exact)
    assert fit.coefficients == pytest.approx(TRUE, rel=0.01)
    assert max(map(abs, fit.residuals.values())) < 0.001


def test_known_coefficients_are_recovered_from_wrong_priors_that_are_weak(work_rows):
    far = {"cycles_per_mac_dense": (1.0, 5.0), "cycles_per_output": (300.0, 5.0)}
    fit = fit_stack(work_rows, true_cycles(work_rows), far)
    assert fit.coefficients == pytest.approx(TRUE, rel=0.01)


def test_what_no_network_tells_comes_from_the_prior(work_rows):
    fit = fit_stack(work_rows, true_cycles(work_rows, ("IC", "KWS", "VWW")))
    assert fit.from_prior == fit.weakest == ("cycles_per_mac_dense",)
    assert fit.prior_share["cycles_per_mac_dense"] > 0.99
    assert fit.condition_number_data > 1000 > 100 > fit.condition_number
    dense, conv = (fit.coefficients[f"cycles_per_mac_{what}"] for what in ("dense", "conv"))
    assert dense == pytest.approx(conv, rel=0.01)


def test_one_network_tells_one_number(work_rows):
    fit = fit_stack(work_rows, true_cycles(work_rows, ("IC",)))
    assert isinf(fit.condition_number_data)
    output, mac = (fit.coefficients[f"cycles_per_{what}"] for what in ("output", "mac_conv"))
    assert output == pytest.approx(30 * mac, rel=1e-3)


def test_cycles_scaled_scale_the_coefficients(work_rows, monkeypatch):
    monkeypatch.setattr(stack_fit, "ELEMENT_CYCLES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(stack_fit, "overhead_cycles", lambda done: 0.0)
    cycles = {"AD": 9e5, "IC": 4e7, "KWS": 1.2e7, "VWW": 4e7}
    once, twice = fit_stack(work_rows, cycles), fit_stack(work_rows, times(2, cycles))
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
    nothing = {"IC": dict.fromkeys(work_rows["IC"], 0)}
    with pytest.raises(SpikewattError, match="layers: IC: must have outputs of dense or conv"):
        fit_stack(nothing, {"IC": 1.0})


# Measured rows


def test_published_left_out_networks_are_predicted(left_out):
    """MLPerf Tiny v0.5, v0.7, v1.0, v1.1 (github mlcommons/tiny_results_*).

    14 stacks, each network predicted from the others.
    """
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
        again = leave_one_out(changed, work_rows)["predicted"]
        own, before = left_out["network"] == network, left_out["predicted"]
        assert again[own].tolist() == before[own].tolist()
        assert (again[~own] != before[~own]).all()


def test_published_power_hardly_depends_on_the_network(rows, committed):
    chips, table = fit_power(rows)
    assert len(table) == 35
    assert table["error"].abs().median() <= 0.05
    assert table["error"].abs().max() <= 0.15
    assert set(chips) == set(committed["power"])
    known = {"stm32l4r5 1.8 V", "stm32u575 1.8 V", "stm32h7a3 3 V", "stm32h7a3 3.3 V"}
    assert known <= set(chips)
    for chip in chips.values():
        power, energy = chip["power_w"], chip["energy_per_cycle_j"]
        assert power["low"] < power["value"] < power["high"]
        assert energy["value"] * chip["clock_hz"] == pytest.approx(power["value"])
    energy_j = chips["stm32l4r5 1.8 V"]["energy_per_cycle_j"]["value"]
    assert energy_j == pytest.approx(370e-12, rel=0.02)


def same(left, right) -> bool:
    """Whether two nested objects agree, numbers to 1e-4 relative or 1e-6 absolute."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        absolute = 0 if abs(left) < 1e-6 else 1e-6
        return left == pytest.approx(right, rel=1e-4, abs=absolute)
    return left == right


def test_golden_committed_fits_are_those_of_the_data(committed):
    assert sum(map(len, committed["stacks"].values())) == 14
    assert same(committed, fit_all())


def test_wrong_measurements_are_refused():
    frame = pd.read_csv(MEASURED)
    with pytest.raises(SpikewattError, match="must be a known kernel library; got 'magic'"):
        read_measured(frame.assign(software="magic"))
    match = "one row per library, core and network; got tflm, Cortex-M4, AD"
    with pytest.raises(SpikewattError, match=match):
        read_measured(pd.concat([frame, frame[:1]]))

    fast = frame.astype({"latency_ms": object})
    fast.loc[1, "latency_ms"] = "fast"
    match = "measurements: row 2: latency_ms: must be a number above 0; got 'fast'"
    with pytest.raises(SpikewattError, match=match):
        read_measured(fast)
