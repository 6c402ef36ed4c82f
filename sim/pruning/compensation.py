"""Bias compensation: what cut weights contributed on average is added to the bias."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..network.connection import Connection
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .activity import Activity


def compensated(
    before: SpikingNetwork, after: SpikingNetwork, activity: Activity
) -> SpikingNetwork:
    """`after` with the mean of what its weights lack on the bias of the neurons they fed.

        Δ = Σ (W − W') E[q]

    Radix, sync_rate and signed have their bias in the initial potential, rate adds it at each
    step. One number per channel of a map, unless its neurons have biases of their own; rounded.

    Parameters
    ----------
    before, after : SpikingNetwork
        Of the same shapes; their weights differ.
    activity : Activity
        Of `before`.
    """
    lacks: dict[str, np.ndarray] = {}
    for old, new in zip(before.connections, after.connections, strict=True):
        if old.weights is None or old.weights is new.weights or old.pre not in activity.values:
            continue
        lacking = _mean_drive(before, replace(old, weights=old.weights - new.weights), activity)
        lacks[old.post] = lacks.get(old.post, 0.0) + lacking

    each_step = before.code.bias_each_step
    populations = [
        _with_more(p, lacks[p.name], activity.steps if each_step else 0) if p.name in lacks else p
        for p in after.populations
    ]
    return replace(after, populations=tuple(populations))


def _mean_drive(network: SpikingNetwork, c: Connection, activity: Activity) -> np.ndarray:
    """(*post shape) Σ W E[q], of one connection."""
    from ..engines.batched.operators import Operator

    pre, post = network.population(c.pre), network.population(c.post)
    operator = Operator.between(c, pre.shape, post.shape, np.float64)
    return np.asarray(operator(activity.values[c.pre][None])).reshape(post.shape)


def _with_more(p: Population, lacking: np.ndarray, steps: int) -> Population:
    """`p` with what is lacking; over `steps` where a bias is added at each."""
    field = "bias" if steps else "initial_potential"
    numbers = getattr(p, field)
    if numbers.shape != p.shape:  # one for all positions of a channel
        lacking = lacking.reshape(-1, p.shape[-1]).mean(axis=0)
    more = np.round(lacking / (steps or 1)).astype(np.int64)
    return replace(p, **{field: numbers + more})
