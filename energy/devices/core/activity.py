"""What the cores do in one inference: the events of a trace, as mapped cores serve them.

A spike is an event of the next step, so a network of depth d needs d steps more than it
simulates. Each step lasts as long as its busiest core.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....sim.trace.trace import Trace
from ...cards.card import Card
from .links import LinkActivity, link_activity
from .mapping import Mapping
from .updates import CoreUpdates, updates_of_trace

Shares = Sequence[Map[str, float]]  # per core: pre population -> sweeps of each of its spikes


@dataclass(frozen=True)
class Activity:
    """What the cores do in one inference, mean over the samples.

    Parameters
    ----------
    swept : dict of float
        Pre population -> events swept, over all cores.
    serial_events : float
        Events of the busiest core of each step, summed.
    serial_spikes : float
        Spikes that the busiest core of each step sends, summed.
    links : LinkActivity, optional
        What the links between cores carry; None on one core.
    serial_hops : float
        Events of the busiest link of each step, summed.
    physical : dict of float
        Pre population -> physical synaptic operations.
    listeners : dict of str
        Pre population -> who hears its events, as a price calls them.
    updates : CoreUpdates
        Neuron updates, all of them and those of the busiest core.
    sent : float
        Spikes that neurons of the cores send.
    steps : int
        Steps of the cores, those of the pipeline included.
    inputs, results : float
        Values written before and read after.
    """

    swept: dict[str, float]
    serial_events: float
    serial_spikes: float
    links: LinkActivity | None
    serial_hops: float
    physical: dict[str, float]
    listeners: dict[str, str]
    updates: CoreUpdates
    sent: float
    steps: int
    inputs: float
    results: float

    @property
    def events(self) -> float:
        """Events swept, over all cores and populations."""
        return sum(self.swept.values())

    @property
    def operations(self) -> float:
        """Physical synaptic operations of all populations."""
        return sum(self.physical.values())


def activity(trace: Trace, card: Card, mapping: Mapping) -> Activity:
    """Count the events of the cores from the spikes of a trace.

    Parameters
    ----------
    trace : Trace
    card : Card
        Of the core.
    mapping : Mapping
        The trace on that core.
    """
    depth = pipeline_depth(trace)
    steps = trace.steps + max(depth.values())
    shares = core_events(mapping, trace)
    swept = events_swept(trace, shares)
    links = link_activity(trace, mapping.cores, steps, [*written(trace), *read(trace)])
    return Activity(
        swept=swept,
        serial_events=serial_events(trace, shares, depth, steps),
        serial_spikes=serial_spikes(trace, mapping),
        links=links,
        serial_hops=serial_events(trace, links.loads, depth, steps) if links else 0.0,
        physical=physical_operations(trace, card, mapping, swept),
        listeners=listeners(trace),
        updates=updates_of_trace(trace, card, mapping, steps),
        sent=spikes_sent(trace, mapping),
        steps=steps,
        inputs=values_written(trace),
        results=values_read(trace),
    )


def listeners(trace: Trace) -> dict[str, str]:
    """Pre population -> the layers that hear its spikes, which one sweep serves."""
    return {
        pre: "+".join(layer.post for layer in trace.layers if layer.pre == pre)
        for pre in trace.spikes
    }


def spikes_sent(trace: Trace, mapping: Mapping) -> float:
    """Spikes of the populations that are on the cores."""
    placed = {name for core in mapping.cores for name, _, _ in core.residents}
    return sum(trace.mean_spikes(name) for name in trace.spikes if name in placed)


def pipeline_depth(trace: Trace) -> dict[str, int]:
    """Population -> steps by which it runs after the input; sources are not in it."""
    depth: dict[str, int] = {}
    for layer in trace.layers:
        after = depth.get(layer.pre, 0) + 1
        depth[layer.post] = max(depth.get(layer.post, 0), after)
    return depth


def core_events(mapping: Mapping, trace: Trace) -> list[dict[str, float]]:
    """Per core: pre population -> how often it sweeps each of its spikes, on average.

    1 where the core listens to the whole population; else axons in use / neurons, the spikes
    being taken as spread evenly. More than 1 where axons are doubled because a core has one sign
    per axon.
    """
    return [
        {pre: axons / trace.neurons[pre] for pre, axons in core.axons.items()}
        for core in mapping.cores
    ]


def events_swept(trace: Trace, shares: Shares) -> dict[str, float]:
    """Pre population -> events swept, over all cores."""
    return {
        pre: sum(share.get(pre, 0.0) for share in shares) * trace.mean_spikes(pre)
        for pre in trace.spikes
    }


def serial_events(trace: Trace, shares: Shares, depth: Map[str, int], steps: int) -> float:
    """Events of the busiest core of each step, summed.

    Parameters
    ----------
    trace : Trace
    shares : sequence of mapping
        As of `core_events`.
    depth : mapping of int
        As of `pipeline_depth`.
    steps : int
        Of the cores, those of the pipeline included.
    """
    # Cores that sweep the same events need to be looked at once.
    different = {tuple(sorted(share.items())) for share in shares}
    by_sample = []
    for samples, spikes in trace.spikes_in_parts():
        busiest = np.zeros((samples, steps))
        for share in different:
            events = np.zeros_like(busiest)
            for pre, part in share:
                if pre not in spikes:
                    continue
                # A population at depth d runs d steps late, and is heard one step later.
                start = depth.get(pre, 0) + 1
                stop = start + trace.steps
                events[:, start:stop] += spikes[pre] * part
            busiest = np.maximum(busiest, events)
        by_sample.append(busiest.sum(axis=1))
    return float(np.concatenate(by_sample).mean())


def serial_spikes(trace: Trace, mapping: Mapping) -> float:
    """Spikes that the busiest core of each step sends, summed."""
    by_sample = []
    for samples, spikes in trace.spikes_in_parts():
        busiest = np.zeros((samples, trace.steps))
        for core in mapping.cores:
            sent = np.zeros_like(busiest)
            for population, first, last in core.residents:
                if population in spikes:
                    part = (last - first) / trace.neurons[population]
                    sent += spikes[population] * part
            busiest = np.maximum(busiest, sent)
        by_sample.append(busiest.sum(axis=1))
    return float(np.concatenate(by_sample).mean())


def physical_operations(
    trace: Trace, card: Card, mapping: Mapping, swept: Map[str, float]
) -> dict[str, float]:
    """Pre population -> synaptic operations that the hardware does.

    All neurons of a core per event, or with zero skipping the weights that are not 0.

    Parameters
    ----------
    trace : Trace
    card : Card
        Says whether zeros are skipped.
    mapping : Mapping
    swept : mapping of float
        As of `events_swept`.
    """
    if not card.limits["zero_skipping"]:
        return {pre: events * mapping.neurons_per_core for pre, events in swept.items()}
    operations = dict.fromkeys(swept, 0.0)
    for layer in trace.layers:
        if layer.pre in operations:
            operations[layer.pre] += trace.mean_operations(layer.name, "nonzero")
    return operations


def values_written(trace: Trace) -> float:
    """Values that are written into the cores before an inference, or events sent during it."""
    if trace.settings.input_code.encoded:
        return sum(trace.mean_spikes(population) for population in sources(trace))
    return sum(trace.neurons[population] for population in written(trace))


def written(trace: Trace) -> list[str]:
    """Populations whose neurons are written before an inference, as often as they are."""
    input_code = trace.settings.input_code
    if input_code.encoded:
        return []
    if input_code.analog:
        # What the host's layer yields is written as the bias of the neurons that it feeds.
        return [layer.post for layer in trace.layers if layer.host_macs]
    return sources(trace)


def values_read(trace: Trace) -> float:
    """Potentials of the read-outs."""
    return sum(trace.neurons[name] for name in read(trace))


def read(trace: Trace) -> list[str]:
    """Populations whose potentials are read after an inference: those that never fire."""
    outside = set(trace.spikes) | set(sources(trace))
    return [name for name in trace.neurons if name not in outside]


def sources(trace: Trace) -> list[str]:
    """Populations that no layer feeds."""
    fed = {layer.post for layer in trace.layers}
    return [population for population in trace.neurons if population not in fed]
