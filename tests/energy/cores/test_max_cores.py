"""How many cores a network may take, and the geometry that a refusal names: it does hold it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from spikewatt.analysis.report.prices import price_table
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.devices.core.mapping import map_network
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.trace.blueprint import NetworkPlan

from ...helpers.cards import with_limits
from ...helpers.random_networks import random_input, random_network

SMALL = "odin_style:neurons_per_core=64,axons_per_core=128"  # the trace has 122 neurons


def test_a_network_takes_one_core_unless_more_are_allowed(trace):
    match = (
        r"the network fits on 1 core \(max_cores\); got 2 cores; "
        r"allowed: odin_style:neurons_per_core=128,axons_per_core=128, or max_cores >= 2"
    )
    with pytest.raises(DoesNotFitError, match=match) as caught:
        price(trace, SMALL)
    assert caught.value.instead == "odin_style:neurons_per_core=128,axons_per_core=128"
    with pytest.raises(DoesNotFitError, match="fits on 1 core .*; got 8 cores"):
        price(trace, with_limits(neurons_per_core=16))

    for enough in (2, 3, None, "any"):
        footprint = price(trace, SMALL, max_cores=enough).bills[0].footprint
        assert footprint is not None
        assert footprint.cores == 2


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "many", True])
def test_a_number_of_cores_is_a_number(trace, wrong):
    match = "price.max_cores: must be a number of cores, or any for as many as it takes"
    with pytest.raises(SpikewattError, match=match):
        price(trace, "odin_style", max_cores=wrong)


def test_what_a_refusal_names_is_priced_in_its_place_and_marked(trace):
    prices = price(trace, SMALL, "stm32l4r5", skip_unfit=True, host=None)
    named = "odin_style:neurons_per_core=128,axons_per_core=128"
    assert list(prices.does_not_fit) == [SMALL]
    first, *others = prices.totals().to_dict("records")
    assert (first["device"], first["instead_of"], first["cores"]) == (named, SMALL, 1)
    assert [row["instead_of"] for row in others] == ["", ""]

    alone = price(trace, named).bills[0]
    assert alone.instead_of == ""
    assert prices.bill(named).total("snn") == alone.total("snn")

    shown = price_table(prices).cells()
    assert shown[0]["device"] == f"{named} (in place of {SMALL})"
    assert shown[1]["device"] == "stm32l4r5"


def test_too_many_inputs_have_a_priced_geometry_too(trace):
    narrow = "odin_style:axons_per_core=32"
    prices = price(trace, narrow, skip_unfit=True)
    assert "a neuron has at most 32 inputs (axons_per_core); got 64" in prices.does_not_fit[narrow]
    (bill,) = prices.bills  # 64 inputs and 48 hidden neurons are axons of one core
    assert bill.device == "odin_style:axons_per_core=128"
    assert bill.instead_of == narrow


def test_a_geometry_that_was_asked_for_is_not_priced_twice(trace):
    named = "odin_style:neurons_per_core=128,axons_per_core=128"
    prices = price(trace, SMALL, named, skip_unfit=True)
    assert [bill.device for bill in prices.bills] == [named]
    assert prices.bills[0].instead_of == ""


def test_a_geometry_that_cannot_keep_the_period_ends_no_price(trace):
    slow = f"{SMALL},clock_hz=1000"
    prices = price(trace, slow, "stm32l4r5", period_s=1.0, skip_unfit=True)
    refused = {device: why for device, why in prices.does_not_fit.items() if device != slow}
    ((device, why),) = refused.items()
    assert device == "odin_style:neurons_per_core=128,axons_per_core=128,clock_hz=1000"
    assert "one inference fits into the period" in why
    assert {bill.device for bill in prices.bills} == {"stm32l4r5"}


def test_a_geometry_that_does_not_reach_the_clock_of_the_core_ends_no_price(trace):
    """A core of one's own at 150 MHz, which the parametric one in its place does not reach."""
    core = load_card("odin_style")
    clock_hz = replace(core["clock_hz"], value=200e6, low=200e6, high=200e6)
    own = replace(
        core,
        name="fast_core",
        values={**core.values, "clock_hz": clock_hz},
        limits={**core.limits, "neurons_per_core": 64},
    )
    clocks = {"fast_core": 150e6}
    prices = price(trace, own, "stm32l4r5", clock_hz=clocks, skip_unfit=True)
    (instead,) = (device for device in prices.does_not_fit if device != "fast_core")
    assert instead.startswith("odin_style:neurons_per_core=128")
    assert "clock" in prices.does_not_fit[instead]
    assert "fits on 1 core (max_cores); got 2 cores" in prices.does_not_fit["fast_core"]
    assert {bill.device for bill in prices.bills} == {"stm32l4r5"}


def test_where_no_geometry_holds_it_the_refusal_says_so(trace):
    card = with_limits(neurons_per_core=16, weight_bits=32)  # no such synapse can be had
    match = "allowed: no geometry of the parametric core holds its 122 neurons .*max_cores >= 8"
    with pytest.raises(DoesNotFitError, match=match) as caught:
        price(trace, card)
    assert caught.value.instead is None


def test_a_named_geometry_keeps_the_operating_point_and_the_widths_of_the_card(trace):
    core = load_card("reference_core")
    small = type(core)(**{**vars(core), "limits": {**core.limits, "neurons_per_core": 16}})
    with pytest.raises(DoesNotFitError) as caught:
        price(trace, small)
    size, *others = str(caught.value.instead).split(",")
    assert size == "odin_style:neurons_per_core=128"  # 256 axons, as it has by itself
    assert sorted(others) == ["doubling_accumulator=1", "reset_to_zero=0", "state_bits=24"]

    with pytest.raises(DoesNotFitError) as caught:
        price(trace, f"{SMALL},voltage_v=0.65")
    assert str(caught.value.instead).endswith("axons_per_core=128,voltage_v=0.65")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(
    seed=st.integers(0, 10_000),
    neurons=st.sampled_from([16, 32, 64]),
    axons=st.sampled_from([16, 32, 64, 128]),
    signs=st.sampled_from([1, 2]),
    max_cores=st.sampled_from([1, 2, 3, None]),
)
def test_what_an_error_names_is_accepted(seed, neurons, axons, signs, max_cores):
    """Law: whatever the network and the core, the geometry that is named holds the network."""
    network = random_network(seed, resets=("subtract",))
    card = with_limits(
        neurons_per_core=neurons,
        axons_per_core=axons,
        signs_per_axon=signs,
        doubling_accumulator=1,
        state_bits=64,
    )
    plan = NetworkPlan.of(network)
    refused = refusal(plan, card, max_cores)
    device = card if refused is None else refused.instead
    assume(device is not None)
    assert refused is None or str(device) in str(refused)
    mapping = map_network(plan, load_card(device), True, max_cores)
    assert max_cores is None or len(mapping.cores) <= max_cores


def refusal(plan, card, max_cores: int | None) -> DoesNotFitError | None:
    """Why the cores do not hold the network; None if they do."""
    try:
        map_network(plan, card, True, max_cores)
    except DoesNotFitError as error:
        return error
    return None


def test_most_refusals_of_size_name_a_geometry_that_is_priced():
    """A guard of the test above, which could pass on networks that all fit."""
    small, cores = with_limits(neurons_per_core=16, axons_per_core=16), []
    for seed in range(12):
        network = random_network(seed, kinds=("dense", "conv2d", "pool"), resets=("subtract",))
        refused = refusal(NetworkPlan.of(network), small, 1)
        if refused is not None and refused.instead is not None:
            trace = simulate(network, random_input(network, 1, 0), "reference", 2)
            cores += list(price(trace, refused.instead).totals()["cores"])
    assert cores == [1] * len(cores)
    assert len(cores) >= 6
