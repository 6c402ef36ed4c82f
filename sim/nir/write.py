"""Write a SpikingNetwork as a NIR graph, the exchange format of spiking simulators.

NIR says v' = R I, a spike where v > θ, then v = v_reset; it leaves the time step, the sum of a step
and other resets open. So the graph carries what it leaves open as metadata: ``dt`` = 1, ``reset``,
``fires`` = "at" (v >= θ), and per node the initial potential. What NIR can say stands in its nodes
only, and who edits them edits the network.
"""

from __future__ import annotations

import io
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np

from ... import files
from ...errors import SpikewattError
from ..network.codes import Rate
from ..network.connection import Connection
from ..network.connection_kinds import Depthwise
from ..network.network_file import executed_entry, last_output_unit
from ..network.neurons import Zero
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .connection_nodes import WRITERS, Writing, no_max_pool, write_pool
from .nodes import channels_first, with_channels_first
from .package import TOOL, import_nir, unchecked
from .restore import POOL, PORTABLE_STEP, SINK, SOURCE


def to_nir(network: SpikingNetwork, path: str | Path, portable: bool = False) -> None:
    """Write `network` to an HDF5 file; `from_nir` reads it back whole.

    Weights, thresholds and biases are the network's integers, one step is dt = 1, and the input
    counts in levels (x / input_unit).

    Parameters
    ----------
    network : SpikingNetwork
        With a streaming rate.
    path : path
        Of the file, in a folder that exists.
    portable : bool, default False
        Refuse what another tool would not know from NIR's own equations: any initial potential, and
        a reset by subtraction. Thresholds are then written as θ − 1/2, so that v > θ − 1/2 says the
        same as v >= θ.

    Raises
    ------
    SpikewattError : NIR cannot express the network; says where and why.
    MissingToolError : nir is not installed.

    Examples
    --------
    >>> to_nir(network, "network.nir")  # doctest: +SKIP
    >>> from_nir("network.nir").hash == network.hash  # doctest: +SKIP
    True
    """
    nir = import_nir()
    _check_network(network)

    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    for p in network.populations:
        _check_population(network, p, portable)
        _add_neurons(nir, network, p, portable, nodes, edges)
    for c in network.connections:
        _check_bias(network, c)
    for p in network.populations:
        _add_connections(nir, network, p, nodes, edges)

    metadata = _metadata(network, portable)
    graph = nir.NIRGraph(nodes, edges, metadata=metadata, **unchecked(nir.NIRGraph))
    buffer = io.BytesIO()
    nir.write(buffer, graph)
    files.write(path, buffer.getvalue())


def node_name(c: Connection) -> str:
    """Name of the node that holds the weights of a connection."""
    return c.name.replace("->", "_to_").replace("#", "_")


# What NIR cannot say


def _check_network(network: SpikingNetwork) -> None:
    if network.code != Rate():
        raise SpikewattError(
            where="to_nir",
            law="NIR has streaming rates without negative spikes, steps or bits",
            got=network.code,
            allowed="code 'rate'",
        )

    for p in network.populations:
        if p.name.endswith((SOURCE, SINK)):
            raise SpikewattError(
                where=f"to_nir: population {p.name!r}",
                law="names do not end in .source or .sink",
                got=p.name,
            )


def _check_population(network: SpikingNetwork, p: Population, portable: bool) -> None:
    where = f"to_nir: population {p.name!r}"
    if p.kind.compares:
        raise no_max_pool(where)
    if not portable or not _fires(network, p):
        return

    if p.reset != Zero():
        raise SpikewattError(
            where=where,
            law="NIR's own reset is to a value",
            got=p.reset,
            allowed="convert(reset='zero'), or portable=False",
        )
    if p.initial_potential.any():
        raise SpikewattError(
            where=where,
            law="NIR's neurons start at 0",
            got="an initial potential",
            allowed="a method without one, or portable=False",
        )


def _check_bias(network: SpikingNetwork, c: Connection) -> None:
    """Raise where a bias has no weights that could carry it."""
    if network.population(c.post).bias.any() and _carrier(network, c.post) is None:
        raise SpikewattError(
            where=f"to_nir: connection {c.name!r}",
            law="NIR has biases after weights only",
            got=f"a bias on a {c.kind} connection",
            allowed="dense or convolution",
        )


# Populations


def _fires(network: SpikingNetwork, p: Population) -> bool:
    """Whether a population is an IF node: all that fire by themselves."""
    return network.input_code.integrates if p.kind.is_input else p.kind.fires


def _add_neurons(nir, network: SpikingNetwork, p: Population, portable: bool, nodes, edges) -> None:
    """The nodes of a population: an input has a source in front, a read-out a sink after it."""
    sizes = channels_first(p.shape)
    if p.kind.is_input:
        fires = _fires(network, p)
        nodes[f"{p.name}{SOURCE}" if fires else p.name] = nir.Input(np.array(sizes))
        if fires:
            edges.append((f"{p.name}{SOURCE}", p.name))

    if _fires(network, p):
        threshold = _per_neuron(p, "threshold") - (PORTABLE_STEP if portable else 0.0)
        resistance, v_reset = np.ones(sizes), np.zeros(sizes)
        nodes[p.name] = nir.IF(resistance, threshold, v_reset, metadata=_about(p))
    elif p.kind.is_readout:
        nodes[p.name] = nir.I(np.ones(sizes), metadata=_about(p))
        nodes[f"{p.name}{SINK}"] = nir.Output(np.array(sizes))
        edges.append((p.name, f"{p.name}{SINK}"))


def _per_neuron(p: Population, field: str) -> np.ndarray:
    values = np.broadcast_to(getattr(p, field), p.shape)
    return with_channels_first(values).astype(np.float64)


def _about(p: Population) -> dict[str, Any]:
    """What a node cannot say of its neurons, as metadata; no number stands twice.

    The shapes say how many numbers stood for all neurons: one, one per channel, one per neuron.
    """
    about = {
        "reset": str(p.reset),
        "kind": str(p.kind),
        "levels": p.levels,
        "unit": _plain(p.unit),
        "start": _plain(p.initial_potential),
        "threshold_shape": _sizes(p.threshold),
        "bias_shape": _sizes(p.bias),
    }
    if p.kind.is_readout:
        about["threshold"] = _plain(p.threshold)
    return about


def _sizes(array: np.ndarray) -> str:
    return "x".join(map(str, array.shape))


def _plain(value) -> Any:
    """An array, or the number where it has one only."""
    array = np.asarray(value)
    return array if array.ndim else array.item()


# Connections


def _add_connections(nir, network: SpikingNetwork, p: Population, nodes, edges) -> None:
    """The nodes between a population and all that feed it."""
    taken = {other.name for other in network.populations}
    carrier = _carrier(network, p.name)

    for c in network.incoming(p.name):
        bias = _bias(p, c) if c is carrier else None
        made = _connection_nodes(nir, network, c, bias)
        named = {node_name(c) + suffix: node for suffix, node in made.items()}

        clashes = [name for name in named if name in nodes or name in taken]
        if clashes:
            raise SpikewattError(
                where="to_nir",
                law="nodes have names of their own",
                got=", ".join(clashes),
                allowed="other names of layers",
            )
        nodes |= named
        edges += itertools.pairwise([c.pre, *named, c.post])


def _connection_nodes(nir, network: SpikingNetwork, c: Connection, bias) -> dict[str, Any]:
    """Suffix -> node, in order, between the two populations of a connection."""
    where = f"to_nir: connection {c.name!r}"
    seen = c.seen(network.population(c.pre).shape)
    pool = {} if c.pooled is None else {POOL: write_pool(nir, where, c.pooled)}
    return pool | WRITERS[type(c.kind)](Writing(nir, where, c, seen, bias))


def _carrier(network: SpikingNetwork, post: str) -> Connection | None:
    """The connection whose node carries the bias of a population; None where none can."""
    able = [c for c in network.incoming(post) if c.kind.multiplies]
    return able[0] if able else None


def _bias(p: Population, carrier: Connection) -> np.ndarray:
    """Bias per channel of a convolution, per neuron of a dense layer."""
    bias = np.broadcast_to(p.bias, p.shape).astype(np.float64)
    if not carrier.kind.windowed:
        return bias.reshape(-1)

    channels = bias.reshape(-1, p.shape[-1])
    if (channels != channels[0]).any():
        raise SpikewattError(
            where=f"to_nir: population {p.name!r}",
            law="NIR's convolutions have one bias per channel",
            got="one per position",
            allowed="batch norm in front of the ReLU, or valid padding",
        )
    return channels[0]


# Metadata


def _metadata(network: SpikingNetwork, portable: bool) -> dict[str, Any]:
    """What NIR leaves open about the whole network."""
    depthwise = [node_name(c) for c in network.connections if c.kind == Depthwise()]
    metadata: dict[str, Any] = {
        "tool": TOOL,
        "dt": 1.0,
        "fires": "above" if portable else "at",
        "name": network.name,
        "input_code": str(network.input_code),
        "input_unit": float(network.input_unit),
        "output_unit": last_output_unit(network),
        "weight_bits": network.weight_bits,
        "input_levels": network.input_levels,
        "largest_input": network.largest_input,
        "order": "\n".join(p.name for p in network.populations),
        "connections": "\n".join(c.name for c in network.connections),
        "depthwise": "\n".join(depthwise),
    }
    for p in network.inputs:
        metadata[f"levels.{p.name}"] = p.levels
        metadata[f"unit.{p.name}"] = _plain(p.unit)
    for c in network.connections:
        if c.executed is not None:
            layers = [executed_entry(layer) for layer in c.executed]
            metadata[f"executed.{c.name}"] = json.dumps(layers)
    return metadata
