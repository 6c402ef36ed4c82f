"""Law: what was read of a model equals Keras; a reader that errs is found and named."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.errors import SpikewattError
from spikewatt.models.quantised_layers import QCFS
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.graph.nodes import AveragePoolNode
from spikewatt.sim.conversion.reading import functions, registry
from spikewatt.sim.conversion.reading.layers import (
    activations,
    convolutions,
    pools,
    scaling,
    shapes,
)

SHAPE = (8, 6, 2)


def graph_of_everything() -> keras.Model:
    """A layer of each kind, with weights, statistics and shapes that are alike nowhere."""
    keras.utils.set_random_seed(0)
    same = {"padding": "same"}
    pixels = keras.Input(SHAPE)
    left = layers.Conv2D(4, (3, 2), strides=(2, 1), name="left", **same)(pixels)
    left = layers.ReLU(name="left_relu")(layers.BatchNormalization(name="norm")(left))
    right = layers.Conv2D(3, 2, strides=(2, 1), name="right", activation="relu6", **same)(pixels)

    joined = layers.Concatenate(name="joined")([left, right])
    first = layers.Conv2D(6, 2, name="first", activation="relu", **same)(joined)
    branch = layers.Conv2D(6, 3, name="branch", **same)(first)
    added = layers.ReLU(name="added_relu")(layers.Add(name="added")([first, branch]))
    pooled = layers.MaxPooling2D(2, strides=1, name="largest")(added)

    deep = layers.DepthwiseConv2D(2, depth_multiplier=2, name="deep", activation="relu")(pooled)
    mean = layers.AveragePooling2D(2, strides=1, name="mean", **same)(deep)
    separable = layers.SeparableConv2D(5, 2, name="separable", activation="relu", **same)(mean)
    flat = layers.Flatten(name="flat")(separable)
    hidden = QCFS(3, clip=2.0, name="quantised")(layers.Dense(9, name="hidden")(flat))
    return keras.Model(pixels, layers.Dense(5, name="output", activation="softmax")(hidden))


def spread(model: keras.Model) -> keras.Model:
    """`model` with biases and statistics far from 0 and 1, and some activations above 6."""
    random = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            for weight in (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance):
                weight.assign(random.uniform(0.3, 1.5, weight.shape))
        elif getattr(layer, "use_bias", False):
            layer.bias.assign(random.uniform(0.1, 0.4, layer.bias.shape))
    model.get_layer("right").bias.assign([0.2, 5.5, 7.0])
    return model


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return spread(graph_of_everything())


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (50, *SHAPE)) / 255


def test_what_is_read_rightly_passes(model, pixels):
    for code, input_code in (("radix", "bitplane"), ("sync_rate", "if"), ("rate", "if")):
        names = [p.name for p in convert(model, pixels, code, input_code=input_code).populations]
        assert names[0] == "input"
        assert names[-1] == "output"


# Ten readers that err, each a fault that a reader may well have.


def no_bias(monkeypatch):
    monkeypatch.setattr(convolutions, "bias_of", lambda layer: np.zeros(1))


def swapped_strides(monkeypatch):
    def geometry(call, kernel, right=convolutions._geometry):
        found = right(call, kernel)
        return replace(found, strides=found.strides[::-1])

    monkeypatch.setattr(convolutions, "_geometry", geometry)


def padding_in_front(monkeypatch):
    """The odd zero of "same" padding before the pixels, where TensorFlow puts it after them."""

    def geometry(call, kernel, right=convolutions._geometry):
        found = right(call, kernel)
        return replace(found, padding=tuple((after, before) for before, after in found.padding))

    monkeypatch.setattr(convolutions, "_geometry", geometry)


def no_padding(monkeypatch):
    def geometry(call, kernel, right=convolutions._geometry):
        return replace(right(call, kernel), padding=())

    monkeypatch.setattr(convolutions, "_geometry", geometry)


def no_epsilon(monkeypatch):
    right = scaling.scaled_and_shifted

    def normalised(call, scale, shift, **size):
        layer = call.layer
        wrong = np.sqrt(1.0 + layer.epsilon / np.asarray(layer.moving_variance))
        return right(call, scale * wrong, shift, **size)

    monkeypatch.setattr(scaling, "scaled_and_shifted", normalised)


def relu6_without_six(monkeypatch):
    uncapped = tuple(replace(known, maximum=None) for known in functions.FUNCTIONS)
    monkeypatch.setattr(functions, "FUNCTIONS", uncapped)


def only_the_first_operand(monkeypatch):
    monkeypatch.setitem(registry.READERS, "Add", lambda call: call.inputs[0])


def other_order(monkeypatch):
    def concatenate(call, right=registry.READERS["Concatenate"]):
        return right(replace(call, inputs=call.inputs[::-1], sources=call.sources[::-1]))

    monkeypatch.setitem(registry.READERS, "Concatenate", concatenate)


def flipped_kernel(monkeypatch):
    """A convolution in the mathematician's sense."""

    right = convolutions._convolved

    def convolved(call, kernel, *rest):
        return right(call, kernel[::-1], *rest)

    monkeypatch.setattr(convolutions, "_convolved", convolved)


def smaller_pool(monkeypatch):
    def geometry(call, block, right=pools._geometry):
        found = right(call, block)
        return replace(found, window=(1, *found.window[1:]), strides=found.strides)

    monkeypatch.setattr(pools, "_geometry", geometry)


def channels_first(monkeypatch):
    def flatten(call):
        (block,) = call.value
        place = np.arange(np.prod(block.shape)).reshape(block.shape[-1], *block.shape[:-1])
        return [replace(block, columns=np.moveaxis(place, 0, -1).reshape(-1))]

    monkeypatch.setitem(registry.READERS, "Flatten", flatten)


def more_levels(monkeypatch):
    def quantised(call):
        largest, levels = float(call.layer.largest), call.layer.levels + 1
        return activations._rectified(call, call.value, largest, levels)

    monkeypatch.setitem(registry.READERS, "QCFS", quantised)


def zeros_in_the_mean(monkeypatch):
    """An average that counts the zeros of the padding, as some libraries do."""

    def evaluate(node, values):
        size = np.prod(node.geometry.window)
        return sum(node._taps(values, 0.0)) / size

    monkeypatch.setattr(AveragePoolNode, "evaluate", evaluate)


@pytest.mark.parametrize(
    ("err", "layer"),
    [
        (no_bias, "left"),
        (swapped_strides, "left"),
        (padding_in_front, "left"),
        (no_padding, "left"),
        (no_epsilon, "norm"),
        (relu6_without_six, "right"),
        (only_the_first_operand, "added"),
        (other_order, "joined"),
        (flipped_kernel, "left"),
        (smaller_pool, "largest"),
        (channels_first, "flat"),
        (more_levels, "quantised"),
        (zeros_in_the_mean, "mean"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_reader_that_errs_is_found_and_named(err, layer, model, pixels, monkeypatch):
    err(monkeypatch)
    match = f"convert: layer '{layer}' .*the network read must equal Keras; got"
    with pytest.raises(SpikewattError, match=match):
        convert(model, pixels, "radix", input_code="bitplane")


def test_a_softmax_is_compared_too(monkeypatch):
    def dense(call, right=registry.READERS["Dense"]):
        return [replace(block, bias=block.bias[::-1]) for block in right(call)]

    monkeypatch.setitem(registry.READERS, "Dense", dense)
    small = keras.Sequential([layers.Input((4,)), layers.Dense(3, "softmax", name="only")])
    small.get_layer("only").bias.assign([0.0, 1.0, 2.0])
    with pytest.raises(SpikewattError, match=r"layer 'only' \(Dense\): the network read must"):
        convert(small, np.zeros((3, 4)))


# What is no fault.


def test_terms_that_cancel_in_float32_are_no_fault(pixels):
    """A bias of 1,000 that batch norm takes away again leaves a rounding of 1,000 behind."""
    stack = [layers.Conv2D(4, 3, name="far"), layers.BatchNormalization(name="norm")]
    end = [layers.ReLU(), layers.Flatten(), layers.Dense(3)]
    far = keras.Sequential([layers.Input(SHAPE), *stack, *end])
    far.get_layer("far").bias.assign(np.full(4, 1000.0))
    far.get_layer("norm").moving_mean.assign(np.full(4, 1000.0))
    far.get_layer("norm").moving_variance.assign(np.full(4, 1e-6))
    assert len(convert(far, pixels).populations) == 3


def test_half_precision_is_no_fault(pixels):
    half = keras.DTypePolicy("mixed_float16")
    stack = [layers.Conv2D(4, 3, activation="relu", dtype=half), layers.Flatten()]
    end = layers.Dense(3, dtype="float32")
    assert len(convert(keras.Sequential([layers.Input(SHAPE), *stack, end]), pixels).populations)


def test_shapes_are_laws(model, pixels, monkeypatch):
    monkeypatch.setattr(shapes, "flattened", lambda value: value)
    with pytest.raises(SpikewattError, match=r"layer 'flat' .*got shape \(2, 4, 5\) instead of"):
        convert(model, pixels, "radix", input_code="bitplane")
