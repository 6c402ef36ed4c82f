"""Channel groups: channels that stay or go together, since connections tie them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....errors import SpikewattError, one_of
from ...network.spiking_network import SpikingNetwork
from .axes import is_channelwise, parts_of

Channel = tuple[str, int]  # population, number of its channel


@dataclass(frozen=True)
class ChannelGroups:
    """The channels of a network, in groups that are tied.

    A pool, an identity (of a residual sum) and a depthwise convolution lead each channel to its
    own: such channels form a group. In a dense layer each neuron is a channel. Groups with a
    channel of an input, of a read-out or of a convolution in several groups are kept.

    Parameters
    ----------
    network : SpikingNetwork

    Examples
    --------
    >>> from spikewatt import Connection, Population, SpikingNetwork
    >>> one = Population("input", (2,), "input", threshold=9, bias=0, initial_potential=0)
    >>> two = Population("hidden", (3,), "integrate_and_fire", 5, 0, 0)
    >>> out = Population("output", (2,), "readout", 1, 0, 0)
    >>> first = Connection("input", "hidden", "dense", [[1, 2, 3], [3, 2, 1]])
    >>> last = Connection("hidden", "output", "dense", [[1, 0], [0, 1], [1, 1]])
    >>> net = SpikingNetwork([one, two, out], [first, last], "rate", 1.0, 1.0, 8)
    >>> ChannelGroups(net).removable
    [(('hidden', 0),), (('hidden', 1),), (('hidden', 2),)]
    """

    network: SpikingNetwork

    @cached_property
    def groups(self) -> list[tuple[Channel, ...]]:
        """All of them, in the order of their first channels."""
        found: dict[Channel, list[Channel]] = {}
        for channel in self._parents:
            found.setdefault(self._root(channel), []).append(channel)
        return [tuple(members) for members in found.values()]

    @cached_property
    def removable(self) -> list[tuple[Channel, ...]]:
        """Those that nothing keeps."""
        kept = set(self.keeps)
        return [group for group in self.groups if not kept & {name for name, _ in group}]

    @cached_property
    def families(self) -> list[list[tuple[Channel, ...]]]:
        """The removable groups, those of the same populations together."""
        found: dict[frozenset[str], list[tuple[Channel, ...]]] = {}
        for group in self.removable:
            found.setdefault(frozenset(name for name, _ in group), []).append(group)
        return list(found.values())

    @cached_property
    def keeps(self) -> dict[str, str]:
        """Population -> what keeps its channels."""
        found = {}
        for p in self.network.populations:
            if p.kind.is_input:
                found[p.name] = "an input keeps its shape"
            if p.kind.is_readout:
                found[p.name] = "an output keeps its classes"
        for c in self.network.connections:
            seen = c.seen(self.network.population(c.pre).shape)
            if parts_of(c, seen) > 1:
                for name in (c.pre, c.post):
                    found.setdefault(name, f"connection {c.name!r} is a convolution in groups")
        return found

    def completed(self, channels: Mapping[str, Iterable[int]]) -> dict[str, np.ndarray]:
        """Population -> (channels,) bool: what is kept where `channels` go, and all that is tied.

        Parameters
        ----------
        channels : mapping of int
            Population -> channels to be removed.

        Raises
        ------
        SpikewattError : an unknown population or channel, a channel that something keeps, all
            channels of a population.
        """
        where = "prune.channels"
        network = self.network
        sizes = {p.name: p.shape[-1] for p in network.populations}
        kept = {name: np.ones(size, bool) for name, size in sizes.items()}
        gone: set[Channel] = set()
        for name, numbers in channels.items():
            one_of(where, "must name a population", name, sizes)
            for number in numbers:
                if not 0 <= number < sizes[name]:
                    law = f"must be a channel of {name!r}"
                    raise SpikewattError(where, law, number, f"0..{sizes[name] - 1}")
                gone.add(self._root((name, int(number))))

        for group in self.groups:
            if self._root(group[0]) not in gone:
                continue
            for name, number in group:
                if name in self.keeps:
                    law = f"{self.keeps[name]}, and what is tied to it stays"
                    raise SpikewattError(where, law, f"channel {number} of {name!r}")
                kept[name][number] = False

        for name, each in kept.items():
            if not each.any():
                law = "leaves a channel of each population"
                raise SpikewattError(where, law, f"all {len(each)} of {name!r}")
        return kept

    # Union-find over all channels.

    @cached_property
    def _parents(self) -> dict[Channel, Channel]:
        parents = {}
        for p in self.network.populations:
            for channel in range(p.shape[-1]):
                parents[p.name, channel] = (p.name, channel)
        self.__dict__["_parents"] = parents

        for c in self.network.connections:
            if is_channelwise(c):
                channels = self.network.population(c.pre).shape[-1]
                outputs = self.network.population(c.post).shape[-1]
                for output in range(outputs):
                    one = self._root((c.pre, output // (outputs // channels)))
                    other = self._root((c.post, output))
                    parents[other] = one
        return parents

    def _root(self, channel: Channel) -> Channel:
        parents = self._parents
        while parents[channel] != channel:
            parents[channel] = parents[parents[channel]]
            channel = parents[channel]
        return channel
