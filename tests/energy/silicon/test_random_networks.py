"""Spike rates of networks that nobody logged: the committed table is what the engines count."""

from __future__ import annotations

import pytest
from spikewatt.energy.silicon.random_networks import (
    BRANCHES,
    INPUT_RATES,
    RATES,
    fading,
    simulated_rates,
    table,
)
from spikewatt.energy.silicon.workloads import spike_rates


def committed_lines(branches) -> list[str]:
    """Lines of the committed table for networks with so many branches."""
    lines = RATES.read_text().splitlines()
    return [line for line in lines[1:] if int(line.split(",")[0]) in branches]


def test_the_committed_rates_are_those_of_the_smallest_network():
    found = table(simulated_rates((0,), engine="reference")).splitlines()[1:]
    assert len(found) == 3 * len(INPUT_RATES)
    assert found == committed_lines((0,))


@pytest.mark.slow
def test_the_committed_rates_are_those_of_every_network():
    found = table(simulated_rates()).splitlines()[1:]
    assert len({line.split(",")[0] for line in found}) == len(BRANCHES)
    assert found == committed_lines(BRANCHES)


def test_rates_fade_with_depth_as_random_rectifiers_do():
    """Law: the root mean square falls by sqrt(n w² / 6) a layer; rounding to spikes takes more."""
    for input_rate in INPUT_RATES:
        rates = spike_rates(10, input_rate)
        first = rates["branch_1"][1] / rates["input_layer"][1]
        assert 0 < first <= 1.15 * fading()
        assert rates["branch_2"][1] < fading() * rates["branch_1"][1]
        assert rates["branch_10"][1] == 0


def test_inputs_fire_at_the_rate_that_is_said():
    for input_rate in INPUT_RATES:
        assert spike_rates(0, input_rate)["input"][1] == pytest.approx(input_rate, rel=0.02)
