"""Second implementation: every layer at every place against Keras; what is linear behind linear."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.graph.nodes import HalfNode
from spikewatt.sim.conversion.reading.reader import read
from spikewatt.sim.conversion.reading.rules import ReadingRules
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.network.codes import CODES
from spikewatt.sim.network.input_codes import INPUT_CODES

from ...helpers.engines import IN_PROCESS, on_all_engines

FINE = {"code": "radix", "steps": 10, "weight_bits": 16, "input_code": "bitplane"}
RADIX = ReadingRules.of(CODES["radix"], INPUT_CODES["bitplane"])
IMAGE = (8, 8, 4)
LINE = (12, 4)
FLAT = (16,)
MEANS = (0.1, 0.2, 0.3, 0.4)


def values(*shape, samples=5):
    """Few samples: the batched engine compiles long runs, which a test of its own asks for."""
    random = np.random.default_rng(0)
    kept = random.random((samples, *shape)) > 0.3
    return (random.integers(0, 256, (samples, *shape)) * kept / 255).astype(np.float32)


def randomised(model: keras.Model) -> keras.Model:
    """Biases, slopes and batch-norm statistics that are not trivial."""
    random = np.random.default_rng(0)
    for layer in model._flatten_layers():
        for variable in layer.weights:
            shape = variable.shape
            name = variable.path.split("/")[-1]
            if name == "moving_variance":
                variable.assign(random.uniform(0.3, 2, shape))
            elif name == "gamma":
                variable.assign(random.uniform(-1, 1.5, shape))
            elif name == "alpha":
                variable.assign(random.uniform(0.05, 0.4, shape))
            elif name in ("bias", "beta", "moving_mean"):
                variable.assign(random.normal(0, 0.2, shape))
            else:
                scale = 1.5 / np.sqrt(max(np.prod(shape[:-1]), 1))
                variable.assign(random.normal(0, scale, shape))
    return model


def error_of(model, x, **options) -> float:
    """Largest error of the logits in units of their spread; the guard has compared the graph."""
    network = convert(model, x, **{**FINE, **options})
    trace = on_all_engines(network, x, engines=IN_PROCESS)

    expected = model(x, training=False).numpy()
    found = trace.outputs[:, -1] * network.output_unit
    return float(np.abs(found - expected).max() / expected.std())


def stack(shape, *parts):
    return randomised(keras.Sequential([layers.Input(shape), *parts]))


def tail():
    return layers.Flatten(), layers.Dense(5)


def conv(filters=6, size=3, **options):
    return layers.Conv2D(filters, size, **options)


NORM = layers.BatchNormalization
FRONT = {
    "rescaling": lambda: [layers.Rescaling(2.0, offset=-1.0)],
    "rescaling, padded": lambda: [layers.Rescaling(2.0, -1.0), conv(padding="same")],
    "normalization": lambda: [
        layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1, 2, 3, 4])
    ],
    "augmentation": lambda: [
        layers.RandomFlip(),
        layers.RandomRotation(0.1),
        layers.RandomZoom(0.1),
    ],
    "norm": lambda: [NORM()],
    "zero padding": lambda: [layers.ZeroPadding2D(((1, 0), (2, 1)))],
}
BETWEEN = {
    "pair": lambda: [conv(), conv()],
    "padded pair": lambda: [conv(padding="same"), conv(padding="same")],
    "bottleneck": lambda: [conv(2, 1), NORM(), conv(8, 1), NORM()],
    "wide behind narrow": lambda: [conv(8, 1), conv(3, padding="same")],
    "strided, merged": lambda: [conv(6, 2, strides=2), conv(3, 2)],
    "depthwise, pointwise": lambda: [layers.DepthwiseConv2D(3, padding="same"), conv(6, 1)],
    "pointwise, depthwise": lambda: [conv(6, 1), layers.DepthwiseConv2D(3, depth_multiplier=2)],
    "depthwise twice": lambda: [layers.DepthwiseConv2D(2), layers.DepthwiseConv2D(2)],
    "separable": lambda: [layers.SeparableConv2D(6, 3, padding="same", depth_multiplier=2)],
    "separable, few": lambda: [layers.SeparableConv2D(2, 3)],
    "grouped": lambda: [conv(6, groups=2, padding="same", strides=2)],
    "grouped behind linear": lambda: [conv(4), conv(6, groups=2)],
    "dilated": lambda: [conv(dilation_rate=2)],
    "dilated, same": lambda: [conv(dilation_rate=(1, 3), padding="same")],
    "average pool": lambda: [conv(), layers.AveragePooling2D(2)],
    "average pool, same": lambda: [conv(), layers.AveragePooling2D(3, 2, padding="same")],
    "average pool behind pointwise": lambda: [conv(6, 1), layers.AveragePooling2D(2)],
    "average pool, overlapping": lambda: [conv(), layers.AveragePooling2D(3, 2)],
    "max pool": lambda: [conv(), layers.MaxPooling2D(2)],
    "max pool, same": lambda: [conv(), layers.MaxPooling2D(3, 2, padding="same")],
    "max pool of a linear value": lambda: [conv(), layers.MaxPooling2D(2), conv(4, 1)],
    "zeros, max pool": lambda: [layers.ReLU(), layers.ZeroPadding2D(1), layers.MaxPooling2D(3, 2)],
    "zeros, max pool of a linear value": lambda: [
        conv(),
        layers.ZeroPadding2D(1),
        layers.MaxPooling2D(3, 2),
        NORM(),
    ],
    "zeros around a linear value": lambda: [conv(), layers.ZeroPadding2D(1), conv()],
    "norm behind zeros": lambda: [conv(), layers.ZeroPadding2D(1), NORM()],
    "leaky": lambda: [conv(), layers.LeakyReLU(0.1), conv()],
    "leaky as activation": lambda: [conv(activation="leaky_relu"), conv()],
    "a layer as activation": lambda: [conv(activation=layers.LeakyReLU(0.3)), conv()],
    "relu as activation": lambda: [conv(activation=layers.ReLU(6.0)), conv()],
    "relu with a slope": lambda: [conv(), layers.ReLU(negative_slope=0.2)],
    "prelu": lambda: [conv(), layers.PReLU(shared_axes=[1, 2]), conv()],
    "prelu of every value": lambda: [conv(), layers.PReLU()],
    "dense on the last axis": lambda: [layers.Dense(6), layers.ReLU(), layers.Dense(3)],
    "global max pool": lambda: [conv(), layers.GlobalMaxPooling2D(), layers.Dense(6)],
    "global average pool": lambda: [conv(), layers.GlobalAveragePooling2D()],
    "flatten, norm": lambda: [layers.ReLU(), layers.Flatten(), NORM()],
    "convolution, flatten, norm": lambda: [conv(), layers.Flatten(), NORM()],
    "convolution, flatten, dense": lambda: [conv(), layers.Flatten(), layers.Dense(6)],
    "up sampling": lambda: [layers.ReLU(), layers.UpSampling2D((2, 3)), conv()],
    "up sampling of a linear value": lambda: [conv(), layers.UpSampling2D(2)],
    "cropping": lambda: [layers.ReLU(), layers.Cropping2D(((1, 0), (2, 1))), conv(padding="same")],
    "cropping, norm": lambda: [NORM(), layers.Cropping2D(1)],
    "transposed": lambda: [layers.Conv2DTranspose(3, 3, strides=2, padding="same")],
    "transposed, even": lambda: [layers.Conv2DTranspose(3, 4, strides=2, padding="same")],
    "transposed, valid": lambda: [layers.Conv2DTranspose(3, (2, 3), strides=(1, 2)), conv()],
    "flatten and back": lambda: [layers.ReLU(), layers.Flatten(), layers.Reshape(IMAGE), conv()],
}


@pytest.mark.parametrize("case", FRONT)
def test_in_front(case):
    model = stack(IMAGE, *FRONT[case](), conv(), layers.ReLU(), *tail())
    assert error_of(model, values(*IMAGE)) < 0.05


@pytest.mark.parametrize("case", BETWEEN)
def test_between_a_relu_and_a_relu(case):
    first = [conv(4, padding="same"), layers.ReLU()]
    model = stack(IMAGE, *first, *BETWEEN[case](), layers.ReLU(), *tail())
    assert error_of(model, values(*IMAGE)) < 0.05


@pytest.mark.parametrize("case", BETWEEN)
def test_in_front_of_an_output(case):
    first = [conv(4, padding="same"), layers.ReLU()]
    model = stack(IMAGE, *first, *BETWEEN[case](), *tail())
    assert error_of(model, values(*IMAGE)) < 0.05


COMPILED = (
    "separable",  # depthwise and dense
    "grouped behind linear",
    "average pool, same",
    "zeros, max pool of a linear value",
    "dense on the last axis",
    "transposed, valid",
)


@pytest.mark.parametrize("case", COMPILED)
def test_a_compiled_run_is_no_different(case, monkeypatch):
    """Every kind of connection that layers become, as long runs compute it."""
    monkeypatch.setattr("spikewatt.sim.engines.batched.engine.COMPILE_FROM", 0)
    first = [conv(4, padding="same"), layers.ReLU()]
    model = stack(IMAGE, *first, *BETWEEN[case](), *tail())
    assert error_of(model, values(*IMAGE)) < 0.05


ONE_AXIS = {
    "depthwise": lambda: [layers.DepthwiseConv1D(3, depth_multiplier=2)],
    "separable": lambda: [layers.SeparableConv1D(6, 3)],
    "grouped": lambda: [layers.Conv1D(6, 3, groups=2)],
    "dilated, causal": lambda: [layers.Conv1D(6, 3, dilation_rate=2, padding="causal")],
    "zeros, max pool": lambda: [layers.ReLU(), layers.ZeroPadding1D(1), layers.MaxPooling1D(2)],
    "up sampling": lambda: [layers.UpSampling1D(2), layers.Conv1D(3, 3)],
    "cropping": lambda: [layers.Cropping1D((1, 2)), layers.Conv1D(3, 3)],
    "transposed": lambda: [layers.Conv1DTranspose(3, 3, strides=2)],
    "linear twice": lambda: [layers.Conv1D(6, 3), layers.Conv1D(6, 3)],
    "dense at every step": lambda: [layers.Dense(3)],
}


@pytest.mark.parametrize("case", ONE_AXIS)
def test_along_one_axis(case):
    first = [layers.Conv1D(4, 3, padding="same"), layers.ReLU()]
    model = stack(LINE, *first, *ONE_AXIS[case](), layers.ReLU(), *tail())
    assert error_of(model, values(*LINE)) < 0.05


# Operators and functions.


def squeeze(x):
    return layers.Dense(6)(layers.ReLU()(layers.Dense(6)(x)))


OPERATORS = {
    "a + b": lambda x: squeeze(x) + layers.Dense(6)(x),
    "a - b": lambda x: squeeze(x) - layers.Dense(6)(x),
    "1 - a": lambda x: 1 - squeeze(x),
    "-a": lambda x: -squeeze(x),
    "a / 4": lambda x: squeeze(x) / 4.0,
    "0.5 a": lambda x: 0.5 * squeeze(x),
    "a + a": lambda x: (lambda a: a + a)(squeeze(x)),
    "average": lambda x: layers.Average()([squeeze(x), layers.Dense(6)(x), layers.Dense(6)(x)]),
    "subtract": lambda x: layers.Subtract()([squeeze(x), layers.Dense(6)(x)]),
    "keras.ops.relu": lambda x: keras.ops.relu(squeeze(x)),
    "keras.ops.relu6": lambda x: keras.ops.relu6(squeeze(x)),
    "keras.ops.maximum": lambda x: keras.ops.maximum(squeeze(x), 0.0),
    "keras.ops.leaky_relu": lambda x: keras.ops.leaky_relu(squeeze(x)),
    "keras.activations.relu": lambda x: keras.activations.relu(squeeze(x), max_value=1.0),
    "keras.ops.concatenate": lambda x: keras.ops.concatenate([squeeze(x), x], axis=-1),
}


@pytest.mark.parametrize("case", OPERATORS)
def test_operators(case):
    start = layers.Input(FLAT)
    x = layers.ReLU()(layers.Dense(6)(start / 2.0))
    x = layers.ReLU()(layers.Dense(6)(OPERATORS[case](x)))
    model = randomised(keras.Model(start, layers.Dense(5)(x)))
    assert error_of(model, values(*FLAT)) < 0.05


# Pairs.


def halves(model) -> list[str]:
    return [node.name for node in read(model, RADIX).nodes if isinstance(node, HalfNode)]


def test_what_two_layers_take_is_carried_once():
    """The linear value of an inverted residual goes into the next expansion and past it."""
    start = layers.Input(IMAGE)
    x = layers.ReLU()(conv(8, 1)(start))
    x = conv(4, 1, name="linear")(x)
    inner = conv(4, 1)(layers.ReLU()(conv(16, 3, padding="same")(x)))
    total = layers.Add()([x, inner])
    end = layers.Dense(5)(layers.GlobalAveragePooling2D()(layers.ReLU()(total)))
    model = randomised(keras.Model(start, end))

    assert halves(model) == ["linear", "linear.minus"]
    assert error_of(model, values(*IMAGE)) < 0.05


def test_half_a_pair_will_do_in_front_of_a_relu():
    model = stack(IMAGE, conv(name="linear"), layers.MaxPooling2D(2), layers.ReLU(), *tail())
    assert halves(model) == ["linear"]
    network = convert(model, values(*IMAGE), "rate")  # and no min pool, which needs an exact code
    assert network.populations[1].name == "linear"


def test_nothing_is_below_zero_behind_a_relu():
    first = [conv(4, activation="relu"), layers.AveragePooling2D(2)]
    model = stack(IMAGE, *first, layers.ZeroPadding2D(1), layers.MaxPooling2D(2), *tail())
    assert not [name for name in halves(model) if name.endswith(".minus")]


@pytest.mark.parametrize("code", ["rate", "signed", "sync_rate"])
def test_pairs_in_other_codes(code):
    model = stack(FLAT, layers.Dense(8), layers.LeakyReLU(0.2), layers.Dense(40), layers.Dense(4))
    x = values(*FLAT)
    options = {"signed": {"steps": 63}, "sync_rate": {"steps": 63}}.get(code, {})
    network = convert(model, x, code, weight_bits=12, **options)
    trace = simulate(network, x, "reference", steps=512 if code == "rate" else None)
    steps = 512 if code == "rate" else 1
    found = trace.outputs[:, -1] * network.output_unit / steps
    expected = model.predict(x, verbose=0)
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99


# Read-outs.


@pytest.mark.parametrize("end", ["inside", "behind", "function"])
def test_one_logit_decides_by_its_sign(end):
    start = layers.Input(FLAT)
    hidden = layers.Dense(12, activation="relu")(start)
    if end == "inside":
        out = layers.Dense(1, activation="sigmoid")(hidden)
    elif end == "behind":
        out = layers.Activation("sigmoid")(layers.Dense(1)(hidden))
    else:
        out = keras.ops.sigmoid(layers.Dense(1)(hidden))
    model = randomised(keras.Model(start, out))
    x = values(*FLAT, samples=60)

    trace = simulate(convert(model, x, **FINE), x, "reference")
    expected = (model.predict(x, verbose=0)[:, 0] > 0.5).astype(int)
    found = trace.predictions()
    assert set(found) == {0, 1}
    assert (found == expected).mean() > 0.95
    assert trace.accuracy(expected)[-1] == (found == expected).mean()


# Messages.


class Dense(layers.Dense):
    """A user's layer under the name of one of Keras."""


@keras.saving.register_keras_serializable("tests")
class Add(layers.Layer):
    def call(self, x):
        return x + 1.0


REFUSED = {
    "subclass": (
        lambda: Dense(4, name="own"),
        r"'own' .Dense.: is a layer of Keras itself: .*got a subclass of it, from .*test_layers.*"
        r"that is called Dense; hint: use keras.layers.Dense",
    ),
    "own class": (lambda: Add(name="own"), "got a class of its own, from .* that is called Add"),
    "swish": (
        lambda: layers.Dense(4, activation="swish", name="own"),
        r"'own' .*an activation that spikes carry; got silu; hint: train it with ReLU",
    ),
    "gelu": (lambda: layers.Activation("gelu", name="own"), "'own' .*got gelu; hint: train it"),
    "layer norm": (lambda: layers.LayerNormalization(name="own"), "hint: .*BatchNormalization"),
    "elu": (lambda: layers.ELU(name="own"), "'own' .ELU.: is a layer that spikes can carry"),
    "lambda": (
        lambda: layers.Lambda(lambda x: x * 2, name="own"),
        "'own' .Lambda.: .*hint: write what it computes with layers of Keras",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_spikes_cannot_carry_is_named_with_a_remedy(case):
    make, match = REFUSED[case]
    model = keras.Sequential([layers.Input(FLAT), layers.Dense(6), make(), layers.Dense(3)])
    with pytest.raises(SpikewattError, match=match) as error:
        convert(model, values(*FLAT))
    assert len(str(error.value)) < 300


@pytest.mark.parametrize(
    ("number", "match"),
    [
        (np.nan, "'broken' .Dense.: its weights must be finite; got 1 NaN of 96 in 'kernel'"),
        (np.inf, "got 1 infinite of 96 in 'kernel'; hint: "),
        (2e30, "its weights are below 1e.30; got 2e.30 in 'kernel'"),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_broken_weights_are_named_per_layer(number, match):
    model = stack(FLAT, layers.Dense(6, activation="relu", name="broken"), layers.Dense(3))
    kernel, bias = model.get_layer("broken").get_weights()
    kernel[2, 1] = number
    model.get_layer("broken").set_weights([kernel, bias])
    with pytest.raises(SpikewattError, match=match):
        convert(model, values(*FLAT))


def test_an_axis_without_a_size_is_named():
    start = layers.Input((None, 3))
    end = layers.Dense(2)(layers.GlobalAveragePooling1D()(layers.Conv1D(4, 3)(start)))
    with pytest.raises(SpikewattError, match=r"got \(None, None, 3\); hint: build the model with"):
        read(keras.Model(start, end), RADIX)
