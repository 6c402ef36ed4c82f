"""Placing counts: on which cores the neurons of each layer sit.

A layer takes as many cores as its counts say, its neurons spread evenly; else cores are filled one
after the other, as those of a trace are. Inputs take none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from ....errors import SpikewattError
from ....sim.counts.counts import Counts, LayerCounts
from ...cards.card import Card
from ...cards.neuromorphic.timing import timing_in
from ..core.count import chips_for
from ..what_fits import Misfit, cores_are_there, raise_first

ROUNDING = 1e-9


@dataclass(frozen=True)
class LikeCores:
    """Cores that hold the same.

    Parameters
    ----------
    number : int
        Of such cores.
    neurons : mapping of float
        Layer -> its neurons on one of them.
    """

    number: int
    neurons: Mapping[str, float]


@dataclass(frozen=True)
class Placed:
    """A network on its cores.

    Parameters
    ----------
    groups : tuple of LikeCores
        In the order of the cores.
    neurons_per_core : int
        That a core has room for.
    chips : int
        Chips in use.
    """

    groups: tuple[LikeCores, ...]
    neurons_per_core: int
    chips: int

    @property
    def cores(self) -> int:
        """Cores in use."""
        return sum(group.number for group in self.groups)

    @property
    def neurons(self) -> float:
        """Neurons in use."""
        return sum(group.number * sum(group.neurons.values()) for group in self.groups)

    def cores_of(self, layer: str) -> int:
        """Cores that hold a part of a layer; none of an input."""
        return sum(group.number for group in self.holding(layer))

    def holding(self, layer: str) -> list[LikeCores]:
        """Cores that hold a part of a layer."""
        return self._holding.get(layer, [])

    @cached_property
    def _holding(self) -> dict[str, list[LikeCores]]:
        found: dict[str, list[LikeCores]] = {}
        for group in self.groups:
            for layer in group.neurons:
                found.setdefault(layer, []).append(group)
        return found

    def describe(self) -> str:
        """One line: cores, chips, and how full they are."""
        cores, chips = self.cores, self.chips
        on_chips = f" on {chips:,} chip{'s' if chips > 1 else ''}"
        return (
            f"{cores:,} core{'s' if cores > 1 else ''}{on_chips}; {self.neurons:,.0f} of "
            f"{cores * self.neurons_per_core:,} neurons used"
        )


def place(counts: Counts, card: Card, max_cores: int | None = None) -> Placed:
    """Put the layers on cores, in their order.

    Parameters
    ----------
    counts : Counts
    card : Card
        Of a neuromorphic core.
    max_cores : int, optional
        Cores that it may take; by default as many as it takes.

    Raises
    ------
    SpikewattError
        No layer that takes cores.
    DoesNotFitError
        A layer has more neurons than its cores have room for, or inputs than a core has axons; more
        cores than there are.
    """
    filling, inputs = _Filling(card), inputs_of_neurons(counts)
    for layer in counts.layers:
        if not layer.is_input:
            filling.add(layer, sum(inputs[layer.name].values()))
    if not filling.groups:
        law = "must have a layer that is no input"
        raise SpikewattError("Counts.layers", law, ", ".join(one.name for one in counts.layers))

    cores = sum(group.number for group in filling.groups)
    raise_first([cores_are_there(cores, card), _few_enough(cores, max_cores, card)])
    return Placed(tuple(filling.groups), card.limits["neurons_per_core"], chips_for(cores, card))


class _Filling:
    """Cores while they are filled."""

    def __init__(self, card: Card):
        self.card = card
        self.size = card.limits["neurons_per_core"]
        self.axons = card.limits.get("axons_per_core")
        self.shares = bool(card.limit("layers_share_cores"))
        self.groups: list[LikeCores] = []
        self.free = 0  # neurons that the last core has room for
        self.free_axons = 0

    def add(self, layer: LayerCounts, inputs: int) -> None:
        """Put one layer after the others; `inputs` are the axons that it needs on each core."""
        if self.axons is not None and inputs > self.axons:
            law = f"a neuron has at most {self.axons} inputs (axons_per_core)"
            there = f"<= {self.axons}"
            if not timing_in(self.card.about).counts_cycles:
                there += "; a card without this limit, if its tool chain splits inputs"
            raise self._misfit(layer, law, inputs, there).error
        if layer.cores is not None:
            self._spread(layer, layer.cores)
            return

        left = layer.neurons
        if self.shares and self.free and (self.axons is None or inputs <= self.free_axons):
            left -= self._begin_in_the_last_core(layer)
            self.free_axons -= inputs
        whole, rest = divmod(left, self.size)
        for number, neurons in ((whole, self.size), (1, rest)):
            if number and neurons:
                self.groups.append(LikeCores(number, {layer.name: neurons}))
                self.free = self.size - neurons
                self.free_axons = (self.axons or 0) - inputs

    def _begin_in_the_last_core(self, layer: LayerCounts) -> int:
        """Fill what is free; returns the neurons that found room."""
        last = self.groups.pop()
        if last.number > 1:
            self.groups.append(LikeCores(last.number - 1, last.neurons))
        neurons = min(self.free, layer.neurons)
        self.groups.append(LikeCores(1, {**last.neurons, layer.name: neurons}))
        self.free -= neurons
        return neurons

    def _spread(self, layer: LayerCounts, cores: int) -> None:
        """Over as many cores as the counts say, which nobody shares."""
        if not cores <= layer.neurons <= cores * self.size:
            law = f"its neurons fit its cores, {self.size:,} each (neurons_per_core)"
            allowed = f"{cores:,}..{cores * self.size:,}, or other cores"
            raise self._misfit(layer, law, f"{layer.neurons:,} on {cores:,} cores", allowed).error
        self.groups.append(LikeCores(cores, {layer.name: layer.neurons / cores}))
        self.free = 0

    def _misfit(self, layer: LayerCounts, law: str, needed: object, there: object) -> Misfit:
        where = f"device {self.card.name!r}: layer {layer.name!r}"
        return Misfit(where, law, needed, there, of_size=True)


def inputs_of_neurons(counts: Counts) -> dict[str, dict[str, int]]:
    """Layer -> layer that it hears -> axons of it that a neuron hears, on average.

    Of a dense layer they are all; a last layer with a fan-out hears itself.
    """
    inputs: dict[str, dict[str, int]] = {layer.name: {} for layer in counts.layers}
    for pre in counts.layers:
        post = counts.heard_by(pre)
        if post is not None:
            synapses = min(pre.neurons * pre.fan_out, pre.neurons * post.neurons)
            inputs[post.name][pre.name] = ceil(synapses / post.neurons * (1 - ROUNDING))
    return inputs


def _few_enough(cores: int, max_cores: int | None, card: Card) -> Misfit | None:
    """The network takes no more cores than it may."""
    if max_cores is None or cores <= max_cores:
        return None
    plural = "" if max_cores == 1 else "s"
    return Misfit(
        f"device {card.name!r}",
        f"the network fits on {max_cores:,} core{plural} (max_cores)",
        f"{cores:,} cores",
        f"max_cores >= {cores}",
        of_size=True,
    )
