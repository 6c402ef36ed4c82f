"""Where counts sit on a chip: cores, the events that reach them, axons."""

from __future__ import annotations

import pytest
from spikewatt.energy.cards.load import load_card
from spikewatt.energy.pricing.price import price
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.sim.counts.counts import Counts

from ...helpers.cards import chip as card
from ...helpers.chip_network import CORES, EVENTS, HIDDEN, OUT, SENT, counts, of, rows


def test_without_rows_an_event_sweeps_all_that_a_core_has_room_for():
    found = price(counts(), card(limits={"zero_skipping": 0}))
    assert of("synaptic operations", found) == pytest.approx(EVENTS * 128 * 20e-12, rel=1e-12)


def test_a_row_is_no_longer_than_what_a_core_holds():
    law = r"'in': row_length: a row is at most as long .*'hidden' that one core holds; got 256; "
    with pytest.raises(SpikewattError, match=law + "allowed: <= 128"):
        price(counts(layers={"in": {"row_length": 256}}), card())


def test_layers_share_cores_or_begin_them():
    sizes = {"in": {"fan_out": 40}, "hidden": {"neurons": 40}}
    small = counts(dict.fromkeys(SENT, 0.0), sizes)
    assert price(small, card()).totals()["cores"][0] == 1
    assert price(small, card(limits={"layers_share_cores": 0})).totals()["cores"][0] == 2


def test_the_counts_say_how_many_cores_a_layer_takes():
    spread = counts(layers={"hidden": {"cores": 8}})
    found = price(spread, card(energy_per_event_j=1e-10))
    assert found.totals()["cores"][0] == 9
    assert of("events", found) == pytest.approx((SENT["in"] * 8 + SENT["hidden"]) * 1e-10)


def test_a_row_length_says_how_many_cores_hear_a_spike():
    sparse = {"fan_out": 100, "synaptic_operations": SENT["in"] * 100}
    for row, cores in ((100, 1), (50, 2)):
        rows_given = counts(layers={"in": {**sparse, "row_length": row}})
        found = price(rows_given, card(energy_per_event_j=1e-10))
        assert of("events", found) == pytest.approx((SENT["in"] * cores + SENT["hidden"]) * 1e-10)
    with pytest.raises(SpikewattError, match=r"row_length: .*got 256 / 64 = 4 cores; .*<= 2 cores"):
        price(counts(layers={"in": {"row_length": 64}}), card())


@pytest.mark.parametrize(("fan_out", "cores"), [(1, 1), (128, 1), (129, 2), (256, 2)])
def test_a_small_fan_out_reaches_as_few_cores_as_hold_it(fan_out, cores):
    sparse = counts(layers={"in": {"fan_out": fan_out, "synaptic_operations": 500.0 * fan_out}})
    found = price(sparse, card(energy_per_event_j=1e-10))
    assert of("events", found) == pytest.approx((SENT["in"] * cores + SENT["hidden"]) * 1e-10)


def test_too_many_neurons_for_the_cores_that_are_said():
    with pytest.raises(DoesNotFitError, match="layer 'hidden': its neurons fit its cores"):
        price(counts(layers={"hidden": {"cores": 1}}), card())


def test_a_neuron_with_more_inputs_than_axons():
    with pytest.raises(DoesNotFitError, match="layer 'hidden': a neuron has at most 256 inputs"):
        price(counts(), card(limits={"axons_per_core": 256}))


def test_one_core_binds_where_somebody_says_it():
    with pytest.raises(DoesNotFitError, match=r"fits on 1 core \(max_cores\); got 3 cores"):
        price(counts(), card(), max_cores=1)
    assert price(counts(), card()).totals()["cores"][0] == 3


def test_as_many_cores_as_are_allowed():
    with pytest.raises(DoesNotFitError, match=r"fits on 2 cores \(max_cores\); got 3 cores"):
        price(counts(), card(), max_cores=2)


def test_spikes_of_the_last_layer_go_to_itself():
    recurrent = counts(layers={"out": {"fan_out": OUT, "synaptic_operations": 20.0 * OUT}})
    found = rows(price(recurrent, card()))["out", "synaptic operations"]
    assert found == pytest.approx((SENT["hidden"] + 20) * OUT * 20e-12, rel=1e-12)


def test_a_core_with_a_clock_prices_counts_by_its_own_equation():
    chip = load_card("odin_style:axons_per_core=512")
    assert len({name for _, name in rows(price(counts(), chip, max_cores="any"))}) >= 7
    with pytest.raises(DoesNotFitError, match=r"fits on 1 core \(max_cores\); got 2 cores"):
        price(counts(), chip, max_cores=1)


def test_a_last_layer_that_feeds_itself_hears_its_own_axons():
    own = {"fan_out": OUT, "synaptic_operations": SENT["out"] * OUT}
    fits = card(limits={"axons_per_core": HIDDEN + OUT})
    small = {"in": {"neurons": 60}}
    assert price(counts(layers={**small, "out": own}), fits).totals()["cores"][0] == CORES
    few = card(limits={"axons_per_core": HIDDEN + OUT - 1})
    assert price(counts(layers=small), few).totals()["cores"][0] == CORES
    with pytest.raises(DoesNotFitError, match="layer 'out': .* at most 295 inputs .*got 296"):
        price(counts(layers={**small, "out": own}), few)


def test_an_event_within_its_core_takes_no_hop():
    """Of 64 and 64 neurons on one core none travels; of 128 and 64 that share, a third of it."""
    hop = card(energy_per_routed_event_j=4e-12)
    on_one = {"in": {"fan_out": 64, "synaptic_operations": 64 * SENT["in"]},
              "hidden": {"neurons": 64, "fan_out": 40}}  # fmt: skip
    found = price(counts(layers=on_one), hop)
    assert found.totals()["cores"][0] == 1
    assert of("routing", found) == 0

    # 192 neurons: 128 of them on one core, 64 on the other, where all of the last layer is.
    on_two = {"in": {"fan_out": 192, "synaptic_operations": 192 * SENT["in"]},
              "hidden": {"neurons": 192, "fan_out": 40}}  # fmt: skip
    found = price(counts(layers=on_two), hop)
    assert found.totals()["cores"][0] == 2
    assert of("routing", found) == pytest.approx(SENT["hidden"] * 128 / 192 * 4e-12, rel=1e-12)


def test_the_time_to_place_many_layers_grows_with_their_number():
    """Layers are looked up, never searched: of a chain of 1,500 each is fed and placed once."""
    chain = [
        {"name": f"layer {n}", "neurons": 2, "fan_out": 2, "spikes": 1, "synaptic_operations": 2}
        for n in range(1500)
    ]
    found = price(Counts(chain, 5), card(limits={"layers_share_cores": 0}))
    assert found.totals()["cores"][0] == 1500
    assert of("synaptic operations", found) == pytest.approx(1500 * 2 * 20e-12)
