"""Removal of channels: populations and weights without them, and not zeros in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

import numpy as np

from ...network.connection import Connection, ExecutedLayer
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from .axes import is_channelwise, kept_weights


def without_channels(network: SpikingNetwork, kept: Mapping[str, np.ndarray]) -> SpikingNetwork:
    """`network` without channels; what is left computes what it did where these were silent.

    Parameters
    ----------
    network : SpikingNetwork
    kept : mapping of bool array, (channels,)
        Population -> which channels stay; whole groups, see `ChannelGroups`.
    """
    if all(each.all() for each in kept.values()):
        return network
    populations = tuple(_population(p, kept[p.name]) for p in network.populations)
    connections = tuple(_connection(network, c, kept) for c in network.connections)
    return replace(network, populations=populations, connections=connections)


def _population(p: Population, kept: np.ndarray) -> Population:
    if kept.all():
        return p
    shape = (*p.shape[:-1], int(kept.sum()))
    numbers = ("threshold", "bias", "initial_potential", "unit")
    fields = {name: _of_channels(np.asarray(getattr(p, name)), kept) for name in numbers}
    return replace(p, shape=shape, **fields)


def _of_channels(numbers: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """`numbers` of those kept; what is one for all channels stays."""
    one = numbers.ndim == 0 or numbers.shape[-1] != len(kept)
    return numbers if one else np.compress(kept, numbers, axis=-1)


def _connection(
    network: SpikingNetwork, c: Connection, kept: Mapping[str, np.ndarray]
) -> Connection:
    before, after = kept[c.pre], kept[c.post]
    if before.all() and after.all():
        return c

    weights = c.weights
    for axis, indices in kept_weights(c, network.population(c.pre).shape, before, after).items():
        assert weights is not None  # what has axes has weights
        weights = np.compress(indices, weights, axis=axis)
    executed = c.executed
    if executed:
        executed = _executed(executed, before.mean(), after.mean(), is_channelwise(c))
    return replace(c, weights=weights, executed=executed)


def _executed(
    layers: tuple[ExecutedLayer, ...], before: float, after: float, channelwise: bool
) -> tuple[ExecutedLayer, ...]:
    """The Keras layers that were merged, with fewer channels in front of the first and after the
    last; between them all stay.
    """
    shares = np.ones(len(layers))
    shares[0] *= before
    if not (channelwise and len(layers) == 1):
        shares[-1] *= after
    return tuple(
        replace(
            layer,
            macs=ceil(layer.macs * share),
            live_macs=ceil(layer.computed_macs(prunes=True) * share),
            outputs=ceil(layer.outputs * (after if i == len(layers) - 1 else 1.0)),
            parameters=ceil(layer.parameters * share),
        )
        for i, (layer, share) in enumerate(zip(layers, shares, strict=True))
    )
