"""Calibration data: checked, and in the form that the rest of the conversion takes."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError, warn
from ..engines.input_scale import check_scale
from .graph.nodes import Node, ReluNode
from .options import ConversionOptions

WHERE = "convert.calibration"
SHOWN = 3  # names of silent layers


def checked_inputs(model, calibration, options: ConversionOptions) -> list[np.ndarray]:
    """`calibration` as float32, one array per input of `model`.

    Parameters
    ----------
    model : Keras model
        What the data is for.
    calibration : array or list of array, (samples, *shape)
        A list for a model of several inputs.
    options : ConversionOptions
        Range of the inputs, and its levels.

    Raises
    ------
    SpikewattError : no samples, another shape, values that are not finite, out of range, or so
        small beside the range that rounding to levels destroys them.
    """
    inputs = getattr(model, "inputs", [None])
    several = isinstance(calibration, list | tuple) and len(inputs) > 1
    parts = list(calibration) if several else [calibration]

    if len(parts) != len(inputs):
        law = "must be one array per input of the model, in a list"
        raise SpikewattError(WHERE, law, len(parts), len(inputs))

    pairs = zip(inputs, parts, strict=True)
    lowest, largest = options.lowest_input, options.input_max
    found = [_checked(tensor, part, lowest, largest) for tensor, part in pairs]
    samples = [len(part) for part in found]

    if len(set(samples)) > 1:
        raise SpikewattError(
            WHERE,
            "every input has the same number of samples",
            samples,
        )

    for part in found:
        if part.any():
            check_scale(WHERE, part, largest, options.input_levels)
    return found


def check_excites(
    nodes: list[Node],
    activations: dict[str, np.ndarray],
    calibration: list[np.ndarray],
    options: ConversionOptions,
) -> None:
    """Refuse calibration data that excite no layer; warn of layers that they leave silent.

    Parameters
    ----------
    nodes : list of Node
        The nodes that fire.
    activations : dict from name to array, (samples, *shape)
        What Keras computes there.
    calibration : list of array, (samples, *shape)
        One array per input.
    options : ConversionOptions
        A method that keeps trained clips needs no calibration for them.

    Raises
    ------
    SpikewattError : inputs that are all 0, or no layer that they excite.
    """
    keeps = options.rules.clip_rule.keeps_trained
    judged = [n for n in nodes if not (keeps and isinstance(n, ReluNode) and n.levels)]
    if not judged:
        return

    law = "must excite the layers, whose clips are chosen on it"
    hint = "typical inputs, 100 or more"
    if not any(part.any() for part in calibration):
        raise SpikewattError(WHERE, law, "zeros only", hint=hint)

    silent = [n for n in judged if not (activations[n.name] > 0).any()]
    if len(silent) == len(judged):
        raise SpikewattError(WHERE, law, "no activation above 0 in any layer", hint=hint)
    if unsure := [n.name for n in silent if _may_fire(n)]:
        got = f"nothing above 0 in {', '.join(unsure[:SHOWN])}"
        more = len(unsure) - SHOWN
        got += f" and {more} more layers" if more > 0 else ""
        warn(WHERE, "should excite every layer: the clip of a silent one is a guess", got, hint)


def _may_fire(node: Node) -> bool:
    """Whether there are inputs that excite `node`: not where all its weights are 0."""
    return any(np.any(term.weights) for term in node.signals)


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
