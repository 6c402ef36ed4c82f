"""Sobol's indices: what a closed form says of the same variance."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.analysis.sweep.hardware.points import hardware_points
from spikewatt.analysis.sweep.hardware.pricing import Pricer
from spikewatt.analysis.sweep.network_points import network_points
from spikewatt.analysis.sweep.space import make_space
from spikewatt.analysis.sweep.sweep import sweep
from spikewatt.analysis.sweep.work.network import KeptNetworks, trace_of
from spikewatt.energy.pricing.uncertainty import estimate, tornado
from spikewatt.errors import SpikewattError

pytest.importorskip("SALib")


def test_where_ranges_alone_vary_the_indices_are_the_shares_of_the_tornado(
    base, own_cache, tmp_path
):
    hardware = {"device": "odin_style", "host": "none"}
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    table = sweep(given, tmp_path / "s", workers=0).sensitivity(base=512)
    assert set(table["kind"]) == {"measurement"}
    assert table["tornado_share"].sum() == pytest.approx(1.0)
    for row in table.to_dict("records"):
        assert row["first_order"] == pytest.approx(row["tornado_share"], abs=0.12)
        assert row["total"] >= row["first_order"] - row["first_order_confidence"] - 0.01
    # The sums are close to products: what one measurement explains, it explains alone.
    assert table["first_order"].sum() == pytest.approx(1.0, abs=0.1)
    assert table["total"].iloc[0] == table["total"].max()


def test_an_axis_explains_what_its_own_variance_is(base, own_cache, tmp_path):
    """Of two axes whose logarithms add up the indices are as the variances of each."""
    hardware = {
        "device": "odin_style",
        "host": "none",
        "voltage_v": [0.55, 0.8, 1.0],
        "energy_per_routed_event_j": {"factor": [0.5, 2.0]},
    }
    given = base | {"network": {"steps": [4, 8]}, "hardware": hardware}
    found = sweep(given, tmp_path / "s", workers=0)
    table = found.sensitivity(base=512).set_index("factor")
    assert table.loc["energy_per_routed_event_j", "total"] == pytest.approx(0.0, abs=1e-12)
    rows = found.frame
    log = np.log(rows.pivot_table("energy_j", "steps", "voltage_v"))
    by_steps, by_voltage = log.mean(axis=1).var(ddof=0), log.mean(axis=0).var(ddof=0)
    ratio = table.loc["steps", "first_order"] / table.loc["voltage_v", "first_order"]
    assert ratio == pytest.approx(by_steps / by_voltage, rel=0.3)


def test_points_that_do_not_fit_have_no_variance(base, own_cache, tmp_path):
    hardware = {"device": "odin_style", "host": "none", "weight_bits": [4, 8]}
    given = base | {"network": {"steps": [8]}, "hardware": hardware}
    found = sweep(given, tmp_path / "s", workers=0)
    with pytest.raises(SpikewattError, match="every point of it fits.*weights fit into its syn"):
        found.sensitivity(base=8)
    with pytest.raises(SpikewattError, match=r"sensitivity\.base: must be a power of two; got 12"):
        found.sensitivity(base=12)


@pytest.mark.parametrize("factor", [None, 2.0])
def test_draws_at_another_voltage_have_the_ranges_that_its_law_widens(
    base, own_cache, tmp_path, factor
):
    """One value at its P95 or P5, and all else nominal, is what the tornado says."""
    hardware = {"device": "odin_style", "host": "none", "voltage_v": [0.8]}
    if factor:
        hardware["energy_per_sop_j"] = {"factor": [factor]}
    space = make_space(base | {"network": {"steps": [8]}, "hardware": hardware})
    sweep(space, tmp_path / "s", workers=0)
    (point,) = network_points(space)
    assert point.simulation is not None
    pricer = Pricer(trace_of(KeptNetworks().get(point.simulation.key)))
    ((batch,),) = hardware_points(space).parts()
    bill = pricer.bill_at(batch, "snn")
    assert bill is not None
    table = tornado(bill, "snn")
    assert len(table) > 1
    for row in table.to_dict("records"):
        ends = {1.0: row["energy_at_high_j"], -1.0: row["energy_at_low_j"]}
        for deviate, expected in ends.items():
            deviates = {row["measurement"]: np.array([deviate])}
            (energy_j,) = pricer.energies(batch, "snn", deviates)
            assert energy_j == pytest.approx(expected, rel=1e-9)
    (at_the_card,) = pricer.energies(batch, "snn", {})
    assert at_the_card == pytest.approx(bill.total("snn"))
    (priced,) = pricer.price(batch)
    energy = estimate(bill, bill.select("snn"))
    assert priced.columns["energy_low_j"][0] == pytest.approx(energy.low)
    assert priced.columns["energy_high_j"][0] == pytest.approx(energy.high)
