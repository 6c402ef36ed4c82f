"""Cut: which synapses and which channels of a network are kept, and the network that is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ...errors import SpikewattError, one_of
from ..network.connection import Connection
from ..network.spiking_network import SpikingNetwork
from .activity import Activity
from .channels.axes import kept_weights, mask_of
from .channels.groups import ChannelGroups
from .channels.removal import without_channels
from .compensation import compensated


@dataclass(frozen=True)
class Cut:
    """What is kept of a network; by default all.

    Parameters
    ----------
    synapses : mapping of bool array
        Connection -> shaped as its weights, where a weight is kept. Those left out keep all.
    channels : mapping of bool array
        Population -> (channels,), likewise.
    """

    synapses: Mapping[str, np.ndarray] = field(default_factory=dict)
    channels: Mapping[str, np.ndarray] = field(default_factory=dict)

    def also(self, other: Cut) -> Cut:
        """What both keep."""
        return Cut(_both(self.synapses, other.synapses), _both(self.channels, other.channels))

    @classmethod
    def of_channels(cls, network: SpikingNetwork, channels: Mapping[str, Iterable[int]]) -> Cut:
        """Without `channels` (population -> their numbers) and all that are tied to them.

        Raises
        ------
        SpikewattError : as `ChannelGroups.completed`.
        """
        kept = ChannelGroups(network).completed(channels)
        return cls({}, {name: each for name, each in kept.items() if not each.all()})

    def kept_channels(self, network: SpikingNetwork, population: str) -> np.ndarray:
        """(channels,) bool of a population."""
        every = np.ones(network.population(population).shape[-1], bool)
        return self.channels.get(population, every)

    def mask(self, network: SpikingNetwork, c: Connection) -> np.ndarray:
        """Where weights of `c` are kept: no synapse of its own is cut, and both channels stay."""
        before = self.kept_channels(network, c.pre)
        after = self.kept_channels(network, c.post)
        axes = kept_weights(c, network.population(c.pre).shape, before, after)
        mask = mask_of(c, axes)
        if c.name in self.synapses:
            mask &= self.synapses[c.name]
        return mask

    def zeroed(self, network: SpikingNetwork, activity: Activity | None = None) -> SpikingNetwork:
        """`network` with 0 where weights are cut; all of its neurons are still there.

        Parameters
        ----------
        network : SpikingNetwork
        activity : Activity, optional
            Its own: what the cut weights contributed on average is then added to the bias.
        """
        self._check(network)
        connections = []
        for c in network.connections:
            if c.weights is None:
                connections.append(c)
                continue
            mask = self.mask(network, c)
            connections.append(c if mask.all() else replace(c, weights=c.weights * mask))

        left = replace(network, connections=tuple(connections))
        return left if activity is None else compensated(network, left, activity)

    def applied(self, network: SpikingNetwork, activity: Activity | None = None) -> SpikingNetwork:
        """As `zeroed`, and without the channels that are not kept."""
        zeroed = self.zeroed(network, activity)
        kept = {p.name: self.kept_channels(network, p.name) for p in network.populations}
        return without_channels(zeroed, kept)

    def _check(self, network: SpikingNetwork) -> None:
        weights = {c.name: c.weights for c in network.connections if c.weights is not None}
        for name, mask in self.synapses.items():
            one_of("prune.synapses", "must name a connection with weights", name, weights)
            if mask.shape != weights[name].shape:
                law = f"the mask of {name!r} is shaped as its weights"
                raise SpikewattError("prune.synapses", law, mask.shape, weights[name].shape)


def _both(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> dict:
    found = dict(one)
    for name, kept in other.items():
        found[name] = found[name] & kept if name in found else kept
    return found
