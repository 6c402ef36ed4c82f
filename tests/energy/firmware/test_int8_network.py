"""int8 networks as C: executed on emulated cores, beside TensorFlow Lite."""

from __future__ import annotations

import numpy as np
import pytest
from spikewatt.energy.firmware.build import build, sizes
from spikewatt.energy.firmware.cores import core_named
from spikewatt.energy.firmware.emulator import Emulator
from spikewatt.energy.firmware.int8.graph import read_graph
from spikewatt.energy.firmware.int8_network import int8_network
from spikewatt.errors import SpikewattError
from spikewatt.models.int8 import Int8Network, quantise_int8
from spikewatt.models.keras_backend import import_keras, silent_stderr
from spikewatt.models.networks import build_network

for package in ("ziglang", "unicorn", "capstone", "tensorflow"):
    pytest.importorskip(package, reason="pip install 'spikewatt[firmware,keras]'")

M0, M4, M33, M7 = (core_named(f"Cortex-{name}") for name in ("M0+", "M4", "M33", "M7"))
IMAGES = 100
FEW = 10  # of the quick tests


def emulator_of(network: Int8Network, quality: str, core, defines=()) -> Emulator:
    firmware = int8_network(network, quality)
    keep = ("infer", *firmware.functions)
    return Emulator(build(firmware.sources, core, keep=keep, defines=defines), core)


def executed(emulator: Emulator, levels: np.ndarray, outputs: int) -> np.ndarray:
    """What comes out of the C, for each sample."""
    found = []
    for sample in levels:
        emulator.write("network_input", sample)
        emulator.call("infer")
        found.append(emulator.read("network_output", np.int8, outputs))
    return np.array(found)


def reference(network: Int8Network, levels: np.ndarray) -> np.ndarray:
    """What TensorFlow Lite's reference kernels make of the same levels."""
    import_keras()
    with silent_stderr():
        import tensorflow as tf

        kernels = tf.lite.experimental.OpResolverType.BUILTIN_REF
        interpreter = tf.lite.Interpreter(
            model_content=network.content, experimental_op_resolver_type=kernels
        )
        interpreter.allocate_tensors()
    given, got = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    found = []
    for sample in levels:
        interpreter.set_tensor(given["index"], sample.reshape(given["shape"]))
        interpreter.invoke()
        found.append(interpreter.get_tensor(got["index"]).reshape(-1))
    return np.array(found)


def of_layers(kind: str):
    """A small network of every kind of layer, with sizes that fill no block."""
    keras = import_keras()
    layers = keras.layers
    bias = {"bias_initializer": keras.initializers.RandomNormal(0, 0.3, seed=4)}
    if kind == "conv":
        pixels = layers.Input((9, 10, 3))
        x = layers.Conv2D(7, 3, padding="same", activation="relu", **bias)(pixels)
        x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
        x = layers.Conv2D(5, (3, 2), strides=2, activation="relu6", **bias)(x)
        x = layers.Dense(6, **bias)(layers.Flatten()(x))
    elif kind == "depthwise":
        pixels = layers.Input((8, 7, 4))
        x = layers.DepthwiseConv2D(3, padding="same", activation="relu", **bias)(pixels)
        x = layers.Conv2D(8, 1, activation="relu", **bias)(x)
        x = layers.DepthwiseConv2D((2, 3), strides=2, **bias)(x)
        x = layers.AveragePooling2D((3, 2))(x)
    else:
        pixels = layers.Input((6, 7, 5))
        x = layers.Conv2D(5, 3, padding="same", activation="relu", **bias)(pixels)
        x = layers.Add()([x, pixels])
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return keras.Model(pixels, x)


@pytest.fixture(scope="module", params=["conv", "depthwise", "add"])
def small(request):
    """A network, levels, and what TensorFlow Lite makes of them without a delegate."""
    import_keras().utils.set_random_seed(3)
    model = of_layers(request.param)
    x = np.random.default_rng(5).normal(size=(40, *model.input_shape[1:])).astype(np.float32)
    network = quantise_int8(model, x)
    return network, *network.levels(3 * x)


def check(network, levels, expected, core, quality) -> None:
    """The C computes what is expected of every sample."""
    got = executed(emulator_of(network, quality, core), levels, expected.shape[1])
    assert got.shape == (len(levels), expected.shape[1])
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(("core", "quality"), [(M0, "plain"), (M4, "best"), (M4, "skipping")])
def test_every_layer_computes_what_tensorflow_lite_computes(small, core, quality):
    network, levels, expected = small
    assert len(np.unique(expected[:FEW])) > 20
    check(network, levels[:FEW], expected[:FEW], core, quality)


@pytest.mark.slow
@pytest.mark.parametrize("quality", ["plain", "best"])
@pytest.mark.parametrize("core", [M0, M4, M33, M7], ids=lambda core: core.name)
def test_every_layer_of_many_samples_on_every_core(small, core, quality):
    network, levels, expected = small
    assert len(np.unique(expected)) > 50
    check(network, levels, expected, core, quality)


def test_halves_away_from_zero_are_the_reference_kernels(small):
    """Of all but dense layers, which those kernels round once, in floating point."""
    network, levels, once_up = small
    if any(layer.kind == "dense" for layer in read_graph(network.content).layers):
        pytest.skip("has a dense layer")
    emulator = emulator_of(network, "plain", M4, defines=("INT8_HALVES_AWAY",))
    got = executed(emulator, levels[:FEW], once_up.shape[1])
    np.testing.assert_array_equal(got, reference(network, levels[:FEW]))


@pytest.fixture(scope="module")
def int8_digits(mlp, digits):
    network = quantise_int8(mlp, digits.scaled("train")[:IMAGES])
    return network, *network.levels(digits.scaled("test")[:IMAGES])


@pytest.mark.parametrize(("core", "quality"), [(M0, "best"), (M4, "best")])
def test_ten_digits_are_equal(int8_digits, core, quality):
    network, levels, expected = int8_digits
    check(network, levels[:FEW], expected[:FEW], core, quality)


@pytest.mark.slow
@pytest.mark.parametrize("core", [M0, M4], ids=lambda core: core.name)
@pytest.mark.parametrize("quality", ["plain", "best"])
def test_a_hundred_digits_are_equal(int8_digits, core, quality):
    network, levels, expected = int8_digits
    assert expected.shape == (IMAGES, 10)
    check(network, levels, expected, core, quality)


def test_counts_repeat_exactly_and_fall_to_layers(int8_digits):
    network, levels, _ = int8_digits
    counts = []
    for emulator in (emulator_of(network, "best", M4) for _ in range(2)):
        emulator.write("network_input", levels[0])
        counts.append(emulator.call("infer"))
    assert counts[0].by_kind == counts[1].by_kind
    assert counts[0].cycles == counts[1].cycles

    layers = int8_network(network, "best").functions
    assert set(layers) <= set(counts[0].by_layer)
    of_layers = sum(counts[0].by_layer[layer].instructions for layer in layers)
    assert 0 < counts[0].instructions - of_layers < 20


def test_the_best_kernels_beat_the_plain_ones(int8_digits):
    network, levels, _ = int8_digits
    for core in (M0, M4):
        cycles = {}
        for quality in ("plain", "best"):
            emulator = emulator_of(network, quality, core)
            emulator.write("network_input", levels[0])
            cycles[quality] = emulator.call("infer").cycles
        assert cycles["best"] < (0.8 if core is M0 else 0.5) * cycles["plain"]


def test_constants_lie_in_flash_and_activations_share_ram(int8_digits):
    network, *_ = int8_digits
    firmware = int8_network(network, "plain")
    size = sizes(build(firmware.sources, M4, keep=("infer",)))
    weights = 64 * 48 + 48 * 10
    assert weights < size["flash_bytes"] < weights + 5000
    assert size["ram_bytes"] < 64 + 10 + firmware.plan.size_bytes + 8
    assert firmware.plan.size_bytes < 48 + 10 + 4


def test_an_operator_without_a_kernel_is_named():
    keras = import_keras()
    pixels = keras.layers.Input((6,))
    model = keras.Model(pixels, keras.layers.Activation("tanh")(pixels))
    network = quantise_int8(model, np.random.default_rng(0).normal(size=(9, 6)))
    with pytest.raises(SpikewattError, match=r"needs a kernel in C; got TANH; allowed: .*SOFTMAX"):
        int8_network(network)


def test_an_unknown_quality_is_refused(int8_digits):
    with pytest.raises(SpikewattError, match="best, plain"):
        int8_network(int8_digits[0], "fast")


@pytest.mark.slow
@pytest.mark.parametrize("core", [M0, M4, M33, M7], ids=lambda core: core.name)
def test_lenet_is_equal(core):
    x = np.random.default_rng(1).random((20, 28, 28, 1), dtype=np.float32)
    network = quantise_int8(build_network("lenet", (28, 28, 1), 10), x)
    levels, expected = network.levels(x[:3])
    for quality in ("plain", "best"):
        got = executed(emulator_of(network, quality, core), levels, 10)
        np.testing.assert_array_equal(got, expected)
