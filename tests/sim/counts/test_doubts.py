"""Counts that lead nowhere, or are probably not meant: refused, warned of, or said."""

from __future__ import annotations

import warnings

import pytest
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.sim.counts.counts import Counts

OUT = {"name": "out", "neurons": 10, "fan_out": 0, "spikes": 5, "synaptic_operations": 0}


def layer(name: str, fan_out: float, **more):
    said = {"neurons": 20, "spikes": 50, "synaptic_operations": 50 * fan_out}
    return {"name": name, "fan_out": fan_out, **said, **more}


@pytest.mark.parametrize("behind", [[], [layer("other", 0, is_input=True)]])
def test_an_input_with_synapses_that_lead_nowhere_is_refused(behind):
    layers = [OUT, layer("late", 10, is_input=True), *behind]
    with pytest.raises(SpikewattError, match="'late': fan_out: an input .*; got 10; allowed: 0"):
        Counts(layers, steps=10)


def test_an_input_of_a_file_is_refused_with_its_line(tmp_path):
    path = tmp_path / "c.csv"
    head = "name,neurons,fan_out,spikes,synaptic_operations,is_input,steps"
    path.write_text(f"{head}\nout,10,0,5,0,false,10\nin,20,10,50,500,true,10\n")
    with pytest.raises(SpikewattError, match="line 3: layer 'in': fan_out"):
        Counts.load(path)


def test_inputs_that_feed_nothing_and_a_last_layer_that_feeds_itself_are_taken():
    Counts([layer("in", 10, is_input=True), OUT, layer("spare", 0, is_input=True)], steps=10)
    Counts([layer("in", 10, is_input=True), {**OUT, "fan_out": 10}], steps=10)


@pytest.mark.parametrize("device", ["loihi", "odin_style", "stm32l4r5"])
def test_a_fan_out_above_the_next_layer_is_warned_of_when_it_is_priced(device):
    counts = Counts([layer("in", 20, is_input=True), layer("hidden", 30), OUT], steps=10)
    with pytest.warns(SpikewattWarning) as caught:
        price(counts, device)
    (warning,) = caught
    text = str(warning.message)
    assert "layer 'hidden': fan_out: is more than the 10 neurons of 'out'" in text
    assert "got 30" in text
    assert "every core of 'out'" in text


def test_a_fan_out_of_the_whole_next_layer_is_no_doubt_and_its_input_no_assumption():
    counts = Counts([layer("in", 10, is_input=True), OUT], steps=10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        prices = price(counts, "loihi", "stm32l4r5")
    assert not any("no layer is an input" in line for line in prices.assumptions)


def test_without_an_input_the_first_layer_is_said_to_be_updated():
    prices = price(Counts([layer("first", 10), OUT], steps=10), "loihi", "stm32l4r5")
    said = [line for line in prices.assumptions if "no layer is an input" in line]
    assert [line.split(":")[0] for line in said] == ["loihi", "stm32l4r5"]
    assert all("the neurons of 'first' are updated, too" in line for line in said)
    with_input = price(Counts([layer("first", 10, is_input=True), OUT], steps=10), "loihi")
    updates = [
        each.frame.query("component == 'neuron updates' and device == 'loihi'")["energy_j"].sum()
        for each in (prices, with_input)
    ]
    assert updates[0] > updates[1]
