"""Law: a converted network equals Keras within the bound that its bits and steps imply."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spikewatt.sim.conversion.convert import convert
from spikewatt.sim.conversion.integers.rounding import largest_ratio
from spikewatt.sim.conversion.thresholds import Method
from spikewatt.sim.engines.simulate import simulate

LEVELS = 255
SAMPLES = 24
ROUNDING = 1e-5  # of Keras, which computes in float32
UNCLIPPED = Method("unclipped", "percentile", 100.0)
INPUT_CODES = {"radix": "bitplane", "sync_rate": "bitplane", "signed": "analog"}
STEPS = {"radix": (3, 12), "sync_rate": (7, 255), "signed": (7, 255)}

quickly = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@dataclass(frozen=True)
class Layer:
    """A Dense layer; its weights and its bias."""

    weights: np.ndarray
    bias: np.ndarray


def random_layers(seed: int, dead: str) -> list[Layer]:
    """16-?-?-5, with neurons that are pruned, silent, tiny or constant."""
    random = np.random.default_rng(seed)
    sizes = [16, *random.integers(3, 12, 2), 5]
    layers = []
    for inputs, outputs in itertools.pairwise(sizes):
        weights = random.normal(0, 1.5 / np.sqrt(inputs), (inputs, outputs))
        layers.append(Layer(weights, random.normal(0, 0.2, outputs)))

    for layer in layers:
        if dead == "pruned":
            layer.weights[:, 0] = 0
            layer.bias[0] = 0
        elif dead == "constant":
            layer.weights[:, 0] = 0
            layer.bias[0] = 0.4
        elif dead == "silent":
            layer.bias[1] = -30
        elif dead == "tiny":
            layer.weights[:, 2] *= 1e-9
        elif dead == "all":
            layer.weights[:] = 0
    return layers


def keras_model(layers: list[Layer]):
    import keras

    hidden = [keras.layers.Dense(len(part.bias), activation="relu") for part in layers[:-1]]
    output = keras.layers.Dense(len(layers[-1].bias))
    model = keras.Sequential([keras.layers.Input((16,)), *hidden, output])
    for layer, part in zip(model.layers, layers, strict=True):
        layer.set_weights([part.weights, part.bias])
    return model


def random_pixels(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, LEVELS + 1, (SAMPLES, 16)) / LEVELS


def activations(layers: list[Layer], x: np.ndarray) -> list[np.ndarray]:
    """What each layer gives, in float64."""
    found = []
    for layer in layers:
        x = x @ layer.weights + layer.bias
        if layer is not layers[-1]:
            x = np.maximum(x, 0)
        found.append(x)
    return found


def bound(layers: list[Layer], x: np.ndarray, levels: int, bits: int) -> np.ndarray:
    """(classes,) how far the outputs may be away.

    With P the weights per spike, w <= 2 max|P| / limit their unit, n inputs of up to L spikes:
    the least-error unit loses at most as much as max|P| / limit, n L max|P| / (2 limit) in a sum;
    a bias w / 2; a threshold that is rounded (λ/L + w) / 2 of a level, and L w / 2 of the clip.
    """
    limit = 2 ** (bits - 1) - 1
    source_levels = LEVELS
    source_unit = 1 / LEVELS
    error = np.zeros(16)

    for layer, values in zip(layers, activations(layers, x), strict=True):
        readout = layer is layers[-1]
        inputs = len(layer.weights)
        clip = values.max() if values.max() > 0 and not readout else 1.0
        level = 0.0 if readout else clip / levels

        largest = np.abs(layer.weights).max(axis=0) * source_unit
        widest = np.maximum(np.abs(layer.bias), level)
        if readout:
            largest, widest = largest.max(), widest.max()
        widest = widest / largest_ratio(limit, source_levels)
        constant = (level or np.abs(layer.bias).max()) / limit
        unit = np.where(largest > 0, 2 * largest / limit, constant) + widest

        carried = error @ np.abs(layer.weights)
        of_weights = inputs * source_levels * (largest / (2 * limit) + widest / 2)
        error = carried + of_weights + unit / 2
        if not readout:
            error = error + (level + unit) / 2 + levels * np.where(largest > 0, unit, 0) / 2
            source_unit = np.max(level + unit)
        source_levels = levels

    return np.broadcast_to(error, layers[-1].bias.shape)


def found_error(layers: list[Layer], x: np.ndarray, code: str, steps: int, bits: int) -> np.ndarray:
    """(samples, classes) how far the outputs are away."""
    network = convert(
        keras_model(layers),
        x,
        code,
        steps=steps,
        weight_bits=bits,
        input_code=INPUT_CODES[code],
        input_levels=LEVELS,
        method=UNCLIPPED,
    )
    outputs = simulate(network, x, "reference").outputs[:, -1] * network.output_unit
    return np.abs(outputs - activations(layers, x)[-1])


@quickly
@given(
    seed=st.integers(0, 10_000),
    code=st.sampled_from(sorted(STEPS)),
    dead=st.sampled_from(["none", "pruned", "constant", "silent", "tiny", "all"]),
    fine=st.booleans(),
    bits=st.sampled_from([3, 4, 6, 8, 12, 16]),
)
def test_error_is_within_what_bits_and_steps_imply(seed, code, dead, fine, bits):
    layers = random_layers(seed, dead)
    x = random_pixels(seed)
    steps = STEPS[code][fine]
    levels = 2**steps - 1 if code == "radix" else steps

    error = found_error(layers, x, code, steps, bits)
    allowed = bound(layers, x, levels, bits)
    size = np.abs(activations(layers, x)[-1]).max()
    assert (error <= allowed + ROUNDING * size).all()


@quickly
@given(seed=st.integers(0, 10_000), dead=st.sampled_from(["none", "pruned", "constant", "silent"]))
def test_error_falls_with_the_steps(seed, dead):
    """And stays where it is when the weights are what is coarse: more steps are never worse."""
    layers, x = random_layers(seed, dead), random_pixels(seed)
    errors = [found_error(layers, x, "radix", steps, 16) for steps in (4, 8, 12, 16)]
    sizes = [np.sqrt(np.mean(error**2)) for error in errors]
    floor = 1e-3 * np.abs(activations(layers, x)[-1]).std()
    assert sizes[1] < sizes[0] / 2 + floor
    assert sizes[2] < sizes[1] * 1.1 + floor
    assert sizes[3] < sizes[2] * 1.1 + floor
    assert sizes[3] < sizes[0] / 50 + floor


@quickly
@given(seed=st.integers(0, 10_000), dead=st.sampled_from(["none", "pruned", "constant", "silent"]))
def test_error_falls_with_the_bits(seed, dead):
    layers, x = random_layers(seed, dead), random_pixels(seed)
    errors = [found_error(layers, x, "radix", 14, bits) for bits in (4, 8, 12, 16)]
    sizes = [np.sqrt(np.mean(error**2)) for error in errors]
    floor = 2e-3 * np.abs(activations(layers, x)[-1]).std()
    for coarse, fine in itertools.pairwise(sizes):
        assert fine < coarse / 2 + floor


def test_more_steps_do_not_eat_the_bits_of_the_weights():
    """A bias may be as large, beside what a synapse adds, at 16 steps as at 8."""
    layers, x = random_layers(1, "none"), random_pixels(1)
    network = convert(
        keras_model(layers),
        x,
        "radix",
        steps=16,
        weight_bits=16,
        input_code="bitplane",
    )
    for connection in network.connections:
        assert np.abs(np.asarray(connection.weights)).max() > 2**13


@pytest.mark.parametrize("code", sorted(STEPS))
def test_a_bound_that_can_fail(code):
    """The bound is no more than a few times what the worst of some networks does."""
    ratios = []
    for seed in range(4):
        layers, x = random_layers(seed, "none"), random_pixels(seed)
        steps = STEPS[code][0]
        levels = 2**steps - 1 if code == "radix" else steps
        error = found_error(layers, x, code, steps, 8)
        ratios.append((error / bound(layers, x, levels, 8)).max())
    assert 0.02 < max(ratios) <= 1
