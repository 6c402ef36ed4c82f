"""Layers that skip activations of zero: their constants for the kernels in C."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .c_text import Declared
from .layers import Conv, Dense, Layer
from .layouts import whole_blocks

SKIPPING = "skipping"  # the quality of a network whose layers skip where they can
ACTIVE_BYTES = 8  # of a listed input: where its row of weights begins, and its value


def skips(layer: Layer) -> bool:
    """Whether a layer can skip: dense and convolutions, whose inputs have rows of weights.

    A depthwise layer has one weight for each tap, and would look at an input to save one product.
    """
    return isinstance(layer, Dense | Conv) and _from_zero(layer).has_best


def declared(layer: Layer, number: int) -> Declared:
    """The constants of a layer that `skips`: rows of weights of one input each.

    Parameters
    ----------
    layer : Layer
    number : int
        By which constants are called.
    """
    assert isinstance(layer, Dense | Conv)
    outputs, taps = layer.rows.shape
    rows = np.zeros((taps, whole_blocks(outputs)), np.int8)
    rows[:, :outputs] = layer.rows.T
    own: dict[str, object]
    if isinstance(layer, Dense):
        own = {"inputs": taps, "outputs": outputs}
    else:
        own = {"input": layer.input.c, "output": layer.output.c, "window": layer.window.c}
    made = _from_zero(layer).written(number, True, own, rows, ACTIVE_BYTES * taps)
    return replace(made, fields={**made.fields, "input_zero": str(layer.input_zero)})


def _from_zero(layer: Dense | Conv) -> Dense | Conv:
    """The layer as if its inputs had their zero point at 0: it is taken off each input instead."""
    return replace(layer, input_zero=0)
