"""The quantities of a trace."""

from __future__ import annotations

from math import prod

import numpy as np

from ....sim.network.geometry import Geometry
from ....sim.trace.layer_summary import LayerSummary
from ....sim.trace.trace import Trace
from .parts import LayerQuantities, Work
from .span import Span


def work_of_trace(trace: Trace) -> Work:
    """What the rules ask of each connection of `trace` that spikes feed."""
    settings = trace.settings
    fed = [layer for layer in trace.layers if layer.pre in trace.spikes and not layer.host_macs]
    silent = _silent(trace, {layer.pre for layer in fed})

    updated = {layer.post for layer in trace.layers if not layer.post_kind.compares}
    in_ann = {layer.post for layer in fed if layer.post in updated}
    ann_neurons = sum(trace.neurons[name] for name in in_ann)
    if settings.input_code.integrates:
        updated |= set(trace.neurons) - {layer.post for layer in trace.layers}
    steps = max((settings.active_steps(layer.pre) for layer in fed), default=trace.steps)
    return Work(
        tuple(_layer(trace, layer, silent[layer.pre]) for layer in fed),
        steps,
        settings.code.levels(steps) or steps,
        settings.weight_bits,
        settings.state_bits,
        float(sum(trace.neurons[name] * settings.active_steps(name) for name in updated)),
        ann_neurons,
    )


def _layer(trace: Trace, layer: LayerSummary, silent: Span) -> LayerQuantities:
    return LayerQuantities(
        layer.name,
        layer.pre,
        layer.post,
        trace.neurons[layer.pre],
        trace.neurons[layer.post],
        trace.mean_spikes(layer.pre),
        trace.mean_spikes(layer.post) if layer.post in trace.spikes else 0.0,
        trace.mean_operations(layer.name),
        float(layer.macs if layer.kind.multiplies else 0),
        float(layer.parameters),
        layer.kind.windowed,
        trace.settings.active_steps(layer.post),
        _after_pooling(layer, silent),
    )


def _silent(trace: Trace, populations: set[str]) -> dict[str, Span]:
    """Share of the neurons of each population that can have stood for a zero.

    Of n neurons that sent S spikes in T steps, at most one in each, between n − S and n − S / T
    sent none. One that may take a spike back may send some and stand for a zero.
    """
    sums = dict.fromkeys(populations, 0.0)
    active = dict.fromkeys(populations, 0.0)
    for _, spikes in trace.spikes_in_parts():
        for name in populations:
            sent = np.abs(spikes[name]).sum(axis=1)
            sums[name] += float(sent.sum())
            active[name] += float(np.minimum(sent, trace.neurons[name]).sum())

    found = {}
    for name in populations:
        visits = trace.samples * trace.neurons[name]
        low = 1 - active[name] / visits
        high = 1 - sums[name] / (visits * trace.settings.active_steps(name))
        if trace.settings.code.negative_spikes:
            high = 1.0
        found[name] = Span(low, max(low, high))
    return found


def _after_pooling(layer: LayerSummary, silent: Span) -> Span:
    """The same of the sums that the ANN multiplies, where windows are summed before."""
    if layer.pooled is None:
        return silent
    window = prod(Geometry.from_lists(layer.pooled).window)
    active = min(1.0, (1 - silent.low) * window)
    return Span(min(1 - active, silent.high), silent.high)
