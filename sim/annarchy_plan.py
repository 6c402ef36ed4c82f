"""A SpikingNetwork laid out for ANNarchy: one flat population, one synapse matrix, and observers that count.

ANNarchy delivers a spike one step after it was fired, so a population at depth d runs d steps behind the
zero-latency semantics of the reference engine. Each neuron's bias starts at step d, and every count is read d steps later.
The observers are a second, small population without spikes: one row per count (spikes of a population, synaptic
operations of a connection) that holds the sum of the step, and one row per read-out neuron that integrates.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from ..errors import SpikewattError
from .engine import Counts
from .geometry import unroll
from .network import SpikingNetwork

NEVER = 1e300  # threshold of a padding neuron
MAX_NEURONS = 4_000_000


def size_class(count: int, smallest: int) -> int:
    """Smallest of smallest x {1, 1.25, 1.5, 1.75} x 2^k that holds `count`: the compiled code depends on sizes only."""
    size = smallest
    while 2 * size <= count:
        size *= 2
    return next(s for s in (size, size * 5 // 4, size * 3 // 2, size * 7 // 4, size * 2) if s >= count)


@dataclass(frozen=True)
class Plan:
    """Flat arrays, one entry per neuron (padded to a size class) or per observer row.

    ``threshold``, ``bias``, ``start_step``, ``initial_potential``, ``counts_maximum`` : (neurons,);
    ``observer_keeps``, ``observer_bias``, ``observer_start`` : (observers,); ``synapses``, ``windows`` (max pooling):
    (neurons, neurons) post x pre; ``observed`` : (observers, neurons); ``input_size`` : the first neurons are the input;
    ``depth`` : steps that the read-out runs behind.
    """

    threshold: np.ndarray
    bias: np.ndarray
    start_step: np.ndarray
    initial_potential: np.ndarray
    counts_maximum: np.ndarray
    observer_keeps: np.ndarray
    observer_bias: np.ndarray
    observer_start: np.ndarray
    synapses: csr_array
    windows: csr_array
    observed: csr_array
    input_size: int
    depth: int

    def save(self, path: Path) -> None:
        """Write the arrays for the worker processes."""
        arrays: dict[str, np.ndarray] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, csr_array):
                arrays |= {f"{f.name}.{part}": getattr(value, part) for part in ("data", "indices", "indptr", "shape")}
            else:
                arrays[f.name] = np.asarray(value)
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            values = {}
            for f in fields(cls):
                if f"{f.name}.data" in arrays:
                    data, indices, indptr, shape = (arrays[f"{f.name}.{part}"] for part in ("data", "indices", "indptr", "shape"))
                    values[f.name] = csr_array((data, indices, indptr), shape=tuple(shape))
                else:
                    values[f.name] = arrays[f.name] if arrays[f.name].ndim else int(arrays[f.name])
        return cls(**values)


@dataclass(frozen=True)
class ObserverRow:
    """What one observer row counts: a population's spikes (``column`` is None) or a connection's operations in a ledger column."""

    name: str
    column: str | None
    depth: int
    weights: np.ndarray


def _depths(network: SpikingNetwork) -> dict[str, int]:
    """Steps that each population runs behind; all paths into a population must have one length."""
    depth = {network.populations[0].name: 0}
    for p in network.populations[1:]:
        found = {depth[c.pre] + 1 for c in network.incoming(p.name)}
        if len(found) != 1:
            raise SpikewattError(f"annarchy: population {p.name!r}", "all paths from the input have one length", sorted(found))
        depth[p.name] = found.pop()
    return depth


def _observer_rows(network: SpikingNetwork, depth: dict[str, int]) -> tuple[list[ObserverRow], dict[tuple[str, str], tuple[str, int]]]:
    """Rows to observe, and (connection, column) -> (pre population, fan-out) for the ledgers that are a multiple of the spikes."""
    rows, multiples = [], {}
    for p in network.populations[:-1]:
        rows.append(ObserverRow(p.name, None, depth[p.name], np.ones(p.size, np.int64)))
        for c in network.outgoing(p.name):
            for column in ("synapses", "nonzero"):
                fan = network.fan_out(c, column == "nonzero")
                if fan.min() == fan.max():
                    multiples[c.name, column] = (p.name, int(fan[0]))
                else:
                    rows.append(ObserverRow(c.name, column, depth[p.name], fan))
    return rows, multiples


class Layout:
    """The plan of a network, and how to read counts back from what its observers recorded."""

    def __init__(self, network: SpikingNetwork):
        self.network = network
        self.depth = _depths(network)
        spiking = network.populations[:-1]
        self.first = dict(zip([p.name for p in spiking], np.cumsum([0, *[p.size for p in spiking]]), strict=False))
        self.neurons = sum(p.size for p in spiking)
        if self.neurons > MAX_NEURONS:
            raise SpikewattError("annarchy", "the unrolled network fits into memory", f"{self.neurons} neurons", f"<= {MAX_NEURONS}")
        self.rows, self.multiples = _observer_rows(network, self.depth)

    def plan(self) -> Plan:
        """Arrays for the simulator, padded to a size class."""
        network, readout = self.network, self.network.populations[-1]
        neurons, observers = size_class(self.neurons, 1024), size_class(len(self.rows) + readout.size, 32)
        flat = {
            "threshold": np.full(neurons, NEVER),
            "bias": np.zeros(neurons),
            "start_step": np.zeros(neurons),
            "initial_potential": np.zeros(neurons),
            "counts_maximum": np.zeros(neurons),
        }
        for p in network.populations[:-1]:
            part = slice(self.first[p.name], self.first[p.name] + p.size)
            flat["start_step"][part] = self.depth[p.name]
            flat["counts_maximum"][part] = p.kind == "max_pool"
            for field in ("threshold", "bias", "initial_potential"):
                flat[field][part] = p.per_neuron(field)
        observer = {key: np.zeros(observers) for key in ("observer_keeps", "observer_bias", "observer_start")}
        last = slice(len(self.rows), len(self.rows) + readout.size)
        observer["observer_keeps"][last] = 1.0
        observer["observer_bias"][last] = readout.per_neuron("bias")
        observer["observer_start"][last] = self.depth[readout.name]
        synapses, windows, observed = [], [], []
        for c in network.connections:
            matrix = unroll(c, network.population(c.pre).shape, network.population(c.post).shape).tocoo()
            kept = matrix.data != 0  # a weight of zero delivers nothing; the ledger counts it from the closed-form fan-out
            row, column, weight = matrix.row[kept], matrix.col[kept] + self.first[c.pre], matrix.data[kept]
            if c.post == readout.name:
                observed.append((weight, row + len(self.rows), column))
            else:
                (windows if c.kind == "max_pool" else synapses).append((weight, row + self.first[c.post], column))
        for i, row in enumerate(self.rows):
            first = self.first[row.name if row.column is None else row.name.split("->")[0]]
            observed.append((row.weights, np.full(row.weights.size, i), first + np.arange(row.weights.size)))
        return Plan(
            **flat,
            **observer,
            input_size=network.populations[0].size,
            depth=self.depth[readout.name],
            synapses=_matrix(synapses, (neurons, neurons)),
            windows=_matrix(windows, (neurons, neurons)),
            observed=_matrix(observed, (observers, neurons)),
        )

    def read(self, counts: Counts, start: int, recorded: np.ndarray, steps: int) -> None:
        """Fill `counts` from `recorded` (samples, steps + depth, observers), samples `start` onwards."""
        recorded = np.round(recorded).astype(np.int64)
        part = slice(start, start + len(recorded))
        for i, row in enumerate(self.rows):
            values = recorded[:, row.depth + 1 : row.depth + 1 + steps, i]
            (counts.spikes if row.column is None else counts.synaptic_operations[row.column])[row.name][part] = values
        for (connection, column), (population, fan) in self.multiples.items():
            counts.synaptic_operations[column][connection][part] = counts.spikes[population][part] * fan
        depth = self.depth[self.network.populations[-1].name]
        counts.outputs[part] = recorded[:, depth : depth + steps, len(self.rows) : len(self.rows) + counts.outputs.shape[2]]

    def read_raster(self, counts: Counts, sample: int, neuron: np.ndarray, step: np.ndarray) -> None:
        """Fill the rasters of one sample from its (neuron, step) pairs as recorded."""
        for p in self.network.populations[:-1]:
            first, steps = self.first[p.name], counts.rasters[p.name].shape[1]
            own_step = step - self.depth[p.name]
            mine = (neuron >= first) & (neuron < first + p.size) & (own_step >= 0) & (own_step < steps)
            counts.rasters[p.name][sample, own_step[mine], neuron[mine] - first] = True


def _matrix(parts: list[tuple], shape: tuple[int, int]) -> csr_array:
    """csr matrix of the concatenated (values, rows, columns); empty parts give an empty matrix."""
    values, rows, columns = (np.concatenate([np.asarray(p[i]) for p in parts] or [np.zeros(0, np.int64)]) for i in range(3))
    return csr_array((values.astype(np.float64), (rows, columns)), shape=shape)
