"""TensorFlow Lite files: rebuilt networks equal TensorFlow Lite's own interpreter."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import spikewatt as sw
from keras import layers
from spikewatt.errors import FileFormatError, MissingToolError, SpikewattError
from spikewatt.models.loading.load import load_keras
from spikewatt.models.loading.tflite import schema as tflite_schema

tf = pytest.importorskip("tensorflow")
pytestmark = pytest.mark.filterwarnings("ignore")
TINY = Path(__file__).parents[4] / "shared" / "models" / "mlperf_tiny"
STEPS = 4  # of the output's int8 grid, by which rounding of activations may move it


def small_network():
    """Most operators: windows with both paddings, branches, pools, a mean over positions."""
    keras.utils.set_random_seed(5)
    image = layers.Input((12, 10, 2))
    x = layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(image)
    y = layers.ReLU(6.0)(layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1)(x))
    x = layers.ReLU()(layers.Add()([x, y]))
    left = layers.MaxPooling2D(2)(x)
    right = layers.AveragePooling2D(2)(x)
    x = layers.Concatenate()([left, right])
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(5, 3, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(7, activation="relu")(x)
    return keras.Model(image, layers.Dense(4)(x))


def flat_network():
    keras.utils.set_random_seed(6)
    return keras.Sequential(
        [
            layers.Input((12, 10, 2)),
            layers.Flatten(),
            layers.Dense(9, activation="relu"),
            layers.Dense(3, activation="softmax"),
        ]
    )


@pytest.fixture
def x(random):
    return random.uniform(0, 1, (20, 12, 10, 2)).astype(np.float32)


def converted(model, path: Path, x=None, half: bool = False) -> Path:
    """A TensorFlow Lite file of a model: of floats, or of int8 where samples are given."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if half or x is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if half:
        converter.target_spec.supported_types = [tf.float16]
    if x is not None:
        converter.representative_dataset = lambda: ([sample[None]] for sample in x)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    path.write_bytes(converter.convert())
    return path


def interpreted(path: Path, x: np.ndarray) -> tuple[np.ndarray, float]:
    """(what TensorFlow Lite itself computes, step of its output's grid)."""
    interpreter = tf.lite.Interpreter(str(path))
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    (end,) = interpreter.get_output_details()
    outputs = []
    for sample in x[:, None]:
        if entry["dtype"] == np.int8:
            scale, zero = entry["quantization"]
            sample = np.clip(np.round(sample / scale + zero), -128, 127).astype(np.int8)
        interpreter.set_tensor(entry["index"], sample)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(end["index"])[0])

    found = np.array(outputs)
    if end["dtype"] != np.int8:
        return found, 0.0
    scale, zero = end["quantization"]
    return (found.astype(np.float64) - zero) * scale, scale


@pytest.mark.parametrize("make", [small_network, flat_network])
def test_float_files_equal_the_interpreter(make, x, tmp_path):
    path = converted(make(), tmp_path / "n.tflite")
    expected, _ = interpreted(path, x)
    assert expected.std() > 0.01
    assert np.abs(load_keras(path)(x) - expected).max() < 1e-5


def test_weights_of_half_precision(x, tmp_path):
    path = converted(small_network(), tmp_path / "n.tflite", half=True)
    expected, _ = interpreted(path, x)
    assert np.abs(load_keras(path)(x) - expected).max() < 1e-3 * np.abs(expected).max()


def test_int8_files_equal_the_interpreter_within_their_rounding(x, tmp_path):
    path = converted(small_network(), tmp_path / "n.tflite", x)
    expected, step = interpreted(path, x)
    assert step > 0
    found = np.asarray(load_keras(path)(x))
    assert np.abs(found - expected).max() <= STEPS * step
    assert np.unique(np.round(load_keras(path).layers[1].get_weights()[0], 6)).size > 20


def test_a_rebuilt_network_spikes(x, tmp_path):
    path = converted(flat_network(), tmp_path / "n.tflite")
    model = load_keras(path)
    network = sw.convert(model, x, "sync_rate", steps=255, weight_bits=12, input_code="bitplane")
    trace = sw.simulate(network, x, "batched")
    expected, _ = interpreted(path, x)
    assert (trace.predictions() == expected.argmax(axis=1)).mean() > 0.9


def test_the_line_for_a_saved_model_makes_a_file_that_loads(x, tmp_path):
    model = small_network()
    model.export(tmp_path / "exported", verbose=False)
    content = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path / "exported")).convert()
    (tmp_path / "n.tflite").write_bytes(content)
    assert np.abs(load_keras(tmp_path / "n.tflite")(x) - model(x)).max() < 1e-5


# ------------------------------------------------------------------ published networks


def tiny(name: str) -> Path:
    path = TINY / name
    if not path.is_file():
        pytest.skip("no folder with the files of MLPerf Tiny")
    return path


def test_the_published_resnet_equals_the_interpreter(random):
    path = tiny("original/pretrainedResnet.tflite")
    x = random.uniform(0, 255, (8, 32, 32, 3)).astype(np.float32)
    expected, _ = interpreted(path, x)
    model = load_keras(path)
    assert np.abs(model(x) - expected).max() < 1e-5

    code = {"code": "sync_rate", "steps": 255, "input_code": "bitplane"}
    network = sw.convert(model, x, input_max=255.0, weight_bits=16, **code)
    trace = sw.simulate(network, x, "batched")
    assert np.array_equal(trace.predictions(), expected.argmax(axis=1))


@pytest.mark.parametrize("name", ["dscnn", "resnet8"])
def test_float_files_of_mlperf_tiny_convert(name, random, tmp_path):
    original = load_keras(tiny(f"{name}.keras"))
    x = random.uniform(0, 1, (8, *original.inputs[0].shape[1:])).astype(np.float32)
    path = converted(original, tmp_path / f"{name}.tflite")
    expected, _ = interpreted(path, x)
    model = load_keras(path)
    assert np.abs(model(x) - expected).max() < 1e-5

    code = {"code": "sync_rate", "steps": 255, "input_code": "bitplane"}
    network = sw.convert(model, x, weight_bits=16, **code)
    trace = sw.simulate(network, x[:4], "batched")
    assert np.array_equal(trace.predictions(), expected[:4].argmax(axis=1))


# ------------------------------------------------------------------ refusals


def test_operators_that_are_not_known_are_named(tmp_path):
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3, activation="elu")])
    path = converted(model, tmp_path / "elu.tflite")
    law = "must consist of operators that are known; got ELU; allowed: ADD, AVERAGE_POOL_2D"
    with pytest.raises(FileFormatError, match=law):
        load_keras(path)


def test_options_that_are_not_known_are_named(tmp_path):
    image = layers.Input((4, 4, 2))
    model = keras.Model(image, keras.ops.mean(image, axis=1))
    path = converted(model, tmp_path / "mean.tflite")
    with pytest.raises(FileFormatError, match=r"MEAN must be one .*a mean over the axes \[1\] of"):
        load_keras(path)


def test_a_python_function_is_no_operator(tmp_path):
    """What a Lambda layer becomes is a graph, or an operator that calls Python: it is refused."""

    @tf.function(input_signature=[tf.TensorSpec((1, 4))])
    def calls(values):
        return tf.numpy_function(lambda v: v, [values], tf.float32)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([calls.get_concrete_function()])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.SELECT_TF_OPS]
    converter.allow_custom_ops = True
    (tmp_path / "call.tflite").write_bytes(converter.convert())
    with pytest.raises(FileFormatError, match="operators that are known; got (Flex)?PyFunc"):
        load_keras(tmp_path / "call.tflite")


def test_damaged_files_are_refused(tmp_path, random):
    path = converted(flat_network(), tmp_path / "n.tflite")
    whole = path.read_bytes()
    refused = 0
    for _ in range(40):
        content = bytearray(whole[: random.integers(16, len(whole))])
        for place in random.integers(8, len(content), size=4):
            content[place] ^= 255
        path.write_bytes(content)
        with pytest.raises(SpikewattError):
            load_keras(path)
        refused += 1
    assert refused == 40


def test_a_missing_schema_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "n.tflite").write_bytes(b"\0\0\0\0TFL3")
    monkeypatch.setattr(tflite_schema, "MODULES", ("spikewatt_without_schema",))
    with pytest.raises(MissingToolError, match="need the schema.*hint: pip install ai-edge-lite"):
        load_keras(tmp_path / "n.tflite")
