"""What the readers of layers with weights share."""

from __future__ import annotations

from typing import Any

import numpy as np

from ....network.connection import ExecutedLayer
from ....network.connection_kinds import ConnectionKind
from ...graph.blocks import Value


def array(weights: Any) -> np.ndarray:
    """Keras weights in float64."""
    return np.asarray(weights, np.float64)


def bias_of(layer) -> np.ndarray:
    """(channels,) the bias of a layer; (1,) of zero where it has none."""
    return array(layer.bias) if layer.use_bias else np.zeros(1)


def executed_layer(
    name: str,
    kind: ConnectionKind,
    kernel: np.ndarray,
    positions: int,
    channels: int,
) -> ExecutedLayer:
    """A kernel that Keras applies at every position.

    Parameters
    ----------
    name : str
        Of the layer, or of a part of it.
    kind : ConnectionKind
        How it reaches its outputs.
    kernel : array
        Its weights.
    positions : int
        Of the window; 1 for a dense layer.
    channels : int
        That come out. Each is stored with a bias, as kernel libraries do, be it zero.
    """
    return ExecutedLayer(
        name,
        kind,
        macs=positions * kernel.size,
        outputs=positions * channels,
        parameters=kernel.size + channels,
    )


def bias_size(value: Value, kernel: np.ndarray, bias: np.ndarray) -> float:
    """A bound on what is added on the way to the bias after `kernel` (see `Block.bias_size`)."""
    inputs = tuple(range(kernel.ndim - 1))
    gain = np.abs(kernel).sum(axis=inputs).max()
    before = max(block.rounded for block in value)

    return float(before * gain + np.abs(bias).max())
