"""Neuron updates of cores, by the rule of their card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ....sim.trace.trace import Trace
from ...bill import BillWriter
from ...cards.card import Card
from ...cards.neuromorphic.updates import Updates, updates_in
from .mapping import Mapping as CoreMapping

UPDATE, ACTIVE_UPDATE = "energy_per_neuron_update_j", "energy_per_active_update_j"
EVENT, SPIKE = "energy_per_event_j", "energy_per_spike_j"

Share = tuple[int, Mapping[str, float]]  # cores of a kind; layer -> part of its neurons on one


@dataclass(frozen=True)
class CoreUpdates:
    """Neuron updates in one inference, mean over the samples.

    Parameters
    ----------
    rule : Updates
        Which neurons are updated.
    number : float
        Over all cores.
    serial : float
        Of the core that does most.
    active : float
        Those after which the neuron fired.
    """

    rule: Updates
    number: float
    serial: float
    active: float


def core_updates(
    card: Card, shares: Iterable[Share], of_layers: Mapping[str, float], steps: float, active: float
) -> CoreUpdates:
    """Add up what the cores update.

    Parameters
    ----------
    card : Card
    shares : iterable of Share
    of_layers : mapping of float
        Layer -> updates of its neurons, by the rule.
    steps : float
        Of the cores.
    active : float
        Updates after which a neuron fires.
    """
    rule, slots = updates_in(card.about), card.limits["neurons_per_core"]
    number, serial = 0, 0
    for cores, parts in shares:
        held = sum(share * of_layers[layer] for layer, share in parts.items())
        of_one = rule.of_core(slots, held, steps)
        number += cores * of_one
        serial = max(serial, of_one)
    return CoreUpdates(rule, number, serial, min(active, number))


def updates_of_trace(trace: Trace, card: Card, mapping: CoreMapping, steps: int) -> CoreUpdates:
    """Those of a mapped trace."""
    rule = updates_in(card.about)
    shares: list[Share] = []
    for core in mapping.cores:
        parts: dict[str, float] = {}
        for name, first, last in core.residents:
            parts[name] = parts.get(name, 0.0) + (last - first) / trace.neurons[name]
        shares.append((1, parts))

    placed = {name for _, parts in shares for name in parts}
    of_layers = {
        name: rule.of_layer(trace.neurons[name], _reached(trace, name), steps) for name in placed
    }
    active = sum(trace.mean_spikes(name) for name in trace.spikes if name in placed)
    return core_updates(card, shares, of_layers, steps, active)


def _reached(trace: Trace, population: str) -> float:
    """Synaptic operations that reach a population, without those that a host does."""
    return sum(
        trace.mean_operations(layer.name)
        for layer in trace.layers
        if layer.post == population and not layer.host_macs
    )


def write_updates(writer: BillWriter, layer: str, did: CoreUpdates, card: Card) -> None:
    """Charge updates: E_update · all, and those that fire E_active in its place where it is known.

    Parameters
    ----------
    writer : BillWriter
    layer : str
        The row of the price.
    did : CoreUpdates
    card : Card
    """
    row, grows = ("snn", layer, "neuron updates"), did.rule.grows_with_spikes
    writer.charge(*row, did.number, UPDATE, by_spikes=grows)
    if ACTIVE_UPDATE in card.values:
        writer.charge(*row, did.active, ACTIVE_UPDATE, by_spikes=True)
        writer.charge(*row, -did.active, UPDATE, by_spikes=True)
