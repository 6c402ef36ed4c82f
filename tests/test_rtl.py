"""Second implementation: the RTL core against the golden model and the reference engine; planted faults are caught."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from spikewatt.errors import DoesNotFitError, SpikewattError
from spikewatt.rtl_ref import verify
from spikewatt.rtl_ref.golden import GoldenCore, core_image
from spikewatt.sim.convert import convert
from spikewatt.sim.simulate import simulate

pytestmark = pytest.mark.rtl


def test_five_digits_images_through_both_layers(mlp_network, digits):
    rows = verify.verify_network(mlp_network, digits.scaled("test")[:5], steps=32)
    assert [row["population"] for row in rows] == ["hidden1", "output"]
    assert all(row["mismatches"] == 0 for row in rows)
    assert rows[0]["spikes_out"] == rows[1]["events_in"] > 500
    assert all(row["compared"] > 5 * 32 * 48 for row in rows)


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [
        ("integrate_and_fire_core.sv", "sum >= threshold", "sum > threshold"),
        ("integrate_and_fire_core.sv", "spike ? sum - threshold : sum", "spike ? '0 : sum"),
    ],
)
def test_a_planted_fault_is_caught(file, right, wrong, mlp_network, digits, monkeypatch, tmp_path):
    for source in verify.SOURCES:
        text = (verify.RTL / source).read_text()
        if source == file:
            assert right in text
            text = text.replace(right, wrong)
        (tmp_path / source).write_text(text)
    monkeypatch.setattr(verify, "RTL", tmp_path)
    # A threshold that is a multiple of every weight, so that equality with it occurs.
    first, second = mlp_network.connections
    hidden = dataclasses.replace(mlp_network.populations[1], threshold=np.asarray(8), bias=np.asarray(0), initial_potential=np.asarray(4))
    network = dataclasses.replace(
        mlp_network, populations=(mlp_network.populations[0], hidden, mlp_network.populations[2]),
        connections=(dataclasses.replace(first, weights=first.weights // 32 * 4), second),
    )  # fmt: skip
    assert sum(row["mismatches"] for row in verify.verify_network(network, digits.scaled("test")[:1], steps=8)) > 0


def test_saturation_is_held_and_counted(mlp_network):
    """Law: a sum beyond the state's range stays at its end, and each time is counted."""
    image = core_image(mlp_network, "hidden1", 64, 48, 8, 24)
    narrow = GoldenCore(dataclasses.replace(image, fires=np.zeros(48, bool), initial_potential=np.zeros(48, int)), state_bits=9)
    for _ in range(100):
        narrow.event(20)
    row = image.synapses[20]
    assert np.array_equal(narrow.potential, np.where(row > 2, 255, np.where(row < -2, -256, row * 100)))
    assert narrow.saturations > 0
    assert narrow.cycles == 100 * 97


def test_golden_model_equals_the_reference_engine(mlp_network, digits):
    x = digits.scaled("test")[:3]
    trace = simulate(mlp_network, x, "reference", steps=20, rasters=3)
    core = GoldenCore(core_image(mlp_network, "hidden1", 64, 48, 8, 24), 24)
    fired = 0
    for sample in range(3):
        core.restart()
        for step in range(20):
            for axon in np.flatnonzero(trace.rasters["input"][sample, step]):
                core.event(int(axon))
            spikes = core.tick()
            assert np.array_equal(spikes, np.flatnonzero(trace.rasters["hidden1"][sample, step]))
            fired += len(spikes)
    assert fired > 100


def test_what_does_not_fit_is_named(mlp_network, cnn_network):
    with pytest.raises(DoesNotFitError, match="'hidden1': has at most 32 axons; got 64"):
        core_image(mlp_network, "hidden1", 32, 48, 8, 24)
    with pytest.raises(DoesNotFitError, match="weights have at most 4 bits; got 8"):
        core_image(mlp_network, "hidden1", 64, 48, 4, 24)
    with pytest.raises(DoesNotFitError, match="threshold: fits into 6 bits"):
        core_image(mlp_network, "hidden1", 64, 48, 8, 6)
    with pytest.raises(DoesNotFitError, match="'max1': the core integrates"):
        core_image(cnn_network, "max1", 1000, 1000, 8, 24)


def test_codes_that_the_core_does_not_execute_are_refused(mlp, digits):
    x = digits.scaled("test")[:1]
    network = convert(mlp, digits.scaled("train")[:50], code="radix", steps=3, input_levels=digits.levels)
    with pytest.raises(DoesNotFitError, match="executes the tick rule.*got code radix, input code if"):
        verify.verify_network(network, x, steps=4)


def test_silent_input_is_not_a_verification(mlp_network):
    with pytest.raises(SpikewattError, match="every population receives events, or nothing is compared"):
        verify.verify_network(mlp_network, np.zeros((1, 8, 8, 1)), steps=2)
