"""convert: a trained Keras network becomes a SpikingNetwork of integers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...errors import SpikewattError, one_of
from ..network.input_codes import INPUT_CODES
from ..network.spiking_network import SpikingNetwork
from .builder import Builder
from .recipe import Recipe
from .thresholds import Method


def convert(
    model,
    calibration,
    code: str = "rate",
    weight_bits: int = 8,
    input_levels: int = 255,
    input_max: float = 1.0,
    *,
    steps: int | Mapping[str, int] | None = None,
    input_code: str = "if",
    per_channel: bool | None = None,
    bias_correction: int = 0,
    method: str | Method = "least_error",
    reset: str | None = None,
    readout: str = "membrane",
) -> SpikingNetwork:
    """Convert a trained Keras network into integrate-and-fire populations with integer weights and thresholds.

    A population transmits q spikes' worth of value, q in 0..L. With clip λ of its activations chosen on the calibration data,
    w the unit of its weights (their clip / (2^(bits-1) - 1)): weights round(W / w), threshold θ = round(λ / (L w)), bias
    round(b / w), and one spike is worth θ w exactly, which the next layer uses: the rounding of θ costs nothing. Exact codes
    compute q = clip(floor((Σ W q + b + θ//2) / θ), 0, L). Under ``rate`` L = 1 per step, and the bias is added at each.

    Parameters
    ----------
    model : a built Keras 3 Sequential or functional model.
    calibration : (samples, …) typical inputs as the model takes them, 100 or more, a list of arrays for several inputs; no labels.
    code : ``rate`` (streaming), ``signed`` (streaming, with negative spikes, exact once settled), ``radix`` or ``sync_rate`` (exact).
    weight_bits : width of the signed weights, 2..16. per_channel : one unit per output channel; by default in exact codes.
    input_levels : number of steps between an input of 0 and of `input_max`; 255 for 8-bit pixels.
    input_max : largest input value of the model; inputs are in 0..input_max (-input_max..input_max for ``analog`` and ``signed_poisson``).
    steps : K of ``radix`` (L = 2^K - 1), L of ``sync_rate`` and ``signed``; or a mapping from layer to steps, whose key ``""`` is the rest
        and ``input`` an ``if`` input. By default 5, 15 and 15, or what a layer was trained with.
        Not for ``rate``, whose steps are simulated ones.
    input_code : ``if``, ``bitplane`` (not under ``rate``), ``analog``, or under ``rate`` an encoder: ``poisson``, ``signed_poisson``,
        ``constant``, ``bursting``, ``phase``, ``rank_order``.
    bias_correction : sweeps over the calibration data that move each channel's mean to that of the Keras layer (exact codes).
    method : how λ is chosen, by name from `METHODS` (``least_error``, ``diehl_model``, ``diehl_data``, ``robust``, ``spike_norm``,
        ``ml_genn_data``, ``few_spike``, ``median``, ``qcfs``), or a `Method` of your own.
    reset : ``subtract`` or ``zero`` under ``rate``; by default the method's own.
    readout : ``membrane`` (the output integrates) or ``spikes`` (the output fires and its spikes are counted; see `Trace.decisions`).

    Raises
    ------
    SpikewattError : unsupported layer or option, bad calibration data, a threshold that rounds to 0, a code that a layer does not allow.

    References
    ----------
    Rueckauer et al., Front. Neurosci. 11:682 (2017), doi:10.3389/fnins.2017.00682 (rate);
    Stöckl & Maass, Nat. Mach. Intell. 3, 230 (2021), doi:10.1038/s42256-021-00311-4 (few spikes, here radix);
    Bu et al., ICLR 2022 (the floor-clip form); Li et al., ICML 2021 (bias correction).
    """
    recipe = Recipe(
        code, weight_bits, input_levels, input_max, steps, input_code, per_channel, bias_correction, method, reset, readout
    )  # fmt: skip
    return Builder(
        model,
        recipe,
        checked_inputs(
            model,
            calibration,
            input_max,
            INPUT_CODES[
                one_of("convert.input_code", "must be a known input code", input_code, INPUT_CODES)
            ].takes_negative,
        ),
    ).build()


def checked_inputs(model, calibration, input_max: float, negative: bool) -> list[np.ndarray]:
    """`calibration` as float32, one array per input of `model`, all of them inside the input range."""
    inputs = getattr(model, "inputs", [None])
    parts = (
        list(calibration)
        if isinstance(calibration, list | tuple) and len(inputs) > 1
        else [calibration]
    )
    if len(parts) != len(inputs):
        raise SpikewattError(
            "convert.calibration",
            "must be one array per input of the model, in a list",
            len(parts),
            len(inputs),
        )
    found = []
    lowest = -input_max if negative else 0.0
    for tensor, part in zip(inputs, parts, strict=True):
        try:
            part = np.asarray(part, np.float32)
        except (TypeError, ValueError) as error:
            raise SpikewattError("convert.calibration", "must hold numbers", str(error)) from error
        if part.ndim == 0 or len(part) == 0:
            raise SpikewattError(
                "convert.calibration", "must hold at least one sample", "none", "100 or more"
            )
        shape = tuple(tensor.shape[1:]) if tensor is not None else part.shape[1:]
        if part.shape[1:] != shape:
            raise SpikewattError(
                "convert.calibration",
                "must have the model's input shape",
                part.shape,
                ("samples", *shape),
            )
        if not np.isfinite(part).all():
            raise SpikewattError("convert.calibration", "must be finite", "NaN or infinity")
        if part.min() < lowest or part.max() > input_max:
            law = "must lie in -input_max..input_max" if lowest else "must lie in 0..input_max"
            allowed = f"{lowest:g}..{input_max:g}; set input_max for another range"
            if part.min() < 0 and not lowest:
                allowed += ", input_code='analog' for negative inputs"
            raise SpikewattError(
                "convert.calibration", law, f"{part.min():g}..{part.max():g}", allowed
            )
        found.append(part)
    if len({len(part) for part in found}) > 1:
        raise SpikewattError(
            "convert.calibration",
            "every input has the same number of samples",
            [len(part) for part in found],
        )
    return found
