"""Mapping: which neurons sit on which core, and which events each core has to sweep."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from ....sim.trace.blueprint import Blueprint
from ...cards.cacti import NEURON_WORD_BYTES
from ...cards.card import Card, Quantity
from ...cores.area import area_m2, footprint_of
from ...cores.nearest_geometry import NearestGeometry
from ...cores.placement import Core, Placement, TooFewAxonsError, placement_for
from ...footprint import Footprint
from ..what_fits import (
    CORE_LAWS,
    LAYER_LAWS,
    FeedingLayers,
    Misfit,
    cores_are_few_enough,
    inputs_fit_an_empty_core,
    raise_first,
)

WORD_BITS = 32  # of the port that loads the weights


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
    def used_bytes(self) -> int:
        """Memory in use: rows and columns of synapses that have both, and words of neurons."""
        synapses = sum(core.neurons * core.axons_used for core in self.cores)
        return ceil(synapses * self.weight_bits / 8) + self.neurons * NEURON_WORD_BYTES

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
        """Area of all cores; see `cores.area.area_m2`."""
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


def map_network(
    blueprint: Blueprint, card: Card, hosted: bool = False, max_cores: int | None = None
) -> Mapping:
    """Place the populations in order, each core filled up before the next is begun.

    An axon is one pre neuron that the core listens to. Input neurons integrate their pixel and
    need no axon; the events of an encoder come from outside and need no neuron.

    Parameters
    ----------
    blueprint : Blueprint
        A trace, or the plan of a network that has not run.
    card : Card
        Of a neuromorphic core.
    hosted : bool, default False
        Whether a host beside the core multiplies an analog first layer.
    max_cores : int, optional
        Cores that the network may take; by default as many as it takes.

    Raises
    ------
    DoesNotFitError
        Weights too wide, a firing rule that the core lacks, one neuron with more inputs than a
        core has axons, or more cores than it may take. Where another geometry of the parametric
        core would do, the error names it.
    """
    attempt = try_to_map(blueprint, card, hosted, max_cores)
    raise_first(attempt.misfits)
    assert attempt.mapping is not None
    return attempt.mapping


@dataclass(frozen=True, eq=False)
class Attempt:
    """What came of an attempt to map a network.

    Parameters
    ----------
    mapping : Mapping or None
        On as many cores as it takes, also where these are too many; None where no core takes it.
    misfits : tuple of Misfit
        The laws that it breaks, the most telling first; none where it fits.
    nearest : NearestGeometry
        A search for what would hold it.
    """

    mapping: Mapping | None
    misfits: tuple[Misfit, ...]
    nearest: NearestGeometry


def try_to_map(
    blueprint: Blueprint, card: Card, hosted: bool = False, max_cores: int | None = None
) -> Attempt:
    """As `map_network`, with every law that is broken in place of an error."""
    placement = placement_for(blueprint, card)
    nearest = NearestGeometry(placement, card, max_cores)
    misfits = [law(blueprint, card, hosted) for law in CORE_LAWS]
    for layer in blueprint.layers:
        if not layer.host_macs:
            feeding = placement.incoming[layer.post]
            fed = FeedingLayers(layer, feeding, placement.copies, nearest)
            misfits += [law(fed, card) for law in LAYER_LAWS]

    mapping = None
    if not any(misfits):
        mapping, misfit = _placed(placement, card, max_cores, nearest)
        misfits.append(misfit)
    return Attempt(mapping, tuple(misfit for misfit in misfits if misfit), nearest)


def _placed(
    placement: Placement, card: Card, max_cores: int | None, nearest: NearestGeometry
) -> tuple[Mapping | None, Misfit | None]:
    """The cores, and what speaks against them."""
    neurons, axons = card.limits["neurons_per_core"], card.limits["axons_per_core"]
    try:
        cores = placement.onto(neurons, axons)
    except TooFewAxonsError as few:
        return None, inputs_fit_an_empty_core(few.population, few.needed, card, nearest)

    assert cores is not None  # as many as it takes
    mapping = Mapping(tuple(cores), neurons, axons, card.limits["weight_bits"])
    return mapping, cores_are_few_enough(len(cores), max_cores, card, nearest)


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
