"""The walk through a NIR graph: its neurons in order, and what lies between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .connection_nodes import POOLS, READERS
from .nodes import refused

NEURONS = ("IF", "I", "Input")  # where a path begins
ENDS = (*NEURONS, "Output")
SUPPORTED = (*ENDS, *READERS, *POOLS, "Flatten")


@dataclass
class Route:
    """What lies between two neurons.

    Parameters
    ----------
    source : str
        Name of the neuron that it comes from.
    nodes : list of (name, node)
        On the way, the first first.
    """

    source: str
    nodes: list[tuple[str, Any]] = field(default_factory=list)


class Graph:
    """A NIR graph whose nodes are all of known types.

    Parameters
    ----------
    path : Path
        Of its file, for errors.
    graph : nir.NIRGraph
        As the package read it.

    Raises
    ------
    SpikewattError : a node that a SpikingNetwork cannot express.
    """

    def __init__(self, path: Path, graph):
        self.path, self.nodes = path, graph.nodes
        self.before = {name: [a for a, b in graph.edges if b == name] for name in self.nodes}

        for name in self.nodes:
            if self.type_of(name) not in SUPPORTED:
                raise refused(
                    where=self.where(name),
                    law="must be a node that a SpikingNetwork can express",
                    got=self.type_of(name),
                    allowed=", ".join(SUPPORTED),
                )

    def where(self, name: str) -> str:
        """The node `name` of the file, for errors."""
        return f"{self.path}: node {name!r}"

    def type_of(self, name: str) -> str:
        """Type of a node: ``IF``, ``Conv2d`` …"""
        return type(self.nodes[name]).__name__

    def routes(self, name: str) -> list[Route]:
        """The ways into a neuron or an output."""
        return [self._route(previous) for previous in self.before[name]]

    def _route(self, name: str) -> Route:
        """The way that ends with the node `name`."""
        if self.type_of(name) in NEURONS:
            return Route(name)

        inner = self.routes(name)
        if len(inner) != 1:
            raise refused(
                where=self.where(name),
                law="a node with weights has one node in front of it",
                got=f"{len(inner)} nodes",
            )
        (route,) = inner
        return Route(route.source, [*route.nodes, (name, self.nodes[name])])

    def neurons(self) -> list[str]:
        """Input, IF, I and Output nodes in topological order, inputs first."""
        order: list[str] = []
        visiting: set[str] = set()

        def visit(name: str) -> None:
            if name in order:
                return
            if name in visiting:
                raise refused(
                    where=self.where(name),
                    law="a network without loops",
                    got="a loop",
                    allowed="feed-forward graphs",
                )

            visiting.add(name)
            for previous in self.before[name]:
                visit(previous)
            order.append(name)

        for name in self.nodes:
            visit(name)
        found = [name for name in order if self.type_of(name) in ENDS]
        return sorted(found, key=lambda name: self.type_of(name) != "Input")
