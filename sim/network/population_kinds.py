"""Kinds of populations: what its neurons are there for."""

from __future__ import annotations

from .named import Named, by_name


class PopulationKind(Named):
    """What the neurons of a population are there for.

    Facts: `is_input`, `is_readout`, `compares` (a max pool), `fires` (sends spikes).
    """

    is_input = False
    is_readout = False
    compares = False

    @property
    def fires(self) -> bool:
        """Whether its neurons may send spikes: all but those of a read-out."""
        return not self.is_readout


class Input(PopulationKind):
    """Turns pixels into spikes, as the network's input code says."""

    name = "input"
    is_input = True


class IntegrateAndFire(PopulationKind):
    """Adds what arrives, fires at the threshold."""

    name = "integrate_and_fire"


class MaxPool(PopulationKind):
    """Fires when the largest cumulative count of its window rises."""

    name = "max_pool"
    compares = True


class Readout(PopulationKind):
    """Adds what arrives, and never fires."""

    name = "readout"
    is_readout = True


POPULATION_KINDS: dict[str, PopulationKind] = by_name(
    (Input(), IntegrateAndFire(), MaxPool(), Readout())
)
