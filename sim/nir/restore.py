"""A network that `to_nir` wrote, restored whole: what NIR leaves open stands in its metadata."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..network.codes import Rate
from ..network.connection import Connection
from ..network.input_codes import INPUT_CODES
from ..network.network_file import executed_layers
from ..network.population import POPULATION_KINDS, Population
from ..network.spiking_network import SpikingNetwork
from .graph import Graph, Route
from .link import read_link
from .nodes import Shape, on_shape, refused, shape_of_input, text_of

PORTABLE_STEP = 0.5  # by which thresholds are lower where v > θ has to say the same as v >= θ
SOURCE, SINK, POOL = ".source", ".sink", ".pool"  # suffixes of names that stand in the file only


def restore(graph: Graph, metadata: dict[str, Any]) -> SpikingNetwork:
    """The network that `to_nir` wrote.

    Parameters
    ----------
    graph : Graph
        As it stands in the file.
    metadata : dict
        Of the graph, as text and numbers.

    Raises
    ------
    SpikewattError : fields and metadata that contradict each other.
    """
    return _Restorer(graph, metadata).network()


class _Restorer:
    """Units are 1, and the integers are those of the file."""

    def __init__(self, graph: Graph, metadata: dict[str, Any]):
        self.graph, self.metadata = graph, metadata
        self.depthwise = frozenset(_lines(metadata.get("depthwise", "")))
        self.shapes: dict[str, Shape] = {}
        self.connections: dict[str, Connection] = {}

    def network(self) -> SpikingNetwork:
        """Populations in the order of the metadata, and the connections between them."""
        about = self.metadata
        populations = [self._population(name) for name in _lines(about["order"])]
        connections = [self.connections[name] for name in _lines(about["connections"])]
        return SpikingNetwork(
            populations=tuple(populations),
            connections=tuple(connections),
            code=Rate(),
            input_unit=float(about["input_unit"]),
            output_unit=float(about["output_unit"]),
            weight_bits=int(about["weight_bits"]),
            name=str(about["name"]),
            input_code=INPUT_CODES[str(about["input_code"])],
            largest_input=int(about.get("largest_input", 0)),
        )

    def _population(self, name: str) -> Population:
        node = self.graph.nodes[name]
        source = self.graph.nodes.get(f"{name}{SOURCE}", node)
        if type(source).__name__ == "Input":
            self.shapes[name] = shape_of_input(source)
        else:
            for route in self.graph.routes(name):
                self._connect(name, route)

        about = {key: text_of(value) for key, value in getattr(node, "metadata", {}).items()}
        return self._neurons(name, node, about) if about else self._given_input(name)

    def _given_input(self, name: str) -> Population:
        """An input that is given values or events."""
        none = np.asarray(0)
        return Population(
            name,
            self.shapes[name],
            POPULATION_KINDS["input"],
            threshold=np.asarray(int(self.metadata["input_levels"])),
            bias=none,
            initial_potential=none,
            levels=int(self.metadata[f"levels.{name}"]),
            unit=self.metadata.get(f"unit.{name}", 1.0),
        )

    def _neurons(self, name: str, node, about: dict[str, Any]) -> Population:
        """Neurons that compute, whose numbers stand in their node."""
        self._check_threshold(name, node, about["threshold"])
        return Population(
            name,
            self.shapes[name],
            POPULATION_KINDS[about["kind"]],
            threshold=about["threshold"],
            bias=about["bias"],
            initial_potential=about["start"],
            levels=int(about["levels"]),
            reset=about["reset"],
            unit=about["unit"],
        )

    def _check_threshold(self, name: str, node, threshold) -> None:
        """Raise where the field that other tools read says something else than the metadata."""
        shown = getattr(node, "v_threshold", None)
        if shown is None:
            return

        shape, where = self.shapes[name], self.graph.where(name)
        step = PORTABLE_STEP if self.metadata["fires"] == "above" else 0.0
        in_field = on_shape(where, shown, shape) + step
        if not np.array_equal(in_field, np.broadcast_to(threshold, shape)):
            raise refused(
                where=where,
                law="says the same in its fields and in its metadata",
                got="another v_threshold",
            )

    def _connect(self, name: str, route: Route) -> None:
        """Add the connection along a route, whose last node has its name."""
        pre_shape = self.shapes[route.source]
        link = read_link(self.graph, name, route, pre_shape, self.depthwise)
        self.shapes[name] = link.shape

        node_name = route.nodes[-1][0].removesuffix(POOL) if route.nodes else ""
        first_branch = node_name == f"{link.source}_to_{name}"
        branch = 1 if first_branch else int(node_name.rsplit("_", 1)[1])
        connection = link.connection(name, link.weights, branch)

        merged = self.metadata.get(f"executed.{connection.name}")
        if merged is not None:
            executed = executed_layers(json.loads(merged))
            connection = link.connection(name, link.weights, branch, executed)
        self.connections[connection.name] = connection


def _lines(text) -> list[str]:
    return str(text).split("\n")
