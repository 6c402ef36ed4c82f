"""A channel without weights is a constant: its unit comes from its clip and its bias."""

from __future__ import annotations

import numpy as np
import pytest
from keras import Model, Sequential, layers, utils
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.engines.simulate import simulate

OPTIONS = {
    "radix": {"steps": 10, "input_code": "bitplane"},
    "signed": {"steps": 63},
    "sync_rate": {"steps": 255, "input_code": "bitplane"},
    "rate": {},
}
RATE_STEPS = 256
TOLERANCE = {"radix": 0.03, "signed": 0.06, "sync_rate": 0.03, "rate": 0.1}


@pytest.fixture(autouse=True)
def _seeded():
    utils.set_random_seed(3)


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (24, *shape)) / 255


def error(model, x, code: str, **options) -> float:
    """The largest error of the outputs in units of their size."""
    network = convert(model, x, code, weight_bits=16, **OPTIONS[code], **options)
    steps = RATE_STEPS if code == "rate" else None
    outputs = simulate(network, x, "event", steps).outputs[:, -1] * network.output_unit
    if code == "rate":
        outputs = outputs / RATE_STEPS
    wanted = model(x, training=False).numpy()
    return float(np.abs(outputs - wanted).max() / np.abs(wanted).max())


def convolutions():
    return Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.DepthwiseConv2D(3, activation="relu", name="depthwise"),
            layers.Flatten(),
            layers.Dense(5, name="output"),
        ]
    )


@pytest.mark.parametrize("code", OPTIONS)
@pytest.mark.parametrize("bias", [0.3, -1e6])
def test_a_filter_of_zeros(code, bias):
    model = convolutions()
    weights, biases = model.get_layer("first").get_weights()
    weights[..., 2] = 0
    biases[2] = bias
    model.get_layer("first").set_weights([weights, biases])
    apart = True  # with one unit for all a large bias would be the scale of all
    assert error(model, pixels(8, 8, 1), code, per_channel=apart) < TOLERANCE[code]


@pytest.mark.parametrize("code", OPTIONS)
def test_a_batch_norm_that_multiplies_by_zero(code):
    model = Sequential(
        [
            layers.Input((16,)),
            layers.Dense(12, name="linear"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(),
            layers.Dense(5),
        ]
    )
    norm = model.get_layer("norm")
    norm.gamma.assign([0, 0, *np.ones(10)])
    norm.beta.assign([0.5, -0.5, *np.zeros(10)])
    assert error(model, pixels(16), code) < TOLERANCE[code]


@pytest.mark.parametrize("code", OPTIONS)
def test_a_branch_that_is_zero_leaves_the_other_whole(code):
    """A residual block whose last batch norm starts at 0 is the identity."""
    given = layers.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same", activation="relu")(given)
    branch = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    branch = layers.Conv2D(4, 3, padding="same")(branch)
    norm = layers.BatchNormalization()
    x = layers.ReLU()(layers.Add()([x, norm(branch)]))
    model = Model(given, layers.Dense(5)(layers.Flatten()(x)))
    norm.gamma.assign([0, 0, 1, 1])
    assert error(model, pixels(8, 8, 1), code, per_channel=True) < TOLERANCE[code]
    norm.gamma.assign(np.zeros(4))
    assert error(model, pixels(8, 8, 1), code) < TOLERANCE[code]


@pytest.mark.parametrize("code", OPTIONS)
@pytest.mark.parametrize("where", ["first", "output"])
def test_a_layer_of_zeros_keeps_its_bias(code, where):
    model = convolutions()
    weights, biases = model.get_layer(where).get_weights()
    biases[:] = np.linspace(-0.1, 0.7, len(biases))
    model.get_layer(where).set_weights([weights * 0, biases])
    assert error(model, pixels(8, 8, 1), code) < TOLERANCE[code]


def test_a_dead_neuron_with_a_bias_under_rate_per_channel():
    model = Sequential([layers.Input((16,)), layers.Dense(12, activation="relu"), layers.Dense(10)])
    weights, biases = model.layers[0].get_weights()
    weights[:, 3] = 0
    biases[3] = 0.4
    model.layers[0].set_weights([weights, biases])
    assert error(model, pixels(16), "rate", per_channel=True) < 0.05


def test_one_channel_of_huge_weights_does_not_stop_the_others():
    """It is silent: its threshold of 0 was a refusal of the whole network."""
    model = Sequential([layers.Input((16,)), layers.Dense(12, activation="relu"), layers.Dense(5)])
    weights, biases = model.layers[0].get_weights()
    weights[:, 3] = 1e6
    biases[3] = -1e9
    model.layers[0].set_weights([weights, biases])
    for code in ("radix", "signed", "sync_rate"):
        assert error(model, pixels(16), code) < TOLERANCE[code]


def test_channels_that_live_are_as_they_were():
    """The unit of a constant is used where there are no weights, and nowhere else."""
    model = convolutions()
    network = convert(model, pixels(8, 8, 1), "radix", input_code="bitplane")
    thresholds = network.population("first").threshold
    assert thresholds.size == 4
    weights, biases = model.get_layer("first").get_weights()
    weights[..., 2] = 0
    model.get_layer("first").set_weights([weights, biases])
    pruned = convert(model, pixels(8, 8, 1), "radix", input_code="bitplane")
    first = pruned.population("first").threshold.reshape(-1)
    assert first[2] == 127
    kept, before = (np.asarray(n.connections[0].weights) for n in (pruned, network))
    assert np.array_equal(kept[..., [0, 1, 3]], before[..., [0, 1, 3]])
