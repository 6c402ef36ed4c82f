"""Layers that move values and compute nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...graph.blocks import Block, Value, added, with_channels
from ...graph.terms import IdentityTerm
from ..registry import Call, reads, reads_operation
from .pairs import carried

NOTHING_AT_INFERENCE = (
    "Dropout",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "GaussianDropout",
    "AlphaDropout",
    "GaussianNoise",
    "ActivityRegularization",
    "Identity",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
)


@reads(*NOTHING_AT_INFERENCE)
@reads_operation("Identity")
def unchanged(call: Call) -> Value:
    """What does nothing outside of training."""
    return call.value


@reads("Flatten")
def flatten(call: Call) -> Value:
    """All values in a row, channels innermost."""
    return flattened(call.value)


def flattened(value: Value) -> Value:
    """`value` with the place of each of its values in the flat tensor."""
    if value[0].columns is not None:
        return value

    size = value[0].shape[:-1]
    channels = sum(block.shape[-1] for block in value)
    place = np.arange(np.prod(size) * channels).reshape(*size, channels)

    result = []
    for block, own in with_channels(value):
        columns = place[..., own].reshape(-1)
        result.append(replace(block, columns=columns))

    return result


@reads("Reshape")
@reads_operation("Reshape")
def reshape(call: Call) -> Value:
    """The same values, in the same order, under another shape."""
    before = tuple(call.sources[0].shape[1:])
    after = tuple(call.tensor.shape[1:])
    if after == before:
        return call.value
    return _shaped(call, flattened(call.value), after)


def _shaped(call: Call, value: Value, shape: tuple[int, ...]) -> Value:
    """A flat `value` under `shape`: with axes where its population has them, or can have them."""
    if len(shape) == 1 or len(value) != 1:
        return value

    (block,) = value
    assert block.columns is not None
    in_order = (block.columns == np.arange(len(block.columns))).all()
    if not in_order or len(shape) not in (2, 3):
        return value
    if block.shape == shape and not block.padding:
        return [replace(block, columns=None)]

    if not block.plain or not block.carried or block.padding:
        return value
    (term,) = block.signals
    bias = block.bias.reshape(-1)
    alike = (block.scale == block.scale[0]).all() and (bias == bias[0]).all()
    node = call.reshape(term.source, shape) if alike else None
    if node is None:
        return value

    path = IdentityTerm.of(node.name, shape).scaled(np.full(shape[-1], block.scale[0]))
    return [replace(block, shape=shape, terms=(path,), bias=bias[:1], columns=None)]


@reads("Permute")
def permute(call: Call) -> Value:
    """The same values in another order of axes."""
    return _permuted(call, [axis - 1 for axis in call.layer.dims])


@reads_operation("Transpose")
def transpose(call: Call) -> Value:
    """`keras.ops.transpose`."""
    axes = call.layer.axes
    if not axes or axes[0] != 0:
        raise call.refused("keeps the samples in front", axes)
    return _permuted(call, [axis - 1 for axis in axes[1:]])


def _permuted(call: Call, axes: list[int]) -> Value:
    before = tuple(call.sources[0].shape[1:])
    after = tuple(call.tensor.shape[1:])
    if axes == sorted(axes):
        return call.value

    # Where each value of the tensor before stands in the one after.
    numbers = np.arange(int(np.prod(before))).reshape(before)
    moved = numbers.transpose(axes).reshape(-1)
    place = np.empty_like(moved)
    place[moved] = np.arange(len(moved))

    value = flattened([block.inside() for block in call.value])
    value = [replace(block, columns=place[block.columns]) for block in value]
    return _shaped(call, value, after)


@reads("ZeroPadding1D", "ZeroPadding2D")
def zero_padding(call: Call) -> Value:
    """Zeros around, which the next window takes into itself."""
    return [_padded(call, block) for block in carried(call)]


def _padded(call: Call, block: Block) -> Block:
    if block.columns is not None:
        raise call.refused("pads axes of what a layer gives", "a flat tensor")
    around = call.layer.padding
    if len(block.shape) == 2:
        around = (tuple(around),)
    sizes = zip(block.shape[:-1], around, strict=True)
    size = [n + before + after for n, (before, after) in sizes]

    bias = np.zeros(1)
    if block.bias.any():
        everywhere = np.broadcast_to(block.bias, block.shape)
        bias = np.pad(everywhere, (*around, (0, 0)))

    return replace(
        block,
        shape=(*size, block.shape[-1]),
        padding=added(around, block.padding),
        bias=bias,
    )
