"""Law: the counts of a trace cost what the trace costs, where counts know what it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from spikewatt.energy.cards.card import Quantity
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.counts.counts import Counts
from spikewatt.sim.counts.of_trace import counts_of
from spikewatt.sim.engines.simulate import simulate

from ...helpers.cards import with_limits
from ...helpers.random_networks import random_input, random_network

AMOUNTS = ["energy_j", "time_s", "cycles"]


def dense(seed, steps=6, samples=3, **options):
    """The trace of a chain of dense layers that reset as asked for."""
    options = {"resets": ("subtract",), **options}
    network = random_network(seed, kinds=("dense",), **options)
    return simulate(network, random_input(network, samples, seed), "reference", steps=steps)


def by_component(work, card, **options):
    """Component -> energy, time and cycles."""
    frame = price(work, card, host=None, **options).frame
    return frame.groupby("component")[AMOUNTS].sum()


def same(one, other, but=()):
    one, other = (each.drop(index=list(but)) for each in (one, other))
    assert len(one) >= 5
    assert list(one.index) == list(other.index)
    for amount in AMOUNTS:
        assert other[amount].to_numpy() == pytest.approx(one[amount].to_numpy(), rel=1e-9)


@pytest.mark.parametrize("input_code", ["if", "constant", "poisson"])
@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_on_one_core_counts_cost_what_the_trace_costs(input_code, reset):
    trace = dense(1, layers=3, input_code=input_code, resets=(reset,))
    assert sum(trace.neurons.values()) <= 256
    card = load_card("odin_style")
    same(
        by_component(trace, card, period_s=0.1), by_component(counts_of(trace), card, period_s=0.1)
    )


def test_with_zero_skipping_they_do_where_no_weight_is_zero():
    """Counts do not know which weights are zero: operations on these are charged, too."""
    trace = dense(2, layers=3)
    card = load_card("odin_style")
    card = replace(card, limits={**card.limits, "zero_skipping": 1})
    one, other = by_component(trace, card), by_component(counts_of(trace), card)
    share = trace.mean_operations(ledger="nonzero") / trace.mean_operations()
    ratio = (
        one.loc["synaptic operations", "energy_j"] / other.loc["synaptic operations", "energy_j"]
    )
    assert share < 1
    assert ratio == pytest.approx(share, rel=1e-9)


def test_on_several_cores_all_but_the_busiest_of_each_step_is_the_same():
    """Which core is busiest in which step is what counts cannot know: they are never slower."""
    trace = dense(3, layers=3)
    card = with_limits(neurons_per_core=16, axons_per_core=64)
    one = by_component(trace, card, max_cores="any")
    other = by_component(counts_of(trace), card, max_cores="any")
    assert price(trace, card, host=None, max_cores="any").totals()["cores"][0] > 2
    for component in ("synaptic operations", "neuron updates", "state reset", "read-out"):
        expected = one.loc[component, "energy_j"]
        assert other.loc[component, "energy_j"] == pytest.approx(expected, rel=1e-9)
    assert other["time_s"].sum() <= one["time_s"].sum() * (1 + 1e-9)
    assert other["time_s"].sum() > 0.5 * one["time_s"].sum()


def with_values(card, about=None, **values):
    new = {key: Quantity(v, v, v, "assumed", "", "a test") for key, v in values.items()}
    return replace(card, values={**card.values, **new}, about={**card.about, **(about or {})})


MORE = {
    "energy_per_event_j": ("events", 1e-11),
    "energy_per_active_update_j": ("neuron updates", 2e-11),
    "energy_per_spike_j": ("output spikes", 1e-12),
    "chip_static_power_w": ("leakage", 1e-3),
    "companion_power_w": ("companion processor", 1e-2),
}


@pytest.mark.parametrize("key", MORE)
def test_a_trace_on_a_clocked_core_is_charged_what_its_card_says_more(key):
    trace, card = dense(1, layers=2), load_card("odin_style")
    component, value = MORE[key]
    least, found = by_component(trace, card), by_component(trace, with_values(card, **{key: value}))
    spikes = trace.mean_spikes()
    events = sum(trace.mean_spikes(name) for name in {layer.pre for layer in trace.layers})
    update_j = card["energy_per_neuron_update_j"].value
    expected = {
        "events": events * value,
        "neuron updates": spikes * (value - update_j),
        "output spikes": spikes * value,
        "leakage": value * least["time_s"].sum(),
        "companion processor": value * least["time_s"].sum(),
    }[component]
    before = least["energy_j"].get(component, 0.0)
    assert expected != 0
    assert found.loc[component, "energy_j"] - before == pytest.approx(expected, rel=1e-6)
    others = [name for name in least.index if name != component]
    assert found.loc[others].equals(least.loc[others])
    same(found, by_component(counts_of(trace), with_values(card, **{key: value})))


@pytest.mark.parametrize("updates", ["used", "touched"])
def test_updates_and_their_cycles_follow_the_rule(updates):
    trace, card = dense(1, layers=2), load_card("odin_style")
    found = by_component(trace, with_values(card, {"updates": updates})).loc["neuron updates"]
    slots = by_component(trace, card).loc["neuron updates"]
    steps = trace.steps + len(trace.neurons) - 1
    reached = {name: 0.0 for name in trace.neurons}
    for layer in trace.layers:
        reached[layer.post] += trace.mean_operations(layer.name)
    number = sum(
        neurons * steps if updates == "used" else min(neurons * steps, reached[name])
        for name, neurons in trace.neurons.items()
    )
    assert 0 < number < 256 * steps
    assert found["energy_j"] == pytest.approx(number * card["energy_per_neuron_update_j"].value)
    assert found["cycles"] == pytest.approx(2 * number)
    assert slots["cycles"] == pytest.approx(2 * 256 * steps)


def test_measured_time_is_that_of_the_clock_and_of_leakage():
    counts = replace(counts_of(dense(1, layers=2)), time_s=2e-3)
    card = load_card("odin_style")
    frame = by_component(counts, card)
    assert frame["time_s"].sum() == pytest.approx(2e-3)
    assert frame.loc["clock", "energy_j"] == pytest.approx(1.78e-12 * 75e6 * 2e-3)
    assert frame.loc["leakage", "energy_j"] == pytest.approx(27.3e-6 * 2e-3)


def test_both_resets_are_priced_alike_and_a_core_may_have_one_of_them():
    """Cores of ODIN reset to zero; what they cannot do is a subtraction of the threshold."""
    card = load_card("odin_style")
    only_zero = replace(card, limits={**card.limits, "resets_by_subtraction": 0})
    only_subtract = replace(card, limits={**card.limits, "reset_to_zero": 0})
    traces = {reset: dense(1, layers=2, resets=(reset,)) for reset in ("subtract", "zero")}
    for trace in traces.values():
        for work in (trace, counts_of(trace)):
            assert price(work, card, host=None).totals()["energy_j"][0] > 0

    for refused, able, law in (
        ("subtract", only_zero, "subtract"),
        ("zero", only_subtract, "reset to zero|set to zero"),
    ):
        for work in (traces[refused], counts_of(traces[refused])):
            with pytest.raises(DoesNotFitError, match=law):
                price(work, able, host=None)
    assert price(traces["zero"], only_zero, host=None).totals()["energy_j"][0] > 0


def test_counts_of_any_size_end_in_one_line():
    huge = Counts(
        [{"name": "a", "neurons": 10**12, "fan_out": 0, "spikes": 0, "synaptic_operations": 0}], 1
    )
    with pytest.raises(SpikewattError, match="can be looked at one by one"):
        price(huge, "odin_style", max_cores="any")
