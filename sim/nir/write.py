"""Write a SpikingNetwork as a NIR graph, the exchange format of spiking simulators.

NIR says v' = R I, a spike where v > θ, then v = v_reset; it leaves the time step, the sum of a step and other resets open. So the
graph carries what it leaves open as metadata: ``dt`` = 1, ``reset``, ``fires`` = "at" (v >= θ), and per node the initial potential.
"""

from __future__ import annotations

import inspect
import itertools
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import MissingToolError, SpikewattError
from ..network.connection import Connection
from ..network.encoders import ENCODERS
from ..network.geometry import Geometry
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork

TOOL = "spikewatt"


def import_nir() -> Any:
    """The module nir; raises MissingToolError if it is not installed."""
    try:
        import nir
    except ImportError as error:
        raise MissingToolError(
            "NIR", "needs the package nir", str(error), "pip install 'spikewatt[nir]'"
        ) from error
    return nir


def node_name(c: Connection) -> str:
    """Name of the node that holds the weights of a connection."""
    return c.name.replace("->", "_to_").replace("#", "_")


def unchecked(function) -> dict[str, bool]:
    """The option that leaves the types of a graph alone, where this release of nir has it: its inference refuses branches."""
    return {"type_check": False} if "type_check" in inspect.signature(function).parameters else {}


def channels_first(values: np.ndarray) -> np.ndarray:
    """(rows, columns, channels) as (channels, rows, columns); flat values as they are."""
    return np.moveaxis(values, -1, 0) if values.ndim == 3 else values


def to_nir(network: SpikingNetwork, path: str | Path, portable: bool = False) -> None:
    """Write `network` to the file `path` (HDF5); `from_nir` reads it back whole.

    Weights, thresholds and biases are the network's integers, one step is dt = 1, and the input counts in levels (x / input_unit).

    Parameters
    ----------
    portable : refuse what another tool would not know from NIR's own equations: any initial potential, and a reset by subtraction.
        Thresholds are then written as θ − 1/2, so that v > θ − 1/2 says the same as v >= θ.

    Raises
    ------
    SpikewattError : NIR cannot express the network; says where and why. MissingToolError : nir is not installed.
    """
    nir = import_nir()
    if network.code != "rate" or network.input_code not in ("if", "analog", *ENCODERS):
        raise SpikewattError(
            "to_nir",
            "NIR has streaming rates without negative spikes, steps or bits",
            network.code,
            "code 'rate'",
        )
    for p in network.populations:
        if p.name.endswith((".source", ".sink")):
            raise SpikewattError(
                f"to_nir: population {p.name!r}", "names do not end in .source or .sink", p.name
            )
    nodes: dict[str, Any] = {}
    edges: list[tuple[str, str]] = []
    for p in network.populations:
        _check_population(network, p, portable)
        if p.kind == "input":
            first = nir.Input(np.array(_shape(p)))
            nodes[f"{p.name}.source" if network.input_code == "if" else p.name] = first
            if network.input_code == "if":
                edges.append((f"{p.name}.source", p.name))
        if p.kind == "readout":
            nodes[p.name] = nir.I(np.ones(_shape(p)), metadata=_about(p))
            nodes[f"{p.name}.sink"] = nir.Output(np.array(_shape(p)))
            edges.append((p.name, f"{p.name}.sink"))
        elif p.kind != "input" or network.input_code == "if":
            threshold = _per_neuron(p, "threshold") - (0.5 if portable else 0.0)
            nodes[p.name] = nir.IF(
                np.ones(_shape(p)), threshold, np.zeros(_shape(p)), metadata=_about(p)
            )
    for p in network.populations:
        incoming = network.incoming(p.name)
        for i, c in enumerate(incoming):
            chain = _chain(nir, network, c, _bias(p, incoming) if i == _biased(incoming) else None)
            names = [node_name(c) + suffix for suffix in chain]
            if taken := [
                name
                for name in names
                if name in nodes or name in (p.name for p in network.populations)
            ]:
                raise SpikewattError(
                    "to_nir",
                    "nodes have names of their own",
                    ", ".join(taken),
                    "other names of layers",
                )
            nodes |= dict(zip(names, chain.values(), strict=True))
            route = [c.pre, *names, c.post]
            edges += list(itertools.pairwise(route))
    metadata = {
        "tool": TOOL, "dt": 1.0, "fires": "above" if portable else "at", "name": network.name, "input_code": str(network.input_code),
        "input_unit": float(network.input_unit), "output_unit": float(network.output_unit), "weight_bits": network.weight_bits,
        "input_levels": network.input_levels, "order": "\n".join(p.name for p in network.populations),
        "connections": "\n".join(c.name for c in network.connections),
        "depthwise": "\n".join(node_name(c) for c in network.connections if c.kind == "depthwise"),
    }  # fmt: skip
    for p in network.inputs:
        metadata[f"levels.{p.name}"] = p.levels
        metadata[f"unit.{p.name}"] = np.asarray(p.unit) if np.ndim(p.unit) else float(p.unit)
    if not Path(path).parent.is_dir() or Path(path).is_dir():
        raise SpikewattError(
            f"to_nir: {path}",
            "the file is written into a folder that exists",
            "no such folder, or a folder",
        )
    nir.write(str(path), nir.NIRGraph(nodes, edges, metadata=metadata, **unchecked(nir.NIRGraph)))


def _shape(p: Population) -> tuple[int, ...]:
    return (p.shape[2], p.shape[0], p.shape[1]) if len(p.shape) == 3 else p.shape


def _per_neuron(p: Population, field: str) -> np.ndarray:
    return channels_first(np.broadcast_to(getattr(p, field), p.shape)).astype(np.float64)


def _check_population(network: SpikingNetwork, p: Population, portable: bool) -> None:
    where = f"to_nir: population {p.name!r}"
    if p.kind == "max_pool":
        raise SpikewattError(
            where,
            "NIR has no neuron that counts the spikes of a window",
            "max_pool",
            "average pooling",
        )
    if portable and p.kind != "readout" and (p.kind != "input" or network.input_code == "if"):
        if p.reset != "zero":
            raise SpikewattError(
                where,
                "NIR's own reset is to a value",
                p.reset,
                "convert(reset='zero'), or portable=False",
            )
        if p.initial_potential.any():
            raise SpikewattError(
                where,
                "NIR's neurons start at 0",
                "an initial potential",
                "a method without one, or portable=False",
            )


def _about(p: Population) -> dict:
    numbers = {
        "unit": p.unit,
        "threshold": p.threshold,
        "bias": p.bias,
        "start": p.initial_potential,
    }
    return {
        "initial_potential": _per_neuron(p, "initial_potential"), "reset": str(p.reset), "kind": str(p.kind), "levels": p.levels,
        **{key: np.asarray(value) if np.ndim(value) else np.asarray(value).item() for key, value in numbers.items()},
    }  # fmt: skip


def _biased(incoming: list[Connection]) -> int:
    """Number of the connection whose node carries the bias of the population; −1 where none can."""
    return next(
        (i for i, c in enumerate(incoming) if c.kind in ("dense", "conv2d", "depthwise")), -1
    )


def _bias(p: Population, incoming: list[Connection]) -> np.ndarray:
    """Bias per channel of a convolution, per neuron of a dense layer."""
    bias = np.broadcast_to(p.bias, p.shape).astype(np.float64)
    if incoming[_biased(incoming)].kind == "dense":
        return bias.reshape(-1)
    by_channel = bias.reshape(-1, p.shape[-1])
    if (by_channel != by_channel[0]).any():
        raise SpikewattError(f"to_nir: population {p.name!r}", "NIR's convolutions have one bias per channel", "one per position",
                             "batch norm in front of the ReLU, or valid padding")  # fmt: skip
    return by_channel[0]


def _chain(nir, network: SpikingNetwork, c: Connection, bias: np.ndarray | None) -> dict[str, Any]:
    """Suffix -> node, in order, between the two populations of a connection."""
    where, pre = f"to_nir: connection {c.name!r}", network.population(c.pre)
    post = network.population(c.post)
    if post.bias.any() and _biased(network.incoming(c.post)) < 0:
        raise SpikewattError(
            where,
            "NIR has biases behind weights only",
            f"a bias on a {c.kind} connection",
            "dense or convolution",
        )
    chain: dict[str, Any] = {}
    seen = pre.shape
    if c.pooled is not None:
        chain[".pool"] = _pool(nir, where, c.pooled)
        seen = (*c.pooled.output_size((pre.shape[0], pre.shape[1])), pre.shape[2])
    if c.kind == "pool":
        assert c.geometry is not None
        return {".pool": _pool(nir, where, c.geometry)}
    assert c.weights is not None
    weights = c.weights.astype(np.float64)
    if c.kind == "dense":
        if len(seen) == 3:
            chain[".flatten"] = nir.Flatten(
                {"input": np.array((seen[2], seen[0], seen[1]))}, start_dim=0
            )
            weights = np.asarray(
                weights.reshape(*seen, -1).transpose(2, 0, 1, 3).reshape(len(weights), -1)
            )
        chain[""] = nir.Affine(weights.T, np.zeros(weights.shape[1]) if bias is None else bias)
    elif c.kind == "identity":
        chain[""] = nir.Scale(channels_first(np.broadcast_to(weights, seen)).copy())
    else:
        assert c.geometry is not None
        groups = 1 if c.kind == "conv2d" else seen[2]
        kernel = (
            weights.transpose(3, 2, 0, 1)
            if groups == 1
            else weights.transpose(2, 3, 0, 1).reshape(-1, 1, *weights.shape[:2])
        )
        outputs = kernel.shape[0]
        size = (seen[0], seen[1])
        chain[""] = nir.Conv2d(size, kernel, c.geometry.strides, _padding(where, c.geometry), (1, 1), groups,
                               np.zeros(outputs) if bias is None else bias)  # fmt: skip
    return chain


def _padding(where: str, geometry: Geometry) -> tuple[int, int]:
    (top, bottom), (left, right) = geometry.padding
    if top != bottom or left != right:
        raise SpikewattError(
            where,
            "NIR pads alike on both sides",
            geometry.padding,
            "an odd window, or valid padding",
        )
    return top, left


def _pool(nir, where: str, geometry: Geometry):
    return nir.SumPool2d(
        np.array(geometry.window), np.array(geometry.strides), np.array(_padding(where, geometry))
    )
