"""Law: a diagnosis finds the layer that was spoilt, and says what to try."""

from __future__ import annotations

import dataclasses

import pytest
from spikewatt.analysis.checks.diagnosis import diagnose
from spikewatt.errors import SpikewattError
from spikewatt.models.networks import build_network
from spikewatt.sim.engines.simulate import simulate


def test_diagnosis_finds_the_layer_that_was_spoilt(mlp, mlp_network, digits):
    """Law: a sound network agrees everywhere; a dead, clipped or saturated layer is named."""
    x, y = digits.scaled("test")[:100], digits.y_test[:100]
    sound = diagnose(mlp, mlp_network, x, y, steps=64).set_index("layer")
    assert list(sound.index) == ["hidden1", "output"]
    assert sound["agreement"].min() > 0.98
    assert set(sound["try_next"]) == {"nothing"}
    assert (
        sound.loc["output", "accuracy_from_here"]
        == simulate(mlp_network, x, "reference", 64).accuracy(y)[-1]
    )

    def spoilt(**changes):
        populations = [
            dataclasses.replace(p, **changes) if p.name == "hidden1" else p
            for p in mlp_network.populations
        ]
        return dataclasses.replace(mlp_network, populations=populations)

    hidden = mlp_network.population("hidden1")
    clipped = (
        diagnose(mlp, spoilt(threshold=hidden.threshold // 3, unit=hidden.unit / 3), x, y, steps=64)
        .set_index("layer")
        .loc["hidden1"]
    )
    assert clipped["clipped_share"] > 0.1
    assert clipped["saturated_share"] > 0.1
    assert "larger clip" in clipped["try_next"]
    dead = (
        diagnose(mlp, spoilt(threshold=hidden.threshold * 60, unit=hidden.unit * 60), x, y, steps=8)
        .set_index("layer")
        .loc["hidden1"]
    )
    assert dead["dead_share"] > 0.5
    assert dead["try_next"] == "more simulated steps"
    narrow = diagnose(mlp, mlp_network, x, y, steps=64, state_bits=11).set_index("layer")
    assert narrow.loc["hidden1", "saturations"] > 0
    assert "state_bits" in narrow.loc["hidden1", "try_next"]
    with pytest.raises(
        SpikewattError, match="diagnose.network: was made of this model; got no population hidden2"
    ):
        diagnose(build_network("mlp-64-8-8-10", digits.input_shape, 10), mlp_network, x, y, steps=4)
