"""Read a NIR graph, of spikewatt or of another tool, as a SpikingNetwork."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ... import hdf5
from ...errors import FileFormatError, SpikewattError
from ..network.codes import Rate
from ..network.connection import Connection
from ..network.connection_kinds import Identity
from ..network.neurons import Zero
from ..network.population import POPULATION_KINDS, Population
from ..network.spiking_network import SpikingNetwork
from .dialects import Dialect
from .graph import SUPPORTED, Graph, Route
from .link import read_link
from .nodes import Shape, on_shape, one_value, refused, shape_of_input, shared, text_of
from .package import TOOL, import_nir, unchecked
from .restore import check_said, restore
from .rounding import rounding_error, scales_of, to_integers
from .warn import warn_of_rounding, warn_of_several_spikes

LARGEST_THRESHOLD = 2**40  # in units of the weights
NO_DEPTHWISE: frozenset[str] = frozenset()
DEFAULTS = {
    "dt": None,
    "reset": None,
    "fires": None,
    "weight_bits": 8,
    "input_code": "analog",
    "input_levels": 255,
    "input_max": 1.0,
}


def from_nir(
    path: str | Path,
    dt: float | None = None,
    reset: str | None = None,
    fires: str | None = None,
    weight_bits: int | None = None,
    input_code: str | None = None,
    input_levels: int | None = None,
    input_max: float | None = None,
) -> SpikingNetwork:
    """Read a NIR file.

    In each step of `dt` a neuron adds dt R (Σ W s + b), s being 1 for a spike; then it is tested
    and reset. What `to_nir` wrote is restored whole: its nodes say all that NIR can say, edited or
    not, and its metadata say dt, reset, firing and the like, which may not be contradicted; other
    tools leave these open, and you say them.

    Weights that lie on a power-of-two grid of `weight_bits` are kept exactly, others are rounded to
    that width. Thresholds and biases are rounded to the unit of the weights, which is as fine as
    their width allows.

    Parameters
    ----------
    path : path
        Of the file.
    dt : float, seconds (or whatever R is in)
        Time per step, above 0.
    reset : str
        ``subtract`` the threshold, or to ``zero``.
    fires : str, default "above"
        ``at`` the threshold (v >= θ) or ``above`` it (v > θ, which is what NIR says).
    weight_bits : int, default 8
        Width of the signed weights, 2..16.
    input_code : str, default "analog"
        What the Input node is given: ``analog`` values in each step, or the spikes of an encoder.
    input_levels : int, default 255
        Largest integer input, 1..65535.
    input_max : float, default 1
        Largest input value, above 0.

    Raises
    ------
    FileFormatError : no NIR file.
    SpikewattError : a node or an edge that a SpikingNetwork cannot express, or dt and reset not
        said.

    Examples
    --------
    >>> network = from_nir("sinabs.nir", dt=1.0, reset="subtract", fires="at")  # doctest: +SKIP
    """
    path = Path(path)
    read = _read_file(path)
    metadata = {key: text_of(value) for key, value in read.metadata.items()}
    said = {
        "dt": dt,
        "reset": reset,
        "fires": fires,
        "weight_bits": weight_bits,
        "input_code": input_code,
        "input_levels": input_levels,
        "input_max": input_max,
    }
    if metadata.get("tool") == TOOL:
        with _whole(path):
            network = restore(Graph(path, read), metadata)
        check_said(network, metadata, said)
        return network

    dialect = Dialect.said(**{**DEFAULTS, **_given(said)})
    with _whole(path):
        return _Reader(Graph(path, read), dialect).network()


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in said.items() if value is not None}


def _read_file(path: Path) -> Any:
    """The nir.NIRGraph of a file."""
    nir = import_nir()
    hdf5.check_is_file(path, "the NIR file must exist")
    try:
        hdf5.check_apart(path, "NIR")
        graph = nir.read(str(path), **unchecked(nir.read))
        _ = [text_of(value) for value in graph.metadata.values()]
        return graph
    except Exception as error:  # nir raises many types for a bad file or an unknown node
        law = f"must be a NIR file of known nodes ({', '.join(SUPPORTED)})"
        got = f"{type(error).__name__}: {error}"
        raise FileFormatError(str(path), law, got[:200]) from error


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Nodes that do not fit together, in whatever way they fail, are a fault of the file."""
    try:
        yield
    except SpikewattError:
        raise
    except Exception as error:
        law = "must be a NIR graph whose nodes fit together"
        got = f"{type(error).__name__}: {error}"
        raise FileFormatError(str(path), law, got[:200]) from error


class _Reader:
    """Turns the nodes of a graph into populations, and the routes between them into connections."""

    def __init__(self, graph: Graph, dialect: Dialect):
        self.graph, self.dialect = graph, dialect
        self.shapes: dict[str, Shape] = {}
        self.populations: list[Population] = []
        self.connections: list[Connection] = []
        self.output_unit = 1.0
        self.bursting: list[str] = []  # neurons that one step can bring two thresholds
        self.rounded: dict[str, float] = {}  # neuron -> largest error of what feeds it

    def network(self) -> SpikingNetwork:
        """The network of another tool's graph."""
        add = {"Input": self._input, "IF": self._firing, "I": self._integrator}
        for name in self.graph.neurons():
            add.get(self.graph.type_of(name), self._output)(name)

        warn_of_several_spikes(self.bursting)
        warn_of_rounding(self.rounded, self.dialect.weight_bits)
        return SpikingNetwork(
            populations=tuple(self.populations),
            connections=tuple(self.connections),
            code=Rate(),
            input_unit=self.dialect.input_unit,
            output_unit=self.output_unit,
            weight_bits=self.dialect.weight_bits,
            name=self.graph.path.stem,
            input_code=self.dialect.input_code,
        )

    def _input(self, name: str) -> None:
        shape = shape_of_input(self.graph.nodes[name])
        levels = self.dialect.input_levels
        self._add(name, shape, "input", levels, levels=levels, unit=self.dialect.input_worth)

    def _integrator(self, name: str) -> None:
        """An I node: its potential is read."""
        self._readout(name, self.graph.routes(name), self._resistance(name))

    def _output(self, name: str) -> None:
        """An Output node: after weights it integrates, after spikes it counts."""
        routes = self.graph.routes(name)
        if len(routes) != 1:
            raise refused(
                where=self.graph.where(name),
                law="has one node in front of it",
                got=f"{len(routes)} nodes",
                allowed=1,
            )

        (route,) = routes
        if route.nodes:
            self._readout(name, routes, resistance=1.0)
        elif self.graph.type_of(route.source) == "IF":
            shape = self.shapes[route.source]
            ones = np.ones(shape[-1])
            self.connections.append(Connection(route.source, name, Identity(), ones))
            self._add(name, shape, "readout", threshold=1)

    def _readout(self, name: str, routes: list[Route], resistance: float) -> None:
        unit, bias = self._connect(name, routes, resistance)
        self.output_unit = unit
        self._add(name, self.shapes[name], "readout", threshold=1, bias=bias, unit=unit)

    def _firing(self, name: str) -> None:
        """An IF node."""
        where, node = self.graph.where(name), self.graph.nodes[name]
        unit, bias = self._connect(name, self.graph.routes(name), self._resistance(name))
        if np.any(node.v_reset):
            raise refused(
                where=where,
                law="is reset to 0 or by its threshold",
                got=f"v_reset = {np.max(node.v_reset):g}",
                allowed=0,
            )

        shape = self.shapes[name]
        exact = on_shape(where, node.v_threshold, shape) / unit
        if not (np.abs(exact) < LARGEST_THRESHOLD).all():
            raise refused(
                where=where,
                law="its thresholds are finite and of the size of its weights",
                got=f"up to {np.max(node.v_threshold):g}",
            )

        if self.dialect.reset != Zero() and (self._drive(name) + bias > exact).any():
            self.bursting.append(name)
        whole, start = self.dialect.fires.whole(exact, self.dialect.reset)
        threshold = whole.astype(np.int64)
        if threshold.min() < 1:
            raise refused(
                where=where,
                law="its threshold is at least 1",
                got="0 after rounding",
                allowed="more weight_bits",
            )

        self._add(
            name,
            shape,
            "integrate_and_fire",
            threshold=shared(threshold),
            bias=bias,
            start=start,
            reset=self.dialect.reset,
        )

    def _add(
        self,
        name: str,
        shape: Shape,
        kind: str,
        threshold: np.ndarray | int,
        bias: np.ndarray | int = 0,
        start: int = 0,
        **rest,
    ) -> None:
        """Add a population."""
        self.shapes[name] = shape
        population = Population(
            name,
            shape,
            POPULATION_KINDS[kind],
            threshold=np.asarray(threshold),
            bias=np.asarray(bias),
            initial_potential=np.asarray(start),
            **rest,
        )
        self.populations.append(population)

    def _drive(self, name: str) -> int:
        """The most that one step can add to a neuron, in units of its weights, bias left out."""
        most = 0
        for c in self.connections:
            if c.post != name:
                continue
            exciting = None if c.weights is None else np.maximum(c.weights, 0)
            largest = c.kind.largest_row(exciting, c.geometry) * c.summed
            from_input = self.graph.type_of(c.pre) == "Input"
            analog = from_input and self.dialect.input_code.analog
            most += largest * (self.dialect.input_levels if analog else 1)
        return most

    def _resistance(self, name: str) -> float:
        return one_value(self.graph.where(name), self.graph.nodes[name].r)

    def _connect(
        self, name: str, routes: list[Route], resistance: float
    ) -> tuple[float, np.ndarray]:
        """Add the connections into a neuron.

        Returns
        -------
        unit : float
            What one unit of its potential stands for.
        bias : int array
            Per step, in this unit.
        """
        where = self.graph.where(name)
        if not routes:
            raise refused(
                where=where,
                law="something feeds it",
                got="nothing",
            )

        gain = resistance * self.dialect.dt
        links, scales, bias = [], [1.0], np.zeros(1)
        for route in routes:
            link = read_link(self.graph, name, route, self.shapes[route.source], NO_DEPTHWISE)
            if self.shapes.setdefault(name, link.shape) != link.shape:
                raise refused(
                    where=where,
                    law="all that feed it have its shape",
                    got=link.shape,
                    allowed=self.shapes[name],
                )

            from_input = self.graph.type_of(route.source) == "Input"
            value = self.dialect.input_worth if from_input else 1.0
            links.append(link.times(value, gain))
            scales += scales_of(link, value * gain)
            bias = bias + link.bias * gain

        made, unit = to_integers(where, name, links, scales, self.dialect.largest_weight)
        self.connections += made
        error = rounding_error(links, made, unit)
        if error:
            self.rounded[name] = error
        whole_bias = np.round(bias / unit).astype(np.int64)
        return unit, shared(np.broadcast_to(whole_bias, self.shapes[name]))
