"""Fine-tuning: masks hold, the same options convert again, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spikewatt.errors import SpikewattError
from spikewatt.models.keras_backend import import_keras
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.options import ConversionOptions
from spikewatt.sim.engines.simulate import simulate
from spikewatt.sim.pruning.cut import Cut
from spikewatt.sim.pruning.prune import prune
from spikewatt.sim.pruning.tuning.masks import kernel_masks
from spikewatt.sim.pruning.tuning.training import tune
from spikewatt.sim.pruning.tuning.tuning import Tuning

OPTIONS = {"code": "radix", "steps": 4}


def images(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Bright rows tell the class."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    x = random.random((count, 8, 8, 1)).astype(np.float32) * 0.5
    for i, k in enumerate(labels):
        x[i, 1 + 2 * k : 3 + 2 * k] += 0.5
    return x, labels


def small_model(seed: int = 0):
    """Convolution, batch norm, depthwise, residual sum, pool, dense."""
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    pixels = layers.Input((8, 8, 1))
    x = layers.Conv2D(6, 3, use_bias=False, name="first")(pixels)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU()(x)
    y = layers.DepthwiseConv2D(3, padding="same", name="each")(x)
    y = layers.ReLU()(y)
    y = layers.Conv2D(6, 1, name="mixed")(y)
    x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(8, activation="relu", name="dense")(x)
    classes = layers.Dense(3, activation="softmax", name="classes")(x)
    return keras.Model(pixels, classes)


@pytest.fixture(scope="module")
def trained():
    model = small_model()
    x, labels = images(300, 1)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(x, labels, epochs=6, batch_size=30, verbose=0)
    return model


@pytest.fixture(scope="module")
def tuning(trained) -> Tuning:
    x, labels = images(300, 1)
    return Tuning(trained, x, labels, OPTIONS, epochs=1, batch=30, shift=1)


def some_cut(network) -> Cut:
    """Half of the weights of each connection that multiplies, and two channels."""
    random = np.random.default_rng(3)
    masks = {
        c.name: random.random(c.weights.shape) < 0.5
        for c in network.connections
        if c.weights is not None and c.kind.multiplies
    }
    name = network.incoming(network.readouts[0].name)[0].pre
    return Cut(masks).also(Cut.of_channels(network, {name: [0, 3]}))


def test_zeros_stay_zero_and_the_given_model_stays(trained, tuning):
    network = tuning.converted(trained)
    cut = some_cut(network)
    masks = kernel_masks(trained, network, cut, tuning.options)
    assert set(masks) == {"first", "each", "mixed", "dense", "classes"}

    before = [np.array(weights) for weights in trained.get_weights()]
    model = tuning.copy()
    tune(tuning, model, masks)
    assert all(map(np.array_equal, before, trained.get_weights()))

    moved = 0
    for name, mask in masks.items():
        layer = model.get_layer(name)
        kernel = np.asarray(layer.kernel)
        assert not kernel[~mask].any()
        moved += (kernel != np.asarray(trained.get_layer(name).kernel))[mask].sum()
    assert moved > 100

    # A batch norm keeps zeros; they are zeros of the spiking network.
    again = tuning.converted(model)
    for c in again.connections:
        if c.weights is not None and c.kind.multiplies:
            assert not c.weights[~cut.mask(network, c)].any()
    x, _ = images(12, 2)
    zeros, without = (simulate(n, x, "reference") for n in (cut.zeroed(again), cut.applied(again)))
    assert np.array_equal(zeros.outputs, without.outputs)


def test_rounds_with_training_keep_the_budget(trained, tuning):
    network = convert(trained, tuning.x[:500], **OPTIONS)
    x, labels = images(120, 5)
    pruned = prune(network, x, labels, budget_points=5.0, tuning=tuning, rounds=2)
    assert pruned.saved > 0.3
    assert pruned.loss_points <= 5.0
    assert pruned.model is not None
    trace = simulate(pruned.network, x, "reference")
    assert trace.accuracy(labels)[-1] == pruned.accuracy


def test_each_round_goes_beyond_the_one_before(trained, tuning):
    network = tuning.converted(trained)
    x, labels = images(60, 5)
    options = {"what": "channels", "aim": "neurons", "budget_points": 100.0, "rounds": 2}
    pruned = prune(network, x, labels, tuning=tuning, **options)
    first, second = (each.saved for each in pruned.rounds)
    assert 0.2 < first < second - 0.1


def test_a_training_goes_on_where_it_was(trained, tuning, tmp_path):
    network = tuning.converted(trained)
    masks = kernel_masks(trained, network, some_cut(network), tuning.options)
    whole, parts = tuning.copy(), tuning.copy()
    longer = replace(tuning, epochs=2)
    tune(longer, whole, masks)

    stopping = replace(longer, folder=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        tune(stopping, tuning.copy(), masks, progress=_interrupt_in_second_epoch)
    told: list[int] = []
    tune(stopping, parts, masks, progress=lambda stage, done, total: told.append(done))
    assert told[0] == 11
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert np.allclose(one, other, atol=1e-5)


def _interrupt_in_second_epoch(stage: str, done: int, total: int) -> None:
    if done == 15:
        raise KeyboardInterrupt


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x": None}, r"prune\.tuning: needs training data, samples and labels; got none"),
        ({"labels": None}, "needs training data"),
        ({"x": np.zeros((0, 8, 8, 1))}, "needs training data"),
        ({"labels": np.zeros(4)}, "has a label for each training sample; got 4; allowed: 300"),
        ({"epochs": 0}, r"prune\.tuning\.epochs: is a number of epochs"),
        (
            {"teacher_share": 2.0},
            r"prune\.tuning\.teacher_share: is a number in its range; got 2\.0",
        ),
        ({"learning_rate": float("nan")}, r"learning_rate: is a number in its range; got nan"),
        ({"learning_rate": True}, r"learning_rate: is a number in its range; got True"),
        ({"shift": -1}, r"prune\.tuning\.shift: is a number of pixels; got -1"),
        ({"seed": -1}, r"prune\.tuning\.seed: is a seed; got -1"),
    ],
)
def test_bad_tunings_are_one_line(tuning, changes, message):
    with pytest.raises(SpikewattError, match=message) as caught:
        replace(tuning, **changes)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("softmax layer", "ends with a layer of classes.*got Softmax"),
        ("sigmoid", "ends with a layer of classes.*got Dense 'last'"),
        ("no model", "is a Keras model with one output, of its last layer; got str"),
    ],
)
def test_a_model_ends_with_classes(end, message):
    keras = import_keras()
    last = keras.layers.Dense(3, activation="sigmoid" if end == "sigmoid" else None, name="last")
    model = keras.Sequential([keras.layers.Input((4,)), last])
    if end == "softmax layer":
        model.add(keras.layers.Softmax())
    given = "model" if end == "no model" else model
    with pytest.raises(SpikewattError, match=message):
        Tuning(given, np.zeros((2, 4)), np.zeros(2))


def test_the_network_is_that_of_the_model(tuning):
    other = convert(tuning.model, tuning.x[:500], code="radix", steps=3)
    x, labels = images(12, 5)
    message = "are those that the network was converted from"
    with pytest.raises(SpikewattError, match=message):
        prune(other, x, labels, tuning=tuning)


def test_a_concatenated_kernel_is_named():
    keras = import_keras()
    layers = keras.layers
    pixels = layers.Input((6, 6, 1))
    parts = [layers.Conv2D(3, 3, activation="relu")(pixels) for _ in range(2)]
    x = layers.Conv2D(4, 1, activation="relu", name="both")(layers.Concatenate()(parts))
    model = keras.Model(pixels, layers.Dense(2)(layers.Flatten()(x)))
    x = np.random.default_rng(0).random((50, 6, 6, 1)).astype(np.float32)
    network = convert(model, x, **OPTIONS)
    (joined,) = {c.post for c in network.connections if len(network.incoming(c.post)) == 2}
    c = network.incoming(joined)[0]
    assert c.weights is not None
    cut = Cut({c.name: np.zeros(c.weights.shape, bool)})
    options = ConversionOptions.checked("", OPTIONS)
    with pytest.raises(SpikewattError, match=r"is the kernel of one Keras layer.*both"):
        kernel_masks(model, network, cut, options)

    # Without training it is pruned as any.
    without = Cut.of_channels(network, {c.pre: [0]})
    one, other = (
        simulate(n, x[:5], "reference") for n in (without.zeroed(network), without.applied(network))
    )
    assert np.array_equal(one.outputs, other.outputs)
