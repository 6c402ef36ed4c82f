"""Law: branches that meet in one sum have one unit, and a trained one is found again."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from spikewatt.models.quantised_layers import QCFS
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.integers.rounding import least_error_unit
from spikewatt.sim.engines.simulate import simulate

CHANNELS = 48
LEVELS = 3
CLIPS = {"stem": 1.5, "inner": 2.25, "sum": 3.0}
STEP = {name: clip / LEVELS for name, clip in CLIPS.items()}


def integers(random: np.random.Generator, shape: tuple[int, ...], largest: int) -> np.ndarray:
    """Weights of which each output channel has one of size `largest`."""
    found = random.integers(-largest, largest + 1, shape)
    found.reshape(-1, shape[-1])[0] = largest * random.choice([-1, 1], shape[-1])
    return found


def block(seed: int) -> tuple[keras.Model, dict[str, np.ndarray]]:
    """A strided residual block on a grid of integers, and those integers.

    The first channels' unit lies so that a power of two of the shortcut's grid is hardly above it:
    the shortcut alone, whose integers are smaller than 127, would be rounded to that one.
    """
    random = np.random.default_rng(seed)
    x = start = layers.Input((6, 6, 2))
    stem = QCFS(LEVELS, CLIPS["stem"])(layers.Conv2D(4, 3, padding="same", name="stem")(x))
    inner = QCFS(LEVELS, CLIPS["inner"])(layers.Conv2D(4, 3, padding="same", name="inner")(stem))
    long = layers.Conv2D(CHANNELS, 3, strides=2, padding="same", name="long")(inner)
    short = layers.Conv2D(CHANNELS, 1, strides=2, name="short", use_bias=False)(stem)
    x = QCFS(LEVELS, CLIPS["sum"], name="sum")(layers.Add()([long, short]))
    model = keras.Model(start, layers.Dense(5, name="output")(layers.Flatten()(x)))

    thresholds = {
        "stem": 2 * random.integers(40, 200, 4) + 1,
        "inner": 2 * random.integers(40, 200, 4) + 1,
        "sum": 2 * random.integers(40, 200, CHANNELS) + 1,
    }
    power = STEP["stem"] / 2.0**7
    near = int(STEP["sum"] / power * 1.003) | 1
    thresholds["sum"][: CHANNELS // 2] = near + 2 * np.arange(CHANNELS // 2) // 12 * 2

    found = dict(thresholds)
    for name, source, into, largest in (
        ("stem", 1 / 255, "stem", 127),
        ("inner", STEP["stem"], "inner", 127),
        ("long", STEP["inner"], "sum", 127),
        ("short", STEP["stem"], "sum", 97),
    ):
        layer = model.get_layer(name)
        unit = STEP[into] / thresholds[into]
        found[f"{name}.weights"] = integers(random, layer.kernel.shape, largest)
        layer.kernel.assign(found[f"{name}.weights"] * unit / source)
        if layer.use_bias:
            found[f"{name}.bias"] = random.integers(-200, 200, len(unit))
            layer.bias.assign(found[f"{name}.bias"] * unit)
    return model, found


@pytest.mark.parametrize("seed", range(3))
def test_a_residual_block_on_a_grid_is_converted_exactly(seed):
    model, wanted = block(seed)
    x = np.random.default_rng(9).integers(0, 256, (200, 6, 6, 2)).astype(np.float32) / 255
    network = convert(model, x, "radix", input_code="bitplane")

    (into,) = {c.post for c in network.connections if c.weights is not None and c.kind == "dense"}
    assert into == "output"
    summed = next(p for p in network.populations if p.shape == (3, 3, CHANNELS))
    assert np.array_equal(summed.threshold.reshape(-1), wanted["sum"])
    long, short = (c.weights for c in network.incoming(summed.name))
    assert long is not None
    assert np.array_equal(long, wanted["long.weights"])
    assert np.array_equal(short, wanted["short.weights"])

    outputs = simulate(network, x, "event").outputs[:, -1]
    expected = model.predict(x, verbose=0)
    assert np.corrcoef(outputs.ravel(), expected.ravel())[0, 1] > 0.9999


def test_the_unit_of_all_weights_together_is_not_that_of_a_part():
    unit = 1 / 128 / 1.003  # a power of two is hardly larger
    random = np.random.default_rng(0)
    large, small = (np.abs(integers(random, (400, 1), most)) * unit for most in (127, 97))
    alone = least_error_unit(small, [1.0], 127)
    together = least_error_unit(np.concatenate([large, small]), [1.0], 127)
    assert alone[0] > unit * 1.001
    assert together[0] == pytest.approx(unit, rel=1e-12)


def test_every_grid_is_tried():
    sizes = np.array([[3.0], [5.0]]) / 64
    assert least_error_unit(sizes, [0.7, 1.0], 127)[0] in 2.0 ** np.arange(-12.0, -5.0)
