"""A core beside a host: what is charged, to whom, and who is compared with whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.energy.bill import IDLE_COMPONENTS
from spikewatt.energy.cards.card import Card
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.devices.host_and_core import PORT_CARD, paid_by_host
from spikewatt.energy.devices.registry import device_kind
from spikewatt.energy.pricing.price import price
from spikewatt.energy.pricing.uncertainty import ratio
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.engines.simulate import simulate

from ...helpers.cards import with_limits, with_value
from ...helpers.random_networks import random_input, random_network

HOST = "stm32u575"


def run(code: str = "rate", input_code: str = "if"):
    """The trace of a random chain of dense layers."""
    network = random_network(
        5, code=code, input_code=input_code, kinds=("dense",), resets=("subtract",)
    )
    return simulate(network, random_input(network, 2, 0), "reference", 6)


@pytest.fixture(scope="module")
def analog():
    return run("rate", "analog")


def energies(bill, idle: bool = False) -> dict[str, float]:
    """Component -> energy of an inference in J."""
    found: dict[str, float] = {}
    for term in bill.select("snn", idle=idle):
        found[term.component] = found.get(term.component, 0.0) + float(bill.evaluate([term]))
    return found


# Who stands beside whom


def test_a_core_is_priced_alone_and_beside_each_microcontroller_that_is_priced(trace):
    def devices(*names, **options):
        return [bill.device for bill in price(trace, *names, **options).bills]

    both = ("odin_style", "stm32l4r5", "nrf54l15")
    with_hosts = ["odin_style", "odin_style+stm32l4r5", "odin_style+nrf54l15", *both[1:]]
    assert devices(*both) == devices(*both, host="compared") == with_hosts
    assert devices(*both, host=None) == devices(*both, host="none") == list(both)
    named = ["odin_style", f"odin_style+{HOST}", *both[1:]]
    assert devices(*both, host=HOST) == devices(*both, host=load_card(HOST)) == named
    assert devices("odin_style") == ["odin_style"]
    assert devices("stm32l4r5", host=HOST) == ["stm32l4r5"]


def test_a_host_that_is_priced_itself_is_the_same_one(trace):
    slow = with_value(load_card("nrf54l15"), "clock_hz", value=64e6, low=64e6)
    bill = price(trace, "odin_style", slow, host="nrf54l15").bill("odin_style+nrf54l15")
    assert bill.host is slow
    assert bill.values["host.clock_hz"].value == 64e6


def test_a_core_that_needs_a_host_is_refused_alone_and_priced_beside_it(analog):
    prices = price(analog, "odin_style", "stm32l4r5")  # no error: it can be priced
    assert [bill.device for bill in prices.bills] == ["odin_style+stm32l4r5", "stm32l4r5"]
    assert prices.bill("odin_style") is prices.bills[0]
    (reason,) = prices.does_not_fit.values()
    assert "an analog first layer needs a host that multiplies" in reason
    assert reason.endswith("; hint: with a host it does: odin_style+stm32l4r5")
    with pytest.raises(DoesNotFitError, match="needs a host that multiplies"):
        price(analog, "odin_style", "stm32l4r5", host=None)


def test_of_two_reasons_the_one_is_given_that_a_host_does_not_take_away(analog):
    narrow = with_limits(state_bits=2)
    prices = price(analog, narrow, "stm32l4r5", skip_unfit=True)
    assert list(prices.does_not_fit) == ["odin_style"]
    assert "potentials fit" in prices.does_not_fit["odin_style"]
    with pytest.raises(DoesNotFitError, match="potentials fit"):
        price(analog, narrow, "stm32l4r5")


def test_what_a_host_computes_fits_into_it(analog):
    card = load_card(HOST)
    small = replace(card, limits={**card.limits, "flash_bytes": 1000})
    match = "host 'stm32u575': its part of the network fits; got needs .* of 1,000 flash_bytes"
    with pytest.raises(DoesNotFitError, match=match):
        price(analog, "odin_style", host=small)


def test_a_geometry_in_the_place_of_another_has_its_hosts_and_runs_as_it_would(trace):
    small = "odin_style:axons_per_core=32"
    how = {"supply_v": {small: 0.6}, "clock_hz": {small: 20e6}}
    prices = price(trace, small, "stm32l4r5", skip_unfit=True, **how)
    named = "odin_style:axons_per_core=128"
    devices = [bill.device for bill in prices.bills]
    assert devices == [named, f"{named}+stm32l4r5", "stm32l4r5"]
    assert [bill.instead_of for bill in prices.bills] == [small, small, ""]
    assert list(prices.does_not_fit) == [small]

    expected = price(trace, f"{named},voltage_v=0.6,clock_hz=2e7").bills[0].total("snn")
    assert prices.bills[0].total("snn") == pytest.approx(expected, rel=1e-12)


def test_what_holds_for_the_core_alone_is_not_said_again_beside_each_host(trace):
    prices = price(trace, "odin_style", "stm32l4r5", "nrf54l15")
    lines = prices.assumptions
    assert sum("ODIN-style core, 256 neurons" in line for line in lines) == 1
    assert sum("Not included: one-off loading of weights." in line for line in lines) == 2
    for name in ("stm32l4r5", "nrf54l15"):
        (of_host,) = (line for line in lines if line.startswith(f"odin_style+{name}: host "))
        assert "writes 64 values, reads 10; asleep while the cores run" in of_host
    whole = prices.bill("odin_style+nrf54l15").assumptions
    assert sum("ODIN-style core, 256 neurons" in line for line in whole) == 1


REFUSED = {
    "a core": ("odin_style", "price.host: must be a microcontroller; got odin_style is a neuromor"),
    "a battery": ("cr2032", "price.host: must be a microcontroller; got cr2032 is a battery"),
    "nothing": ("abacus", "price.host: must be compared, none, or a microcontroller; got 'abacus'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_host_is_a_microcontroller(case, trace):
    host, match = REFUSED[case]
    with pytest.raises(SpikewattError, match=match):
        price(trace, "odin_style", host=host)


def test_a_port_computes_nothing(trace):
    assert not device_kind(load_card(PORT_CARD)).computes
    with pytest.raises(SpikewattError, match="must be devices that compute; got host_port is a po"):
        price(trace, PORT_CARD)


# What is charged


def test_an_analog_layer_is_charged_to_the_host(analog):
    bill = price(analog, "odin_style", host=HOST).bill("odin_style")
    hosted = [layer for layer in analog.layers if layer.host_macs]
    macs = sum(layer.host_macs for layer in hosted)
    outputs = sum(layer.post_neurons for layer in hosted)
    host = load_card(HOST)
    cycles = macs * host["cycles_per_mac_dense"].value + outputs * host["cycles_per_output"].value
    assert macs > 0
    found = energies(bill)["host analog layer"]
    assert found == pytest.approx(cycles * host["energy_per_cycle_j"].value)


def test_a_system_is_core_and_host_and_nothing_twice(trace):
    alone, system = price(trace, "odin_style", host=HOST, period_s=1.0).bills
    core, host, port = (load_card(name) for name in ("odin_style", HOST, PORT_CARD))

    def of(card: Card, key: str) -> float:
        return card[key].value

    clock_hz, cycle_j, wake_s = (
        of(host, key) for key in ("clock_hz", "energy_per_cycle_j", "wake_time_s")
    )
    cycles = 64 * of(host, "cycles_per_event_output") + 10 * of(host, "cycles_per_result_read")
    cycles += 2 * of(port, "cycles_per_transfer")
    awake_s = system.total("snn", "time_s") - alone.total("snn", "time_s")
    assert awake_s == pytest.approx(cycles / clock_hz + wake_s)

    # The host computes, wakes twice and sleeps for the rest of the second.
    bits = 64 * of(port, "bits_per_value") + 10 * of(port, "bits_per_potential")
    of_the_host = (
        cycles * cycle_j
        + 2 * wake_s * clock_hz * cycle_j
        + (1.0 - awake_s) * of(host, "sleep_power_w")
        + bits * of(port, "energy_per_bit_j")
    )
    # Cores leak for the whole second either way; their clock runs while the port is used.
    clocked_j = cycles / clock_hz * of(core, "clock_hz") * of(core, "energy_per_clock_cycle_j")
    of_the_core = alone.total("snn") + clocked_j
    expected = of_the_host + of_the_core / of(core, "regulator_efficiency")
    assert system.total("snn") == pytest.approx(expected, rel=1e-12)

    terms = system.select("snn")
    found = system.evaluate(term for term in terms if paid_by_host(term))
    assert found == pytest.approx(of_the_host, rel=1e-12)


def test_all_that_the_host_does_has_a_name_of_its_own(trace):
    alone, system = price(trace, "odin_style", host=HOST, period_s=1.0).bills
    before, after = energies(alone), energies(system)
    assert set(after) - set(before) == {
        "host asleep", "host input", "host read-out", "host driver", "host port", "host waking",
        "regulator loss",
    }  # fmt: skip
    assert all(joules > 0 for name, joules in after.items() if name != "output spikes")
    lost = after["regulator loss"]
    own = sum(joules for name, joules in after.items() if not name.startswith("host")) - lost
    assert lost == pytest.approx(own * (1 / 0.85 - 1))
    assert set(energies(system, idle=True)) - set(after) == set(IDLE_COMPONENTS)


def test_an_encoder_is_charged_to_the_host_which_wakes_at_each_step():
    trace = run("rate", "poisson")
    alone, system = price(trace, "odin_style", host=HOST).bills
    host, found = load_card(HOST), energies(system)
    cycle_j = host["energy_per_cycle_j"].value
    visits = trace.neurons["input"] * trace.steps
    cycles = visits * host["cycles_per_neuron_update"].value
    cycles += trace.steps * host["cycles_per_step"].value
    assert found["host encoder"] == pytest.approx(cycles * cycle_j)

    waking_j = host["wake_time_s"].value * host["clock_hz"].value * cycle_j
    assert found["host waking"] == pytest.approx(trace.steps * waking_j)
    bursts = trace.steps + 1
    driver_j = load_card(PORT_CARD)["cycles_per_transfer"].value * cycle_j
    assert found["host driver"] == pytest.approx(bursts * driver_j)

    made = "making them is not included"
    assert any(made in line for line in alone.assumptions)
    assert not any(made in line for line in system.assumptions)


def test_biases_of_an_analog_layer_are_as_wide_as_potentials(analog, trace):
    for run_of, width in ((analog, "bits_per_potential"), (trace, "bits_per_value")):
        bill = price(run_of, "odin_style", host=HOST).bill(f"odin_style+{HOST}")
        wires = [term for term in bill.select("snn") if term.component == "host port"]
        keys = {key for term in wires for key, _ in term.powers}
        assert {f"port.{width}", "port.bits_per_potential", "port.energy_per_bit_j"} == keys


def test_each_part_of_a_system_draws_from_the_battery_in_its_own_way(trace):
    """Behind an LDO the current of the host is P / 1.8 V, the rest comes from the cell's 3 V."""
    prices = price(trace, "odin_style", "stm32l4r5", period_s=1.0)
    system = prices.bill("odin_style+stm32l4r5")
    terms = system.select("snn")
    host_w = system.evaluate(term for term in terms if paid_by_host(term))
    cores_w = system.total("snn") - host_w
    life = prices.battery_life().set_index("device").loc["odin_style+stm32l4r5"]
    assert life["average_current_a"] == pytest.approx(host_w / 1.8 + cores_w / 3.0)
    assert life["battery_life_low_s"] < life["battery_life_s"] < life["battery_life_high_s"]
    assert life["battery_life_s"] == pytest.approx(0.225 * 3600 / life["average_current_a"])


# What both share


def apart(bill):
    """The bill, its host's values measured on a chip of another sample."""
    values = {
        key: replace(quantity, measurement=f"another {quantity.measurement}")
        if key.startswith("host.")
        else quantity
        for key, quantity in bill.values.items()
    }
    return replace(bill, values=values)


@pytest.mark.parametrize("name", ["stm32l4r5", "nrf54l15"])
def test_what_host_and_microcontroller_share_cancels(trace, name):
    prices = price(trace, "odin_style", name)
    system, own = prices.bill(f"odin_style+{name}"), prices.bill(name)
    for key, quantity in own.values.items():
        assert system.values[f"host.{key}"] == quantity

    together = ratio((system, "snn"), (own, "int8_ann"), idle=False)
    asunder = ratio((apart(system), "snn"), (own, "int8_ann"), idle=False)
    assert together.value == asunder.value
    width, wider = (np.log(r.high / r.low) for r in (together, asunder))
    assert width < wider
