"""Some of the samples that a network takes, of one input or of several."""

from __future__ import annotations

import numpy as np

from ..network.spiking_network import SpikingNetwork


def some_of(network: SpikingNetwork, x, which: slice | np.ndarray):
    """The samples `which` of `x`, which is as of `simulate`: a list only where inputs are several.

    Parameters
    ----------
    network : SpikingNetwork.
    x : as of `simulate`.
    which : slice, or (n,) positions.
    """
    if len(network.inputs) > 1 and isinstance(x, list | tuple):
        return [_rows(part, which) for part in x]
    return _rows(x, which)


def _rows(x, which: slice | np.ndarray):
    """Of an array, or of data in a file; a list becomes an array."""
    return x[which] if isinstance(getattr(x, "dtype", None), np.dtype) else np.asarray(x)[which]
