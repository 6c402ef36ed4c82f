"""Saliency: what a synapse or a channel moves in the neurons after it, as a share of their range.

    synapse: |w| L / (θ L'),  or |w| E[q] / (θ L')
    channel: Σ |w| E[q] / (θ L'), over the synapses that lead out of it

L is the most that the pre neuron sends, θ L' what makes the post neuron send its most; of a
read-out, which has no threshold, the mean of Σ |w| E[q] stands in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..network.connection import Connection
from ..network.connection_kinds import Depthwise
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .activity import Activity
from .channels.axes import by_weight, is_channelwise, sum_by_channel
from .channels.groups import Channel


def prunable(network: SpikingNetwork) -> list[Connection]:
    """Connections whose synapses can be cut: those that multiply, and that no host computes."""
    analog = {p.name for p in network.inputs} if network.input_code.analog else set()
    return [
        c
        for c in network.connections
        if c.weights is not None and c.kind.multiplies and c.pre not in analog
    ]


def synapse_scores(
    network: SpikingNetwork, c: Connection, activity: Activity, by_activity: bool = False
) -> np.ndarray:
    """Saliency of each weight of `c`, shaped as they are; of the mean activity, or of the most.

    References
    ----------
    Han et al., NeurIPS 2015, arXiv:1506.02626 (magnitude).
    """
    assert c.weights is not None
    pre = network.population(c.pre)
    sent = activity.values[c.pre] if by_activity else np.full(pre.shape, float(_most(network, pre)))
    return _relative(network, c, activity) * by_weight(c, pre.shape, np.abs(sent))


def group_scores(
    network: SpikingNetwork, groups: Sequence[tuple[Channel, ...]], activity: Activity
) -> np.ndarray:
    """Saliency of each group: that of the synapses that lead out of it, at their mean activity."""
    by_population: dict[str, np.ndarray] = {}
    for c in network.connections:
        if is_channelwise(c) or c.pre not in activity.values:
            continue
        pre = network.population(c.pre)
        moved = synapse_scores(network, c, activity, by_activity=True)
        each = sum_by_channel(c, pre.shape, moved)
        by_population[c.pre] = by_population.get(c.pre, 0.0) + each

    def score(group: tuple[Channel, ...]) -> float:
        return sum(by_population[name][k] for name, k in group if name in by_population)

    return np.array([score(group) for group in groups])


def _relative(network: SpikingNetwork, c: Connection, activity: Activity) -> np.ndarray:
    """|w| / (θ L'), shaped as the weights."""
    assert c.weights is not None
    post = network.population(c.post)
    if post.kind.is_readout:
        pre = network.population(c.pre)
        drive = replace(c, weights=np.abs(c.weights))
        scale = _mean_drive(drive, pre, activity)
        return np.abs(c.weights) / (scale or 1.0)

    threshold = np.broadcast_to(post.threshold, post.shape).reshape(-1, post.shape[-1])
    by_channel = threshold.mean(axis=0) * _most(network, post)
    if isinstance(c.kind, Depthwise):
        by_channel = by_channel.reshape(c.weights.shape[-2:])
    return np.abs(c.weights) / by_channel


def _mean_drive(c: Connection, pre: Population, activity: Activity) -> float:
    """Mean over the post neurons of Σ |w| E[q]."""
    assert c.weights is not None
    each = c.weights * by_weight(c, pre.shape, np.abs(activity.values[c.pre]))
    return float(each.sum() / each.shape[-1])


def _most(network: SpikingNetwork, p: Population) -> int:
    """The most that a neuron sends in an inference, or at a step where there is no limit."""
    if p.kind.is_input and network.input_code.doubles:
        return network.input_levels
    return max(p.levels, 1)
