"""Counts on cores that a clock drives: the activity that a trace of the same network would be.

What counts do not know is taken so: layers feed each other in their order; the core that is busiest
over all steps is so in each; events of inputs pass the port one by one, and where there are no
inputs each neuron of the first layer is written once; a last layer that never fires is read.
"""

from __future__ import annotations

from collections.abc import Mapping as Map

import numpy as np

from ....errors import DoesNotFitError
from ....sim.counts.counts import Counts
from ...cards.card import Card
from ...cores.mesh import OUTSIDE_CORE, Flow, Mesh
from ...cores.placement import Core
from ...cores.traffic import Homes, homes_of
from ..core.activity import Activity
from ..core.links import LinkActivity, carried
from ..core.mapping import Mapping
from .activity import ChipActivity, chip_activity
from .arrivals import Arrival
from .placing import Placed, inputs_of_neurons

MOST_IN_A_MESH = 4096  # cores whose links are looked at one by one


def mapping_of(counts: Counts, card: Card, placed: Placed) -> Mapping:
    """The cores one by one, with the neurons and axons that they use.

    Raises
    ------
    DoesNotFitError
        More cores than a mesh is looked at with.
    """
    if placed.cores > MOST_IN_A_MESH:
        law = "counts take a mesh of cores that can be looked at one by one"
        where = f"device {card.name!r}"
        raise DoesNotFitError(where, law, f"{placed.cores:,} cores", f"<= {MOST_IN_A_MESH:,}")

    inputs = inputs_of_neurons(counts)
    begun: dict[str, float] = {}
    cores = []
    for group in placed.groups:
        for _ in range(group.number):
            core = Core()
            for layer, neurons in group.neurons.items():
                first = begun.get(layer, 0.0)
                begun[layer] = first + neurons
                core.residents.append((layer, round(first), round(begun[layer])))
                for pre, axons in inputs[layer].items():
                    core.axons[pre] = max(core.axons.get(pre, 0), axons)
            cores.append(core)
    limits = card.limits
    return Mapping(
        tuple(cores), placed.neurons_per_core, limits["axons_per_core"], limits["weight_bits"]
    )


def pipeline_steps(counts: Counts) -> int:
    """Steps of the cores: a spike is an event of the next step, so each layer runs one later."""
    on_cores = sum(not layer.is_input for layer in counts.layers)
    fed_from_outside = any(layer.is_input for layer in counts.layers)
    return counts.steps + on_cores - (not fed_from_outside)


def counted_activity(
    counts: Counts, card: Card, placed: Placed, mapping: Mapping
) -> tuple[Activity, ChipActivity]:
    """What the cores do, and the same as a chip without a clock is asked for it.

    Parameters
    ----------
    counts : Counts
    card : Card
    placed : Placed
        The counts on cores.
    mapping : Mapping
        The same, core by core.
    """
    steps = pipeline_steps(counts)
    did = chip_activity(counts, card, placed, steps)
    links = _links(counts, did, mapping, steps)
    spikes = {layer.name: layer.spikes for layer in counts.layers}
    loads = links.loads if links else ()
    return (
        Activity(
            swept={each.pre.name: each.events for each in did.arrivals},
            serial_events=max(work.events for work in did.work),
            serial_spikes=max(work.spikes for work in did.work),
            links=links,
            serial_hops=max((_carried_by(load, spikes) for load in loads), default=0.0),
            physical={each.pre.name: each.operations for each in did.arrivals},
            listeners={each.pre.name: each.post.name for each in did.arrivals},
            updates=did.updates,
            sent=sum(did.sent.values()),
            steps=steps,
            inputs=_written(counts),
            results=_read(counts),
        ),
        did,
    )


def _carried_by(load: Map[str, float], spikes: Map[str, float]) -> float:
    """Events that pass one link."""
    return sum(events * spikes[pre] for pre, events in load.items())


def _written(counts: Counts) -> float:
    """Events of inputs, or the values of the first layer."""
    inputs = [layer for layer in counts.layers if layer.is_input]
    return sum(layer.spikes for layer in inputs) if inputs else counts.layers[0].neurons


def _read(counts: Counts) -> float:
    """Potentials of a last layer that never fires."""
    last = counts.layers[-1]
    return 0.0 if last.spikes or last.is_input else last.neurons


def _links(counts: Counts, did: ChipActivity, mapping: Mapping, steps: int) -> LinkActivity | None:
    """What the links between cores carry; nothing where there is one core."""
    if len(mapping.cores) == 1:
        return None
    homes = homes_of(mapping.cores)
    flows = {each.pre.name: _flow(each, homes) for each in did.arrivals}
    spikes = {layer.name: layer.spikes for layer in counts.layers}
    last, ends = counts.layers[-1], []
    if not any(layer.is_input for layer in counts.layers):
        ends.append(counts.layers[0].name)
    if _read(counts):
        ends.append(last.name)
    return carried(Mesh(len(mapping.cores)), flows, spikes, homes, steps, ends)


def _flow(each: Arrival, homes: Map[str, Homes]) -> Flow:
    """Events from core to core for one spike, spread evenly over senders and hearers."""
    outside = Homes(np.array([OUTSIDE_CORE]), np.array([each.pre.neurons]))
    senders, hearers = homes.get(each.pre.name, outside), homes[each.post.name]
    from_each = np.diff(senders.ends, prepend=0) / each.pre.neurons
    to_each = np.full(len(hearers.cores), each.reached / each.cores)
    if each.reached < each.cores:
        to_each = np.diff(hearers.ends, prepend=0) / each.post.neurons * each.reached
    source, target = np.meshgrid(senders.cores, hearers.cores, indexing="ij")
    moves = source != target
    return Flow(source[moves], target[moves], np.outer(from_each, to_each)[moves])
