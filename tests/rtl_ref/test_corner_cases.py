"""Law: what a core refuses, what a reset leaves, and what a counter says after its end."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from spikewatt.rtl_ref.design import CORE, COUNTER_ORDER

pytestmark = pytest.mark.rtl

AXONS, NEURONS, WEIGHT_BITS, STATE_BITS = 5, 6, 4, 9
SYNAPSES, POTENTIALS, THRESHOLDS, BIASES = range(4)


@pytest.fixture(params=[2, 3], ids=["c2", "c3"])
def build(request):
    pytest.importorskip("cocotb")
    if shutil.which("iverilog") is None:
        pytest.skip("no iverilog")

    from spikewatt.rtl_ref.simulation.simulator import Simulation

    def built(**more):
        parameters = {
            "AXONS": AXONS,
            "NEURONS": NEURONS,
            "WEIGHT_BITS": WEIGHT_BITS,
            "STATE_BITS": STATE_BITS,
            "CYCLES_PER_SOP": request.param,
            **more,
        }
        return Simulation(CORE, parameters, "icarus")

    return built


def job() -> dict:
    random = np.random.default_rng(3)
    return {
        "synapses": random.integers(-8, 8, (AXONS, NEURONS)),
        "threshold": np.array([50, 60, -1, 70, 80, 90]),
        "bias": random.integers(-5, 6, NEURONS),
        "initial_potential": random.integers(-40, 40, NEURONS),
    }


def by_name(counters) -> dict[str, int]:
    return dict(zip(COUNTER_ORDER, np.asarray(counters).tolist(), strict=True))


def test_words_and_values_that_do_not_exist_are_refused_and_counted(build):
    given = job()
    beyond_weight = [8, 511 - 8]  # 8, and −9 in nine bits
    accesses = [
        *((SYNAPSES, 0, value, 1) for value in beyond_weight),
        (SYNAPSES, AXONS << 16, 1, 1),
        (SYNAPSES, NEURONS, 1, 1),
        (POTENTIALS, NEURONS, 1, 1),
        (THRESHOLDS, 0xFFFF, 1, 1),
        (BIASES, 8, 1, 1),
        (BIASES, 8, 0, 0),
    ]
    no_axons, no_kinds = [AXONS, 7, 0xFFFF], [5, 6, 7]
    result = build().run(
        "corner_cases",
        {**given, "no_axons": no_axons, "no_kinds": no_kinds, "accesses": np.array(accesses)},
        "refuse",
    )

    after_words = by_name(result["after_words"])
    assert after_words == dict.fromkeys(COUNTER_ORDER, 0) | {"refusals": 6}
    assert result["refused"].tolist() == len(accesses) * [1]
    assert by_name(result["after_port"])["refusals"] == 6 + len(accesses)
    assert np.array_equal(result["potentials"], given["initial_potential"])
    assert np.array_equal(result["thresholds"], given["threshold"])
    assert np.array_equal(result["biases"], given["bias"])
    assert np.array_equal(result["synapses"], given["synapses"][0])


@pytest.mark.parametrize("visited", [0, 1, 4])
def test_a_reset_in_an_event_leaves_what_was_visited(build, visited):
    given = job()
    result = build().run("corner_cases", {**given, "visited": visited}, "reset_in_an_event")

    new = given["initial_potential"] + given["synapses"][0]
    half = np.where(np.arange(NEURONS) < visited, new, given["initial_potential"])
    assert np.count_nonzero(given["synapses"][0][:4]) > 2
    assert np.array_equal(result["potentials"], half)
    assert not result["counters"].any()
    assert np.array_equal(result["again"], new)


def test_a_counter_that_wraps_says_so_until_a_reset(build):
    result = build(COUNTER_BITS=5).run("corner_cases", {**job(), "events": 7}, "wrap")
    sops = COUNTER_ORDER.index("sops")
    counted = np.arange(1, 8) * NEURONS
    assert np.array_equal(result["rows"][:, sops], counted % 32)

    # Cycles are the first to pass 31.
    of_one_event = result["rows"][0, COUNTER_ORDER.index("cycles")]
    passed = np.arange(1, 8) * of_one_event > 31
    assert passed.any()
    assert not passed.all()
    assert np.array_equal(result["rows"][:, -1], passed)
    assert not result["after"].any()


def test_a_word_that_is_offered_in_reset_is_not_lost(build):
    result = build().run("corner_cases", job(), "offer_in_reset")
    assert result["ready"].tolist() == [0, 0, 0]
    assert by_name(result["counters"])["cycles"] == 2  # the MARK was taken after the reset
