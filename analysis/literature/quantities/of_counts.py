"""The quantities of counts: each layer feeds the next one that is no input."""

from __future__ import annotations

from ....sim.counts.counts import Counts, LayerCounts
from .parts import LayerQuantities, Work
from .span import Span


def work_of_counts(counts: Counts) -> Work:
    """What the rules ask of each layer of `counts` whose spikes meet synapses."""
    fed = [(layer, counts.fed_by(layer)) for layer in counts.layers if layer.fan_out]
    found = [_layer(counts, pre, post) for pre, post in fed if post is not None]
    updated = [layer for layer in counts.layers if not layer.is_input]
    slots = counts.steps * counts.spikes_per_step  # in each of which a neuron may send one spike
    return Work(
        tuple(found),
        slots,
        slots,
        None,
        None,
        sum(counts.updates_of(layer) for layer in updated),
        sum(layer.neurons for layer in updated),
    )


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
