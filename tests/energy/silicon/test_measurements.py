"""Published: the measurements are those of the papers' tables."""

from __future__ import annotations

import pytest
from spikewatt.energy.silicon.loihi_fit import series, slope_j
from spikewatt.energy.silicon.measurements import BOARDS, mean_run, runs
from spikewatt.energy.silicon.random_networks import BRANCHES


def test_loihi_of_blouw_et_al_table_1():
    """Idle 0.029 W, running 0.110 W, dynamic 0.081 W, 296 inferences per second, 0.27 mJ."""
    run = mean_run("loihi", "keyword spotter")
    assert run.idle_w == pytest.approx(0.029, abs=1e-3)
    assert run.running_w == pytest.approx(0.110, abs=5e-4)
    assert run.per_second == pytest.approx(296, abs=1)
    assert run.dynamic_j == pytest.approx(0.27e-3, abs=5e-6)


def test_energies_of_each_run_are_its_powers_over_its_pace():
    every = [run for chip in ("loihi", "loihi2", *BOARDS.values()) for run in runs(chip)]
    assert len(every) == 26 + 2 + 10
    of_host = [run for run in every if run.boundary == "host"]
    for run in every:
        assert run.total_j == pytest.approx(run.running_w * run.time_s, rel=2e-4)
        if run not in of_host:
            dynamic_w = run.running_w - run.idle_w
            assert run.dynamic_j == pytest.approx(dynamic_w * run.time_s, rel=2e-4)


def test_slope_of_the_scaling_series_is_661_pj_per_neuron_and_step():
    energies = [series(number).dynamic_j for number in BRANCHES]
    assert slope_j(BRANCHES, energies) * 1e12 == pytest.approx(661, abs=1)
