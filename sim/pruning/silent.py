"""Silent neurons: what never fires on given inputs, and the network without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..network.spiking_network import SpikingNetwork
from .activity import Activity, activity
from .channels.axes import is_channelwise, sum_by_channel
from .channels.groups import ChannelGroups
from .cut import Cut


@dataclass(frozen=True)
class SilentNeurons:
    """Neurons of one population that sent nothing.

    Parameters
    ----------
    population : str
    neurons, silent : int
    channels, silent_channels : int
        Of these all neurons are silent.
    removable : int
        Silent neurons in channels that can go. The others stay: neurons of a map share the
        weights of their channel, so that single ones cannot be taken out of it; or what their
        channel is tied to fires.
    """

    population: str
    neurons: int
    silent: int
    channels: int
    silent_channels: int
    removable: int


def silent_cut(network: SpikingNetwork, found: Activity) -> Cut:
    """Without the channel groups of which no neuron fired."""
    silent = {name: _by_channel(found.silent(name)) for name in found.values}
    gone: dict[str, list[int]] = {}
    for family in ChannelGroups(network).families:
        quiet = [g for g in family if all(name in silent and silent[name][k] for name, k in g)]
        if len(quiet) == len(family):
            quiet = quiet[1:]  # one stays, for the shape
        for group in quiet:
            for name, channel in group:
                gone.setdefault(name, []).append(channel)
    return Cut.of_channels(network, gone)


def dead_cut(network: SpikingNetwork) -> Cut:
    """Without the channel groups whose synapses all have weight 0: nothing hears them."""
    heard = {p.name: np.zeros(p.shape[-1], bool) for p in network.populations}
    for c in network.connections:
        if is_channelwise(c) or c.weights is None:
            continue
        shape = network.population(c.pre).shape
        heard[c.pre] |= sum_by_channel(c, shape, (c.weights != 0).astype(float)) > 0

    gone: dict[str, list[int]] = {}
    for family in ChannelGroups(network).families:
        dead = [group for group in family if not any(heard[name][k] for name, k in group)]
        for group in dead[1:] if len(dead) == len(family) else dead:
            for name, channel in group:
                gone.setdefault(name, []).append(channel)
    return Cut.of_channels(network, gone)


def silent_neurons(network: SpikingNetwork, x, steps: int | None = None) -> list[SilentNeurons]:
    """Which neurons never fire on `x`, population by population.

    Parameters
    ----------
    network : SpikingNetwork
    x, steps : as of `simulate`

    Examples
    --------
    >>> for row in silent_neurons(network, x):  # doctest: +SKIP
    ...     print(row.population, row.silent, row.removable)
    """
    found = activity(network, x, steps)
    cut = silent_cut(network, found)
    rows = []
    for name in found.values:
        p, silent = network.population(name), found.silent(name)
        gone = ~cut.kept_channels(network, name)
        rows.append(
            SilentNeurons(
                population=name,
                neurons=p.size,
                silent=int(silent.sum()),
                channels=p.shape[-1],
                silent_channels=int(_by_channel(silent).sum()),
                removable=int(silent[..., gone].sum()),
            )
        )
    return rows


def remove_silent(network: SpikingNetwork, x, steps: int | None = None) -> SpikingNetwork:
    """`network` without the channels of which no neuron fires on `x`; its answers to `x` stay.

    Parameters
    ----------
    network : SpikingNetwork
    x, steps : as of `simulate`

    Examples
    --------
    >>> from spikewatt import Connection, Population, SpikingNetwork
    >>> one = Population("input", (1,), "input", 1, 0, 0, levels=1)
    >>> two = Population("hidden", (3,), "integrate_and_fire", 5, 0, 0, levels=1)
    >>> out = Population("output", (2,), "readout", 1, 0, 0)
    >>> first = Connection("input", "hidden", "dense", [[9, 7, -9]])
    >>> last = Connection("hidden", "output", "dense", [[1, 0], [0, 1], [1, 1]])
    >>> net = SpikingNetwork([one, two, out], [first, last], "radix", 1.0, 1.0, 8)
    >>> remove_silent(net, [[1.0]])
    SpikingNetwork(1-2-2, radix, 6 synapses)
    """
    return silent_cut(network, activity(network, x, steps)).applied(network)


def _by_channel(neurons: np.ndarray) -> np.ndarray:
    return np.asarray(neurons.reshape(-1, neurons.shape[-1]).all(axis=0))
