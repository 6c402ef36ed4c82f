"""Law: what the rules ask, against traces and counts that were counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.analysis.literature.quantities.quantities import can_be_ruled, quantities_of
from spikewatt.analysis.literature.quantities.span import Span
from spikewatt.errors import SpikewattError
from spikewatt.sim.counts.counts import Counts
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.connection import Connection
from spikewatt.sim.network.geometry import Geometry
from spikewatt.sim.network.population import Population
from spikewatt.sim.network.spiking_network import SpikingNetwork
from spikewatt.sim.zeros.activation_zeros import ActivationZeros, LayerZeros


@pytest.fixture(scope="module")
def tiny():
    """Two pixels, two classes, eight steps; samples (64, 255) and (0, 255) of 255.

    A pixel adds itself at each step, from 127, and fires at 255: 255 does so at each of 8 steps;
    64 after 2 and 6 (127 + 8 · 64 = 639 = 2 · 255 + 129); 0 never.
    """
    pixels = Population("input", (2,), "input", threshold=255, bias=0, initial_potential=127)
    classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    arrow = Connection("input", "output", "dense", [[1, 0], [0, 1]])
    network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    return simulate(network, [[0.25, 1.0], [0.0, 1.0]], engine="reference", steps=8)


def test_of_a_trace_counted_by_hand(tiny):
    found = quantities_of(tiny)
    spikes = (2 + 8 + 0 + 8) / 2  # mean of both samples
    assert found.spikes == spikes
    assert found.neurons == 2
    assert found.spikes_per_neuron == spikes / 2
    assert found.operations == spikes * 2  # each spike meets two synapses, one of weight 0
    assert (found.macs, found.steps, found.activation_bits) == (4, 8, 4)
    assert found.spikes_per_synapse == 2 * spikes / 4
    assert found.rate == 2 * spikes / 4 / 8
    assert found.updates == 8 * 2 + 8 * 2  # read-outs, and inputs that add their pixels
    assert found.ann_neurons == 2
    assert found.weight_bits == 8
    # 8 spikes can be those of both pixels, and 9 come from at least 9 / 8 of the 2.
    assert found.zeros == Span(0.0, 1 - spikes / 16)


def test_what_a_sample_sent_bounds_its_zeros(tiny):
    """Two spikes of two neurons can be one each: only of fewer spikes something is known."""
    sent = np.array([[1, 0] + [0] * 6, [0] * 8])
    met = {
        ledger: {layer.name: sent * layer.post_neurons * (ledger == "synapses")}
        for ledger in tiny.synaptic_operations
        for layer in tiny.layers
    }
    few = replace(tiny, spikes={"input": sent}, synaptic_operations=met)
    assert quantities_of(few).zeros == Span(1 - (1 + 0) / 4, 1 - 1 / 32)


def test_zeros_as_given_of_all_and_of_one(tiny):
    assert quantities_of(tiny, 0.6).zeros == Span.of(0.6)
    found = quantities_of(tiny, {"input": 0.25})
    assert found.zeros == Span.of(0.25)
    assert found.knows_zeros


def test_zeros_that_were_counted(tiny):
    """Of populations that feed nothing here, as of what a host multiplies, none is asked."""
    layers = [
        LayerZeros("output", "output", "input->output", 2, 0.25, 0.0, 4, 3.0),
        LayerZeros("other", "other", "elsewhere->other", 2, 0.5, 0.0, 4, 2.0),
    ]
    found = quantities_of(tiny, ActivationZeros("matched", 2, layers, 4))
    assert found.zeros == Span.of(0.25)
    assert found.knows_zeros


def test_what_was_multiplied_is_counted_and_no_share_of_inputs(tiny):
    """Half of the inputs are zero, and seven of eight multiply-accumulates meet one."""
    layers = [LayerZeros("output", "output", "input->output", 2, 0.5, 0.0, 8, 1.0)]
    counted = ActivationZeros("matched", 2, layers, 4)
    assert (counted.shares, counted.mac_shares) == ({"input": 0.5}, {"input->output": 0.875})
    assert quantities_of(tiny, counted).zeros == Span.of(0.875)
    elsewhere = [replace(layers[0], connection="input->renamed")]
    assert quantities_of(tiny, replace(counted, layers=elsewhere)).zeros == Span.of(0.5)


def counts(spikes=(90.0, 4.0), **more) -> Counts:
    """100 -> 10 -> 5, five steps."""
    layers = [
        {
            "name": name,
            "neurons": neurons,
            "fan_out": fan_out,
            "spikes": sent,
            "synaptic_operations": sent * fan_out,
            **extra,
        }
        for name, neurons, fan_out, sent, extra in (
            ("in", 100, 10, spikes[0], {"is_input": True}),
            ("hidden", 10, 5, spikes[1], more),
            ("out", 5, 0, 0.0, {}),
        )
    ]
    return Counts(layers, steps=5)


def test_of_counts_by_hand():
    found = quantities_of(counts())
    assert found.operations == 90 * 10 + 4 * 5
    assert found.macs == 100 * 10 + 10 * 5
    assert (found.neurons, found.spikes) == (110, 94)
    assert found.updates == (10 + 5) * 5
    assert (found.weight_bits, found.reuse) == (None, 1.0)
    low = (1000 * (1 - 90 / 100) + 50 * (1 - 4 / 10)) / 1050
    high = (1000 * (1 - 90 / 500) + 50 * (1 - 4 / 50)) / 1050
    assert (found.zeros.low, found.zeros.high) == pytest.approx((low, high))


def test_updates_that_are_known_count():
    found = quantities_of(counts(active_updates=4.0, idle_updates=6.0))
    assert found.updates == 10 + 5 * 5


def test_what_zeros_do_not_say_stays_a_bound():
    found = quantities_of(counts(), {"in": 0.5})
    assert not found.knows_zeros
    low = (1000 * 0.5 + 50 * (1 - 4 / 10)) / 1050
    high = (1000 * 0.5 + 50 * (1 - 4 / 50)) / 1050
    assert (found.zeros.low, found.zeros.high) == pytest.approx((low, high))


def test_sums_over_a_window_are_zero_only_where_all_of_it_is():
    """Four pixels are summed in front of two weights: one of four that fires makes a sum."""
    pixels = Population("input", (2, 2, 1), "input", threshold=255, bias=0, initial_potential=0)
    classes = Population("output", (2,), "readout", threshold=1, bias=0, initial_potential=0)
    pool = Geometry((2, 2), (2, 2))
    arrow = Connection("input", "output", "dense", [[1, 1]], pooled=pool)
    network = SpikingNetwork([pixels, classes], [arrow], "rate", 1 / 255, 1.0, 8)
    x = np.zeros((1, 2, 2, 1))
    x[0, 0, 0, 0] = 1.0
    found = quantities_of(simulate(network, x, engine="reference", steps=4))
    assert found.macs == 2
    assert found.operations == 4 * 2  # four spikes of one pixel
    assert found.zeros == Span(0.0, 1 - 4 / 16)


def test_a_network_whose_host_does_all_has_no_rules(tiny):
    layers = tuple(replace(layer, host_macs=4) for layer in tiny.layers)
    silent = replace(tiny, layers=layers, settings=replace(tiny.settings, input_code="analog"))
    assert can_be_ruled(tiny)
    assert not can_be_ruled(silent)
    with pytest.raises(SpikewattError, match=r"rules: must have a layer that multiplies"):
        quantities_of(silent)


@pytest.mark.parametrize(
    ("zeros", "match"),
    [
        (1.5, r"rules\.zeros: a share of zeros lies in 0\.\.1; got 1\.5; allowed: 0\.\.1"),
        (-0.1, r"a share of zeros lies in 0\.\.1; got -0\.1"),
        (float("nan"), r"a share of zeros lies in 0\.\.1; got nan"),
        (True, r"a share of zeros lies in 0\.\.1; got True"),
        ("many", r"a share of zeros lies in 0\.\.1; got 'many'"),
        ({"input": 2}, r"rules\.zeros: input: a share of zeros lies in 0\.\.1; got 2"),
        ({"conv9": 0.5}, r"must name a population whose spikes feed a layer; got 'conv9'; .*input"),
    ],
)
def test_bad_zeros_are_refused(tiny, zeros, match):
    with pytest.raises(SpikewattError, match=match):
        quantities_of(tiny, zeros)


def test_other_work_is_refused():
    with pytest.raises(SpikewattError, match=r"rules\.work: must be a trace or counts; got dict"):
        quantities_of({"spikes": 3})
