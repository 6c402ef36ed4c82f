"""Layers that scale and shift every value: they rewrite values exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...graph.blocks import Block, Value, with_channels
from ..registry import Call, reads
from .pairs import paired
from .weights import array

EPSILON = 1e-7  # of keras.layers.Normalization


def scaled_and_shifted(
    call: Call,
    scale: np.ndarray,
    shift: np.ndarray,
    position: int = 0,
    added: float = 0.0,
) -> Value:
    """scale × value + shift, both broadcast to the tensor.

    Parameters
    ----------
    call : Call
        The layer.
    scale, shift : array
        Broadcast to the shape of a sample.
    position : int, default 0
        Of the input.
    added : float, default 0
        The largest number that was added on the way to `shift`.
    """
    tensor = call.sources[position]
    shape = tuple(tensor.shape[1:])
    result = []

    for block, channels in with_channels(call.inputs[position]):
        own_scale = part_of(block, channels, scale, shape)
        own_shift = part_of(block, channels, shift, shape)
        largest_shift = max(added, np.abs(own_shift).max())
        size = float(block.rounded * np.abs(own_scale).max() + largest_shift)

        if own_scale.ndim > 1:  # differs within a channel: no window has such weights
            block = block.inside() if block.carried else block
            if not block.carried:
                block = paired(call, block, channels, tensor)
        changed = block.scaled(own_scale, own_shift)
        result.append(replace(changed, bias_size=size))

    return result


def part_of(
    block: Block,
    channels: slice,
    numbers: np.ndarray,
    shape: tuple[int, ...],
) -> np.ndarray:
    """The `numbers` of a block: (channels,), or (*shape of the block) where a channel has several.

    Parameters
    ----------
    block : Block
        Part of a tensor.
    channels : slice
        Where it stands among the channels.
    numbers : array
        Broadcasts to the tensor.
    shape : tuple of int
        Of the tensor, without samples.
    """
    everywhere = np.broadcast_to(numbers, shape)
    if block.columns is None:
        own = everywhere[..., channels]
    else:
        own = everywhere.reshape(-1)[block.columns].reshape(block.shape)

    by_position = own.reshape(-1, own.shape[-1])
    same = (by_position == by_position[:1]).all()
    return by_position[0] if same else own


@reads("BatchNormalization")
def batch_normalization(call: Call) -> Value:
    """y = γ (x − μ) / √(σ² + ε) + β: a scale and a shift per channel."""
    layer = call.layer
    variance = array(layer.moving_variance) + layer.epsilon
    if not (variance > 0).all():
        law = "its moving variance is at least 0"
        hint = "the file is damaged, or the layer was given another one's weights"
        raise call.refused(law, f"{variance.min():.2g}", hint=hint)

    scale = 1.0 / np.sqrt(variance)
    if layer.scale:
        scale = scale * array(layer.gamma)

    beta = array(layer.beta) if layer.center else 0.0
    shift = beta - array(layer.moving_mean) * scale

    axes = [int(axis) for axis in np.atleast_1d(layer.axis)]
    along = [1] * (len(call.tensor.shape) - 1)
    for axis in axes:
        along[axis - 1 if axis > 0 else axis] = -1

    largest_mean = float(np.abs(array(layer.moving_mean) * scale).max())
    return scaled_and_shifted(
        call,
        scale.reshape(along),
        np.reshape(shift, along),
        added=largest_mean,
    )


@reads("Normalization")
def normalization(call: Call) -> Value:
    """y = (x − μ) / σ, or its inverse."""
    layer = call.layer
    mean = array(layer.mean)
    deviation = np.maximum(np.sqrt(array(layer.variance)), EPSILON)
    if mean.ndim == len(call.tensor.shape):  # with an axis for the samples
        mean, deviation = mean[0], deviation[0]

    if layer.invert:
        return scaled_and_shifted(call, deviation, mean)
    return scaled_and_shifted(call, 1.0 / deviation, -mean / deviation)


@reads("Rescaling")
def rescaling(call: Call) -> Value:
    """y = scale x + offset."""
    return scaled_and_shifted(call, array(call.layer.scale), array(call.layer.offset))
