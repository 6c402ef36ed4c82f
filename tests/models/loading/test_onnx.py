"""ONNX files: rebuilt networks equal the reference evaluator of the package onnx."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import spikewatt as sw
from spikewatt.errors import FileFormatError, MissingToolError, SpikewattError
from spikewatt.models.loading.load import load_keras

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnx.reference import ReferenceEvaluator  # noqa: E402

SHAPE = (2, 12, 10)  # channels first


class File:
    """A graph that is written node by node."""

    def __init__(self, random, shape=SHAPE):
        self.random = random
        self.shape = shape
        self.nodes, self.weights, self.count = [], [], 0

    def weight(self, *shape: int, values=None) -> str:
        name = f"w{len(self.weights)}"
        if values is None:
            values = self.random.normal(0, 0.4, shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, kind: str, *inputs: str, domain: str = "", **options) -> str:
        self.count += 1
        name = f"t{self.count}"
        made = helper.make_node(kind, list(inputs), [name], domain=domain, **options)
        self.nodes.append(made)
        return name

    def save(self, path: Path, result: str, outputs: tuple = (None,)) -> Path:
        entry = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", *self.shape])
        end = helper.make_tensor_value_info(result, TensorProto.FLOAT, ["batch", *outputs])
        graph = helper.make_graph(self.nodes, "g", [entry], [end], self.weights)
        versions = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
        onnx.save(helper.make_model(graph, opset_imports=versions, ir_version=8), path)
        return path


def expected(path: Path, x: np.ndarray) -> np.ndarray:
    return ReferenceEvaluator(str(path)).run(None, {"x": x})[0]


def channels_last(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, 1, -1)


@pytest.fixture
def file(random):
    return File(random)


@pytest.fixture
def x(random):
    return random.uniform(0, 1, (6, *SHAPE)).astype(np.float32)


def as_torch_writes_it(file: File) -> str:
    """Channels first; a stem with padding, a residual block, a row of an image, two Gemm."""
    f = file
    window = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    y = f.node("Conv", "x", f.weight(6, 2, 3, 3), f.weight(6), strides=[2, 2], **window)
    numbers = f.weight(6), f.weight(6), f.weight(6), f.weight(values=np.full(6, 0.7, np.float32))
    y = f.node("BatchNormalization", y, *numbers)
    y = f.node("Relu", y)
    z = f.node("Conv", y, f.weight(6, 1, 3, 3), f.weight(6), group=6, **window)
    zero, six = (f.weight(values=np.float32(n)) for n in (0, 6))
    z = f.node("Clip", z, zero, six)
    y = f.node("Relu", f.node("Add", y, z))
    left = f.node("MaxPool", y, strides=[2, 2], **window)
    right = f.node("AveragePool", y, strides=[2, 2], count_include_pad=1, **window)
    y = f.node("Concat", left, right, axis=1)
    y = f.node("Flatten", y)
    y = f.node("Gemm", y, f.weight(8, 12 * 3 * 3), f.weight(8), transB=1)
    y = f.node("Relu", y)
    return f.node("Gemm", y, f.weight(4, 8), f.weight(4), transB=1)


def as_tf2onnx_writes_it(file: File) -> str:
    """Channels last, moved in front of each window; MatMul and Add."""
    f = file
    y = f.node("Transpose", "x", perm=[0, 3, 1, 2])
    y = f.node("Conv", y, f.weight(5, 10, 3, 3), kernel_shape=[3, 3], auto_pad="SAME_UPPER")
    y = f.node("Relu", f.node("Add", y, f.weight(1, 5, 1, 1)))
    y = f.node("Transpose", y, perm=[0, 2, 3, 1])
    row = f.weight(values=np.array([-1, 2 * 12 * 5]))
    y = f.node("Reshape", y, row)
    y = f.node("MatMul", y, f.weight(2 * 12 * 5, 4))
    y = f.node("Add", y, f.weight(4))
    return f.node("Softmax", y, axis=-1)


def test_a_graph_with_channels_first(file, x, tmp_path):
    result = as_torch_writes_it(file)
    path = file.save(tmp_path / "n.onnx", result)
    wanted = expected(path, x)
    assert wanted.std() > 0.01
    model = load_keras(path)
    assert model.input_shape == (None, 12, 10, 2)
    assert np.abs(model(channels_last(x)) - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_a_graph_with_channels_last(file, x, tmp_path):
    path = file.save(tmp_path / "n.onnx", as_tf2onnx_writes_it(file))
    wanted = expected(path, x)
    model = load_keras(path)
    assert model.input_shape == (None, *SHAPE)
    assert np.abs(model(x) - wanted).max() < 1e-6


def test_means_over_positions(file, x, tmp_path):
    y = file.node("Conv", "x", file.weight(4, 2, 3, 3))
    y = file.node("GlobalAveragePool", file.node("Relu", y))
    y = file.node("Flatten", y)
    path = file.save(tmp_path / "n.onnx", file.node("Gemm", y, file.weight(4, 3)))
    assert np.abs(load_keras(path)(channels_last(x)) - expected(path, x)).max() < 1e-5


def test_frames(random, tmp_path):
    file = File(random, (3, 20))
    y = file.node("Conv", "x", file.weight(4, 3, 5), file.weight(4), strides=[2])
    y = file.node("MaxPool", file.node("Relu", y), kernel_shape=[2], strides=[2])
    path = file.save(
        tmp_path / "n.onnx", file.node("Gemm", file.node("Flatten", y), file.weight(16, 3))
    )
    x = random.uniform(0, 1, (5, 3, 20)).astype(np.float32)
    assert np.abs(load_keras(path)(channels_last(x)) - expected(path, x)).max() < 1e-5


def test_a_rebuilt_network_spikes(random, tmp_path):
    file = File(random)
    y = file.node("Conv", "x", file.weight(4, 2, 3, 3), file.weight(4), strides=[2, 2])
    y = file.node("Flatten", file.node("Relu", y))
    path = file.save(tmp_path / "n.onnx", file.node("Gemm", y, file.weight(80, 3)))
    x = random.uniform(0, 1, (20, *SHAPE)).astype(np.float32)
    code = {"code": "sync_rate", "steps": 255, "input_code": "bitplane"}
    network = sw.convert(load_keras(path), channels_last(x), weight_bits=12, **code)
    trace = sw.simulate(network, channels_last(x), "batched")
    wanted = expected(path, x).argmax(axis=1)
    assert (trace.predictions() == wanted).mean() >= 0.9


# ------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("kind", "options", "law"),
    [
        ("Elu", {}, "operators that are known; got Elu; allowed: Add, AveragePool"),
        ("Conv", {"domain": "own"}, "operators that are known; got Conv"),
        ("LRN", {"size": 3}, "operators that are known; got LRN"),
        ("MaxPool", {"kernel_shape": [3, 3], "ceil_mode": 1}, "MaxPool must be.*got ceil_mode=1"),
        (
            "MaxPool",
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
            "MaxPool must be.*got padding of numbers below zero",
        ),
        (
            "AveragePool",
            {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
            "AveragePool must be.*got padding with count_include_pad=0",
        ),
        ("Softmax", {"axis": 3}, "Softmax must be.*got axis 2 of 4, channels last"),
        ("ReduceMean", {"axes": [1]}, "ReduceMean must be.*got a mean over the axes"),
    ],
)
def test_what_no_layer_expresses_is_named(kind, options, law, file, tmp_path):
    y = file.node("Conv", "x", file.weight(4, 2, 3, 3))
    path = file.save(tmp_path / "n.onnx", file.node(kind, y, **options))
    with pytest.raises(FileFormatError, match=law):
        load_keras(path)


def test_weights_in_other_files_are_not_opened(file, tmp_path):
    y = file.node("Conv", "x", file.weight(4, 2, 3, 3))
    path = file.save(tmp_path / "n.onnx", y)
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="w.bin", size_threshold=0)
    law = "must hold its weights itself; got 'w0', which lies in another file; hint: onnx.save"
    with pytest.raises(FileFormatError, match=law):
        load_keras(path)


def test_free_sizes_are_named(file, tmp_path):
    file.shape = (2, "rows", 10)
    y = file.node("Conv", "x", file.weight(4, 2, 3, 3))
    law = r"inputs have fixed sizes after the batch; got 'x' \('batch', 2, 'rows', 10\)"
    with pytest.raises(FileFormatError, match=law):
        load_keras(file.save(tmp_path / "n.onnx", y))


def test_damaged_files_are_refused(file, tmp_path, random):
    path = file.save(tmp_path / "n.onnx", as_tf2onnx_writes_it(file))
    whole = path.read_bytes()
    refused = 0
    for _ in range(40):
        path.write_bytes(whole[: random.integers(1, len(whole) - 1)])
        with pytest.raises(SpikewattError):
            load_keras(path)
        refused += 1
    assert refused == 40
    path.write_bytes(b"no network at all")
    with pytest.raises(FileFormatError, match="must be a whole ONNX file"):
        load_keras(path)


def test_a_missing_package_says_what_to_install(file, tmp_path, monkeypatch):
    path = file.save(tmp_path / "n.onnx", as_tf2onnx_writes_it(file))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingToolError, match="need the package onnx.*hint: pip install 'spikew"):
        load_keras(path)
