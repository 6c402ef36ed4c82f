"""Read a NIR graph, of spikewatt or of another tool, as a SpikingNetwork."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FileFormatError, SpikewattError, one_of, whole_number
from ..network.connection import Connection
from ..network.encoders import ENCODERS
from ..network.geometry import Geometry
from ..network.neurons import RESETS
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .nodes import (
    SUPPORTED,
    by_channel,
    channels_last,
    geometry_of,
    kernel_of,
    on_shape,
    one_value,
    refused,
    shared,
    text_of,
)
from .write import TOOL, import_nir, unchecked

FIRES = ("at", "above")
GRID = 2.0**-24  # relative distance from a power-of-two grid that float32 weights may have


def from_nir(
    path: str | Path,
    dt: float | None = None,
    reset: str | None = None,
    fires: str | None = None,
    weight_bits: int = 8,
    input_code: str = "analog",
    input_levels: int = 255,
    input_max: float = 1.0,
) -> SpikingNetwork:
    """Read the NIR file `path`. In each step of `dt` a neuron adds dt R (Σ W s + b), s being 1 for a spike; then it is tested and reset.

    What `to_nir` wrote is restored whole, and its metadata say dt, reset and firing; other tools leave these open, and you say them.
    Weights that lie on a power-of-two grid of `weight_bits` are kept exactly, others are rounded to that width. Thresholds and biases
    are rounded to the unit of the weights, which is as fine as their width allows.

    Parameters
    ----------
    dt : seconds (or whatever R is in) per step, above 0. reset : ``subtract`` the threshold, or to ``zero``.
    fires : ``at`` the threshold (v >= θ) or ``above`` it (v > θ, which is what NIR says and the default).
    weight_bits : width of the signed weights, 2..16.
    input_code : what the Input node is given: ``analog`` values in each step, or the spikes of an encoder.
    input_levels, input_max : as in `convert`.

    Raises
    ------
    FileFormatError : no NIR file. SpikewattError : a node or an edge that a SpikingNetwork cannot express, or dt and reset not said.
    """
    nir = import_nir()
    path = Path(path)
    if not path.is_file():
        raise SpikewattError(str(path), "the NIR file must exist", "no such file")
    try:
        graph = nir.read(str(path), **unchecked(nir.read))
        metadata = {key: text_of(value) for key, value in graph.metadata.items()}
    except Exception as error:  # nir raises many types for a bad file or an unknown node
        raise FileFormatError(
            str(path),
            f"must be a NIR file of known nodes ({SUPPORTED})",
            f"{type(error).__name__}: {error}"[:200],
        ) from error
    if metadata.get("tool") == TOOL:
        with _whole(path):
            return _Reader(
                path,
                graph,
                metadata,
                1.0,
                float(metadata["dt"]),
                "",
                "at",
                int(metadata["weight_bits"]),
            ).restore()
    if not isinstance(dt, int | float) or not 0 < dt < np.inf:
        raise SpikewattError(
            "from_nir.dt", "is said where the file does not say it", dt, "time per step, above 0"
        )
    one_of("from_nir.reset", "is said where the file does not say it", str(reset), RESETS)
    fires = one_of("from_nir.fires", "is said as one of", fires or "above", FIRES)
    given = (
        "analog",
        *(code for code in ENCODERS if code == "signed_poisson" or not ENCODERS[code].worth_varies),
    )
    one_of("from_nir.input_code", "must be what an Input node can be given", input_code, given)
    weight_bits = whole_number(
        "from_nir.weight_bits", "must be a width of signed weights", weight_bits, 2, 16
    )
    input_levels = whole_number(
        "from_nir.input_levels", "must be a number of input levels", input_levels, 1, 65535
    )
    if not isinstance(input_max, int | float) or not 0 < input_max < 1e30:
        raise SpikewattError(
            "from_nir.input_max", "must be the largest input value", input_max, "above 0"
        )
    about = {
        "input_code": input_code,
        "input_levels": input_levels,
        "input_unit": input_max / input_levels,
    }
    unit = input_max / input_levels if input_code == "analog" else 1.0
    with _whole(path):
        return _Reader(
            path, graph, about, unit, float(dt), str(reset), fires, weight_bits
        ).network()


@contextlib.contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Numbers or nodes that do not fit together, in whatever way they fail, are a fault of the file."""
    try:
        yield
    except SpikewattError:
        raise
    except Exception as error:
        raise FileFormatError(
            str(path),
            "must be a NIR graph whose nodes fit together",
            f"{type(error).__name__}: {error}"[:200],
        ) from error


@dataclass
class _Path:
    """What lies between two neurons: the neuron that it comes from, and the nodes on the way, the first first."""

    source: str
    nodes: list[tuple[str, Any]]


class _Reader:
    """Turns the nodes of a graph into populations, and the paths between them into connections."""

    def __init__(
        self,
        path: Path,
        graph,
        about: dict,
        input_value: float,
        dt: float,
        reset: str,
        fires: str,
        weight_bits: int,
    ):
        self.path, self.graph, self.about, self.dt, self.reset, self.fires = (
            path,
            graph,
            about,
            dt,
            reset,
            fires,
        )
        self.input_value, self.weight_bits = input_value, weight_bits
        self.limit = 2 ** (weight_bits - 1) - 1
        self.before = {name: [a for a, b in graph.edges if b == name] for name in graph.nodes}
        for name, node in graph.nodes.items():
            if type(node).__name__ not in SUPPORTED.split(", "):
                raise refused(
                    self.where(name),
                    "must be a node that a SpikingNetwork can express",
                    type(node).__name__,
                )
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.depthwise = str(about.get("depthwise", "")).split(
            "\n"
        )  # of one channel, where NIR sees no difference

    def where(self, name: str) -> str:
        """The node `name` of the file, for errors."""
        return f"{self.path}: node {name!r}"

    def _kind(self, name: str) -> str:
        return type(self.graph.nodes[name]).__name__

    def _paths(self, name: str) -> list[_Path]:
        """The paths into a neuron or an output."""
        found = []
        for previous in self.before[name]:
            if self._kind(previous) in ("IF", "I", "Input"):
                found.append(_Path(previous, []))
                continue
            inner = self._paths(previous)
            if len(inner) != 1:
                raise refused(
                    self.where(previous),
                    "a node with weights has one node in front of it",
                    f"{len(inner)} nodes",
                )
            found.append(
                _Path(inner[0].source, [*inner[0].nodes, (previous, self.graph.nodes[previous])])
            )
        return found

    def _neurons(self) -> list[str]:
        """Input, IF and I nodes in topological order, inputs first; and outputs that weights feed, which integrate."""
        wanted = [n for n in self.graph.nodes if self._kind(n) in ("Input", "IF", "I", "Output")]
        order: list[str] = []
        visiting: set[str] = set()

        def visit(name: str) -> None:
            if name in order:
                return
            if name in visiting:
                raise refused(
                    self.where(name), "a network without loops", "a loop", "feed-forward graphs"
                )
            visiting.add(name)
            for previous in self.before[name]:
                visit(previous)
            order.append(name)

        for name in self.graph.nodes:
            visit(name)
        return sorted((n for n in order if n in wanted), key=lambda n: self._kind(n) != "Input")

    def network(self) -> SpikingNetwork:
        """The network of another tool's graph."""
        populations: list[Population] = []
        connections: list[Connection] = []
        output_unit = 1.0
        for name in self._neurons():
            kind, node, zero = self._kind(name), self.graph.nodes[name], np.asarray(0)
            if kind == "Input":
                self.shapes[name] = shape = channels_last(
                    tuple(int(n) for n in np.asarray(node.input_type["input"]).reshape(-1))
                )
                levels = self.about["input_levels"]
                populations.append(
                    Population(
                        name,
                        shape,
                        "input",
                        np.asarray(levels),
                        zero,
                        zero,
                        levels,
                        unit=self.input_value,
                    )
                )
                continue
            paths = self._paths(name)
            if kind == "Output" and len(paths) != 1:
                raise refused(
                    self.where(name), "has one node in front of it", f"{len(paths)} nodes", 1
                )
            if kind == "Output" and not paths[0].nodes:
                path = paths[0]
                if self._kind(path.source) == "IF":  # its spikes are counted
                    shape = self.shapes[path.source]
                    connections.append(
                        Connection(path.source, name, "identity", np.ones(shape[-1]))
                    )
                    populations.append(
                        Population(name, shape, "readout", np.asarray(1), zero, zero)
                    )
                continue
            resistance = one_value(self.where(name), node.r) if kind in ("IF", "I") else 1.0
            made, unit, bias = self._connections(name, paths, resistance * self.dt)
            connections += made
            shape = self.shapes[name]
            if kind == "IF":
                populations.append(self._firing(name, node, shape, unit, bias))
            else:
                output_unit = unit
                populations.append(
                    Population(name, shape, "readout", np.asarray(1), bias, zero, unit=unit)
                )
        return SpikingNetwork(tuple(populations), tuple(connections), "rate", self.about["input_unit"], output_unit, self.weight_bits,
                              self.path.stem, self.about["input_code"])  # fmt: skip

    def _firing(self, name: str, node, shape, unit: float, bias: np.ndarray) -> Population:
        if np.any(node.v_reset):
            raise refused(
                self.where(name),
                "is reset to 0 or by its threshold",
                f"v_reset = {np.max(node.v_reset):g}",
                0,
            )
        exact = on_shape(self.where(name), node.v_threshold, shape) / unit
        if not (np.abs(exact) < 2**40).all():
            raise refused(
                self.where(name),
                "its thresholds are finite and of the size of its weights",
                f"up to {np.max(node.v_threshold):g}",
            )
        threshold = np.round(exact)
        on_grid = np.abs(exact - threshold) <= GRID * np.maximum(np.abs(exact), 1.0)
        start = np.asarray(0)
        if self.reset == "zero":  # any number of units between two of the potential does the same
            threshold = np.where(on_grid, threshold + (self.fires == "above"), np.ceil(exact))
        elif (
            self.fires == "above"
        ):  # v > θ on whole units is v - 1 >= θ, and θ is what is subtracted
            start = np.asarray(-1)
        threshold = threshold.astype(np.int64)
        if threshold.min() < 1:
            raise refused(
                self.where(name),
                "its threshold is at least 1",
                "0 after rounding",
                "more weight_bits",
            )
        return Population(
            name, shape, "integrate_and_fire", shared(threshold), bias, start, 0, self.reset
        )

    def _connections(
        self, name: str, paths: list[_Path], gain: float
    ) -> tuple[list[Connection], float, np.ndarray]:
        """Connections into a neuron, the value of one unit of its potential, and its bias per step."""
        if not paths:
            raise refused(self.where(name), "something feeds it", "nothing")
        made, bias, scales = [], np.zeros(1), [1.0]
        for path in paths:
            connection, weights, own, shape = self._connection(name, path)
            value = self.input_value if self._kind(path.source) == "Input" else 1.0
            made.append((connection, weights * value * gain))
            scales += [
                value * gain,
                value * gain / np.prod(connection.pooled.window) if connection.pooled else 1.0,
            ]
            bias = bias + own * gain
            if self.shapes.setdefault(name, shape) != shape:
                raise refused(
                    self.where(name), "all that feed it have its shape", shape, self.shapes[name]
                )
        largest = max(float(np.abs(weights).max()) for _, weights in made)
        pools = [float(weights.max()) for connection, weights in made if connection.kind == "pool"]
        unit = (
            pools[0]
            if pools
            else self._unit([weights for _, weights in made], largest or 1.0, scales)
        )
        found = []
        for connection, weights in made:
            integers = np.round(weights / unit).astype(np.int64)
            if connection.kind == "pool" and (integers != 1).any():
                raise refused(
                    self.where(name),
                    "a pool without weights behind it sums, in the unit of all that feed the neuron",
                    float(weights.max()),
                )
            branch = 1 + sum(c.pre == connection.pre for c in found)
            kept = None if connection.kind == "pool" else integers
            found.append(
                Connection(
                    connection.pre,
                    name,
                    connection.kind,
                    kept,
                    connection.geometry,
                    connection.pooled,
                    branch,
                )
            )
        integer_bias = np.round(bias / unit).astype(np.int64)
        return found, unit, shared(np.broadcast_to(integer_bias, self.shapes[name]))

    def _unit(self, parts: list[np.ndarray], largest: float, scales: list[float]) -> float:
        """The finest power of two (times one of `scales`) on whose grid all weights lie, or their largest divided by that of the width."""
        values = np.unique(np.abs(np.concatenate([part.reshape(-1) for part in parts])))
        for scale in scales:
            unit = scale * 2.0 ** np.ceil(np.log2(largest / scale / self.limit) - 1e-9)
            if np.all(
                np.abs(values / unit - np.round(values / unit))
                <= GRID * np.maximum(values / unit, 1)
            ):
                return float(unit)
        return largest / self.limit

    def _connection(
        self, name: str, path: _Path
    ) -> tuple[Connection, np.ndarray, np.ndarray, tuple[int, ...]]:
        """Connection (its weights are placeholders), weights, bias and the shape that a path produces."""
        shape: tuple[int, ...] = self.shapes[path.source]
        scale = 1.0
        pooled: Geometry | None = None
        geometry: Geometry | None = None
        flat: tuple[int, ...] | None = None
        main: tuple[str, Any] | None = None
        for at, node in path.nodes:
            kind = type(node).__name__
            if main is not None:
                raise refused(
                    self.where(at),
                    "one node with weights stands between two neurons",
                    f"{kind} behind {main[0]!r}",
                )
            if kind in ("SumPool2d", "AvgPool2d"):
                if pooled is not None:
                    raise refused(self.where(at), "one pool stands between two neurons", kind)
                pooled = geometry_of(
                    self.where(at), node.kernel_size, node.stride, node.padding, shape
                )
                scale = scale / np.prod(pooled.window) if kind == "AvgPool2d" else scale
                shape = (*pooled.output_size(shape[:2]), shape[-1])
            elif kind == "Flatten":
                flat, shape = shape, (int(np.prod(shape)),)
            else:
                main = (at, node)
        if main is None:
            if pooled is not None and flat is None:
                return (
                    Connection(path.source, name, "pool", None, pooled),
                    np.full(1, scale),
                    np.zeros(1),
                    shape,
                )
            if pooled is not None or flat is not None:
                raise refused(self.where(name), "weights follow a Flatten", "none")
            return (
                Connection(path.source, name, "identity", np.ones(shape[-1])),
                np.ones(shape[-1]),
                np.zeros(1),
                shape,
            )
        at, node = main
        kind, bias = type(node).__name__, np.asarray(getattr(node, "bias", 0.0))
        for values in (bias, getattr(node, "weight", bias), getattr(node, "scale", bias)):
            if np.iscomplexobj(values) or not np.isfinite(values).all():
                raise refused(
                    self.where(at), "has real and finite numbers", np.asarray(values).dtype
                )
        if kind in ("Linear", "Affine"):
            weights = np.asarray(node.weight, np.float64).T
            inputs = int(np.prod(shape))
            if (
                weights.ndim != 2
                or weights.shape[0] != inputs
                or (len(shape) == 3 and shape[:2] != (1, 1))
            ):
                raise refused(
                    self.where(at),
                    "takes as many inputs as are flat in front of it",
                    weights.shape,
                    (inputs, "outputs"),
                )
            if flat is not None and len(flat) == 3:
                rows, columns, channels = flat
                weights = np.asarray(
                    weights.reshape(channels, rows, columns, -1)
                    .transpose(1, 2, 0, 3)
                    .reshape(inputs, -1)
                )
            kind = "dense"
        elif kind == "Scale":
            weights = by_channel(self.where(at), node.scale, shape)
            kind = "identity"
        else:
            geometry = geometry_of(
                self.where(at),
                node.weight.shape[2:],
                node.stride,
                node.padding,
                shape,
                node.dilation,
            )
            weights, kind = kernel_of(self.where(at), node, shape, at in self.depthwise)
        probe = Connection(path.source, name, kind, np.zeros(weights.shape), geometry, pooled)  # type: ignore[arg-type]
        return (
            probe,
            weights * scale,
            bias.reshape(-1) if bias.ndim else np.zeros(1),
            probe.post_shape(self.shapes[path.source]),
        )

    def restore(self) -> SpikingNetwork:
        """The network that `to_nir` wrote: units are 1, and what NIR leaves open stands in the metadata."""
        connections: dict[str, Connection] = {}
        populations: list[Population] = []
        order = str(self.about["order"]).split("\n")
        for name in order:
            node = self.graph.nodes[name]
            about: dict[str, Any] = {
                key: text_of(value) for key, value in getattr(node, "metadata", {}).items()
            }
            source = self.graph.nodes.get(f"{name}.source", node)
            if type(source).__name__ == "Input":
                self.shapes[name] = channels_last(
                    tuple(int(n) for n in np.asarray(source.input_type["input"]).reshape(-1))
                )
            for path in (
                self._paths(name)
                if f"{name}.source" not in self.graph.nodes and type(node).__name__ != "Input"
                else ()
            ):
                probe, weights, _, shape = self._connection(name, path)
                self.shapes[name] = shape
                key = path.nodes[-1][0].removesuffix(".pool") if path.nodes else ""
                branch = int(key.rsplit("_", 1)[1]) if key != f"{probe.pre}_to_{name}" else 1
                kept = None if probe.kind == "pool" else weights
                connection = Connection(
                    probe.pre, name, probe.kind, kept, probe.geometry, probe.pooled, branch
                )
                connections[connection.name] = connection
            if not about:  # an input that is given values or events
                levels, kept = int(self.about["input_levels"]), int(self.about[f"levels.{name}"])
                unit = self.about.get(f"unit.{name}", 1.0)
                full, zero = np.asarray(levels), np.asarray(0)
                populations.append(
                    Population(name, self.shapes[name], "input", full, zero, zero, kept, unit=unit)
                )
                continue
            threshold, bias, start = (about[key] for key in ("threshold", "bias", "start"))
            rule = int(about["levels"]), about["reset"], about["unit"]
            populations.append(
                Population(name, self.shapes[name], about["kind"], threshold, bias, start, *rule)
            )
            portable = 0.5 if self.about["fires"] == "above" else 0.0
            shown = getattr(node, "v_threshold", None)
            if shown is not None and not np.array_equal(on_shape(self.where(name), shown, self.shapes[name]) + portable,
                                                        np.broadcast_to(threshold, self.shapes[name])):  # fmt: skip
                raise refused(
                    self.where(name),
                    "says the same in its fields and in its metadata",
                    "another v_threshold",
                )
        listed = tuple(connections[name] for name in str(self.about["connections"]).split("\n"))
        units = float(self.about["input_unit"]), float(self.about["output_unit"])
        name, input_code = str(self.about["name"]), str(self.about["input_code"])
        return SpikingNetwork(
            tuple(populations), listed, "rate", *units, self.weight_bits, name, input_code
        )
