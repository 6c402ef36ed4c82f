"""Data that cannot be meant are refused before the work; what may not be meant is warned of."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from keras import Model, Sequential, layers
from spikewatt.errors import SpikewattError, SpikewattWarning
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate


@pytest.fixture(scope="module")
def model():
    return Sequential(
        [
            layers.Input((16,)),
            layers.Dense(8, activation="relu", name="first", bias_initializer="ones"),
            layers.Dense(3, name="output"),
        ]
    )


@pytest.fixture(scope="module")
def x() -> np.ndarray:
    return np.random.default_rng(0).random((20, 16))


@pytest.mark.parametrize("code", ["rate", "signed", "radix", "sync_rate"])
def test_calibration_of_zeros(model, x, code):
    """A bias would excite a layer even then."""
    with pytest.raises(SpikewattError, match="calibration: must excite the layers.*zeros only"):
        convert(model, x * 0, code)


def test_calibration_that_excites_no_layer(x):
    model = Sequential([layers.Input((16,)), layers.Dense(8, activation="relu"), layers.Dense(3)])
    model.layers[0].set_weights([-np.ones((16, 8)), np.zeros(8)])
    with pytest.raises(SpikewattError, match="no activation above 0 in any layer"):
        convert(model, x)


def test_a_layer_that_stays_silent_is_a_warning(x):
    model = Sequential(
        [
            layers.Input((16,)),
            layers.Dense(8, activation="relu", kernel_initializer="ones"),
            layers.Dense(4, activation="relu", name="silent"),
            layers.Dense(3),
        ]
    )
    model.layers[1].set_weights([-np.ones((8, 4)), np.zeros(4)])
    with pytest.warns(SpikewattWarning, match="a guess; got nothing above 0 in silent"):
        convert(model, x)
    model.layers[1].set_weights([np.zeros((8, 4)), np.zeros(4)])  # nothing can excite it
    assert silently(lambda: convert(model, x)).population("silent").size == 4


def silently(work):
    """What `work` returns; one of our warnings is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SpikewattWarning)
        return work()


def test_good_data_are_no_occasion_for_a_word(model, x):
    network = silently(lambda: convert(model, x))
    assert silently(lambda: simulate(network, x, "reference", 4)).samples == 20


def test_inputs_of_another_range_are_refused(model, x):
    """A network for 0..255 that is given 0..1."""
    with pytest.raises(SpikewattError, match="calibration: uses the input range.*loses"):
        convert(model, x, input_max=255.0)

    network = convert(model, x * 255, input_max=255.0)
    with pytest.raises(SpikewattError, match="simulate.x: uses the input range.*255 is the large"):
        simulate(network, x, "reference", 4)
    silently(lambda: simulate(network, x * 255, "reference", 4))


def test_dark_inputs_on_the_grid_are_a_warning(model, x):
    """They may be meant: integers up to 10 of 255 lose nothing."""
    network = convert(model, np.round(x * 255), input_max=255.0)
    dark = np.round(x * 10)
    with pytest.warns(SpikewattWarning, match="nothing above 10, where 255"):
        simulate(network, dark, "reference", 4)
    with pytest.warns(SpikewattWarning, match="zeros only"):
        simulate(network, dark * 0, "reference", 4)
    with pytest.warns(SpikewattWarning, match="nothing above 10, where 255"):
        convert(model, dark, input_max=255.0)


def test_samples_of_two_ranges_are_a_warning(model, x):
    network = convert(model, x * 255, input_max=255.0)
    mixed = np.concatenate([x * 255, x[:5]])
    with pytest.warns(SpikewattWarning, match="5 of 25 samples that stay below 12.8.*one scale"):
        simulate(network, mixed, "reference", 4)


def two_heads():
    given = layers.Input((16,))
    hidden = layers.Dense(12, activation="relu")(given)
    large = layers.Dense(2, name="large")
    model = Model(given, [layers.Dense(10, name="small")(hidden), large(hidden)])
    large.kernel.assign(large.kernel * 50)
    return model


@pytest.mark.parametrize("code", ["radix", "rate"])
def test_each_read_out_has_its_own_unit(x, code, tmp_path):
    model = two_heads()
    options = {"input_code": "bitplane", "steps": 10} if code == "radix" else {}
    network = convert(model, x, code, weight_bits=16, **options)
    assert list(network.output_unit) == ["small", "large"]
    assert network.output_unit == network.output_units

    steps = 512 if code == "rate" else None
    trace = simulate(network, x, "event", steps)
    for name, wanted in zip(network.output_unit, model.predict(x, verbose=0), strict=True):
        found = trace.output(name)[:, -1] * network.output_unit[name] / (steps or 1)
        assert np.abs(found - wanted).max() < 0.05 * np.abs(wanted).max()

    network.save(tmp_path / "two.spk")
    again = type(network).load(tmp_path / "two.spk")
    assert (again.output_unit, again.hash) == (network.output_unit, network.hash)


def test_units_of_several_read_outs_by_hand(x):
    import dataclasses

    network = convert(two_heads(), x)
    assert isinstance(convert(two_heads(), x).output_unit, dict)
    other = dataclasses.replace(network, output_unit={"small": 2.0, "large": 3.0})
    assert other.output_unit == {"small": 2.0, "large": 3.0}
    assert other.population("small").unit == 2.0
    assert other.hash != network.hash
    assert dataclasses.replace(network, output_unit=7.0).output_units == {"small": 7, "large": 7}
    with pytest.raises(SpikewattError, match="value for each read-out.*small.*allowed: small, lar"):
        dataclasses.replace(network, output_unit={"small": 2.0})
    with pytest.raises(SpikewattError, match="output_unit: is a value above 0; got 0"):
        dataclasses.replace(network, output_unit={"small": 2.0, "large": 0})


def test_one_read_out_has_one_number(model, x):
    network = convert(model, x)
    assert isinstance(network.output_unit, float)
    assert network.output_units == {"output": network.output_unit}
    counted = convert(model, x, readout="spikes")
    assert list(counted.output_units) == ["output.count"]
