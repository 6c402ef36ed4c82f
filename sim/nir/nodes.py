"""What the numbers in a node of a NIR graph mean here.

NIR puts channels first, a SpikingNetwork last; integers are checked; one value stands where all
agree.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from ...errors import SpikewattError
from ..network.geometry import Geometry

Shape = tuple[int, ...]


def refused(
    where: str, law: str, got: object, allowed: object = None, hint: str | None = None
) -> SpikewattError:
    """The error of a node that a SpikingNetwork cannot express."""
    return SpikewattError(where, law, got, allowed, hint)


def text_of(value) -> Any:
    """`value`, decoded where HDF5 gave bytes."""
    return value.decode() if isinstance(value, bytes) else value


# Shapes and arrays, either way


def channels_last(shape: Shape) -> Shape:
    """The shape with the channels at its end.

    >>> channels_last((3, 8, 9)), channels_last((10,))
    ((8, 9, 3), (10,))
    """
    return (*shape[1:], shape[0])


def channels_first(shape: Shape) -> Shape:
    """The shape with the channels at its beginning.

    >>> channels_first((8, 9, 3)), channels_first((10,))
    ((3, 8, 9), (10,))
    """
    return (shape[-1], *shape[:-1])


def with_channels_first(values: np.ndarray) -> np.ndarray:
    """(rows, columns, channels) as (channels, rows, columns); flat values as they are."""
    return np.moveaxis(values, -1, 0)


def shape_of_input(node) -> Shape:
    """Shape of an Input node, channels last."""
    sizes = np.asarray(node.input_type["input"]).reshape(-1)
    return channels_last(tuple(int(n) for n in sizes))


# Values per neuron or per channel


def shared(values: np.ndarray) -> np.ndarray:
    """One value where all are the same, one per channel where positions agree.

    >>> shared(np.array([[1, 2], [1, 2]])).tolist(), shared(np.full((2, 2), 5)).tolist()
    ([1, 2], 5)
    """
    first = values.reshape(-1)[0]
    if (values == first).all():
        return np.asarray(first)

    channels = values.reshape(-1, values.shape[-1])
    return channels[0] if (channels == channels[0]).all() else values


def one_value(where: str, values) -> float:
    """The one resistance of all neurons of a node."""
    values = np.asarray(values, np.float64).reshape(-1)
    if (values != values[0]).any() or not values[0] > 0:
        raise refused(
            where=where,
            law="all neurons of a node have one resistance, above 0",
            got=f"{values.min():g}..{values.max():g}",
        )
    return float(values[0])


def on_shape(where: str, values, shape: Shape) -> np.ndarray:
    """Values per neuron of a node, channels last, on its `shape`."""
    values = np.asarray(values, np.float64)
    if values.ndim > 1:
        values = np.moveaxis(values, 0, -1)
    try:
        return np.broadcast_to(values, shape)
    except ValueError:
        raise refused(
            where=where,
            law="its parameters have the shape of what feeds it",
            got=values.shape,
            allowed=shape,
        ) from None


def by_channel(where: str, values, shape: Shape) -> np.ndarray:
    """(channels,) factors of a Scale node, which may not differ between positions."""
    per_neuron = channels_first(shape)
    per_channel = (shape[-1], *(1 for _ in shape[:-1]))
    if np.shape(values) not in (per_neuron, per_channel, ()):
        raise refused(
            where=where,
            law="scales what feeds it, in its shape",
            got=np.shape(values),
            allowed=per_neuron,
        )

    factors = on_shape(where, values, shape).reshape(-1, shape[-1])
    if (factors != factors[0]).any():
        raise refused(
            where=where,
            law="scales each channel alike",
            got="one scale per position",
        )
    return factors[0].copy()


def real_numbers(where: str, node) -> None:
    """Raise where the weights, scales or biases of a node are not real and finite."""
    for field in ("bias", "weight", "scale"):
        values = np.asarray(getattr(node, field, 0.0))
        if np.iscomplexobj(values) or not np.isfinite(values).all():
            raise refused(
                where=where,
                law="has real and finite numbers",
                got=values.dtype,
            )


# Windows


def per_axis(value, axes: int) -> Shape:
    """One integer for all axes, or one for each.

    >>> per_axis(3, 2), per_axis([1, 2], 2)
    ((3, 3), (1, 2))
    """
    values = np.asarray(value)
    if values.shape not in ((), (1,), (axes,)) or (values != np.round(values)).any():
        raise ValueError(f"one or {axes} integers, not {value}")
    return tuple(int(n) for n in np.broadcast_to(values, axes))


def geometry_of(
    where: str, window, strides, padding, shape: Shape, dilation=1, axes: int = 2
) -> Geometry:
    """Window, strides and padding of a convolution or pool on `shape`.

    Parameters
    ----------
    where : str
        The node, for errors.
    window, strides, dilation : int, or one per axis
        As the node has them.
    padding : int, one per axis, ``valid`` or ``same``
        As the node has it.
    shape : (rows, columns, channels)
        Of what feeds it.
    axes : int, default 2
        That the window has.
    """
    if len(shape) != axes + 1:
        raise refused(
            where=where,
            law="works on channels, rows and columns",
            got=shape,
        )
    apart = per_axis(dilation, axes)
    window, steps = per_axis(window, axes), per_axis(strides, axes)
    padding = text_of(padding)
    if isinstance(padding, str):
        known = padding == "valid" or (padding == "same" and set(steps) == {1})
        if not known:
            raise refused(
                where=where,
                law="pads by numbers, or valid, or same with stride 1",
                got=f"{padding!r} with stride {strides}",
            )
        return Geometry.of_keras(padding, shape[:-1], window, steps, apart)

    both_sides = tuple((zeros, zeros) for zeros in per_axis(padding, axes))
    return Geometry(window, steps, both_sides, apart)


def padding_of(where: str, geometry: Geometry) -> Shape:
    """Zeros on each side along each axis, which NIR has alike on both."""
    if any(before != after for before, after in geometry.padding):
        raise SpikewattError(
            where=where,
            law="NIR pads alike on both sides",
            got=geometry.padding,
            allowed="an odd window, or valid padding",
        )
    return tuple(before for before, _ in geometry.padding)


def flat_rows(weights: np.ndarray, shape: Shape) -> np.ndarray:
    """Rows of dense weights that count channels first, reordered to count `shape`."""
    rows = weights.reshape(*channels_first(shape), -1)
    return np.moveaxis(rows, 0, -2).reshape(prod(shape), -1)


def flat_rows_channels_first(weights: np.ndarray, shape: Shape) -> np.ndarray:
    """Inverse of `flat_rows`."""
    rows = weights.reshape(*shape, -1)
    return np.moveaxis(rows, -2, 0).reshape(prod(shape), -1)
