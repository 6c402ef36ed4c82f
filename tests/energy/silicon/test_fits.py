"""Law: cards hold what their fits print. Published: events of SpiNNaker by row length."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.silicon.loihi_fit import event_energy_j, fit_loihi
from spikewatt.energy.silicon.measurements import SPINN_3, SPINN_5, event_energies
from spikewatt.energy.silicon.random_networks import BRANCHES
from spikewatt.energy.silicon.spinnaker_fit import fit_spinnaker
from spikewatt.energy.silicon.workloads import scaling_series
from spikewatt.sim.counts.counts import Counts

FITS = {
    "loihi": fit_loihi(),
    "spinnaker1": fit_spinnaker(),
    "spinnaker1_48": fit_spinnaker(SPINN_5),
}


@pytest.mark.parametrize("name", FITS)
def test_cards_hold_what_their_fits_print(name):
    values = FITS[name].values
    assert values
    for key, fitted in values.items():
        found = load_card(name)[key]
        ends = found.value, found.low, found.high
        assert ends == pytest.approx(fitted, rel=6e-3), key


def test_no_fit_of_loihi_reads_the_keyword_spotter(monkeypatch):
    from spikewatt.energy.silicon import loihi_fit

    read = []
    whole = loihi_fit.runs, loihi_fit.mean_run
    monkeypatch.setattr(loihi_fit, "runs", lambda *which: read.append(which) or whole[0](*which))
    monkeypatch.setattr(
        loihi_fit, "mean_run", lambda *which: read.append(which) or whole[1](*which)
    )
    assert loihi_fit.fit_loihi() == FITS["loihi"]
    assert read
    assert all(case.startswith("scaling N=") for _, case in read)


def test_residuals_of_the_scaling_series_are_below_one_percent():
    residuals = FITS["loihi"].residuals
    assert len(residuals) == len(BRANCHES)
    assert max(map(abs, residuals.values())) < 0.01


def test_a_fit_finds_the_energies_that_made_its_measurements(monkeypatch):
    """Law: energies made of a barrier of 4 µJ and 100 nJ a core give these back."""
    from spikewatt.energy.silicon import loihi_fit

    def made(chip, case):
        number = int(case.split("=")[1])
        run = loihi_fit.runs(chip, case)[0]
        counts = scaling_series(number)
        per_step = 4e-6 + 100e-9 * loihi_fit.cores_of(counts)
        events = event_energy_j(counts)
        return run._replace(dynamic_j=loihi_fit.companion_j(run) + events + 10 * per_step)

    monkeypatch.setattr(loihi_fit, "mean_run", made)
    values = loihi_fit.fit_loihi().values
    assert values["barrier_energy_j"].value == pytest.approx(4e-6, rel=1e-6)
    assert values["barrier_energy_per_core_j"].value == pytest.approx(100e-9, rel=1e-6)


def test_events_of_davies_et_al_table_2():
    """One neuron, 10 steps, 2 spikes of 3 synapses: 8 idle updates, 2 active, 6 operations."""
    layer = {"name": "a", "neurons": 1, "fan_out": 3, "spikes": 2, "synaptic_operations": 6}
    expected = 8 * 52 + 2 * 81 + 2 * 1.7 + 6 * 23.6
    assert event_energy_j(Counts([layer], 10)) * 1e12 == pytest.approx(expected)


def test_spinnaker_events_lie_within_two_deviations_of_ostrau_et_al():
    values = FITS["spinnaker1"].values
    per_event, per_operation = values["energy_per_event_j"], values["energy_per_sop_j"]
    rows = [row for row in event_energies(SPINN_3).values() if row.row_length]
    assert len(rows) == 3
    for row in rows:
        found = per_event.value / row.row_length + per_operation.value
        assert abs(found - row.energy_j) < 2 * row.sd_j, row.quantity
