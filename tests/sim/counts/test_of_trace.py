"""Law: the counts of a trace have its sums, whatever the code and the kinds of its connections."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from spikewatt.errors import SpikewattWarning
from spikewatt.sim.counts.of_trace import counts_of
from spikewatt.sim.engines.simulate import simulate

from ...helpers.random_networks import random_input, random_network

OPTIONS = (
    {"layers": 2},
    {"layers": 3, "residual": True, "inputs": 2},
    {"layers": 2, "input_code": "constant"},
    {"layers": 2, "input_code": "analog"},
    {"layers": 2, "code": "signed", "input_code": "analog"},
    {"layers": 2, "code": "radix", "input_code": "bitplane"},
    {"layers": 2, "code": "sync_rate", "input_code": "analog"},
)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_counts_of_a_trace_have_its_sums(seed, options):
    network = random_network(seed, **options)
    steps = 6 if network.code.streaming else None
    trace = simulate(network, random_input(network, 3, seed), "reference", steps)
    analog = network.input_code.analog
    with pytest.warns(SpikewattWarning, match="no spikes") if analog else nullcontext():
        counts = counts_of(trace)

    multiplied = {p.name for p in network.populations if analog and p.kind.is_input}
    names = [name for name in trace.neurons if name not in multiplied]
    assert counts.spikes == pytest.approx(trace.mean_spikes())
    assert counts.spikes > 0
    assert counts.synaptic_operations == pytest.approx(trace.mean_operations())
    assert counts.neurons == sum(trace.neurons[name] for name in names)
    assert counts.steps == trace.steps
    assert [layer.name for layer in counts.layers] == names
    assert len(names) < len(trace.neurons) or not analog

    updates = {name: trace.settings.active_steps(name) for name in trace.neurons}
    for layer in counts.layers:
        if layer.active_updates is not None and layer.idle_updates is not None:
            expected = layer.neurons * updates[layer.name]
            assert layer.active_updates + layer.idle_updates == pytest.approx(expected)
        else:
            assert layer.is_input or updates[layer.name] == trace.steps


def test_events_that_are_made_outside_are_an_input_and_neurons_that_integrate_pixels_are_not():
    for input_code, outside in (("constant", True), ("if", False)):
        network = random_network(1, input_code=input_code)
        trace = simulate(network, random_input(network, 2, 1), "reference", 4)
        assert [layer.is_input for layer in counts_of(trace).layers][:2] == [outside, False]


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_the_reset_is_the_networks(reset):
    network = random_network(4, kinds=("dense",), resets=(reset,))
    trace = simulate(network, random_input(network, 2, 4), "reference", 4)
    assert counts_of(trace).reset == reset
