"""Placement: populations in order onto cores, each core filled up before the next is begun.

An axon is one pre neuron that a core listens to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, prod

from ...sim.trace.blueprint import Blueprint
from ...sim.trace.layer_summary import LayerSummary
from ..cards.card import Card
from .filling import FedPopulation


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


class TooFewAxonsError(Exception):
    """The first neuron of a population has more inputs than an empty core has axons.

    Parameters
    ----------
    population : str
    needed : int
        Axons of its inputs.
    """

    def __init__(self, population: str, needed: int):
        super().__init__(population, needed)
        self.population = population
        self.needed = needed


class Placement:
    """A network that is to be placed; what does not depend on the size of a core is kept.

    Parameters
    ----------
    blueprint : Blueprint
    signs_per_axon : int
        1 where weights of both signs need two axons.
    """

    def __init__(self, blueprint: Blueprint, signs_per_axon: int = 2):
        self.blueprint = blueprint
        self.copies = axon_copies(blueprint, signs_per_axon)
        self.incoming = layers_on_cores(blueprint)
        self.populations = placed_populations(blueprint)
        self._fed: dict[str, FedPopulation] = {}

    @property
    def neurons(self) -> int:
        """Neurons that are placed."""
        return sum(self.blueprint.neurons[name] for name in self.populations)

    @property
    def compares(self) -> bool:
        """Whether a layer compares its inputs, which no core does."""
        return any(layer.kind.compares for layer in self.blueprint.layers)

    @property
    def widest(self) -> int:
        """Axons that the inputs of one neuron take, of the neuron with the most."""
        feeding = self.incoming.values()
        needed = [sum(self.axons_of_a_neuron(layer) for layer in layers) for layers in feeding]
        return max(needed, default=0)

    def axons_of_a_neuron(self, layer: LayerSummary) -> int:
        """Axons that one post neuron of a layer listens to at most."""
        return ceil(layer.fan_in * self.copies[layer.name])

    def onto(self, neurons: int, axons: int, most: int | None = None) -> list[Core] | None:
        """The cores, each of `neurons` and `axons`.

        Parameters
        ----------
        neurons, axons : int
            Of one core.
        most : int, optional
            Cores; where more are needed, the answer is None.

        Raises
        ------
        TooFewAxonsError
            One neuron has more inputs than a core has axons.
        """
        if most is not None and self.neurons > most * neurons:
            return None
        cores = [Core()]
        for population in self.populations:
            fed = self._of(population)
            first, size = 0, self.blueprint.neurons[population]
            while first < size:
                core = cores[-1]
                last = min(size, first + neurons - core.neurons)
                end, used = fed.longest_run(first, last, core.axons, axons)
                if end > first:
                    core.residents.append((population, first, end))
                    core.axons = used
                    first = end
                    continue
                if not core.residents:
                    raise TooFewAxonsError(population, fed.all_axons)
                if len(cores) == most:
                    return None
                cores.append(Core())
        return cores

    def _of(self, population: str) -> FedPopulation:
        """The population with what feeds it; fields are made when they are first needed."""
        if population not in self._fed:
            self._fed[population] = FedPopulation(self.incoming[population], self.copies)
        return self._fed[population]


def axon_copies(blueprint: Blueprint, signs_per_axon: int) -> dict[str, float]:
    """Layer -> axons per pre neuron.

    With one sign per axon, an axon with weights of both signs becomes two, and each of its events
    is swept twice.
    """
    if signs_per_axon != 1:
        return {layer.name: 1.0 for layer in blueprint.layers}
    return {layer.name: 1 + layer.mixed_axons / prod(layer.pre_shape) for layer in blueprint.layers}


def layers_on_cores(blueprint: Blueprint) -> dict[str, list[LayerSummary]]:
    """Population -> layers that feed it; without those that a host computes."""
    incoming: dict[str, list[LayerSummary]] = {name: [] for name in blueprint.neurons}
    for layer in blueprint.layers:
        if not layer.host_macs:
            incoming[layer.post].append(layer)
    return incoming


def placed_populations(blueprint: Blueprint) -> list[str]:
    """Populations whose neurons are on the cores.

    Not those whose events come from outside, or whose values come from the host.
    """
    input_code = blueprint.settings.input_code
    if not (input_code.encoded or input_code.analog):
        return list(blueprint.neurons)
    fed = {layer.post for layer in blueprint.layers}
    return [name for name in blueprint.neurons if name in fed]


def placement_for(blueprint: Blueprint, card: Card) -> Placement:
    """`blueprint` as it is placed on cores of `card`."""
    return Placement(blueprint, card.limits["signs_per_axon"])
