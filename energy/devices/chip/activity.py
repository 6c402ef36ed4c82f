"""What the cores of a chip do in one inference, from counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....sim.counts.counts import Counts, LayerCounts
from ...cards.card import Card
from ...cards.neuromorphic.updates import updates_in
from ..core.updates import CoreUpdates, Share, core_updates
from .arrivals import Arrival, arrivals
from .placing import LikeCores, Placed


@dataclass(frozen=True)
class CoreWork:
    """What one core does in one inference.

    Parameters
    ----------
    operations, events, updates, spikes : float
        Synaptic operations, events that arrive, neuron updates, spikes that it sends.
    """

    operations: float
    events: float
    updates: float
    spikes: float


@dataclass(frozen=True)
class ChipActivity:
    """What the cores of a chip do in one inference.

    Parameters
    ----------
    arrivals : list of Arrival
        Events and operations, layer by layer.
    updates : CoreUpdates
        All of them, over all cores.
    updates_of : dict of CoreUpdates
        The same by rows of a price: layer by layer, or ``all`` where each core has its own.
    sent : dict of float
        Layer -> spikes that its neurons send; inputs are not among them.
    work : list of CoreWork
        Of one core of each kind.
    input_cores : int
        Cores that hear the input.
    steps : int
    counted : tuple of str
        Layers whose updates were counted.
    """

    arrivals: list[Arrival]
    updates: CoreUpdates
    updates_of: dict[str, CoreUpdates]
    sent: dict[str, float]
    work: list[CoreWork]
    input_cores: int
    steps: int
    counted: tuple[str, ...] = ()

    @property
    def operations(self) -> float:
        """Synaptic operations over all cores."""
        return sum(each.operations for each in self.arrivals)

    @property
    def events(self) -> float:
        """Events over all cores."""
        return sum(each.events for each in self.arrivals)


def chip_activity(
    counts: Counts, card: Card, placed: Placed, steps: int | None = None
) -> ChipActivity:
    """What the cores do.

    Parameters
    ----------
    counts : Counts
    card : Card
        Says which neurons are updated, and what an event sweeps.
    placed : Placed
        The counts on cores.
    steps : int, optional
        Of the cores; by default those of the counts.
    """
    steps = counts.steps if steps is None else steps
    sizes = {layer.name: layer for layer in counts.layers}
    found = arrivals(counts, card, placed)
    layers = [layer for layer in counts.layers if not layer.is_input]
    heard = _heard(found)
    numbers = {
        layer.name: _updates(layer, counts, card, heard.get(layer.name, ()), steps)
        for layer in layers
    }
    active = {
        layer.name: min(counts.active_updates_of(layer), numbers[layer.name]) for layer in layers
    }
    updates = core_updates(card, _shares(counts, placed), numbers, steps, sum(active.values()))
    by_row = {"all": updates}
    if updates.rule.by_layer:
        by_row = {
            name: CoreUpdates(updates.rule, number, 0.0, active[name])
            for name, number in numbers.items()
        }
    return ChipActivity(
        arrivals=found,
        updates=updates,
        updates_of=by_row,
        sent={layer.name: layer.spikes for layer in layers},
        work=[_work(group, sizes, card, heard, numbers, steps) for group in placed.groups],
        input_cores=_input_cores(counts, found, layers[0], placed),
        steps=steps,
        counted=tuple(layer.name for layer in layers if layer.idle_updates is not None),
    )


def _updates(
    layer: LayerCounts, counts: Counts, card: Card, heard: Sequence[Arrival], steps: int
) -> float:
    """Updates of a layer as they were counted, else by the card's rule."""
    active = counts.active_updates_of(layer)
    if layer.idle_updates is not None:
        return layer.idle_updates + active
    reached = sum(each.pre.synaptic_operations for each in heard)
    by_rule = updates_in(card.about).of_layer(layer.neurons, reached, steps)
    return max(by_rule, active)


def _shares(counts: Counts, placed: Placed) -> list[Share]:
    """Per kind of core: how many, and which part of each layer one of them holds."""
    sizes = {layer.name: layer.neurons for layer in counts.layers}
    return [
        (group.number, {name: part / sizes[name] for name, part in group.neurons.items()})
        for group in placed.groups
    ]


def _heard(found: Sequence[Arrival]) -> dict[str, list[Arrival]]:
    """Layer -> what arrives there."""
    heard: dict[str, list[Arrival]] = {}
    for each in found:
        heard.setdefault(each.post.name, []).append(each)
    return heard


def _work(
    group: LikeCores,
    layers: Mapping[str, LayerCounts],
    card: Card,
    heard: Mapping[str, Sequence[Arrival]],
    numbers: Mapping[str, float],
    steps: int,
) -> CoreWork:
    """What one core of a kind does."""
    parts = {name: neurons / layers[name].neurons for name, neurons in group.neurons.items()}
    arriving = [each for name in parts for each in heard.get(name, ())]
    events = [each.events_at(group) for each in arriving]
    held = sum(part * numbers[name] for name, part in parts.items())
    slots = card.limits["neurons_per_core"]
    return CoreWork(
        operations=sum(n * each.row_length for n, each in zip(events, arriving, strict=True)),
        events=sum(events),
        updates=updates_in(card.about).of_core(slots, held, steps),
        spikes=sum(part * layers[name].spikes for name, part in parts.items()),
    )


def _input_cores(counts: Counts, found: list[Arrival], first: LayerCounts, placed: Placed) -> int:
    """Cores that hear the input: those that an input says, else of the layer that it feeds.

    Without inputs, or where none of them feeds anybody, those of the first layer.
    """
    inputs = [each for each in found if each.from_input]
    if not inputs:
        return placed.cores_of(first.name)
    said = sum(each.pre.cores for each in inputs if each.pre.cores is not None)
    hearing = {each.post.name for each in inputs if each.pre.cores is None}
    groups = [group for group in placed.groups if not hearing.isdisjoint(group.neurons)]
    return said + sum(group.number for group in groups)
