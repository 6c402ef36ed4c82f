"""The quantities of counts: each layer feeds the one after it."""

from __future__ import annotations

from itertools import pairwise

from ....sim.counts.counts import Counts, LayerCounts
from .parts import LayerQuantities, Work
from .span import Span


def work_of_counts(counts: Counts) -> Work:
    """What the rules ask of each layer of `counts` whose spikes meet synapses."""
    layers = [_checked(layer) for layer in counts.layers]
    found = [
        _layer(counts, pre, post)
        for pre, post in pairwise(layers)
        if pre.fan_out and not (post.is_input and pre.is_input)
    ]
    updated = [layer for layer in layers if not layer.is_input]
    return Work(
        tuple(found),
        counts.steps,
        counts.steps * counts.spikes_per_step,
        None,
        None,
        sum(_updates(layer, counts.steps) for layer in updated),
        sum(layer.neurons for layer in updated),
    )


def _checked(layer: object) -> LayerCounts:
    assert isinstance(layer, LayerCounts)  # `Counts` makes them
    return layer


def _updates(layer: LayerCounts, steps: int) -> float:
    """Those that are known; else each neuron at each step."""
    if layer.idle_updates is None:
        return float(layer.neurons * steps)
    active = layer.spikes if layer.active_updates is None else layer.active_updates
    return active + layer.idle_updates


def _layer(counts: Counts, pre: LayerCounts, post: LayerCounts) -> LayerQuantities:
    synapses = pre.neurons * pre.fan_out
    parameters = pre.parameters or synapses
    most = counts.steps * counts.spikes_per_step
    low = max(0.0, 1 - pre.spikes / pre.neurons)
    high = 1 - pre.spikes / (pre.neurons * most)
    return LayerQuantities(
        f"{pre.name}->{post.name}",
        pre.name,
        post.name,
        pre.neurons,
        post.neurons,
        pre.spikes,
        post.spikes,
        pre.synaptic_operations,
        synapses,
        parameters,
        parameters < synapses / 2,
        counts.steps,
        Span(low, high),
    )
