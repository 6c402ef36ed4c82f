"""A network that `to_nir` wrote, restored whole: what NIR leaves open stands in its metadata."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from ...errors import SpikewattError
from ..network.codes import Rate
from ..network.connection import Connection
from ..network.input_codes import INPUT_CODES
from ..network.network_file import executed_layers
from ..network.population import POPULATION_KINDS, Population
from ..network.spiking_network import SpikingNetwork
from .dialects import FIRES
from .graph import Graph, Route
from .link import read_link
from .nodes import Shape, on_shape, refused, shape_of_input, shared, text_of

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


def check_said(network: SpikingNetwork, metadata: dict[str, Any], said: dict[str, object]) -> None:
    """Raise where an argument of `from_nir` contradicts what a file of ours says itself.

    Parameters
    ----------
    network : SpikingNetwork
        That was restored.
    metadata : dict
        Of its graph.
    said : dict
        Argument -> its value; None where it was not given.
    """
    resets = {str(p.reset) for p in network.populations if p.kind.fires and not p.kind.is_input}
    in_file = {
        "dt": {float(metadata["dt"])},
        "reset": resets,
        "fires": {str(metadata["fires"])},
        "weight_bits": {network.weight_bits},
        "input_code": {network.input_code},
        "input_levels": {network.input_levels},
        "input_max": {network.input_max},
    }
    for key, value in said.items():
        found = in_file[key]
        if value is not None and not all(_same(value, one) for one in found):
            raise SpikewattError(
                where=f"from_nir.{key}",
                law="a file of spikewatt says it itself",
                got=value,
                allowed=", ".join(sorted(map(str, found))),
                hint="leave it out",
            )


def _same(said: object, found: object) -> bool:
    if isinstance(found, float) and isinstance(said, int | float):
        return math.isclose(said, found, rel_tol=1e-9)
    return found == said


class _Restorer:
    """Units are 1, and the integers are those of the file."""

    def __init__(self, graph: Graph, metadata: dict[str, Any]):
        self.graph, self.metadata = graph, metadata
        self.depthwise = frozenset(_lines(metadata.get("depthwise", "")))
        self.shapes: dict[str, Shape] = {}
        self.connections: dict[str, Connection] = {}
        self.biases: dict[str, list[np.ndarray]] = {}

    def network(self) -> SpikingNetwork:
        """Populations in the order of the metadata, and the connections between them."""
        about = self.metadata
        if float(about["dt"]) != 1.0 or about["fires"] not in FIRES:
            got = f"dt {about['dt']}, fires {about['fires']!r}"
            raise refused(str(self.graph.path), "has steps of dt = 1 and a known test", got)
        populations = [self._population(name) for name in _lines(about["order"])]
        order = _lines(about["connections"])
        self._check_all_named(order)
        connections = [self.connections[name] for name in order]
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

    def _check_all_named(self, connections: list[str]) -> None:
        """Raise where the graph has neurons or connections that the metadata do not name."""
        neurons = {name.removesuffix(SOURCE).removesuffix(SINK) for name in self.graph.neurons()}
        added = sorted(neurons - set(self.shapes)) + sorted(
            set(self.connections) - set(connections)
        )
        if added:
            raise refused(
                where=str(self.graph.path),
                law="has the nodes that its metadata name",
                got=f"{added[0]!r} besides",
                hint="take 'tool' out of the metadata to read it as a graph of another tool",
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
        if about:
            return self._neurons(name, node, about)
        if type(node).__name__ != "Input":
            raise refused(
                where=self.graph.where(name),
                law="has metadata of its own in a file of spikewatt",
                got="none",
                hint="take 'tool' out of the graph's metadata to read it as one of another tool",
            )
        return self._given_input(name)

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
        """Neurons that compute: their node says what NIR can say, its metadata the rest."""
        where = self.graph.where(name)
        _check_is_ours(where, node)
        return Population(
            name,
            self.shapes[name],
            POPULATION_KINDS[about["kind"]],
            threshold=self._threshold(name, node, about),
            bias=self._bias(name, about),
            initial_potential=about["start"],
            levels=int(about["levels"]),
            reset=about["reset"],
            unit=about["unit"],
        )

    def _threshold(self, name: str, node, about: dict[str, Any]) -> np.ndarray:
        """Of the node; a read-out has none there."""
        if not hasattr(node, "v_threshold"):
            return np.asarray(about["threshold"])
        step = PORTABLE_STEP if self.metadata["fires"] == "above" else 0.0
        exact = on_shape(self.graph.where(name), node.v_threshold, self.shapes[name]) + step
        return _laid_out(exact, _shape_said(about, "threshold"))

    def _bias(self, name: str, about: dict[str, Any]) -> np.ndarray:
        """Of the nodes of all connections that feed a population."""
        shape = self.shapes[name]
        summed = np.zeros(shape)
        for bias in self.biases.get(name, ()):
            summed = summed + np.broadcast_to(bias, shape)
        return _laid_out(summed, _shape_said(about, "bias"))

    def _connect(self, name: str, route: Route) -> None:
        """Add the connection along a route, whose last node has its name."""
        pre_shape = self.shapes[route.source]
        link = read_link(self.graph, name, route, pre_shape, self.depthwise)
        self.shapes[name] = link.shape
        self.biases.setdefault(name, []).append(link.bias)

        node_name = route.nodes[-1][0].removesuffix(POOL) if route.nodes else ""
        first_branch = node_name == f"{link.source}_to_{name}"
        branch = 1 if first_branch else int(node_name.rsplit("_", 1)[1])
        connection = link.connection(name, link.weights, branch)

        merged = self.metadata.get(f"executed.{connection.name}")
        if merged is not None:
            executed = executed_layers(json.loads(merged))
            connection = link.connection(name, link.weights, branch, executed)
        self.connections[connection.name] = connection


def _check_is_ours(where: str, node) -> None:
    """Raise where a node has a gain or a reset that integers in units of 1 do not have."""
    fixed = {"r": 1.0, "v_reset": 0.0}
    for field, expected in fixed.items():
        values = np.asarray(getattr(node, field, expected))
        if (values != expected).any():
            raise refused(
                where=where,
                law=f"has {field} = {expected:g} in a file of spikewatt",
                got=f"{values.min():g}..{values.max():g}",
                hint="scale weights, biases and thresholds instead",
            )


def _shape_said(about: dict[str, Any], field: str) -> Shape:
    """How many numbers stood for all neurons; older files repeat the numbers themselves."""
    sizes = about.get(f"{field}_shape")
    if sizes is None:
        return np.shape(about[field])
    return tuple(int(size) for size in str(sizes).split("x") if size)


def _laid_out(values: np.ndarray, shape: Shape) -> np.ndarray:
    """Values per neuron in as few numbers as stood for them, where these still say all."""
    if len(shape) <= values.ndim:
        leading = values.ndim - len(shape)
        first = values[(0,) * leading]
        part = first[tuple(slice(size) for size in shape)]
        if part.shape == shape and np.array_equal(np.broadcast_to(part, values.shape), values):
            return part.copy()
    return shared(values)


def _lines(text) -> list[str]:
    return str(text).split("\n")
