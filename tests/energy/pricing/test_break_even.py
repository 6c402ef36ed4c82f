"""Law: break-even points are where both cost the same."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.bills import bill_of
from spikewatt.energy.pricing.break_even import (
    break_even_period_s,
    break_even_spikes,
    break_even_steps,
)
from spikewatt.energy.pricing.price import price
from spikewatt.errors import SpikewattError
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.trace.first_steps import first_steps

from ...helpers.random_networks import random_input, random_network


@pytest.fixture(scope="module")
def sides(trace):
    """The spiking network on a core, and the int8 network on a microcontroller."""
    core, mcu = price(trace, "odin_style", "stm32l4r5", period_s=1.0, host=None).bills
    return (core, "snn"), (mcu, "int8_ann")


def chain(code: str = "rate"):
    return random_network(5, code=code, kinds=("dense",), resets=("subtract",))


def test_spikes(sides):
    (core, workload), _ = sides
    energy_j = 0.5 * core.total(workload, idle=False)
    factor = break_even_spikes(core, energy_j)
    terms = core.select(workload, idle=False)
    scaled = [core.evaluate([t]) * (factor if t.by_spikes else 1) for t in terms]
    assert sum(scaled) == pytest.approx(energy_j)
    assert 0 < factor < 1


def test_steps(sides, trace):
    card = load_card("odin_style")
    energy_j = 0.5 * sides[0][0].total("snn", idle=False)
    steps = break_even_steps(trace, card, energy_j)
    assert 0 < steps < trace.steps
    within, beyond = (bill_of(first_steps(trace, t), card).total("snn") for t in (steps, steps + 1))
    assert within <= energy_j < beyond


def test_steps_beside_a_host(trace):
    """The host's part comes once whatever the number of steps, so that fewer of them are left."""
    core, host = load_card("odin_style"), load_card("stm32l4r5")
    energy_j = 0.7 * bill_of(trace, core, host=host).total("snn")
    steps = break_even_steps(trace, core, energy_j, host)
    assert 0 < steps < break_even_steps(trace, core, energy_j)
    within, beyond = (
        bill_of(first_steps(trace, t), core, host=host).total("snn") for t in (steps, steps + 1)
    )
    assert within <= energy_j < beyond


def test_period(sides, trace):
    period_s = break_even_period_s(*sides)
    assert period_s is not None
    core, mcu = price(trace, "odin_style", "stm32l4r5", period_s=period_s, host=None).bills
    assert core.total("snn") == pytest.approx(mcu.total("int8_ann"), rel=1e-9)


def test_period_beside_a_host(trace):
    """All that lasts a period grows with it, what the converter of a leaking core loses, too."""
    devices = ("odin_style", "nrf54l15")
    bills = price(trace, *devices, period_s=1.0).bills
    assert [bill.device for bill in bills] == ["odin_style", "odin_style+nrf54l15", "nrf54l15"]
    system, mcu = (bills[1], "snn"), (bills[2], "snn")
    period_s = break_even_period_s(system, mcu)
    assert period_s is not None
    _, system, mcu = price(trace, *devices, period_s=period_s).bills
    assert system.total("snn") == pytest.approx(mcu.total("snn"), rel=1e-9)


def test_one_device_draws_level_at_no_period(sides):
    mcu, _ = sides[1]
    assert break_even_period_s((mcu, "snn"), (mcu, "int8_ann")) is None


def test_break_even_needs_what_it_divides_by(trace):
    core, mcu = price(trace, "odin_style", "stm32l4r5", host=None).bills
    with pytest.raises(SpikewattError, match="needs bills with a period; got odin_style"):
        break_even_period_s((core, "snn"), (mcu, "snn"))
    with pytest.raises(SpikewattError, match="must cost something per spike; got int8_ann"):
        break_even_spikes(mcu, 1e-6, "int8_ann")


# Shorter runs


@pytest.mark.parametrize(
    ("code", "devices"),
    [("rate", ("odin_style", "stm32l4r5")), ("signed", ("rule_ac_mac_45nm", "stm32l4r5"))],
)
def test_first_steps_are_those_of_a_shorter_run(code, devices):
    network = chain(code)
    x = random_input(network, 3, 2)
    long, short = (simulate(network, x, "reference", steps) for steps in (9, 4))
    cut = first_steps(long, 4)
    assert cut.content_hash() == short.content_hash()
    assert cut.settings.schedule == short.settings.schedule
    for device in devices:
        energies = [price(run, device).frame["energy_j"] for run in (cut, short)]
        np.testing.assert_allclose(*energies)


def test_a_run_has_no_more_steps_than_were_simulated():
    network = chain()
    trace = simulate(network, random_input(network, 1, 2), "reference", 9)
    with pytest.raises(SpikewattError, match="must be a number of simulated steps; got 10"):
        first_steps(trace, 10)


@pytest.mark.parametrize("code", ["radix", "sync_rate"])
def test_a_code_that_has_its_number_of_steps_is_not_cut(code):
    network = chain(code)
    trace = simulate(network, random_input(network, 1, 0), "reference")
    match = f"a network of an exact code has its number of steps; got {code}"
    with pytest.raises(SpikewattError, match=match):
        first_steps(trace, 2)
