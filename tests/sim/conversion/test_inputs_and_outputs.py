"""Law: what an input may be read as, and how an output answers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.analysis.checks.diagnosis import diagnose
from spikewatt.errors import SpikewattError
from spikewatt.models.training import predictions
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

from ...helpers.engines import IN_PROCESS, on_all_engines


@pytest.fixture(scope="module")
def calibration(digits):
    return digits.scaled("train")[:500]


def test_an_output_that_fires_decides_by_count_and_by_first_spike(mlp, digits, calibration):
    network = convert(mlp, calibration, input_levels=16, readout="spikes")
    x, y = digits.scaled("test"), digits.y_test
    trace = simulate(network, x, "event", 128, rasters=len(x))
    output = trace.rasters["output"].astype(int).cumsum(axis=1)
    assert np.array_equal(trace.outputs, output)  # the read-out counts
    assert trace.accuracy(y)[-1] > (predictions(mlp, x) == y).mean() - 0.03
    for k in (1, 4):
        classes, when = trace.decisions(spikes=k)
        for sample in range(len(x)):
            reached = np.flatnonzero((output[sample] >= k).any(axis=1))
            assert when[sample] == (reached[0] if len(reached) else -1)
            assert classes[sample] == (output[sample, reached[0]].argmax() if len(reached) else -1)
    later, earlier = (np.mean(trace.decisions(spikes=k)[0] == y) for k in (16, 1))
    assert later > earlier > 0.5
    assert (trace.decisions(spikes=1, step=0)[0] == -1).any()
    with pytest.raises(SpikewattError, match="Trace.decisions: needs an output that fires"):
        simulate(convert(mlp, calibration, input_levels=16), x[:2], "reference", 4).decisions()


def test_several_outputs_are_named(digits):
    start = layers.Input((8, 8, 1))
    flat = layers.Dense(12, activation="relu", name="hidden")(layers.Flatten()(start))
    model = keras.Model(
        start, [layers.Dense(10, name="digit")(flat), layers.Dense(2, name="odd")(flat)]
    )
    x = digits.scaled("test")[:9]
    trace = simulate(convert(model, x, "radix", input_levels=16), x, "reference")
    assert trace.predictions(readout="odd").max() < 2
    assert trace.accuracy(digits.y_test[:9] % 2, "odd").shape == (trace.steps,)
    with pytest.raises(
        SpikewattError,
        match="Trace.readout: names one of several read-outs; got 'None'; allowed: digit, odd",
    ):
        trace.predictions()


def test_what_an_input_cannot_be_pooled_as_is_refused(digits):
    """An average pool of weighted events would saturate; a max pool compares its own code."""
    x = digits.scaled("train")[:40]
    average = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.AveragePooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    for input_code in ("analog", "phase"):
        with pytest.raises(
            SpikewattError, match="layer 'pool': averages spikes of worth 1; got .* input"
        ):
            convert(average, x, input_levels=16, input_code=input_code)
    largest = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.MaxPooling2D(2, name="pool"),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )
    for code, input_code in (
        ("radix", "if"),
        ("sync_rate", "if"),
        ("sync_rate", "bitplane"),
        ("rate", "poisson"),
    ):
        with pytest.raises(SpikewattError, match="layer 'pool' .* pools what a ReLU gives"):
            convert(largest, x, code, input_levels=16, input_code=input_code)
    network = convert(largest, x, "radix", input_levels=16, input_code="bitplane")
    on_all_engines(network, x[:5], engines=IN_PROCESS)


def test_a_relu_on_inputs_of_both_signs_is_a_layer(digits):
    stack = [
        layers.ReLU(name="cut"),
        layers.Flatten(),
        layers.Dense(8, activation="relu", name="hidden"),
        layers.Dense(3, name="output"),
    ]
    model = keras.Sequential([layers.Input((8, 8, 1)), *stack])
    x = digits.scaled("train")[:60] * 2 - 1
    network = convert(model, x, "radix", input_levels=16, input_code="analog", steps=8)
    assert "cut" in [p.name for p in network.populations]
    assert diagnose(model, network, x)["agreement"].min() > 0.99
    plain = convert(model, (x + 1) / 2, "radix", input_levels=16, input_code="bitplane")
    assert "cut" not in [p.name for p in plain.populations]  # nothing to cut


def test_one_layer_with_an_analog_input_is_a_step(digits):
    model = keras.Sequential(
        [layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, name="output")]
    )
    x = digits.scaled("test")[:7]
    network = convert(model, x, "radix", input_levels=16, input_code="analog")
    trace = on_all_engines(network, x)
    assert trace.steps == 1
    np.testing.assert_array_equal(trace.predictions(), predictions(model, x))
