"""Coefficients fitted to the cycles of one device, and the committed fit to all measured rows."""

from __future__ import annotations

import json
from math import isinf

import pandas as pd
import pytest
from spikewatt.energy.kernels import stack_fit
from spikewatt.energy.kernels.fit import fit_all
from spikewatt.energy.kernels.law import FITTED, predict
from spikewatt.energy.kernels.library import FITS
from spikewatt.energy.kernels.measured import MEASURED, read_measured
from spikewatt.energy.kernels.stack_fit import fit_stack
from spikewatt.errors import SpikewattError

from ..helpers.kernels import FOUR, TRUE, TRUE_OVERHEAD


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
    fit = fit_stack(work_rows, true_cycles(work_rows), TRUE_OVERHEAD, exact)
    assert fit.coefficients == pytest.approx(TRUE, rel=0.01)
    assert max(map(abs, fit.residuals.values())) < 0.001


def test_known_coefficients_are_recovered_from_wrong_priors_that_are_weak(work_rows):
    far = {"cycles_per_mac_dense": (1.0, 5.0), "cycles_per_output": (300.0, 5.0)}
    fit = fit_stack(work_rows, true_cycles(work_rows), TRUE_OVERHEAD, far)
    assert fit.coefficients == pytest.approx(TRUE, rel=0.01)


def test_what_no_network_tells_comes_from_the_prior(work_rows):
    fit = fit_stack(work_rows, true_cycles(work_rows, ("IC", "KWS", "VWW")), TRUE_OVERHEAD)
    assert fit.from_prior == fit.weakest == ("cycles_per_mac_dense",)
    assert fit.prior_share["cycles_per_mac_dense"] > 0.99
    assert fit.condition_number_data > 1000 > 100 > fit.condition_number
    dense, conv = (fit.coefficients[f"cycles_per_mac_{what}"] for what in ("dense", "conv"))
    assert dense == pytest.approx(conv, rel=0.01)


def test_one_network_tells_one_number(work_rows):
    fit = fit_stack(work_rows, true_cycles(work_rows, ("IC",)), TRUE_OVERHEAD)
    assert isinf(fit.condition_number_data)
    output, mac = (fit.coefficients[f"cycles_per_{what}"] for what in ("output", "mac_conv"))
    assert output == pytest.approx(30 * mac, rel=1e-3)


def test_cycles_scaled_scale_the_coefficients(work_rows, monkeypatch):
    monkeypatch.setattr(stack_fit, "ELEMENT_CYCLES", (0.0, 0.0, 0.0))
    free = dict.fromkeys(TRUE_OVERHEAD, 0.0)
    cycles = {"AD": 9e5, "IC": 4e7, "KWS": 1.2e7, "VWW": 4e7}
    once, twice = (fit_stack(work_rows, times(n, cycles), free) for n in (1, 2))
    for key in FITTED:
        assert twice.coefficients[key] == pytest.approx(2 * once.coefficients[key], rel=1e-6)
    assert twice.condition_number == pytest.approx(once.condition_number, rel=1e-6)


def test_the_fit_refuses_what_it_cannot_use(work_rows):
    with pytest.raises(SpikewattError, match="cycles: must have at least one network"):
        fit_stack(work_rows, {}, TRUE_OVERHEAD)
    with pytest.raises(SpikewattError, match="cycles: IC: must be above 0; got -1"):
        fit_stack(work_rows, {"IC": -1.0}, TRUE_OVERHEAD)
    with pytest.raises(SpikewattError, match="networks with known layers; got 'X'"):
        fit_stack(work_rows, {"X": 1.0}, TRUE_OVERHEAD)
    nothing = {"IC": dict.fromkeys(work_rows["IC"], 0)}
    with pytest.raises(SpikewattError, match="layers: IC: must have outputs of dense or conv"):
        fit_stack(nothing, {"IC": 1.0}, TRUE_OVERHEAD)


# The committed fit


@pytest.fixture(scope="module")
def committed():
    return json.loads(FITS.read_text())


def same(left, right) -> bool:
    """Whether two nested objects agree, numbers to 1e-3 relative."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return left == pytest.approx(right, rel=1e-3)
    return left == right


def test_golden_committed_fits_are_those_of_the_data(committed):
    found = fit_all(with_left_out=False)
    assert len(found["coefficients"]) == 16
    left_out = committed.pop("widths_left_out")
    assert [len(groups) for groups in left_out.values()] == [37, 8]
    assert same(committed, found)


def test_published_rows_are_135_of_37_submissions():
    rows = read_measured()
    assert len(rows) == 135
    assert rows["submission"].nunique() == 37
    assert rows["chip"].notna().all()
    assert rows["energy_j"].notna().sum() == 67


def test_wrong_measurements_are_refused():
    frame = pd.read_csv(MEASURED)
    with pytest.raises(SpikewattError, match="must be a kernel library.*got 'magic'"):
        read_measured(frame.assign(software="magic"))
    match = "one row per round, submitter, board, library and network; got v0.5 reference Nucleo"
    with pytest.raises(SpikewattError, match=match):
        read_measured(pd.concat([frame, frame[:1]]))

    fast = frame.astype({"latency_ms": object})
    fast.loc[1, "latency_ms"] = "fast"
    match = "measurements: row 2: latency_ms: must be a number above 0; got 'fast'"
    with pytest.raises(SpikewattError, match=match):
        read_measured(fast)
