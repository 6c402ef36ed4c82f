"""The quantities of counts: each layer feeds the next one that is no input."""

from __future__ import annotations

from ....errors import SpikewattError
from ....sim.counts.counts import Counts, LayerCounts
from .parts import LayerQuantities, Work
from .span import Span


def work_of_counts(counts: Counts) -> Work:
    """What the rules ask of each layer of `counts` whose spikes meet synapses.

    An input that sends none stands for values that are multiplied: as of a trace, what it feeds is
    left out on both sides.

    Raises
    ------
    SpikewattError
        The last layer has synapses: an ANN that is computed once has none that lead back.
    """
    sending = [layer for layer in counts.layers if layer.spikes or not layer.is_input]
    fed = [(layer, _fed_by(counts, layer)) for layer in sending if layer.fan_out]
    found = [_layer(counts, pre, post) for pre, post in fed]
    updated = [layer for layer in counts.layers if not layer.is_input]
    slots = counts.steps * counts.spikes_per_step  # in each of which a neuron may send one spike
    in_ann = {post.name: post.neurons for _, post in fed}
    return Work(
        tuple(found),
        slots,
        slots,
        None,
        None,
        sum(counts.updates_of(layer) for layer in updated),
        sum(in_ann.values()),
    )


def _fed_by(counts: Counts, layer: LayerCounts) -> LayerCounts:
    """The layer whose neurons the spikes of `layer` meet."""
    fed = counts.fed_by(layer)
    if fed is None:
        law = "feeds a layer after it: rules compare with an ANN without recurrent layers"
        got = f"a fan-out of {layer.fan_out:g} after the last layer"
        raise SpikewattError(f"rules: layer {layer.name!r}", law, got)
    return fed


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
