"""Laws: counts are ruled as the trace that they are of, and nothing is dropped in silence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.analysis.literature.quantities.quantities import quantities_of
from spikewatt.analysis.literature.rules import rules
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.sim.counts.counts import Counts, LayerCounts
from spikewatt.sim.counts.of_trace import counts_of
from spikewatt.sim.engines.simulate import simulate

from ...helpers.random_networks import random_input, random_network

INPUT = LayerCounts("in", 200, 100, 1000, 100_000, is_input=True)
HIDDEN = LayerCounts("h", 100, 10, 150, 1500)
OUTPUT = LayerCounts("o", 10, 0, 5, 0)


def trace_of(input_code: str):
    network = random_network(3, layers=2, kinds=("dense",), input_code=input_code)
    return simulate(network, random_input(network, 3, 3), "reference", 6)


@pytest.mark.parametrize("input_code", ["if", "constant"])
def test_effective_operations_of_counts_are_those_of_their_trace(input_code):
    trace = trace_of(input_code)
    of_trace, of_counts = rules(trace), rules(counts_of(trace))
    proxy = of_trace["synops_proxy"].has.low
    assert of_counts["synops_proxy"].has.low == pytest.approx(proxy)
    assert of_counts.quantities.ann_neurons == of_trace.quantities.ann_neurons


def test_neurons_of_the_ann_are_those_that_a_layer_leads_to():
    """(101,500 + 10 · 110 · 20) / (21,000 + 10 · 110)."""
    found = rules(Counts([INPUT, HIDDEN, OUTPUT], 20))
    assert found.quantities.ann_neurons == 110
    expected = (101_500 + 10 * 110 * 20) / (200 * 100 + 100 * 10 + 10 * 110)
    assert found["synops_proxy"].has.low == pytest.approx(expected)


def test_values_that_a_host_multiplies_are_left_out_on_both_sides():
    trace = trace_of("analog")
    with pytest.warns(SpikewattWarning, match="counts_of: leaves out values that are no spikes"):
        counts = counts_of(trace)
    found, expected = quantities_of(counts), quantities_of(trace)
    assert [layer.pre for layer in found.layers] == [layer.pre for layer in expected.layers]
    assert found.macs == pytest.approx(expected.macs)
    assert found.operations == pytest.approx(expected.operations)
    ruled, of_trace = rules(counts), rules(trace)
    for rule in ("davidson_furber", "dampfhoffer", "synops_proxy"):
        assert ruled[rule].has.low == pytest.approx(of_trace[rule].has.low)
        assert ruled[rule].verdict == of_trace[rule].verdict

    frame = price(counts, "stm32l4r5").frame
    assert "input" not in set(frame["layer"])


def test_an_input_without_spikes_is_left_out_on_both_sides():
    silent = replace(INPUT, spikes=0, synaptic_operations=0)
    found = rules(Counts([silent, HIDDEN, OUTPUT], 20)).quantities
    assert (found.macs, found.operations, found.neurons) == (1000, 1500, 100)
    with pytest.raises(SpikewattError, match="must have a layer that multiplies and is fed by"):
        rules(Counts([silent, OUTPUT], 20))


def test_a_last_layer_that_feeds_itself_is_refused():
    recurrent = replace(HIDDEN, fan_out=100, synaptic_operations=15_000)
    counts = Counts([INPUT, recurrent], 20)
    with pytest.raises(SpikewattError, match="rules: layer 'h': feeds a layer after it.*100"):
        rules(counts)
    with pytest.raises(SpikewattError, match="is priced on a neuromorphic core"):
        price(counts, "stm32l4r5")
    assert price(counts, "loihi").totals()["energy_j"][0] > 0
