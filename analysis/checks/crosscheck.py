"""Synaptic operations as other tools count them, on the same weights and the same spikes.

``nonzero`` is what NeuroBench counts, ``synapses`` what SpikingJelly and sinabs count. Their traps:
NeuroBench drops weights of zero and takes anything but −1, 0, 1 for a MAC; SpikingJelly skips a
layer whose input is not all 0 and 1, such as one after an average pool; sinabs averages over the
batch, and forgets the pool unless asked per layer. So every layer is run on its own, one sample at
a time, and a layer after a summed window is left to sinabs.

``python -m spikewatt.analysis.checks.crosscheck FILE.npz`` writes the fixture of the tests; it
needs ``pip install 'spikewatt[crosscheck]'``.
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ... import files
from ...errors import SpikewattError
from ...installed import not_installed
from ...sim.engines.simulate import simulate
from ...sim.network.connection import Connection
from ...sim.network.connection_kinds import Conv2D, Dense, Depthwise
from ...sim.network.spiking_network import SpikingNetwork
from ...sim.trace.trace import Trace
from .standing_network import SAMPLES, standing_input, standing_network

STEPS = 12
ALL = 2**31 - 1  # samples whose every spike is kept
COLUMNS = ["connection", "sample", "tool", "ledger", "counted", "ours"]

# What sends spikes of 0 and 1 alone.
CODES = ("rate", "sync_rate")
INPUT_CODES = ("if", "poisson", "constant", "bursting")


# ------------------------------------------------------------------ the count


def crosscheck(network: SpikingNetwork, x, steps: int | None = None) -> pd.DataFrame:
    """What each tool counts, and what the trace says.

    Parameters
    ----------
    network : SpikingNetwork
        A network whose spikes are 0 and 1.
    x : ndarray, (samples, …)
        Inputs, as in `simulate`.
    steps : int, default None
        Simulated steps of a rate network.

    Returns
    -------
    DataFrame
        One row per connection, sample and tool: ``connection``, ``sample``, ``tool``, ``ledger``,
        ``counted`` (NaN where the tool does not count such a layer), ``ours``.

    Raises
    ------
    SpikewattError
        Spikes of −1, or weighted ones.
    MissingToolError
        A tool is not installed.
    """
    if network.code not in CODES or network.input_code not in INPUT_CODES:
        got = f"{network.code}, {network.input_code}"
        law = "the tools count spikes of 0 and 1"
        raise SpikewattError("crosscheck.network", law, got, "rate or sync_rate; if")

    trace = simulate(network, x, "reference", steps, rasters=ALL)
    torch = _torch()
    rows: list[tuple] = []
    for connection in network.connections:
        if type(connection.kind) in LAYERS:
            rows += _rows(torch, network, trace, connection)

    return pd.DataFrame(rows, columns=COLUMNS)


def _rows(torch, network: SpikingNetwork, trace: Trace, connection: Connection) -> Iterator[tuple]:
    """One row per sample and tool; the columns are COLUMNS."""
    name = connection.name
    shape = network.population(connection.pre).shape
    module = _module(torch, connection, shape)
    for sample, spikes in enumerate(trace.rasters[connection.pre]):
        by_step = spikes.reshape(len(spikes), *shape)
        events = torch.tensor(_channels_first(by_step), dtype=torch.float32)
        for tool, (ledger, count) in TOOLS.items():
            counted = count(torch, module, events, connection)
            per_step = trace.ledger(ledger)[name][sample]
            ours = int(per_step.sum())
            yield name, sample, tool, ledger, counted, ours


def _torch() -> Any:
    try:
        import neurobench  # noqa: F401
        import sinabs  # noqa: F401
        import spikingjelly  # noqa: F401
        import torch
    except ImportError as error:
        law = "needs NeuroBench, SpikingJelly and sinabs"
        raise not_installed("crosscheck", law, got=error, extra="crosscheck") from error
    return torch


def _channels_first(spikes: np.ndarray) -> np.ndarray:
    """(steps, rows, columns, channels) as (steps, channels, rows, columns)."""
    return spikes.transpose(0, 3, 1, 2) if spikes.ndim == 4 else spikes


# ------------------------------------------------------------------ a connection in PyTorch


def _module(torch, connection: Connection, pre_shape: tuple[int, ...]):
    """The connection, with the pool in front of its weights and the flattening where it has one."""
    _check_padding(connection)
    nn = torch.nn
    seen = connection.seen(pre_shape)
    parts: list = []
    if connection.pooled is not None:
        pool = connection.pooled
        parts.append(nn.AvgPool2d(pool.window, pool.strides))
    if connection.kind == "dense" and len(seen) == 3:
        parts.append(nn.Flatten())

    make = LAYERS[type(connection.kind)]
    layer, kernel = make(nn, connection, seen)
    weights = torch.tensor(np.ascontiguousarray(kernel), dtype=torch.float32)
    with torch.no_grad():
        layer.weight.copy_(weights)
    return nn.Sequential(*parts, layer)


def _check_padding(connection: Connection) -> None:
    for geometry in (connection.geometry, connection.pooled):
        if geometry is None:
            continue
        lopsided = any(before != after for before, after in geometry.padding)
        padded_pool = geometry is connection.pooled and np.any(geometry.padding)
        if lopsided or padded_pool:
            raise SpikewattError(
                f"crosscheck: connection {connection.name!r}",
                "PyTorch pads alike on both sides, and its pools leave padding out",
                geometry.padding,
            )


def _dense(nn, connection: Connection, seen: tuple[int, ...]):
    """(layer, weights in PyTorch's order): channels first where it sees an image."""
    assert connection.weights is not None
    weights = np.asarray(connection.weights)
    inputs, outputs = weights.shape
    if len(seen) == 3:
        by_pixel = weights.reshape(*seen, outputs)
        weights = by_pixel.transpose(2, 0, 1, 3).reshape(inputs, outputs)
    return nn.Linear(inputs, outputs, bias=False), weights.T


def _conv2d(nn, connection: Connection, seen: tuple[int, ...]):
    """(layer, weights in PyTorch's order)."""
    assert connection.weights is not None
    kernel = np.asarray(connection.weights).transpose(3, 2, 0, 1)
    return _convolution(nn, connection, seen, kernel, groups=1)


def _depthwise(nn, connection: Connection, seen: tuple[int, ...]):
    """(layer, weights in PyTorch's order): a group per channel."""
    assert connection.weights is not None
    weights = np.asarray(connection.weights)
    rows, columns = weights.shape[:2]
    kernel = weights.transpose(2, 3, 0, 1).reshape(-1, 1, rows, columns)
    return _convolution(nn, connection, seen, kernel, groups=seen[2])


def _convolution(
    nn, connection: Connection, seen: tuple[int, ...], kernel: np.ndarray, groups: int
):
    geometry = connection.geometry
    assert geometry is not None
    padding = tuple(before for before, _ in geometry.padding)
    layer = nn.Conv2d(
        seen[2],
        kernel.shape[0],
        geometry.window,
        geometry.strides,
        padding,
        dilation=geometry.dilation,
        groups=groups,
        bias=False,
    )
    return layer, kernel


# Kinds of connections that the tools count; others are left to us.
LAYERS = {
    Dense: _dense,
    Conv2D: _conv2d,
    Depthwise: _depthwise,
}


# ------------------------------------------------------------------ the tools


def _neurobench(torch, module, events, connection: Connection) -> float:
    from neurobench.metrics.utils.layers import single_layer_MACs

    if connection.pooled is not None:
        return float("nan")
    if connection.kind == "dense":
        events = events.flatten(1)
    operations, spiking = single_layer_MACs(events, module[-1])
    assert spiking
    return float(operations)


def _spikingjelly(torch, module, events, connection: Connection) -> float:
    from spikingjelly.activation_based.op_counter import DispatchCounterMode, SynOpCounter

    if connection.pooled is not None:
        return float("nan")
    counter = SynOpCounter()
    with torch.no_grad(), DispatchCounterMode([counter]):
        module(events)
    return float(counter.get_total())


def _sinabs(torch, module, events, connection: Connection) -> float:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sinabs.synopcounter import SNNAnalyzer

        analyzer = SNNAnalyzer(module)
        with torch.no_grad():
            module(events)
        (found,) = analyzer.get_layer_statistics()["parameter"].values()

    # It took the steps for a batch, and averaged in float32.
    return float(round(float(found["synops"]) * len(events)))


TOOLS = {
    "neurobench": ("nonzero", _neurobench),
    "spikingjelly": ("synapses", _spikingjelly),
    "sinabs": ("synapses", _sinabs),
}


def write_fixture(path: Path) -> pd.DataFrame:
    """Count the standing network with all tools; keep weights, spikes, counts and versions."""
    network, x = standing_network(), standing_input()
    trace = simulate(network, x, "reference", STEPS, rasters=SAMPLES)
    table = crosscheck(network, x, STEPS)
    about = {
        "versions": {tool: version(tool) for tool in (*TOOLS, "torch")},
        "steps": STEPS,
        "counts": table.to_dict("records"),
    }

    arrays = {f"weights/{c.name}": c.weights for c in network.connections if c.weights is not None}
    for name, raster in trace.rasters.items():
        arrays[f"spikes/{name}"] = np.packbits(raster.astype(bool))
    files.write(path, files.npz(about=np.array(json.dumps(about)), x=x, **arrays))
    return table


if __name__ == "__main__":
    print(write_fixture(Path(sys.argv[1])).to_string())
