"""Calibration data: checked, and in the form that the rest of the conversion takes."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError

WHERE = "convert.calibration"


def checked_inputs(model, calibration, lowest: float, largest: float) -> list[np.ndarray]:
    """`calibration` as float32, one array per input of `model`.

    Parameters
    ----------
    model : Keras model
        What the data is for.
    calibration : array or list of array, (samples, *shape)
        A list for a model of several inputs.
    lowest, largest : float
        Range of the inputs.

    Raises
    ------
    SpikewattError : no samples, another shape, values that are not finite or out of range.
    """
    inputs = getattr(model, "inputs", [None])
    several = isinstance(calibration, list | tuple) and len(inputs) > 1
    parts = list(calibration) if several else [calibration]

    if len(parts) != len(inputs):
        law = "must be one array per input of the model, in a list"
        raise SpikewattError(WHERE, law, len(parts), len(inputs))

    pairs = zip(inputs, parts, strict=True)
    found = [_checked(tensor, part, lowest, largest) for tensor, part in pairs]
    samples = [len(part) for part in found]

    if len(set(samples)) > 1:
        raise SpikewattError(
            WHERE,
            "every input has the same number of samples",
            samples,
        )

    return found


def _checked(tensor, values, lowest: float, largest: float) -> np.ndarray:
    """The data of one input, as float32."""
    try:
        part = np.asarray(values, np.float32)
    except (TypeError, ValueError) as error:
        raise SpikewattError(WHERE, "must hold numbers", str(error)) from error

    if part.ndim == 0 or len(part) == 0:
        raise SpikewattError(
            WHERE,
            "must hold at least one sample",
            "none",
            "100 or more",
        )

    shape = part.shape[1:]
    if tensor is not None:
        shape = tuple(tensor.shape[1:])
    if part.shape[1:] != shape:
        law = "must have the model's input shape"
        raise SpikewattError(WHERE, law, part.shape, ("samples", *shape))
    if not np.isfinite(part).all():
        raise SpikewattError(WHERE, "must be finite", "NaN or infinity")

    if part.min() < lowest or part.max() > largest:
        raise _out_of_range(part, lowest, largest)

    return part


def _out_of_range(part: np.ndarray, lowest: float, largest: float) -> SpikewattError:
    law = f"must lie in {'-input_max' if lowest else 0}..input_max"
    allowed = f"{lowest:g}..{largest:g}; set input_max for another range"
    if part.min() < 0 and not lowest:
        allowed += ", input_code='analog' for negative inputs"

    got = f"{part.min():g}..{part.max():g}"
    return SpikewattError(WHERE, law, got, allowed)
