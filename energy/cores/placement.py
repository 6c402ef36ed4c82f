"""Placement: populations in order onto cores, each core filled up before the next is begun.

An axon is one pre neuron that a core listens to. Within one core the axons grow with each neuron
that is added, so the longest run that fits is found by counting which inputs are new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, prod

import numpy as np

from ...sim.network.connection_kinds import Dense
from ...sim.trace.blueprint import Blueprint
from ...sim.trace.layer_summary import LayerSummary
from ..cards.card import Card
from .receptive_field import OUTSIDE, ReceptiveField, receptive_field

SEEN_AT_ONCE = 4096  # neurons whose inputs are looked at together, where a core is large


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


class FedPopulation:
    """What feeds one population, pre population by pre population.

    Parameters
    ----------
    feeding : sequence of LayerSummary
        Layers into it.
    copies : mapping of float
        Layer -> axons per pre neuron.
    """

    def __init__(self, feeding: Sequence[LayerSummary], copies: Mapping[str, float]):
        self.all_axons = sum(_axons_of_all(layer, copies) for layer in feeding)
        # One population feeds all: an axon that is already listened to is shared.
        self.shared = all(isinstance(layer.kind, Dense) for layer in feeding)
        self.most = {layer.pre: _axons_of_all(layer, copies) for layer in feeding}
        self.copies = {layer.pre: copies[layer.name] for layer in feeding}
        self._layers: dict[str, list[LayerSummary]] = {}
        for layer in feeding:
            self._layers.setdefault(layer.pre, []).append(layer)
        self._fields: dict[str, _Heard] = {}

    def longest_run(
        self, first: int, last: int, axons: dict[str, int], limit: int
    ) -> tuple[int, dict[str, int]]:
        """The longest run of neurons from `first` whose axons fit beside those in use.

        Returns
        -------
        end : int
            The neuron after the last of the run, at most `last`.
        axons : dict of int
            The axons then in use.
        """
        if self.shared:
            wanted = {**axons, **self.most}
            if last > first and sum(wanted.values()) <= limit:
                return last, wanted
            return first, axons

        end, used, before = first, axons, {}
        heard = self._heard()
        for each in heard.values():
            each.forget()
        for start in range(first, last, SEEN_AT_ONCE):
            stop = min(start + SEEN_AT_ONCE, last)
            counts = {
                pre: before.get(pre, 0) + each.new(start, stop) for pre, each in heard.items()
            }
            fitting, used = self._fitting(counts, axons, limit, used)
            end = start + fitting
            if end < stop:
                break
            before = {pre: int(count[-1]) for pre, count in counts.items()}
        return end, used

    def _fitting(
        self,
        counts: dict[str, np.ndarray],
        axons: dict[str, int],
        limit: int,
        used: dict[str, int],
    ) -> tuple[int, dict[str, int]]:
        """How many of the neurons fit whose inputs, with those before, are `counts`.

        Axons that other residents use are not assumed to be the same ones.
        """
        wanted = {}
        for pre, count in counts.items():
            more = np.ceil(count * self.copies[pre]).astype(np.int64)
            wanted[pre] = np.minimum(axons.get(pre, 0) + more, self.most[pre])
        others = sum(number for pre, number in axons.items() if pre not in wanted)
        total = sum(wanted.values()) + others
        fitting = int(np.searchsorted(total, limit, side="right"))
        if fitting == 0:
            return 0, used
        return fitting, {**axons, **{pre: int(each[fitting - 1]) for pre, each in wanted.items()}}

    def _heard(self) -> dict[str, _Heard]:
        if not self._fields:
            self._fields = {pre: _Heard(layers) for pre, layers in self._layers.items()}
        return self._fields


class _Heard:
    """Which neurons of one pre population were heard by a run of neurons so far.

    Parameters
    ----------
    layers : list of LayerSummary
        From that population; where they are several, inputs that both hear count once.
    """

    def __init__(self, layers: list[LayerSummary]):
        self.fields: list[ReceptiveField] = [receptive_field(layer) for layer in layers]
        self.alone = len(layers) == 1
        self.weight = self.fields[0].weight if self.alone else 1
        size = prod(layers[0].pre_shape)
        self.first_heard = np.full(size // self.weight, OUTSIDE, np.int64)

    def forget(self) -> None:
        """Nothing was heard."""
        self.first_heard[:] = OUTSIDE

    def new(self, first: int, last: int) -> np.ndarray:
        """(neurons,) inputs that were not heard before, up to each of the neurons of a run."""
        if self.alone:
            (field,) = self.fields
            begin = first // field.together
            end = (last - 1) // field.together + 1
            units = field.units(begin, end)
        else:
            begin, end = first, last
            units = np.concatenate([field.inputs(first, last) for field in self.fields], axis=1)

        counts = self._count(units) * self.weight
        if not self.alone:
            return counts
        neuron = np.arange(first, last)
        return counts[neuron // self.fields[0].together - begin]

    def _count(self, units: np.ndarray) -> np.ndarray:
        """(groups,) units heard for the first time, up to each group."""
        group, tap = np.nonzero(units != OUTSIDE)
        unit = units[group, tap]
        fresh = self.first_heard[unit] == OUTSIDE
        group, unit = group[fresh], unit[fresh]

        # The last writer stays: written backwards, that is the first group that hears a unit.
        self.first_heard[unit[::-1]] = np.arange(len(unit))[::-1]
        firsts = self.first_heard[unit] == np.arange(len(unit))
        per_group = np.bincount(group[firsts], minlength=len(units))
        return np.cumsum(per_group)


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


def _axons_of_all(layer: LayerSummary, copies: Mapping[str, float]) -> int:
    """Axons that listen to the whole pre population."""
    return ceil(prod(layer.pre_shape) * copies[layer.name])
