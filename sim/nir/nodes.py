"""What the numbers in a node of a NIR graph mean here: channels last, integers checked, one value where all agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import SpikewattError
from ..network.geometry import Geometry

SUPPORTED = "Input, Output, Linear, Affine, Scale, Conv2d, SumPool2d, AvgPool2d, Flatten, IF, I"


def refused(where: str, law: str, got: object, allowed: object = SUPPORTED) -> SpikewattError:
    """The error of a node that a SpikingNetwork cannot express."""
    return SpikewattError(where, law, got, allowed)


def text_of(value) -> Any:
    """`value`, decoded where HDF5 gave bytes."""
    return value.decode() if isinstance(value, bytes) else value


def channels_last(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(channels, rows, columns) as (rows, columns, channels)."""
    return (shape[1], shape[2], shape[0]) if len(shape) == 3 else shape


def shared(values: np.ndarray) -> np.ndarray:
    """One value where all are the same, one per channel where positions agree."""
    by_channel = values.reshape(-1, values.shape[-1])
    if (values == values.reshape(-1)[0]).all():
        return np.asarray(values.reshape(-1)[0])
    return by_channel[0] if (by_channel == by_channel[0]).all() else values


def one_value(where: str, values) -> float:
    """The one resistance of all neurons of a node."""
    values = np.asarray(values, np.float64)
    if (values != values.reshape(-1)[0]).any() or not values.reshape(-1)[0] > 0:
        raise refused(
            where,
            "all neurons of a node have one resistance, above 0",
            f"{values.min():g}..{values.max():g}",
        )
    return float(values.reshape(-1)[0])


def on_shape(where: str, values, shape: tuple[int, ...]) -> np.ndarray:
    """Values per neuron of a node, channels last."""
    values = np.asarray(values, np.float64)
    values = np.moveaxis(values, 0, -1) if values.ndim == 3 else values
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise refused(
            where, "its parameters have the shape of what feeds it", values.shape, shape
        ) from None


def by_channel(where: str, values, shape: tuple[int, ...]) -> np.ndarray:
    """(channels,) factors of a Scale node, which may not differ between positions."""
    expected = (shape[2], shape[0], shape[1]) if len(shape) == 3 else shape
    if np.shape(values) not in (expected, (expected[0], 1, 1), ()):
        raise refused(where, "scales what feeds it, in its shape", np.shape(values), expected)
    values = on_shape(where, values, shape).reshape(-1, shape[-1])
    if (values != values[0]).any():
        raise refused(where, "scales each channel alike", "one scale per position")
    return values[0].copy()


def pair(value) -> tuple[int, int]:
    """One or two integers, as rows and columns."""
    values = np.asarray(value)
    if values.shape not in ((), (1,), (2,)) or (values != np.round(values)).any():
        raise ValueError(f"one or two integers, not {value}")
    values = np.broadcast_to(values, 2)
    return int(values[0]), int(values[1])


def geometry_of(where: str, window, strides, padding, shape, dilation=1) -> Geometry:
    """Window, strides and padding of a convolution or pool on `shape`."""
    if len(shape) != 3:
        raise refused(where, "works on channels, rows and columns", shape)
    if pair(dilation) != (1, 1):
        raise refused(where, "has dilation 1", dilation, 1)
    padding = text_of(padding)
    if isinstance(padding, str):
        if padding not in ("same", "valid") or (padding == "same" and pair(strides) != (1, 1)):
            raise refused(
                where,
                "pads by numbers, or valid, or same with stride 1",
                f"{padding!r} with stride {strides}",
            )
        return Geometry.of_keras(padding, shape[:2], pair(window), pair(strides))
    rows, columns = pair(padding)
    return Geometry(pair(window), pair(strides), ((rows, rows), (columns, columns)))


def kernel_of(where: str, node, shape, depthwise: bool) -> tuple[np.ndarray, str]:
    """Weights of a convolution, channels last, and its kind; `depthwise` where one channel leaves it open."""
    kernel, groups = np.asarray(node.weight, np.float64), int(node.groups)
    if groups == 1 and kernel.shape[1] == shape[2] and not depthwise:
        return kernel.transpose(2, 3, 1, 0), "conv2d"
    if groups == shape[2] and kernel.shape[1] == 1:
        return kernel.reshape(groups, -1, *kernel.shape[2:]).transpose(2, 3, 0, 1), "depthwise"
    raise refused(
        where,
        "has one group, or one per channel",
        f"groups {groups} on {shape[2]} channels",
        f"1 or {shape[2]}",
    )
