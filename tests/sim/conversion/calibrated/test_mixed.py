"""Law: steps are shared out by how much each layer's rounding moves the outputs."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.calibrated.mixed import spread
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.network.codes import CODES


def loud_and_quiet() -> keras.Model:
    """Two branches of the same width; the outputs hear one of them a hundred times louder."""
    keras.utils.set_random_seed(2)
    start = layers.Input((12,))
    loud = layers.Dense(10, activation="relu", name="loud")(start)
    quiet = layers.Dense(10, activation="relu", name="quiet")(start)
    model = keras.Model(start, layers.Dense(3)(layers.Concatenate()([loud, quiet])))
    kernel = np.asarray(model.layers[-1].kernel) * np.repeat([[1.0], [0.01]], 10, axis=0)
    model.layers[-1].kernel.assign(kernel)
    return model


X = np.random.default_rng(0).random((100, 12), np.float32)


@pytest.mark.parametrize(("code", "mean"), [("radix", 3), ("radix", 2.5), ("sync_rate", 6)])
def test_the_louder_layer_gets_more_steps_at_the_same_mean(code, mean):
    network = convert(loud_and_quiet(), X, code, mean_steps=mean, input_code="analog")
    steps = {name: CODES[code].steps(network.population(name).levels) for name in ("loud", "quiet")}
    assert steps["loud"] > steps["quiet"]
    assert sum(steps.values()) == int(2 * mean)


def test_the_same_twice_and_together_with_a_calibration():
    options = {"mean_steps": 3, "input_code": "analog", "layer_by_layer": "weights"}
    model = loud_and_quiet()
    first, second = (convert(model, X, "radix", **options) for _ in range(2))
    assert first.hash == second.hash
    assert first.population("loud").levels > first.population("quiet").levels


def test_steps_go_where_they_lower_the_error_most():
    errors = {"a": [8.0, 2.0, 0.5, 0.1], "b": [4.0, 1.0, 0.2, 0.1], "c": [0.1, 0.0, 0.0, 0.0]}
    assert spread(errors, 3) == {"a": 1, "b": 1, "c": 1}
    assert spread(errors, 5) == {"a": 2, "b": 2, "c": 1}
    assert spread(errors, 6) == {"a": 3, "b": 2, "c": 1}
    assert spread(errors, 99) == {"a": 4, "b": 4, "c": 4}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"code": "rate", "mean_steps": 3}, "shared out in a code whose layers have steps"),
        ({"code": "radix", "mean_steps": 0.5}, "must be a mean of steps; got 0.5"),
        ({"code": "radix", "mean_steps": 17}, "must be a mean of steps; got 17.0; allowed: 1..16"),
        ({"code": "radix", "mean_steps": True}, "must be a mean of steps; got True"),
        ({"code": "radix", "mean_steps": 3, "steps": 3}, "is given instead of steps; got steps 3"),
    ],
    ids=str,
)
def test_what_cannot_be_shared_out_is_said(options, match):
    with pytest.raises(SpikewattError, match=f"convert.mean_steps: .*{match}"):
        convert(loud_and_quiet(), X, input_code="analog", **options)
