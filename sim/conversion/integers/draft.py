"""A network of integers in the making: its populations, connections and units so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...network.connection import Connection, ExecutedLayer
from ...network.connection_kinds import ConnectionKind
from ...network.geometry import Geometry
from ...network.population import Population, PopulationKind
from ...network.spiking_network import SpikingNetwork
from ..clip_rules import Clip
from ..graph.graph import Graph
from ..graph.live import live_macs
from ..graph.nodes import HalfNode, Node
from ..graph.terms import Term, TransposedTerm
from ..options import ConversionOptions

ZERO = np.asarray(0)
ONE = np.asarray(1)


@dataclass(eq=False)
class Draft:
    """A network in the making.

    Parameters
    ----------
    graph : Graph
        What was read.
    clips : mapping from name of a node to float or array (channels,)
        λ of every node that fires.
    options : ConversionOptions
        Bits, levels and code.
    calibration : list of array, (samples, *shape)
        One array per input.
    corrections : mapping from name of a node to array (channels,)
        What is added to its bias.
    populations : dict from name to Population
        So far.
    connections : list of Connection
        So far.
    units : dict from name to array, (channels,)
        Value of one spike of a population, or of one unit of a read-out's potential.
    counted : set of int
        Ids of the executed layers that a connection has.
    output_units : dict from name to float
        Value of one unit of each read-out.
    """

    graph: Graph
    clips: Mapping[str, Clip]
    options: ConversionOptions
    calibration: list[np.ndarray]
    corrections: Mapping[str, np.ndarray]
    populations: dict[str, Population] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    units: dict[str, np.ndarray] = field(default_factory=dict)
    counted: set[int] = field(default_factory=set)
    output_units: dict[str, float] = field(default_factory=dict)

    def network(self, *more: Population) -> SpikingNetwork:
        """The network of what is here so far, and `more` populations."""
        options = self.options
        populations = [*self.populations.values(), *more]
        return SpikingNetwork(
            tuple(sorted(populations, key=lambda p: not p.kind.is_input)),
            tuple(self.connections),
            options.spike_code,
            options.input_unit,
            self._output_unit(*more),
            options.weight_bits,
            self.graph.name,
            options.spike_input_code,
            options.input_levels if options.spike_input_code.doubles else 0,
        )

    def _output_unit(self, *more: Population) -> float | dict[str, float]:
        """Of the read-outs, and of `more`, which are there for their integers."""
        units = {population.name: 1.0 for population in more} | self.output_units
        return units or 1.0

    def add(self, population: Population, unit: np.ndarray) -> None:
        """Keep `population`, with the value of one of its spikes: `unit`, (channels,) or (1,)."""
        self.populations[population.name] = replace(population, unit=unit)
        channels = population.shape[-1]
        self.units[population.name] = np.broadcast_to(unit, (channels,))

    def add_repeating(
        self,
        node: Node,
        kind: PopulationKind,
        threshold: np.ndarray,
        start: np.ndarray,
    ) -> None:
        """Keep a population without weights: a spike is worth what one of its source is."""
        (term,) = node.terms
        levels = self.populations[term.source].levels
        population = Population(
            node.name,
            node.shape,
            kind,
            threshold,
            ZERO,
            start,
            levels,
        )
        self.add(population, self.units[term.source])

    def connect(
        self,
        term: Term,
        post: str,
        kind: ConnectionKind,
        weights: np.ndarray | None,
        geometry: Geometry | None = None,
    ) -> None:
        """Keep the connection that `term` becomes."""
        ends = (term.source, post)
        others = sum((c.pre, c.post) == ends for c in self.connections)
        connection = Connection(
            term.source,
            post,
            kind,
            weights,
            geometry,
            term.pooled,
            branch=others + 1,
            executed=self._executed(term, post),
        )
        self.connections.append(connection)

    def _executed(self, term: Term, post: str) -> tuple[ExecutedLayer, ...] | None:
        """What Keras executes for `term`: None where that is the connection as it stands.

        A layer with dead channels is named, so that its live operations are known. A layer that
        became several connections is counted with the first of them, and a copy by weights is not
        executed.
        """
        if not term.executed:
            second = bool({term.source, post} & self._second_halves)
            return () if term.kind.multiplies or second else None

        new = tuple(layer for layer in term.executed if id(layer) not in self.counted)
        self.counted |= {id(layer) for layer in new}
        one = len(term.executed) == len(new) == 1 and not isinstance(term, TransposedTerm)
        if one and new[0].macs == term.macs == self._live_macs[id(new[0])]:
            return None
        return tuple(replace(layer, live_macs=self._live_macs[id(layer)]) for layer in new)

    @cached_property
    def _live_macs(self) -> dict[int, int]:
        """Of each executed layer, by its id."""
        return live_macs(self.graph)

    @cached_property
    def _second_halves(self) -> set[str]:
        """Names of the nodes below zero of the pairs: what they do is counted with the other."""
        halves = [node for node in self.graph.nodes if isinstance(node, HalfNode)]
        return {node.name for node in halves if node.partner}

    def per_spike(self, term: Term) -> np.ndarray:
        """The weights of `term`, in value per spike instead of per value."""
        return term.with_unit(self.units[term.source])

    def bias_of(self, node: Node) -> np.ndarray:
        """(*shape) what is added to `node`, in the terms of Keras."""
        bias = node.bias
        for term in node.terms:
            if term.full_scale:
                bias = bias + self._full_scale(term).reshape(node.shape)
        bias = bias + self.corrections.get(node.name, 0.0)
        return np.broadcast_to(bias, node.shape)

    def _full_scale(self, term: Term) -> np.ndarray:
        """What `term` makes of the largest value of its source, which is everywhere."""
        levels = self.populations[term.source].levels
        everywhere = np.full((1, *term.shape), float(levels))
        per_spike = replace(term, weights=self.per_spike(term))
        return per_spike.apply(everywhere)[0]

    def free_name(self, name: str) -> str:
        """`name`, or with a number after it where a population has it."""
        taken = {node.name for node in self.graph.nodes} | set(self.populations)
        found = name
        number = 1

        while found in taken:
            number += 1
            found = f"{name}.{number}"

        return found
