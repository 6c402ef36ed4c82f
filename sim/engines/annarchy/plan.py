"""A SpikingNetwork laid out for ANNarchy: one flat population, one synapse matrix, and observers that count.

ANNarchy delivers a spike one step after it was fired. Exact codes do not notice, since a population fires only when its inputs have
been silent for a step. In streaming codes a population at depth d runs d steps behind the zero-latency semantics of the
reference engine: its window starts d steps later, every count is read d steps later, and where paths differ in length a
relay (a neuron that repeats what it hears) fills the gap. Neurons of encoded inputs repeat what they are given at each step.
The observers are a second, small population without spikes: one row per count (spikes of a population, synaptic
operations of a connection) that holds the sum of the step, and one row per read-out neuron that integrates.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from ....errors import SpikewattError
from ...network.population import Population
from ...network.spiking_network import SpikingNetwork
from ...network.synapses import unroll
from ..counts import Counts, events, has_potential, split_inputs
from ..schedule import Schedule, Window

NEVER = 1e300  # threshold of a padding neuron, cap of one that may fire at will
MAX_NEURONS = 4_000_000
NEURON_FIELDS = (
    "threshold", "bias", "start_step", "stop_step", "doubling", "retracts", "cap", "resets_to_zero", "counts_maximum", "repeats",
    "lowest", "highest",
)  # fmt: skip
OBSERVER_FIELDS = ("keeps", "bias", "start_step", "stop_step", "lowest", "highest")


def size_class(count: int, smallest: int) -> int:
    """Smallest of smallest x {1, 1.25, 1.5, 1.75} x 2^k that holds `count`: the compiled code depends on sizes only."""
    size = smallest
    while 2 * size <= count:
        size *= 2
    return next(
        s for s in (size, size * 5 // 4, size * 3 // 2, size * 7 // 4, size * 2) if s >= count
    )


@dataclass(frozen=True)
class Plan:
    """What a worker needs.

    Parameters
    ----------
    neurons : (NEURON_FIELDS, neurons) parameters, padded to a size class; observers : (OBSERVER_FIELDS, rows).
    potential, gain : (neurons,) start values; kept : (rows,) start values of the observers.
    synapses, windows : (neurons, neurons) post x pre, weights and max pooling; read : (rows, neurons) weights into the read-outs;
        counted : (rows, neurons) what one spike counts.
    sample_index : entries of (neurons, rows) that each sample sets, to the columns of its input; sample_bias : they are biases
        (else start values).
    steps : steps to run.
    """

    neurons: np.ndarray
    observers: np.ndarray
    potential: np.ndarray
    gain: np.ndarray
    kept: np.ndarray
    synapses: csr_array
    windows: csr_array
    read: csr_array
    counted: csr_array
    sample_index: np.ndarray
    sample_bias: int
    steps: int

    def save(self, path: Path) -> None:
        """Write the arrays for the worker processes."""
        arrays: dict[str, np.ndarray] = {}
        for f in fields(self):
            value = getattr(self, f.name)
            if isinstance(value, csr_array):
                arrays |= {
                    f"{f.name}.{part}": np.asarray(getattr(value, part))
                    for part in ("data", "indices", "indptr", "shape")
                }
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
                    data, indices, indptr, shape = (
                        arrays[f"{f.name}.{part}"]
                        for part in ("data", "indices", "indptr", "shape")
                    )
                    values[f.name] = csr_array((data, indices, indptr), shape=tuple(shape))
                else:
                    values[f.name] = arrays[f.name] if arrays[f.name].ndim else int(arrays[f.name])
        return cls(**values)


@dataclass(frozen=True)
class _Segment:
    """Neurons of one population, or relays of one, in the flat population."""

    population: Population
    first: int
    lag: int
    window: Window
    relay: bool


@dataclass(frozen=True)
class _Row:
    """What one observer row counts: a population's spikes (``column`` is None) or a connection's operations in a ledger column."""

    name: str
    column: str | None
    pre: str
    weights: np.ndarray


class Layout:
    """Where each neuron lies, the plan of a network, and how to read counts back from what its observers recorded."""

    def __init__(self, network: SpikingNetwork, schedule: Schedule):
        self.network, self.schedule = network, schedule
        self.lag: dict[str, int] = {}
        for p in network.populations:
            before = [self.lag[c.pre] for c in network.incoming(p.name)]
            streaming = schedule.streaming or p.kind.is_readout
            self.lag[p.name] = max(before) + 1 if before and streaming else 0
        self.segments: dict[tuple[str, int], _Segment] = {}
        self.size = self.observers = 0
        for p in network.populations:
            if p.kind.fires:
                self._segment(p, 0)
        for c in network.connections:
            for extra in range(1, self.lag[c.post] - self.lag[c.pre] if schedule.streaming else 0):
                self._segment(network.population(c.pre), extra)
        if self.size > MAX_NEURONS:
            raise SpikewattError(
                "annarchy",
                "the unrolled network fits into memory",
                f"{self.size} neurons",
                f"<= {MAX_NEURONS}",
            )
        self.rows: list[_Row] = []
        self.multiples: dict[tuple[str, str], tuple[str, int]] = {}
        for p in network.populations:
            if p.kind.fires:
                self._count(p)

    def _segment(self, p: Population, extra: int) -> None:
        """Reserve neurons for population `p` (extra = 0), or for relays that repeat it `extra` steps later."""
        if (p.name, extra) in self.segments:
            return
        lag, window = self.lag[p.name] + extra, self.schedule.windows[p.name]
        late = Window(window.start + lag, window.stop + lag, window.gains)
        self.segments[p.name, extra] = _Segment(p, self.size, lag, late, extra > 0)
        self.size += p.size

    def _count(self, p: Population) -> None:
        """Observer rows of population `p`; a ledger that is a multiple of the spikes needs none."""
        self.rows.append(_Row(p.name, None, p.name, np.ones(p.size, np.int64)))
        for c in self.network.outgoing(p.name):
            for column in ("synapses", "nonzero"):
                fan = self.network.fan_out(c, column == "nonzero")
                if fan.min() == fan.max():
                    self.multiples[c.name, column] = (p.name, int(fan[0]))
                else:
                    self.rows.append(_Row(c.name, column, p.name, fan))

    def _neuron_parameters(self, s: _Segment) -> dict[str, float | np.ndarray]:
        """The NEURON_FIELDS of a segment, scalar or (size,)."""
        p, code = s.population, self.network.code
        values: dict[str, float | np.ndarray] = {
            **dict.fromkeys(NEURON_FIELDS, 0.0),
            "lowest": -NEVER,
            "highest": NEVER,
        }
        if self.schedule.largest and not s.relay and has_potential(self.network, p):
            values |= self._width()
        values |= {"start_step": s.window.start, "stop_step": s.window.stop, "cap": NEVER}
        if s.relay or (p.kind.is_input and self.network.input_code.encoded):
            return values | {"threshold": 1.0, "repeats": 1.0}
        values["retracts"] = code.negative_spikes and not p.kind.is_input
        values["doubling"] = bool(s.window.gains)
        if p.kind.compares:
            return values | {"counts_maximum": 1.0}
        if code.negative_spikes and not p.kind.is_input:
            values["cap"] = p.levels
        return values | {
            "threshold": p.per_neuron("threshold"),
            "bias": p.per_neuron("bias"),
            "resets_to_zero": p.reset == "zero",
        }

    def _width(self) -> dict[str, float | np.ndarray]:
        largest = self.schedule.largest or NEVER
        return {"lowest": -largest - 1, "highest": largest}

    def plan(self, inputs: np.ndarray) -> tuple[Plan, np.ndarray]:
        """Arrays for the simulator, padded to a size class, and what each sample sets (samples, len(sample_index))."""
        network = self.network
        size, width = size_class(self.size, 1024), sum(p.size for p in network.readouts)
        count = self.observers = size_class(len(self.rows) + width, 32)
        neurons, observers = (
            np.zeros((len(NEURON_FIELDS), size)),
            np.zeros((len(OBSERVER_FIELDS), count)),
        )
        neurons[NEURON_FIELDS.index("threshold")] = NEVER
        for table, names in ((neurons, NEURON_FIELDS), (observers, OBSERVER_FIELDS)):
            table[names.index("lowest")], table[names.index("highest")] = -NEVER, NEVER
        potential, gain, kept = np.zeros(size), np.ones(size), np.zeros(count)
        for s in self.segments.values():
            part = slice(s.first, s.first + s.population.size)
            for field, value in self._neuron_parameters(s).items():
                neurons[NEURON_FIELDS.index(field), part] = value
            if not s.relay:
                potential[part] = s.population.per_neuron("initial_potential")
            gain[part] = s.window.gain(s.window.start)
        first = {}
        at = len(self.rows)
        for p in network.readouts:
            first[p.name] = at
            part, lag = slice(at, at + p.size), self.lag[p.name]
            at += p.size
            values = {
                "keeps": 1.0,
                "bias": p.per_neuron("bias"),
                "start_step": lag,
                "stop_step": lag + self.schedule.steps,
                **self._width(),
            }
            for field, value in values.items():
                observers[OBSERVER_FIELDS.index(field), part] = value
            kept[part] = p.per_neuron("initial_potential")

        synapses, windows, read, counted = [], [], [], []
        analog = {}
        for c in network.connections:
            pre, post = network.population(c.pre), network.population(c.post)
            matrix = unroll(c, pre.shape, post.shape)
            if pre.kind.is_input and network.input_code.analog:
                analog[c.name] = matrix
                continue
            gap = max(self.lag[c.post] - self.lag[c.pre] - 1, 0) if self.schedule.streaming else 0
            matrix = matrix.tocoo()
            kept_weights = (
                matrix.data != 0
            )  # a weight of zero delivers nothing; the ledger counts it from the closed-form fan-out
            row, weight = matrix.row[kept_weights], matrix.data[kept_weights]
            column = matrix.col[kept_weights] + self.segments[c.pre, gap].first
            if post.kind.is_readout:
                read.append((weight, row + first[post.name], column))
            else:
                (windows if c.kind.compares else synapses).append(
                    (weight, row + self.segments[c.post, 0].first, column)
                )
        for s in self.segments.values():
            if s.relay:
                own = np.arange(s.population.size)
                previous = next(
                    t
                    for (name, _), t in self.segments.items()
                    if name == s.population.name and t.lag == s.lag - 1
                )
                synapses.append((np.ones(len(own)), own + s.first, own + previous.first))
        for i, row in enumerate(self.rows):
            own = np.arange(row.weights.size)
            counted.append(
                (row.weights, np.full(len(own), i), self.segments[row.pre, 0].first + own)
            )

        index, values, as_bias = self._samples(
            inputs, analog, neurons, observers, potential, kept, first, size
        )
        plan = Plan(
            neurons, observers, potential, gain, kept, _matrix(synapses, (size, size)), _matrix(windows, (size, size)),
            _matrix(read, (count, size)), _matrix(counted, (count, size)), index, int(as_bias),
            self.schedule.steps + max(self.lag.values()) + 1,
        )  # fmt: skip
        return plan, values

    def _samples(
        self, inputs, analog, neurons, observers, potential, kept, first, size
    ) -> tuple[np.ndarray, np.ndarray, bool]:
        """Which entries of (neurons, observers) each sample sets, to what, and whether they are biases."""
        network = self.network
        pixels = split_inputs(network, inputs)
        if not network.input_code.analog:
            index = np.concatenate(
                [self.segments[p.name, 0].first + np.arange(p.size) for p in network.inputs]
            )
            return index, inputs.astype(np.float64), not network.input_code.doubles
        as_bias = network.code.bias_each_step
        bias = np.concatenate(
            [neurons[NEURON_FIELDS.index("bias")], observers[OBSERVER_FIELDS.index("bias")]]
        )
        base = bias if as_bias else np.concatenate([potential, kept])
        driven: dict[str, np.ndarray] = {}
        for c in network.connections:
            if c.name in analog:
                driven[c.post] = driven.get(c.post, 0) + (analog[c.name] @ pixels[c.pre].T).T
        index, values = [], []
        for name, product in driven.items():
            at = size + first[name] if name in first else self.segments[name, 0].first
            index.append(at + np.arange(product.shape[1]))
            values.append(base[index[-1]] + product)
        return np.concatenate(index), np.concatenate(values, axis=1).astype(np.float64), as_bias

    def events(self, inputs: np.ndarray, first: int, seed: int) -> np.ndarray | None:
        """(samples, steps, inputs) worth of what encoded inputs send, from sample `first` on; None where they compute their own spikes."""
        found = events(
            self.network, split_inputs(self.network, inputs), self.schedule.steps, seed, first
        )
        if not found:
            return None
        gains = [
            [self.schedule.windows[name].gain(t) for t in range(self.schedule.steps)]
            for name in found
        ]
        return np.concatenate(
            [
                part.astype(np.int32) * np.array(g)[:, None]
                for part, g in zip(found.values(), gains, strict=True)
            ],
            axis=2,
        )

    def read(self, counts: Counts, start: int, recorded: np.ndarray, lost: np.ndarray) -> None:
        """Fill `counts` from sample `start` on: `recorded` (samples, steps run, observers), `lost` (samples, neurons + observers)."""
        recorded, steps = np.round(recorded).astype(np.int64), self.schedule.steps
        part = slice(start, start + len(recorded))
        for i, row in enumerate(self.rows):
            lag = self.lag[row.pre] + 1
            values = recorded[:, lag : lag + steps, i]
            (counts.spikes if row.column is None else counts.synaptic_operations[row.column])[
                row.name
            ][part] = values
        for (connection, column), (population, fan) in self.multiples.items():
            counts.synaptic_operations[column][connection][part] = (
                counts.spikes[population][part] * fan
            )
        for p in self.network.populations if lost.size else ():
            if p.kind.fires and p.name in counts.saturations:
                first = self.segments[p.name, 0].first
                counts.saturations[p.name][part] = lost[:, first : first + p.size].sum(axis=1)
        at = len(self.rows)
        for p in self.network.readouts:
            lag = self.lag[p.name]
            counts.output(p.name)[part] = recorded[:, lag : lag + steps, at : at + p.size]
            if lost.size:
                counts.saturations[p.name][part] = lost[:, lost.shape[1] - self.observers + at :][
                    :, : p.size
                ].sum(axis=1)
            at += p.size

    def read_raster(self, counts: Counts, sample: int, raster: np.ndarray) -> None:
        """Fill the rasters of one sample from the (steps run, neurons) signs of the spikes that were recorded."""
        for p in self.network.populations:
            if p.kind.fires:
                s = self.segments[p.name, 0]
                counts.rasters[p.name][sample] = raster[
                    s.lag : s.lag + self.schedule.steps, s.first : s.first + p.size
                ]


def _matrix(parts: list[tuple], shape: tuple[int, int]) -> csr_array:
    """csr matrix of the concatenated (values, rows, columns); empty parts give an empty matrix."""
    values, rows, columns = (
        np.concatenate([np.asarray(p[i]) for p in parts] or [np.zeros(0, np.int64)])
        for i in range(3)
    )
    return csr_array((values.astype(np.float64), (rows, columns)), shape=shape)
