"""Operators of ONNX that slide a window, or go over all positions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .calls import Call, operator
from .values import Value


def _window(call: Call, value: Value, size: tuple[int, ...]) -> tuple[dict[str, Any], tuple]:
    """(strides and padding for Keras, zeros to put around before)."""
    strides = tuple(call.option("strides", [1] * len(size)))
    dilation = tuple(call.option("dilations", [1] * len(size)))
    given = call.option("pads", [0] * 2 * len(size))
    automatic = call.option("auto_pad", b"NOTSET").decode()
    if call.option("ceil_mode", 0):
        raise call.refused("ceil_mode=1")

    around = tuple(zip(given[: len(size)], given[len(size) :], strict=True))
    same = _same(value.shape[1:], size, strides, dilation)
    if automatic == "SAME_LOWER":
        raise call.refused("auto_pad=SAME_LOWER")
    if automatic == "SAME_UPPER" or (automatic == "NOTSET" and np.any(around) and around == same):
        return {"strides": strides, "padding": "same"}, ()

    window = {"strides": strides, "padding": "valid"}
    return window, around if automatic == "NOTSET" and np.any(around) else ()


def _same(sizes, window, strides, dilation) -> tuple[tuple[int, int], ...]:
    """The zeros that Keras puts around under ``same``."""
    found = []
    for size, taps, stride, step in zip(sizes, window, strides, dilation, strict=True):
        seen = (taps - 1) * step + 1
        total = max((-(-size // stride) - 1) * stride + seen - size, 0)
        found.append((total // 2, total - total // 2))
    return tuple(found)


@operator("Conv")
def conv(call: Call) -> Value:
    """Weights (filters, channels / group, *window)."""
    value = call.image(0)
    weights = call.weights(1)
    size = weights.shape[2:]
    if len(size) not in (1, 2):
        raise call.refused(f"a window of {len(size)} axes")

    window, around = _window(call, value, size)
    window["dilation_rate"] = tuple(call.option("dilations", [1] * len(size)))
    group = call.option("group", 1)
    channels = value.shape[0]
    bias = call.weights(2) if call.is_given(2) else None
    x = call.builder.pad(value.tensor, around)

    moved = np.moveaxis(weights, (0, 1), (-1, -2))  # (*window, channels / group, filters)
    if group == channels > 1 and len(size) == 2:
        kernel = moved.reshape(*size, channels, -1)
        return replace(
            value, tensor=call.builder.depthwise(x, kernel, bias, **window), positive=False
        )
    made = call.builder.conv(x, moved, bias, group, **window)
    return replace(value, tensor=made, positive=False)


@operator("MaxPool", "AveragePool")
def pool(call: Call) -> Value:
    """Windows over rows and columns."""
    value = call.image(0)
    kind = "max" if call.node.op_type == "MaxPool" else "average"
    size = tuple(call.option("kernel_shape"))
    if any(rate != 1 for rate in call.option("dilations", [1])):
        raise call.refused("dilations")

    window, around = _window(call, value, size)
    counted = bool(call.option("count_include_pad", 0))
    padded = window["padding"] == "same" or bool(around)
    if kind == "average" and padded and counted == (window["padding"] == "same"):
        raise call.refused(f"padding with count_include_pad={int(counted)}")
    if kind == "max" and around and not value.positive:
        raise call.refused("padding of numbers below zero")

    x = call.builder.pad(value.tensor, around)
    return replace(value, tensor=call.builder.pool(x, kind, size, **window))


@operator("GlobalAveragePool")
def global_average(call: Call) -> Value:
    """The mean over all positions, whose axes stay."""
    value = call.image(0)
    return replace(value, tensor=call.builder.global_average(value.tensor, keepdims=True))


@operator("ReduceMean")
def reduce_mean(call: Call) -> Value:
    """The mean over all positions."""
    value = call.value(0)
    count = len(value.axes)
    given = call.constant(1) if call.is_given(1) else call.option("axes")
    over = sorted(value.axes[int(axis) % count] for axis in ([] if given is None else given))
    if over != list(range(1, count - 1)):
        raise call.refused(f"a mean over the axes {over} of {count}, channels last")

    keepdims = bool(call.option("keepdims", 1))
    made = call.builder.global_average(value.tensor, keepdims)
    axes = value.axes if keepdims else (0, 1)
    return replace(value, tensor=made, axes=axes)


@operator("Pad")
def pad(call: Call) -> Value:
    """Zeros around rows and columns."""
    value = call.image(0)
    given = call.constant(1) if call.is_given(1) else call.option("pads")
    filled = call.constant(2) if call.is_given(2) else None
    count = len(value.axes)
    if given is None or len(given) != 2 * count or call.option("mode", b"constant") != b"constant":
        raise call.refused("a mode or axes of its own")
    around = tuple((int(given[i]), int(given[count + i])) for i in range(count))
    if (
        any(around[0])
        or any(around[1])
        or np.min(around) < 0
        or (filled is not None and filled.any())
    ):
        raise call.refused(f"padding by {around}, or with other values than 0")
    return replace(value, tensor=call.builder.pad(value.tensor, around[2:]))
