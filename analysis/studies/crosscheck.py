"""Synaptic operations as other tools count them, on the same weights and the same spikes.

``nonzero`` is what NeuroBench counts, ``synapses`` what SpikingJelly and sinabs count. Their traps: NeuroBench drops weights of zero
and takes anything but −1, 0, 1 for a MAC; SpikingJelly skips a layer whose input is not all 0 and 1, such as one behind an
average pool; sinabs averages over the batch, and forgets the pool unless asked per layer. So every layer is run on its own,
one sample at a time, and a layer behind a summed window is left to sinabs.

``python -m spikewatt.analysis.studies.crosscheck FILE.npz`` writes the fixture of the tests; needs ``pip install 'spikewatt[crosscheck]'``.
"""

# pyright: reportMissingImports=false

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import MissingToolError, SpikewattError
from ...sim.engines.simulate import simulate
from ...sim.network.connection import Connection
from ...sim.network.geometry import Geometry
from ...sim.network.population import Population
from ...sim.network.spiking_network import SpikingNetwork

STEPS = 12
SAMPLES = 3


def standing_network() -> SpikingNetwork:
    """A small network with what the tools disagree on: borders, strides, a depthwise layer, a pool in front of weights, weights of zero."""
    random = np.random.default_rng(0)
    zero = np.asarray(0)

    def weights(*shape: int) -> np.ndarray:
        return random.integers(-3, 5, shape) * (random.random(shape) < 0.8)

    def firing(name: str, shape: tuple[int, ...], threshold: int) -> Population:
        return Population(
            name,
            shape,
            "integrate_and_fire",
            np.asarray(threshold),
            zero,
            np.asarray(threshold // 2),
        )

    one, pad = ((0, 0), (0, 0)), ((1, 1), (1, 1))
    return SpikingNetwork(
        (
            Population("input", (9, 9, 2), "input", np.asarray(16), zero, np.asarray(8)),
            firing("same", (9, 9, 4), 9), firing("strided", (4, 4, 6), 12), firing("depthwise", (4, 4, 6), 6), firing("hidden", (12,), 14),
            Population("output", (5,), "readout", np.asarray(1), zero, zero),
        ),
        (
            Connection("input", "same", "conv2d", weights(3, 3, 2, 4), Geometry((3, 3), (1, 1), pad)),
            Connection("same", "strided", "conv2d", weights(3, 3, 4, 6), Geometry((3, 3), (2, 2), one)),
            Connection("strided", "depthwise", "depthwise", weights(3, 3, 6, 1), Geometry((3, 3), (1, 1), pad)),
            Connection("depthwise", "hidden", "dense", weights(24, 12), None, Geometry((2, 2), (2, 2))),
            Connection("hidden", "output", "dense", weights(12, 5)),
        ),
        "rate", 1 / 16, 1.0, 8, "crosscheck",
    )  # fmt: skip


def standing_input() -> np.ndarray:
    """Inputs of the standing network."""
    return np.random.default_rng(1).integers(0, 17, (SAMPLES, 9, 9, 2)) / 16


def crosscheck(network: SpikingNetwork, x, steps: int | None = None) -> pd.DataFrame:
    """One row per connection, sample and tool: what it counts and what the trace says.

    ``counted`` is NaN where the tool does not count such a layer. Columns: connection, sample, tool, ledger, counted, ours.

    Raises
    ------
    SpikewattError : spikes of −1, or weighted ones. MissingToolError : a tool is not installed.
    """
    if network.code not in ("rate", "sync_rate") or network.input_code not in (
        "if",
        "poisson",
        "constant",
        "bursting",
    ):
        got = f"{network.code}, {network.input_code}"
        raise SpikewattError(
            "crosscheck.network", "the tools count spikes of 0 and 1", got, "rate or sync_rate; if"
        )
    trace = simulate(network, x, "reference", steps, rasters=2**31 - 1)
    torch = _torch()
    rows = []
    for c in network.connections:
        if c.kind not in ("dense", "conv2d", "depthwise"):
            continue
        module = _module(torch, network, c)
        raster = trace.rasters[c.pre]
        for sample, spikes in enumerate(raster):
            events = torch.tensor(
                _first(spikes.reshape(len(spikes), *network.population(c.pre).shape)),
                dtype=torch.float32,
            )
            for tool, (ledger, count) in TOOLS.items():
                counted = count(torch, module, events, c)
                rows.append(
                    (
                        c.name,
                        sample,
                        tool,
                        ledger,
                        counted,
                        int(trace.ledger(ledger)[c.name][sample].sum()),
                    )
                )
    return pd.DataFrame(rows, columns=["connection", "sample", "tool", "ledger", "counted", "ours"])


def _torch() -> Any:
    try:
        import neurobench  # noqa: F401
        import sinabs  # noqa: F401
        import spikingjelly  # noqa: F401
        import torch
    except ImportError as error:
        raise MissingToolError(
            "crosscheck",
            "needs NeuroBench, SpikingJelly and sinabs",
            str(error),
            "pip install 'spikewatt[crosscheck]'",
        ) from error
    return torch


def _first(spikes: np.ndarray) -> np.ndarray:
    """(steps, rows, columns, channels) as (steps, channels, rows, columns)."""
    return spikes.transpose(0, 3, 1, 2) if spikes.ndim == 4 else spikes


def _module(torch, network: SpikingNetwork, c: Connection):
    """The connection in PyTorch, with the pool in front of its weights and the flattening where it has them."""
    nn = torch.nn
    assert c.weights is not None
    parts: list = []
    weights: np.ndarray = c.weights
    seen: tuple[int, ...] = c.seen(network.population(c.pre).shape)
    kernel: np.ndarray
    for geometry in (g for g in (c.geometry, c.pooled) if g is not None):
        if any(before != after for before, after in geometry.padding) or (
            geometry is c.pooled and np.any(geometry.padding)
        ):
            raise SpikewattError(
                f"crosscheck: connection {c.name!r}",
                "PyTorch pads alike on both sides, and its pools leave padding out",
                geometry.padding,
            )
    if c.pooled is not None:
        parts.append(nn.AvgPool2d(c.pooled.window, c.pooled.strides))
    if c.kind == "dense":
        if len(seen) == 3:
            parts.append(nn.Flatten())
            weights = np.asarray(
                weights.reshape(*seen, -1).transpose(2, 0, 1, 3).reshape(len(weights), -1)
            )
        layer, kernel = nn.Linear(weights.shape[0], weights.shape[1], bias=False), weights.T
    else:
        assert c.geometry is not None
        groups = seen[2] if c.kind == "depthwise" else 1
        kernel = (
            weights.transpose(3, 2, 0, 1)
            if groups == 1
            else weights.transpose(2, 3, 0, 1).reshape(-1, 1, *weights.shape[:2])
        )
        padding = tuple(before for before, _ in c.geometry.padding)
        layer = nn.Conv2d(
            seen[2],
            kernel.shape[0],
            c.geometry.window,
            c.geometry.strides,
            padding,
            groups=groups,
            bias=False,
        )
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(np.ascontiguousarray(kernel), dtype=torch.float32))
    return nn.Sequential(*parts, layer)


def _neurobench(torch, module, events, c: Connection) -> float:
    from neurobench.metrics.utils.layers import single_layer_MACs

    if c.pooled is not None:
        return float("nan")
    if c.kind == "dense":
        events = events.flatten(1)
    operations, spiking = single_layer_MACs(events, module[-1])
    assert spiking
    return float(operations)


def _spikingjelly(torch, module, events, c: Connection) -> float:
    from spikingjelly.activation_based.op_counter import DispatchCounterMode, SynOpCounter

    if c.pooled is not None:
        return float("nan")
    counter = SynOpCounter()
    with torch.no_grad(), DispatchCounterMode([counter]):
        module(events)
    return float(counter.get_total())


def _sinabs(torch, module, events, c: Connection) -> float:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sinabs.synopcounter import SNNAnalyzer

        analyzer = SNNAnalyzer(module)
        with torch.no_grad():
            module(events)
        (found,) = analyzer.get_layer_statistics()["parameter"].values()
    return float(
        round(float(found["synops"]) * len(events))
    )  # it took the steps for a batch, and averaged in float32


TOOLS = {
    "neurobench": ("nonzero", _neurobench),
    "spikingjelly": ("synapses", _spikingjelly),
    "sinabs": ("synapses", _sinabs),
}


def write_fixture(path: Path) -> pd.DataFrame:
    """Count the standing network with all three tools and keep weights, spikes, counts and versions."""
    network, x = standing_network(), standing_input()
    trace = simulate(network, x, "reference", STEPS, rasters=SAMPLES)
    table = crosscheck(network, x, STEPS)
    about = {
        "versions": {tool: version(tool) for tool in (*TOOLS, "torch")},
        "steps": STEPS,
        "counts": table.to_dict("records"),
    }
    arrays = {f"weights/{c.name}": c.weights for c in network.connections if c.weights is not None}
    arrays |= {
        f"spikes/{name}": np.packbits(raster.astype(bool)) for name, raster in trace.rasters.items()
    }
    np.savez_compressed(path, allow_pickle=False, about=np.array(json.dumps(about)), x=x, **arrays)
    return table


if __name__ == "__main__":
    print(write_fixture(Path(sys.argv[1])).to_string())
