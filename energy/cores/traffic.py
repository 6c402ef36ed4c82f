"""Traffic: which events a mapped network sends from core to core, population by population.

A core hears certain neurons of a population; these lie on certain cores. Spikes are taken as
spread evenly over the neurons of a population.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...sim.trace.blueprint import Blueprint
from ...sim.trace.layer_summary import LayerSummary
from .mesh import OUTSIDE_CORE, Flow
from .placement import Core, layers_on_cores
from .receptive_field import OUTSIDE, ReceptiveField, receptive_field


@dataclass(frozen=True, eq=False)
class Homes:
    """On which cores the neurons of one population live.

    Parameters
    ----------
    cores : ndarray of int, (parts,)
        In the order of the neurons.
    ends : ndarray of int, (parts,)
        The neuron after the last on each.
    """

    cores: np.ndarray
    ends: np.ndarray


def traffic(blueprint: Blueprint, cores: Sequence[Core]) -> dict[str, Flow]:
    """Population -> events from core to core for one of its spikes, those on its own core left out.

    Parameters
    ----------
    blueprint : Blueprint
    cores : sequence of Core
        The network on them; the axons of each say how often it hears a spike.
    """
    homes = homes_of(cores)
    outside = Homes(np.array([OUTSIDE_CORE]), np.array([2**62]))
    incoming = layers_on_cores(blueprint)
    fields: dict[str, ReceptiveField] = {}

    found: dict[str, list[tuple[int, np.ndarray, np.ndarray]]] = {}
    for number, core in enumerate(cores):
        for pre, heard in _heard(core, incoming, fields).items():
            sources, counts = _by_home(heard, homes.get(pre, outside))
            # Axons may be more than the neurons heard: doubled, or heard by several residents.
            share = core.axons[pre] / blueprint.neurons[pre] / max(counts.sum(), 1)
            found.setdefault(pre, []).append((number, sources, counts * share))
    return {pre: _flow(parts) for pre, parts in found.items()}


def homes_of(cores: Sequence[Core]) -> dict[str, Homes]:
    """Population -> where its neurons live."""
    parts: dict[str, list[tuple[int, int]]] = {}
    for number, core in enumerate(cores):
        for population, _, last in core.residents:
            parts.setdefault(population, []).append((number, last))
    return {
        population: Homes(*(np.array(column) for column in zip(*places, strict=True)))
        for population, places in parts.items()
    }


def _heard(
    core: Core, incoming: Mapping[str, Sequence[LayerSummary]], fields: dict[str, ReceptiveField]
) -> dict[str, list[tuple[np.ndarray, int]]]:
    """Pre population -> units that the residents of a core hear, and neurons in each unit."""
    heard: dict[str, list[tuple[np.ndarray, int]]] = {}
    for population, first, last in core.residents:
        for layer in incoming[population]:
            if layer.name not in fields:
                fields[layer.name] = receptive_field(layer)
            field = fields[layer.name]
            units = np.unique(
                field.units(first // field.together, (last - 1) // field.together + 1)
            )
            heard.setdefault(layer.pre, []).append((units[units != OUTSIDE], field.weight))
    return heard


def _by_home(
    heard: Sequence[tuple[np.ndarray, int]], homes: Homes
) -> tuple[np.ndarray, np.ndarray]:
    """Cores where heard neurons live, and how many on each."""
    below = np.zeros(len(homes.ends))
    for units, weight in heard:
        whole, part = np.divmod(homes.ends, weight)
        place = np.searchsorted(units, whole)
        cut = place < len(units)
        cut[cut] = units[place[cut]] == whole[cut]
        below += place * weight + np.where(cut, part, 0)
    counts = np.diff(below, prepend=0)
    return homes.cores[counts > 0], counts[counts > 0]


def _flow(parts: Sequence[tuple[int, np.ndarray, np.ndarray]]) -> Flow:
    """The events of all listeners, without those that stay on their core."""
    source = np.concatenate([sources for _, sources, _ in parts])
    target = np.concatenate([np.full(len(sources), number) for number, sources, _ in parts])
    events = np.concatenate([shares for _, _, shares in parts])
    moves = source != target
    return Flow(source[moves], target[moves], events[moves])
