"""Products of bytes: TensorFlow's quantised convolution, where it is exact on this machine.

Unsigned bytes times signed bytes, added up in int32: five to nine times as fast as float32 on
processors that have instructions for it (VNNI, AMX). Processors without them add two products in
int16, which saturates; other builds have no such kernel. So the first use multiplies the largest
numbers that there are, and asks whether the sums are right.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ...network.geometry import Geometry
from .operators import import_tensorflow

ROWS, INPUTS, OUTPUTS = 33, 300, 19  # of the matrix that is tried; no multiple of a register
SIDE, CHANNELS, WINDOW = 6, 5, 3  # of the image that is tried


def multiplied(x, weights: np.ndarray, geometry: Geometry, value: int = 0) -> Any:
    """Sums of a convolution, int32; it runs inside of a tf.function only.

    Parameters
    ----------
    x : (batch, rows, columns, channels) tensor of uint8.
    weights : (rows, columns, channels, channels out) in −128..127.
    geometry : without dilation.
    value : what lies in the padding.
    """
    tf = import_tensorflow()

    if geometry.padded:
        around = [[0, 0], *map(list, geometry.padding), [0, 0]]
        x = tf.pad(x, around, constant_values=tf.constant(value, tf.uint8))

    down, right = geometry.strides
    stride = down if down == right else 1
    quantised = tf.constant(weights.astype(np.int8))
    sums, _, _ = tf.raw_ops.QuantizedConv2D(
        input=tf.bitcast(x, tf.quint8),
        filter=tf.bitcast(quantised, tf.qint8),
        min_input=0.0,
        max_input=255.0,
        min_filter=-127.0,
        max_filter=127.0,
        strides=[1, stride, stride, 1],
        padding="VALID",
        out_type=tf.qint32,
    )
    sums = tf.bitcast(sums, tf.int32)
    return sums if down == right else sums[:, ::down, ::right]


def matrix_multiplied(x, weights: np.ndarray) -> Any:
    """Sums (rows, outputs), int32, of bytes (rows, inputs): a convolution over one long column."""
    tf = import_tensorflow()

    rows, (inputs, outputs) = tf.shape(x)[0], weights.shape
    column = tf.reshape(x, (1, rows, 1, inputs))
    one = Geometry((1, 1), (1, 1))
    sums = multiplied(column, weights[None, None], one)
    return tf.reshape(sums, (rows, outputs))


@cache
def available() -> bool:
    """Whether bytes are multiplied here, exactly, and not on a GPU, which has no such kernel."""
    tf = import_tensorflow()

    if tf.config.list_physical_devices("GPU"):
        return False

    rows, matrix = _extremes((ROWS, INPUTS)), _extremes((INPUTS, OUTPUTS), signed=True)
    image = _extremes((2, SIDE, SIDE, CHANNELS))
    window = _extremes((WINDOW, WINDOW, CHANNELS, OUTPUTS), signed=True)
    geometry = Geometry((WINDOW, WINDOW), (1, 1))

    def products():
        flat = matrix_multiplied(tf.constant(rows.astype(np.uint8)), matrix)
        sums = multiplied(tf.constant(image.astype(np.uint8)), window, geometry)
        return flat, sums

    try:
        flat, sums = tf.function(products, autograph=False)()
    except (tf.errors.OpError, TypeError, ValueError):
        return False

    places = SIDE - WINDOW + 1
    wanted = np.zeros((2, places, places, OUTPUTS), np.int64)
    for i, k in np.ndindex(WINDOW, WINDOW):
        wanted += image[:, i : i + places, k : k + places] @ window[i, k]
    return np.array_equal(flat, rows @ matrix) and np.array_equal(sums, wanted)


def _extremes(shape: tuple[int, ...], signed: bool = False) -> np.ndarray:
    """Mostly the largest bytes, and some others."""
    numbers = np.full(shape, 255)
    if signed:
        numbers = np.full(shape, 127)
        numbers[..., 1::3] = -128
    others = np.random.default_rng(0).integers(0, 128, shape)
    return np.where(others % 5 == 0, others, numbers)
