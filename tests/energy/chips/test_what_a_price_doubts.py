"""Law: chips count in what a step costs; what nobody checked, and what differs, is said."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.boundaries import boundary_line
from spikewatt.energy.pricing.price import price
from spikewatt.energy.silicon.workloads import spinnaker_load
from spikewatt.errors import DoesNotFitError
from spikewatt.sim.counts.counts import Counts


def counts(first_cores=None, time_s=None, neurons=1000) -> Counts:
    """A layer that one input feeds, and one after it."""
    none = {"spikes": 0, "synaptic_operations": 0}
    layers = [
        {"name": "pixels", "neurons": 1, "fan_out": neurons, "is_input": True, **none},
        {"name": "first", "neurons": neurons, "fan_out": 10, "cores": first_cores, **none},
        {"name": "last", "neurons": 10, "fan_out": 0, **none},
    ]
    return Counts(layers, 10, time_s=time_s)


def component(work, card, name, **options):
    frame = price(work, card, **options).frame
    return frame[frame["component"] == name]["energy_j"].sum()


@pytest.fixture
def two_chips(tmp_path):
    """Loihi's card with 64 cores a chip, and two chips."""
    from spikewatt.energy.cards.card_file import save_card

    card = load_card("loihi")
    limits = {**card.limits, "cores_per_chip": 64, "chips_per_board": 2}
    path = tmp_path / "two.yaml"
    save_card(
        type(card)(
            "two",
            card.kind,
            card.title,
            card.includes,
            card.excludes,
            card.about,
            card.values,
            limits,
        ),
        path,
    )
    return str(path)


def test_barrier_and_companions_are_those_of_each_chip(two_chips):
    """100 cores are on one chip of 128, or two of 64: 10 steps of a barrier and 70 mW each."""
    work = counts(first_cores=99, time_s=0.01)
    per_cores = 10 * 100 * 131e-9
    for card, chips in (("loihi", 1), (two_chips, 2)):
        assert component(work, card, "barrier") == pytest.approx(per_cores + chips * 10 * 3.05e-6)
        assert component(work, card, "companion processor") == pytest.approx(chips * 70e-3 * 0.01)
        assert component(work, card, "leakage") == pytest.approx(chips * 29.5e-3 * 0.01)


def test_companions_of_loihi_go_on_between_inferences():
    """Blouw et al.: idle power after a first run is 70 mW more than after boot."""
    found = component(counts(time_s=0.01), "loihi", "between inferences", period_s=1.0)
    assert found == pytest.approx((70e-3 + 29.5e-3) * 0.99, rel=1e-6)


def said(work, *cards) -> str:
    return " ".join(price(work, *cards).assumptions)


def test_a_step_with_more_input_cores_than_were_measured_is_extrapolated():
    assert "extrapolated" not in said(counts(first_cores=8), "loihi")
    beyond = said(counts(first_cores=100), "loihi")
    assert "100 cores for the input, barrier_time_s is that of 8, and more" in beyond
    assert "extrapolated in a straight line, without a bound" in beyond


def test_a_tick_whose_work_has_no_times_is_not_checked():
    """255 events of 255 synapses in a millisecond fit no core of SpiNNaker, and nobody knows."""
    assert "not checked whether it fits" in said(counts(), "spinnaker1")
    measured = said(spinnaker_load("inter_O2O"), "spinnaker1")
    assert "not checked whether" not in measured  # it took as long as it took


def test_other_boundaries_than_the_chip_s_are_named_beside_it():
    line = boundary_line([load_card(name) for name in ("loihi", "odin_style", "stm32l4r5")])
    assert len(line) == 1
    for name in ("loihi", "odin_style", "stm32l4r5"):
        assert f"{name} ({load_card(name).includes})" in line[0]
    assert boundary_line([load_card("odin_style"), load_card("stm32l4r5")]) == []
    assert boundary_line([load_card("loihi")]) == []
    beside = said(counts(), "loihi", "speck_like")
    assert beside.count("boundaries differ: loihi (") == 1


def test_one_core_binds_a_chip_where_it_was_asked_for_and_not_where_it_is_usual():
    with pytest.raises(DoesNotFitError, match=r"fits on 1 core \(max_cores\); got 2 cores"):
        price(counts(), "loihi", max_cores=1)
    assert price(counts(), "loihi").totals()["cores"][0] == 2
