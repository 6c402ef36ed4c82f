"""Second implementation: random Keras graphs, which shrink; the guard compares them with Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers
from spikewatt.sim.conversion.graph.guard import check_against_keras
from spikewatt.sim.conversion.reading.reader import read
from spikewatt.sim.conversion.reading.rules import ReadingRules
from spikewatt.sim.network.codes import CODES
from spikewatt.sim.network.input_codes import INPUT_CODES

RULES = ReadingRules.of(CODES["radix"], INPUT_CODES["bitplane"])
SHAPE = (6, 6, 2)

KEEP_SHAPE = {
    "relu": lambda: layers.ReLU(),
    "relu6": lambda: layers.ReLU(6.0),
    "leaky": lambda: layers.LeakyReLU(0.2),
    "prelu": lambda: layers.PReLU(shared_axes=[1, 2]),
    "norm": lambda: layers.BatchNormalization(),
    "scale": lambda: layers.Rescaling(-0.5, 0.25),
    "dropout": lambda: layers.Dropout(0.5),
    "conv": lambda: layers.Conv2D(2, 3, padding="same"),
    "pointwise": lambda: layers.Conv2D(2, 1),
    "dense": lambda: layers.Dense(2),
    "dilated": lambda: layers.Conv2D(2, 2, dilation_rate=2, padding="same"),
    "grouped": lambda: layers.Conv2D(2, 3, groups=2, padding="same"),
    "depthwise": lambda: layers.DepthwiseConv2D(3, padding="same"),
    "separable": lambda: layers.SeparableConv2D(2, 3, padding="same"),
    "max pool": lambda: layers.MaxPooling2D(2, 1, padding="same"),
    "mean pool": lambda: layers.AveragePooling2D(2, 1, padding="same"),
    "there and back": lambda: keras.Sequential(
        [layers.Input(SHAPE), layers.ZeroPadding2D(1), layers.Cropping2D(1)]
    ),
    "half": lambda: keras.Sequential(
        [layers.Input(SHAPE), layers.AveragePooling2D(2), layers.UpSampling2D(2)]
    ),
    "transposed": lambda: keras.Sequential(
        [layers.Input(SHAPE), layers.Conv2DTranspose(2, 2, strides=2), layers.MaxPooling2D(2)]
    ),
}
JOIN = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "add": lambda a, b: layers.Add()([a, b]),
    "average": lambda a, b: layers.Average()([a, b]),
    "join": lambda a, b: layers.Conv2D(2, 1)(layers.Concatenate()([a, b])),
}

layer_names = st.sampled_from(sorted(KEEP_SHAPE))
any_tensor = st.integers(0, 20)
steps = st.one_of(
    st.tuples(st.just("new"), layer_names, any_tensor),
    st.tuples(st.just("again"), any_tensor, any_tensor),  # a layer of before, on another tensor
    st.tuples(st.sampled_from(sorted(JOIN)), any_tensor, any_tensor),
)


def built(plan, end: str) -> keras.Model:
    """The graph of a plan: each step takes tensors that are there."""
    start = layers.Input(SHAPE)
    tensors, used = [start], []

    for kind, first, second in plan:
        tensor = tensors[second % len(tensors)]
        if kind == "new":
            used.append(KEEP_SHAPE[first]())
            tensors.append(used[-1](tensor))
        elif kind == "again" and used:
            tensors.append(used[first % len(used)](tensor))
        elif kind in JOIN:
            tensors.append(JOIN[kind](tensors[first % len(tensors)], tensor))

    x = tensors[-1]
    x = layers.Flatten()(x) if end == "flat" else layers.GlobalAveragePooling2D()(x)
    return keras.Model(start, layers.Dense(3)(x))


def randomised(model: keras.Model, seed: int) -> None:
    """Weights of both signs, some channels of zeros."""
    random = np.random.default_rng(seed)
    for variable in model.variables:
        name = variable.path.split("/")[-1]
        shape = variable.shape
        if not shape or not np.issubdtype(np.dtype(variable.dtype), np.floating):
            continue
        values = random.normal(0, 0.5, shape)
        if name == "moving_variance":
            values = random.uniform(0.3, 2, shape)
        elif random.random() < 0.2:
            values[..., 0] = 0
        variable.assign(values)


@pytest.mark.slow
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(steps, min_size=1, max_size=8),
    st.sampled_from(["flat", "mean"]),
    st.integers(0, 99),
)
def test_a_random_graph_is_read_as_keras_computes_it(plan, end, seed):
    model = built(plan, end)
    randomised(model, seed)
    x = np.random.default_rng(seed).random((4, *SHAPE), np.float32)
    graph = read(model, RULES)
    check_against_keras(graph, [x], 0.0, 1.0)
    assert graph.nodes
