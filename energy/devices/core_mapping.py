"""Mapping: which neurons sit on which core, and which events each core has to sweep."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, prod
from typing import Any

import numpy as np

from ...sim.network.connection_kinds import Dense
from ...sim.trace.layer_summary import LayerSummary
from ...sim.trace.trace import Trace
from ..cards.card import Card, Quantity
from ..footprint import Footprint
from .core_area import area_m2, footprint_of
from .receptive_field import mark_inputs
from .what_fits import (
    CORE_LAWS,
    LAYER_LAWS,
    FeedingLayers,
    inputs_fit_an_empty_core,
    raise_first,
)

WORD_BITS = 32  # of the port that loads the weights


@dataclass
class Core:
    """One core while it is filled.

    Parameters
    ----------
    residents : list of tuple
        (population, first neuron, neuron after the last).
    axons : dict of int
        Pre population -> number of axons used.
    """

    residents: list[tuple[str, int, int]] = field(default_factory=list)
    axons: dict[str, int] = field(default_factory=dict)

    @property
    def neurons(self) -> int:
        """Neurons in use."""
        return sum(last - first for _, first, last in self.residents)

    @property
    def axons_used(self) -> int:
        """Axons in use."""
        return sum(self.axons.values())


@dataclass(frozen=True)
class Mapping:
    """Cores in use, and the geometry that they were filled to."""

    cores: tuple[Core, ...]
    neurons_per_core: int
    axons_per_core: int
    weight_bits: int

    @property
    def neurons(self) -> int:
        """Neurons in use."""
        return sum(core.neurons for core in self.cores)

    @property
    def axons(self) -> int:
        """Axons in use."""
        return sum(core.axons_used for core in self.cores)

    @property
    def memory_bits(self) -> int:
        """Synapse memory of all cores, which is loaded once."""
        return len(self.cores) * self.neurons_per_core * self.axons_per_core * self.weight_bits

    def describe(self) -> str:
        """One line: cores and how full they are."""
        n = len(self.cores)
        return (
            f"{n} core{'s' if n > 1 else ''}; "
            f"{self.neurons} of {n * self.neurons_per_core} neurons and "
            f"{self.axons} of {n * self.axons_per_core} axons used"
        )

    def footprint(self, card: Card) -> Footprint:
        """Cores, their area with its range, and their memory."""
        return footprint_of(card, len(self.cores))

    def area_m2(self, card: Card) -> Quantity:
        """Area of all cores; see `core_area.area_m2`."""
        return area_m2(card, len(self.cores))

    def loading(self, card: Card) -> str:
        """One line: what it takes to load the weights once, in words of 32 bits, and the area."""
        words = self.memory_bits / WORD_BITS
        energy_j = words * card["energy_per_neuron_access_j"].value

        # The cores are loaded at the same time, each word by word.
        words_per_core = words / len(self.cores)
        cycles = words_per_core * card["cycles_per_neuron_access"].value
        seconds = cycles / card["clock_hz"].value

        kib = self.memory_bits / 8 / 1024
        area_mm2 = self.area_m2(card).scaled(1e6)
        return (
            f"loading {kib:,.0f} KiB of weights once (not included): "
            f"about {energy_j * 1e6:.2g} µJ and {seconds * 1e3:.2g} ms; "
            f"area {area_mm2.value:.3g} mm² ({area_mm2.low:.3g} to {area_mm2.high:.3g})."
        )


def map_network(trace: Trace, card: Card, hosted: bool = False) -> Mapping:
    """Place the populations in order, each core filled up before the next is begun.

    An axon is one pre neuron that the core listens to. Input neurons integrate their pixel and
    need no axon; the events of an encoder come from outside and need no neuron.

    Parameters
    ----------
    trace : Trace
    card : Card
        Of a neuromorphic core.
    hosted : bool, default False
        Whether a host beside the core multiplies an analog first layer.

    Raises
    ------
    DoesNotFitError
        Weights too wide, a firing rule that the core lacks, or one neuron with more inputs than a
        core has axons.
    """
    raise_first(law(trace, card, hosted) for law in CORE_LAWS)

    copies = axon_copies(trace, card)
    incoming = layers_on_cores(trace)
    for layer in trace.layers:
        if not layer.host_macs:
            fed = FeedingLayers(layer, incoming[layer.post], copies)
            raise_first(law(fed, card) for law in LAYER_LAWS)

    cores = [Core()]
    for population in placed_populations(trace):
        _place(cores, population, trace.neurons[population], incoming[population], card, copies)
    return Mapping(
        cores=tuple(cores),
        neurons_per_core=card.limits["neurons_per_core"],
        axons_per_core=card.limits["axons_per_core"],
        weight_bits=card.limits["weight_bits"],
    )


def core_table(mapping: Mapping) -> list[dict[str, Any]]:
    """One row per core: who lives there, neurons and axons in use and their share."""
    return [
        {
            "core": i,
            "neurons": core.neurons,
            "neurons_used": core.neurons / mapping.neurons_per_core,
            "axons": core.axons_used,
            "axons_used": core.axons_used / mapping.axons_per_core,
            "residents": ", ".join(f"{name}[{a}:{b}]" for name, a, b in core.residents),
        }
        for i, core in enumerate(mapping.cores)
    ]


# The steps of a mapping


def axon_copies(trace: Trace, card: Card) -> dict[str, float]:
    """Layer -> axons per pre neuron.

    With one sign per axon, an axon with weights of both signs becomes two, and each of its events
    is swept twice.
    """
    if card.limits["signs_per_axon"] != 1:
        return {layer.name: 1.0 for layer in trace.layers}
    return {layer.name: 1 + layer.mixed_axons / prod(layer.pre_shape) for layer in trace.layers}


def layers_on_cores(trace: Trace) -> dict[str, list[LayerSummary]]:
    """Population -> layers that feed it; without those that a host computes."""
    incoming: dict[str, list[LayerSummary]] = {name: [] for name in trace.neurons}
    for layer in trace.layers:
        if not layer.host_macs:
            incoming[layer.post].append(layer)
    return incoming


def placed_populations(trace: Trace) -> list[str]:
    """Populations whose neurons are on the cores.

    Not those whose events come from outside, or whose values come from the host.
    """
    input_code = trace.settings.input_code
    if not (input_code.encoded or input_code.analog):
        return list(trace.neurons)
    fed = {layer.post for layer in trace.layers}
    return [name for name in trace.neurons if name in fed]


def _place(
    cores: list[Core],
    population: str,
    size: int,
    feeding: Sequence[LayerSummary],
    card: Card,
    copies: Map[str, float],
) -> None:
    """Put the neurons of one population on the last core, and on new ones as each is full."""
    neurons_limit = card.limits["neurons_per_core"]
    axons_limit = card.limits["axons_per_core"]
    first = 0
    while first < size:
        core = cores[-1]
        room = neurons_limit - core.neurons
        last, axons = _longest_run(
            feeding,
            first,
            min(size, first + room),
            core.axons,
            axons_limit,
            copies,
        )
        if last > first:
            core.residents.append((population, first, last))
            core.axons = axons
            first = last
        elif core.residents:
            cores.append(Core())
        else:
            needed = sum(_axons_of_all(layer, copies) for layer in feeding)
            raise inputs_fit_an_empty_core(population, needed, card).error


def _longest_run(
    feeding: Sequence[LayerSummary],
    first: int,
    last: int,
    axons: dict[str, int],
    limit: int,
    copies: Map[str, float],
) -> tuple[int, dict[str, int]]:
    """The longest run of neurons from `first` whose axons fit beside those in use.

    Returns
    -------
    end : int
        The neuron after the last of the run, at most `last`.
    axons : dict of int
        The axons then in use.
    """
    if all(isinstance(layer.kind, Dense) for layer in feeding):
        # One population feeds all: an axon that is already listened to is shared.
        wanted = dict(axons)
        for layer in feeding:
            wanted[layer.pre] = _axons_of_all(layer, copies)
        if last > first and sum(wanted.values()) <= limit:
            return last, wanted
        return first, axons

    heard = {layer.pre: np.zeros(layer.pre_shape, bool) for layer in feeding}
    doubled = {layer.pre: copies[layer.name] for layer in feeding}
    used, end = axons, first
    for neuron in range(first, last):
        for layer in feeding:
            mark_inputs(layer.kind, layer, neuron, heard[layer.pre])

        wanted = {**axons, **_axons_of(heard, doubled, axons)}
        if sum(wanted.values()) > limit:
            break
        used, end = wanted, neuron + 1
    return end, used


def _axons_of_all(layer: LayerSummary, copies: Map[str, float]) -> int:
    """Axons that listen to the whole pre population."""
    return ceil(prod(layer.pre_shape) * copies[layer.name])


def _axons_of(
    heard: Map[str, np.ndarray], doubled: Map[str, float], in_use: Map[str, int]
) -> dict[str, int]:
    """Pre population -> axons, where `heard` are needed beside those in use.

    Axons that other residents use are not assumed to be the same ones.
    """
    wanted = {}
    for pre, mask in heard.items():
        copies = doubled[pre]
        more = ceil(int(mask.sum()) * copies)
        most = ceil(mask.size * copies)
        wanted[pre] = min(in_use.get(pre, 0) + more, most)
    return wanted
