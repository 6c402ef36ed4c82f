"""Zeros of an ANN's activations, against a count by loops over what each layer takes."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.errors import SpikewattError
from spikewatt.models.capacity import capacity_bits
from spikewatt.models.int8 import quantise_int8
from spikewatt.models.int8_baseline import clipped
from spikewatt.models.keras_backend import import_keras
from spikewatt.sim.conversion.thresholds import Method
from spikewatt.sim.zeros.activation_zeros import ActivationZeros, LayerZeros
from spikewatt.sim.zeros.given import load_zeros, read_zeros, save_zeros

keras = import_keras()
layers = keras.layers
SAMPLES = 5


# Second implementation: loops over window, channels and positions, from the layers' own settings.


def padded_before(layer, size: int, axis: int) -> int:
    """Zeros in front of an axis."""
    if layer.padding == "valid":
        return 0
    window, stride = layer.kernel_size[axis], layer.strides[axis]
    reach = (window - 1) * layer.dilation_rate[axis] + 1
    return max((-(-size // stride) - 1) * stride + reach - size, 0) // 2


def by_loops(layer, x: np.ndarray, outputs: tuple[int, ...]) -> int:
    """Products of a layer with the activations of one sample that are not zero."""
    if isinstance(layer, layers.Dense):
        return int(np.count_nonzero(x)) * layer.units

    rows, columns = outputs[:2]
    before = [padded_before(layer, x.shape[axis], axis) for axis in (0, 1)]
    found = 0
    for y, c, r, k in product(range(rows), range(columns), *map(range, layer.kernel_size)):
        at = (
            y * layer.strides[0] - before[0] + r * layer.dilation_rate[0],
            c * layer.strides[1] - before[1] + k * layer.dilation_rate[1],
        )
        if not all(0 <= place < size for place, size in zip(at, x.shape[:2], strict=True)):
            continue
        if isinstance(layer, layers.DepthwiseConv2D):
            found += int(np.count_nonzero(x[at])) * layer.depth_multiplier
        else:
            found += int(np.count_nonzero(x[at])) * (layer.filters // layer.groups)
    return found


def counted_by_hand(model, x: np.ndarray) -> dict[str, tuple[float, float]]:
    """Name of a layer -> share of zeros of its inputs, and products left, means over samples."""
    found = {}
    for layer in model.layers:
        if not hasattr(layer, "kernel"):
            continue
        given = np.asarray(keras.Model(model.input, layer.input)(x))
        shape = tuple(layer.output.shape[1:])
        products = [by_loops(layer, sample, shape) for sample in given]
        found[layer.name] = (float((given == 0).mean()), float(np.mean(products)))
    return found


def network_of(kind: str):
    """A small network of one kind of layer."""
    noise = {"bias_initializer": keras.initializers.RandomNormal(0.1, 0.3, seed=2)}
    pixels = layers.Input((9, 8, 3))

    def conv(x, filters, size, **options):
        return layers.Conv2D(filters, size, activation="relu", **options, **noise)(x)

    x = pixels
    if kind == "dense":
        x = layers.Dense(11, activation="relu", **noise)(layers.Flatten()(x))
    elif kind == "valid":
        x = conv(conv(x, 4, 3), 5, (2, 3))
    elif kind == "same":
        x = conv(conv(x, 4, 3, padding="same"), 5, (4, 2), padding="same", dilation_rate=2)
    elif kind == "strided":
        x = conv(conv(x, 4, 3, strides=2, padding="same"), 4, 2, strides=2)
    elif kind == "grouped":
        x = conv(conv(x, 6, 3), 4, 3, groups=2, padding="same")
    elif kind == "depthwise":
        x = layers.DepthwiseConv2D(3, padding="same", activation="relu", **noise)(conv(x, 4, 3))
        x = layers.DepthwiseConv2D(2, depth_multiplier=2, activation="relu", **noise)(x)
    elif kind == "residual":
        x = conv(x, 4, 3, padding="same")
        y = conv(x, 4, 3, padding="same")
        x = layers.ReLU()(layers.Add()([layers.Conv2D(4, 3, padding="same", **noise)(y), x]))
        x = conv(x, 3, 3)
    elif kind == "average":
        x = conv(layers.AveragePooling2D(2)(conv(x, 4, 3)), 5, 2)
        x = layers.AveragePooling2D(2)(x)
    elif kind == "max":
        x = conv(layers.MaxPooling2D(2)(conv(x, 4, 3)), 5, 2)
    keras.utils.set_random_seed(4)
    return keras.Model(pixels, layers.Dense(3, **noise)(layers.Flatten()(x)))


KINDS = (
    *("dense", "valid", "same", "strided", "grouped", "depthwise", "residual"),
    *("average", "max"),
)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    random = np.random.default_rng(1)
    x = random.random((SAMPLES, 9, 8, 3)).astype(np.float32)
    return x * (random.random(x.shape) < 0.6)


@pytest.mark.parametrize(
    ("kind", "code"), [*((kind, "rate") for kind in KINDS), ("average", "radix")]
)
def test_every_layer_is_counted_as_loops_count_it(kind, code, images):
    model = network_of(kind)
    found = sw.activation_zeros(model, images, code=code)
    wanted = counted_by_hand(model, images)

    assert {layer.layer for layer in found.layers} == set(wanted)
    assert len(found.layers) >= 2
    for layer in found.layers:
        share, products = wanted[layer.layer]
        assert layer.zero_share == pytest.approx(share, abs=1e-12)
        assert layer.nonzero_macs == pytest.approx(products, rel=1e-12)
        assert 0 < layer.nonzero_macs < layer.macs
    assert found.samples == SAMPLES


@pytest.mark.parametrize(("kind", "code"), [("residual", "rate"), ("average", "radix")])
def test_a_trace_finds_its_layers(kind, code, images):
    """Every multiply-accumulate of the trace is one of the measurement, whatever was merged."""
    model = network_of(kind)
    network = sw.convert(model, images, code)
    trace = sw.simulate(network, images[:1], "batched", steps=4 if code == "rate" else None)
    for other in ("rate", "radix"):  # pools are populations in one, and merged in the other
        zeros = sw.activation_zeros(model, images, code=other)
        parts = [part for layer in trace.layers for part in zeros.of(layer)]
        assert sorted(part.layer for part in parts) == sorted(z.layer for z in zeros.layers)
        multiply = [layer for layer in trace.layers if layer.kind.multiplies]
        assert sum(part.macs for part in parts) == sum(layer.macs for layer in multiply)


def test_separable_and_transposed_layers_are_counted(images):
    pixels = layers.Input((9, 8, 3))
    x = layers.SeparableConv2D(5, 3, depth_multiplier=2, activation="relu")(pixels)
    x = layers.Conv2DTranspose(4, 3, strides=2, activation="relu")(x)
    model = keras.Model(pixels, layers.Dense(3)(layers.Flatten()(x)))
    found = {z.layer: z for z in sw.activation_zeros(model, images).layers}
    first, second = (f"{model.layers[1].name}.{part}" for part in ("depthwise", "pointwise"))

    spread = found[model.layers[2].name]
    given = np.asarray(keras.Model(model.input, model.layers[2].input)(images))
    assert spread.nonzero_macs == pytest.approx(
        (given != 0).sum() / SAMPLES * 9 * 4
    )  # none cut off
    assert found[first].nonzero_macs <= 2 * found[first].macs / 2
    # What a depthwise window makes of pixels is zero only where all of them are.
    assert found[second].zero_share < found[first].zero_share
    assert found[second].macs == prod((7, 6)) * 6 * 5


def test_only_the_input_has_zeros_where_all_activations_are_positive(images):
    model = network_of("same")
    model.set_weights([np.abs(weights) + 0.01 for weights in model.get_weights()])
    first, *others = sw.activation_zeros(model, images).layers
    assert first.zero_share == pytest.approx(float((images == 0).mean()))
    assert len(others) == 2
    assert all(layer.zero_share == 0 for layer in others)
    assert others[-1].nonzero_macs == others[-1].macs  # a dense layer has no padding


# int8, by the integers that the file holds.


def test_int8_zeros_are_those_of_its_own_arithmetic(images):
    from spikewatt.energy.firmware.int8.graph import read_graph
    from spikewatt.energy.firmware.int8.multipliers import requantised

    model = network_of("dense")
    network = quantise_int8(model, images)
    first, second = read_graph(network.content).layers
    levels, _ = network.levels(images)
    sums = (levels.astype(np.int64) - first.input_zero) @ first.weights.T.astype(np.int64)
    hidden = np.array(
        [
            [
                requantised(int(s), m)
                for s, m in zip(row + first.bias, first.multipliers, strict=True)
            ]
            for row in sums
        ]
    )
    hidden = np.clip(hidden + first.clamp.zero, first.clamp.low, first.clamp.high)

    found = sw.activation_zeros(model, images, bits=8)
    shares = [layer.zero_share for layer in found.layers]
    wanted = [(levels == first.input_zero).mean(), (hidden == second.input_zero).mean()]
    assert shares == pytest.approx(wanted, abs=1e-12)
    assert 0 < wanted[1] < 1
    assert found.network == "int8"


def test_int8_zeros_of_few_levels_are_those_of_the_network_that_is_executed():
    """As in a run: the largest level is a clip, and int8 has levels of its own."""
    model, data = sw.load_keras("zoo:lenet"), sw.load_dataset("digits28")
    x, calibration = data.scaled("test")[:8], data.scaled("train")[:40]
    found = sw.activation_zeros(model, x, calibration, bits=8)
    wanted = sw.activation_zeros(clipped(model), x, calibration, bits=8)
    assert found.network == "int8"
    assert [layer.zero_share for layer in found.layers] == pytest.approx(
        [layer.zero_share for layer in wanted.layers], abs=1e-12
    )
    assert all(0 < layer.zero_share < 1 for layer in found.layers)


@pytest.mark.parametrize("kind", ["depthwise", "residual"])
def test_int8_zeros_lie_near_those_of_keras(kind, images):
    """An activation that is zero as a real number is zero as int8, and a few small ones beside."""
    model = network_of(kind)
    code = "radix"
    real = sw.activation_zeros(model, images, code=code)
    int8 = sw.activation_zeros(model, images, bits=8, code=code)
    for before, after in zip(real.layers, int8.layers, strict=True):
        assert before.layer == after.layer
        assert -0.03 < after.zero_share - before.zero_share < 0.1


# Few bits.


def test_capacity_is_the_least_number_of_bits_with_enough_values():
    for steps in range(1, 300):
        bits = capacity_bits(steps)
        assert 2 ** (bits - 1) < steps + 1 <= 2**bits
    for bad in (0, -1, 2.0, True, "4"):
        with pytest.raises(SpikewattError, match=r"capacity_bits\.steps: must be a whole number"):
            capacity_bits(bad)


def test_few_bits_are_the_levels_between_zero_and_the_clip(images):
    """Against numpy, for one hidden layer: 2^k − 1 levels up to the clip, nearest first."""
    model = network_of("dense")
    bits = 3
    network = sw.few_bits(model, images, activation_bits=bits)
    hidden = next(node for node in network.graph.nodes if node.name == model.layers[2].name)
    clip = hidden.maximum
    assert clip > 0

    def weights(layer):
        """int8, by the largest of each output."""
        kernel, bias = layer.get_weights()
        unit = np.abs(kernel).max(axis=0) / 127
        return np.round(kernel / unit) * unit, bias

    kernel, bias = weights(model.layers[2])
    raw = images.reshape(SAMPLES, -1).astype(np.float64) @ kernel + bias
    levels = np.floor(np.clip(raw / clip, 0, 1) * (2**bits - 1) + 0.5)
    kernel, bias = weights(model.layers[-1])
    wanted = levels * clip / (2**bits - 1) @ kernel + bias
    np.testing.assert_allclose(network.outputs(images), wanted, rtol=1e-4, atol=1e-5)
    assert len(np.unique(levels)) > 3

    zeros = sw.activation_zeros(model, images, images, bits=bits)
    assert zeros.layers[1].zero_share == pytest.approx(float((levels == 0).mean()))
    assert (zeros.network, zeros.bits) == ("matched", bits)
    assert sw.activation_zeros(model, images, images, steps=7) == zeros


@pytest.mark.parametrize("kind", ["same", "grouped", "depthwise", "residual", "average"])
def test_many_bits_compute_what_keras_computes(kind, images):
    model = network_of(kind)
    largest = Method("largest", "percentile", 100.0)
    network = sw.few_bits(
        model, images, "radix", activation_bits=16, weight_bits=16, method=largest
    )
    wanted = np.asarray(model(images))
    np.testing.assert_allclose(network.outputs(images), wanted, atol=1e-3 * np.abs(wanted).max())


def test_a_layer_that_was_trained_with_levels_keeps_them(images):
    pixels = layers.Input((9, 8, 3))
    x = layers.Dense(6)(layers.Flatten()(pixels))
    model = keras.Model(pixels, layers.Dense(3)(sw.QCFS(levels=4, clip=2.0)(x)))
    kept = {
        bits: next(
            node.levels
            for node in sw.few_bits(model, images, activation_bits=bits).graph.nodes
            if hasattr(node, "levels")
        )
        for bits in (2, 3)
    }
    assert kept == {2: 3, 3: 4}


# What is refused, and files.


@pytest.mark.parametrize(
    ("asked", "match"),
    [
        ({"bits": 4, "steps": 7}, "takes bits, or the steps"),
        ({"bits": 0}, r"must be a width; got 0; allowed: 1\.\.16"),
        ({"bits": 17}, r"must be a width; got 17; allowed: 1\.\.16"),
        ({"steps": 0}, "must be a whole number of steps"),
        ({"stepps": 3}, "stepps"),
    ],
)
def test_what_cannot_be_measured_is_refused(asked, match, images):
    with pytest.raises(SpikewattError, match=match):
        sw.activation_zeros(network_of("dense"), images, **asked)


def test_zeros_of_another_network_are_refused(images):
    trace = sw.simulate(sw.convert(network_of("valid"), images), images[:1], "batched", steps=2)
    zeros = sw.activation_zeros(network_of("strided"), images)
    with pytest.raises(SpikewattError, match="zeros: must be counted of the network"):
        sw.price(trace, "stm32l4r5", zeros=zeros)


def test_a_file_keeps_what_was_counted(tmp_path, images):
    model = network_of("dense")
    int8 = sw.activation_zeros(model, images, bits=8)
    matched = sw.activation_zeros(model, images, steps=5)
    path = tmp_path / "zeros.json"
    save_zeros(path, matched, int8)
    assert load_zeros(path) == {"int8": int8, "matched": matched}
    assert read_zeros(str(path)) == int8
    assert read_zeros([str(path)], "matched") == matched
    with pytest.raises(SpikewattError, match="must hold the zeros of the float network"):
        read_zeros(path, "float")
    with pytest.raises(SpikewattError, match="holds each network once"):
        save_zeros(tmp_path / "two.json", int8, int8)


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("", "must be JSON"),
        ("[]", "must be a file of spikewatt activation zeros"),
        ('{"format": "spikewatt activation zeros", "version": 9}', "must be of a known version"),
        ('{"format": "spikewatt activation zeros", "version": 1}', "holds measurements; got none"),
        (
            '{"format": "spikewatt activation zeros", "version": 1, "measurements": [{"a": 1}]}',
            "has these keys, and no other",
        ),
    ],
)
def test_another_file_is_refused(tmp_path, content, match):
    path = tmp_path / "zeros.json"
    path.write_text(content)
    with pytest.raises(SpikewattError, match=match):
        read_zeros(path)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ("1.5", r"a share of zeros lies in 0\.\.1; got 1\.5"),
        ("nan", "a share of zeros lies in"),
        (["a=0.5", "b=2"], "--zeros b: a share of zeros lies in"),
        (["0.5", "0.6"], "is one share, one file, or POPULATION=SHARE"),
        ("there/is/none.json", "a file of zeros that can be read"),
    ],
)
def test_a_share_that_is_none_is_refused(given, match):
    with pytest.raises(SpikewattError, match=match):
        read_zeros(given)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"zero_share": 1.2}, r"a share lies in 0\.\.1"),
        ({"nonzero_macs": 9.0}, "no more multiply-accumulates are left than there are"),
        ({"macs": -1}, "finite counts, none negative"),
        ({"inputs": float("nan")}, "finite counts, none negative"),
    ],
)
def test_counts_that_cannot_be_are_refused(change, match):
    row = {
        "layer": "a",
        "population": "b",
        "connection": "a->b",
        "inputs": 4,
        "zero_share": 0.5,
        "zero_share_spread": 0.0,
        "macs": 8,
        "nonzero_macs": 4.0,
    }
    with pytest.raises(SpikewattError, match=match):
        ActivationZeros("float", 1, [LayerZeros(**{**row, **change})])
