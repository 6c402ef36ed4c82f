"""The laws of the parametric core at many points at once: those of the card at each of them."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.energy.cards.load import load_card, odin_style
from spikewatt.energy.cards.parametric_core import at_operating_points
from spikewatt.energy.cards.scaling_laws import highest_clock_hz, lowest_voltage_v
from spikewatt.errors import SpikewattError

BASE = load_card("odin_style")


@pytest.mark.parametrize("sizes", [{}, {"neurons_per_core": 512, "weight_bits": 4}])
@pytest.mark.parametrize("node_nm", [28, 45, 65])
def test_arrays_give_what_the_card_holds_at_each_point(sizes, node_nm):
    voltages = np.array([0.55, 0.6, 0.7123, 0.8, 1.0])
    clocks = np.array([75e6, 1e6, 5e7, 1e8, 2e3])
    chosen = sizes | {"node_nm": node_nm}
    found = {
        end: at_operating_points(BASE, voltages, clocks, end, **chosen)
        for end in ("value", "low", "high")
    }
    for i, (voltage, clock) in enumerate(zip(voltages, clocks, strict=True)):
        card = odin_style(voltage_v=float(voltage), clock_hz=float(clock), **chosen)
        for end, values in found.items():
            for key, each in values.items():
                at = np.broadcast_to(each, len(voltages))[i]
                assert at == pytest.approx(getattr(card[key], end), rel=1e-12), (key, end)
    assert {"energy_per_sop_j", "leakage_power_w", "clock_hz"} < set(found["value"])


def test_values_that_no_law_moves_are_left_out():
    found = at_operating_points(BASE, 0.8)
    card = odin_style(voltage_v=0.8)
    for key, quantity in card.values.items():
        moved = found.get(key, BASE[key].value)
        assert quantity.value == pytest.approx(moved, rel=1e-12), key


def test_the_default_clock_is_the_highest():
    voltages = np.linspace(0.55, 1.0, 10)
    assert (at_operating_points(BASE, voltages)["clock_hz"] == highest_clock_hz(voltages)).all()


def test_the_lowest_voltage_is_the_inverse_of_the_highest_clock():
    clocks = np.array([1e3, 74e6, 75e6, 80e6, 99e6, 1e8])
    voltages = lowest_voltage_v(clocks)
    assert (highest_clock_hz(voltages) >= clocks * (1 - 1e-12)).all()
    lower = voltages[3:] - 1e-6
    assert (highest_clock_hz(lower) < clocks[3:]).all()
    assert voltages[:3].tolist() == [0.55] * 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"voltage_v": np.array([0.6, 1.2])}, "voltage_v: must be within its limits; got 0.6..1.2"),
        ({"voltage_v": 0.3}, "voltage_v: must be within its limits"),
        ({"voltage_v": 0.55, "clock_hz": np.array([1e6, 8e7])}, "clock_hz: the core reaches it"),
        ({"node_nm": 7}, "node_nm: must be a planar node"),
        ({"neurons": 7}, "must be given what it has; got 'neurons'"),
    ],
)
def test_points_beyond_the_laws_are_refused(wrong, said):
    with pytest.raises(SpikewattError, match=said):
        at_operating_points(BASE, **wrong)
