"""convert: a trained Keras network becomes a SpikingNetwork of integers."""

from __future__ import annotations

import numpy as np

from ..errors import SpikewattError, one_of, whole_number
from ..models.keras_backend import import_keras
from .geometry import Geometry, output_shape, unroll
from .keras_layers import Linear, Pool, read_stages
from .network import CODES, Connection, Population, SpikingNetwork

CLIP_CANDIDATES = np.linspace(0.15, 1.0, 60)
CLIP_LEVELS = 32  # steps for which the clip is tuned; the optimum is flat around it
CLIP_VALUES = 200_000  # activations per layer that the clip is chosen on


def convert(
    model, calibration: np.ndarray, code: str = "rate", weight_bits: int = 8, input_levels: int = 255, input_max: float = 1.0
) -> SpikingNetwork:
    """Convert a trained Keras classifier into integrate-and-fire populations with integer weights and thresholds.

    Per layer l, with clip λ of its activations chosen on the calibration data, weight unit w = max|W| / (2^(bits-1) - 1) and
    λ' the value of one input spike per step: weights round(W / w), threshold θ = round(λ / (w λ')),
    bias round(b / (w λ')) at every step, initial potential θ // 2, reset by subtraction. The value of one output spike per
    step is then exactly θ w λ', which the next layer uses: the rounding of θ costs nothing.

    Parameters
    ----------
    model : a built Keras 3 Sequential or functional chain.
    calibration : (samples, …) typical inputs as the model takes them, 100 or more; no labels are needed.
    code : ``rate``: streaming integrate-and-fire.
    weight_bits : width of the signed weights, 2..16.
    input_levels : number of steps between an input of 0 and of `input_max`; 255 for 8-bit pixels.
    input_max : largest input value of the model; inputs are in 0..input_max.

    Raises
    ------
    SpikewattError : unsupported layer or option, empty, non-finite or out-of-range calibration data, a threshold that rounds to 0.

    References
    ----------
    Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682.
    """
    one_of("convert.code", "must be a known code", code, CODES)
    whole_number("convert.weight_bits", "must be a width of signed weights", weight_bits, 2, 16)
    whole_number("convert.input_levels", "must be a number of input levels", input_levels, 1, 65535)
    if not (isinstance(input_max, int | float) and 1e-30 < input_max < 1e30):
        raise SpikewattError("convert.input_max", "must be the largest input value", repr(input_max), "1e-30..1e30")
    stages = read_stages(model)
    calibration = _checked_calibration(model, calibration, input_max)
    clips = _clips(model, stages, calibration)

    shape = tuple(int(n) for n in model.inputs[0].shape[1:])
    populations = [Population("input", shape, "input", np.asarray(input_levels), np.asarray(0), np.asarray(input_levels // 2))]
    connections: list[Connection] = []
    spike_value = float(input_max)  # value of one spike per step of the latest population
    for stage in stages:
        pre = populations[-1]
        if isinstance(stage, Pool):
            connection, population = _pool(stage, pre)
        else:
            connection, population, spike_value = _linear(stage, pre, weight_bits, spike_value, clips.get(stage.name))
        populations.append(population)
        connections.append(connection)
    return SpikingNetwork(tuple(populations), tuple(connections), code, input_max / input_levels, spike_value, weight_bits, model.name)


def _checked_calibration(model, calibration, input_max: float) -> np.ndarray:
    try:
        calibration = np.asarray(calibration, np.float32)
    except (TypeError, ValueError) as error:
        raise SpikewattError("convert.calibration", "must hold numbers", str(error)) from error
    shape = tuple(model.inputs[0].shape[1:])
    if calibration.ndim == 0 or len(calibration) == 0:
        raise SpikewattError("convert.calibration", "must hold at least one sample", "none", "100 or more")
    if calibration.shape[1:] != shape:
        raise SpikewattError("convert.calibration", "must have the model's input shape", calibration.shape, ("samples", *shape))
    if not np.isfinite(calibration).all():
        raise SpikewattError("convert.calibration", "must be finite", "NaN or infinity")
    if calibration.min() < 0 or calibration.max() > input_max:
        raise SpikewattError(
            "convert.calibration",
            "must lie in 0..input_max",
            f"{calibration.min():g}..{calibration.max():g}",
            f"0..{input_max:g}; set input_max for another range",
        )
    return calibration


def _clips(model, stages: list[Linear | Pool], calibration: np.ndarray) -> dict[str, float]:
    """Stage name -> clip λ that minimises the squared error of clip(round(a L / λ), 0, L) λ / L, for every stage with a ReLU."""
    keras = import_keras()
    spiking = [s for s in stages if isinstance(s, Linear) and s.tensor is not None]
    if not spiking:
        return {}
    found = keras.Model(model.inputs, [s.tensor for s in spiking]).predict(calibration, batch_size=128, verbose=0)
    random = np.random.default_rng(0)
    clips = {}
    for stage, activations in zip(spiking, found if isinstance(found, list) else [found], strict=True):
        values = activations[activations > 0].astype(np.float64)
        if not len(values):
            clips[stage.name] = 1.0  # a layer that is silent on all calibration data: any clip will do
            continue
        clip = CLIP_CANDIDATES * values.max()
        if len(values) > CLIP_VALUES:
            values = random.choice(values, CLIP_VALUES, replace=False)
        errors = [np.mean((np.clip(np.round(values / c * CLIP_LEVELS), 0, CLIP_LEVELS) * c / CLIP_LEVELS - values) ** 2) for c in clip]
        clips[stage.name] = float(clip[int(np.argmin(errors))])
    return clips


def _linear(stage: Linear, pre: Population, weight_bits: int, spike_value: float, clip: float | None):
    """Connection, population and the value of one of its spikes per step (of one unit of potential, for the read-out)."""
    limit = 2 ** (weight_bits - 1) - 1
    largest = np.abs(stage.weights).max()
    unit = (largest if largest > 0 else 1.0) / limit * spike_value
    weights = np.round(stage.weights * (spike_value / unit)).astype(np.int64)
    if max(np.abs(stage.bias).max(), clip or 0.0) / unit > 2**40:
        raise SpikewattError(
            f"convert: layer {stage.name!r}",
            "its bias and activations are at most 2^40 of its weights' unit",
            f"bias up to {np.abs(stage.bias).max():.3g}, weights up to {largest:.3g}",
        )
    bias = np.round(stage.bias / unit).astype(np.int64)
    geometry = None
    if stage.kind == "conv2d":
        geometry = Geometry.of_keras(
            stage.padding, (pre.shape[0], pre.shape[1]), (stage.weights.shape[0], stage.weights.shape[1]), stage.strides
        )
    connection = Connection(pre.name, stage.name, "dense" if geometry is None else "conv2d", weights, geometry)
    shape = output_shape(connection, pre.shape)
    if clip is None:
        return connection, Population(stage.name, shape, "readout", np.asarray(1), bias, np.asarray(0)), unit
    threshold = round(clip / unit)
    if threshold < 1:
        raise SpikewattError(
            f"convert: layer {stage.name!r}",
            "its threshold is at least 1",
            f"{clip / unit:.3g} before rounding",
            "more weight_bits, or smaller weights in this layer",
        )
    population = Population(stage.name, shape, "integrate_and_fire", np.asarray(threshold), bias, np.asarray(threshold // 2))
    return connection, population, threshold * unit


def _pool(stage: Pool, pre: Population) -> tuple[Connection, Population]:
    """Average pooling is weight 1 and a threshold of the window's size; max pooling counts. Neither changes a spike's value."""
    geometry = Geometry.of_keras(stage.padding, (pre.shape[0], pre.shape[1]), stage.window, stage.strides)
    connection = Connection(pre.name, stage.name, "pool" if stage.mode == "average" else "max_pool", None, geometry)
    shape = output_shape(connection, pre.shape)
    if stage.mode == "max":
        return connection, Population(stage.name, shape, "max_pool", np.asarray(1), np.asarray(0), np.asarray(0))
    in_window = np.diff(unroll(connection, pre.shape, shape).indptr).reshape(shape)  # Keras leaves padding out of the average
    return connection, Population(stage.name, shape, "integrate_and_fire", in_window, np.asarray(0), in_window // 2)
