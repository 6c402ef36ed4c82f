"""The arrays from which a worker builds and runs an ANNarchy network.

Parameters, synapses, and what each sample sets.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from ...network.connection import Connection
from ...network.spiking_network import SpikingNetwork
from ...network.synapses import unroll
from ..counts import events, has_potential, split_inputs
from .layout import Layout, Segment
from .neurons import NEURON_FIELDS, NEVER, OBSERVER_FIELDS, RELAY, RULES, Parameters


@dataclass(frozen=True)
class Plan:
    """What a worker needs.

    Parameters
    ----------
    neurons : (NEURON_FIELDS, neurons) parameters, padded to a size class.
    observers : (OBSERVER_FIELDS, rows) parameters, padded likewise.
    potential : (neurons,) start values.
    gain : (neurons,) worth of the first spike.
    kept : (rows,) start values of the observers.
    synapses : (neurons, neurons) post x pre weights.
    windows : (neurons, neurons) post x pre, max pooling.
    read : (rows, neurons) weights into the read-outs.
    counted : (rows, neurons) what one spike counts.
    sample_index : entries of (neurons, rows) that each sample sets, to the columns of its input.
    sample_bias : 1 if they are biases, 0 if start values.
    steps : int, steps to run.
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
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, csr_array):
                for part in SPARSE_PARTS:
                    arrays[f"{field.name}.{part}"] = np.asarray(getattr(value, part))
            else:
                arrays[field.name] = np.asarray(value)
        np.savez(path, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{field.name: _loaded(arrays, field.name) for field in fields(cls)})


SPARSE_PARTS = ("data", "indices", "indptr", "shape")


def _loaded(arrays, name: str) -> Any:
    """A field of a Plan: sparse, dense or a number."""
    if f"{name}.data" in arrays:
        data, indices, indptr, shape = (arrays[f"{name}.{part}"] for part in SPARSE_PARTS)
        return csr_array((data, indices, indptr), shape=tuple(shape))
    return arrays[name] if arrays[name].ndim else int(arrays[name])


def size_class(count: int, smallest: int) -> int:
    """Smallest of smallest · {1, 1.25, 1.5, 1.75} · 2^k that holds `count`.

    The compiled code depends on sizes only.

    >>> size_class(5, 32), size_class(33, 32), size_class(65, 32)
    (32, 40, 80)
    """
    size = smallest
    while 2 * size <= count:
        size *= 2
    classes = (size, size * 5 // 4, size * 3 // 2, size * 7 // 4, size * 2)
    return next(s for s in classes if s >= count)


def plan_of(layout: Layout, inputs: np.ndarray) -> tuple[Plan, np.ndarray]:
    """Arrays for the simulator.

    Parameters
    ----------
    inputs : (samples, neurons of all inputs) integers.

    Returns
    -------
    the plan, padded to a size class; and (samples, len(sample_index)) what each sample sets.
    """
    neurons, potential, gain = _neurons(layout)
    observers, kept = _observers(layout)
    size, rows = neurons.shape[1], observers.shape[1]
    parts = _synapses(layout)

    bias = np.concatenate(
        [neurons[NEURON_FIELDS.index("bias")], observers[OBSERVER_FIELDS.index("bias")]]
    )
    start = np.concatenate([potential, kept])
    sets_bias = _sets_bias(layout.network)
    index, values = _samples(layout, inputs, bias if sets_bias else start, size)
    plan = Plan(
        neurons=neurons,
        observers=observers,
        potential=potential,
        gain=gain,
        kept=kept,
        synapses=parts.synapses.matrix((size, size)),
        windows=parts.windows.matrix((size, size)),
        read=parts.read.matrix((rows, size)),
        counted=parts.counted.matrix((rows, size)),
        sample_index=index,
        sample_bias=int(sets_bias),
        steps=layout.steps,
    )
    return plan, values


# Parameters


def _neurons(layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(NEURON_FIELDS, neurons) parameters, (neurons,) start values, (neurons,) worth of the
    first spike.
    """
    size = size_class(layout.size, 1024)
    table = _table(NEURON_FIELDS, size)
    table[NEURON_FIELDS.index("threshold")] = NEVER
    potential, gain = np.zeros(size), np.ones(size)
    for segment in layout.segments.values():
        for field, value in _parameters(layout, segment).items():
            table[NEURON_FIELDS.index(field), segment.neurons] = value
        if not segment.relay:
            start = segment.population.per_neuron("initial_potential")
            potential[segment.neurons] = start
        gain[segment.neurons] = segment.window.gain(segment.window.start)
    return table, potential, gain


def _parameters(layout: Layout, segment: Segment) -> Parameters:
    """The NEURON_FIELDS of a segment, scalar or (size,)."""
    p, network = segment.population, layout.network
    values: Parameters = dict.fromkeys(NEURON_FIELDS, 0.0)
    values |= {
        "start_step": segment.window.start,
        "stop_step": segment.window.stop,
        "cap": NEVER,
        "lowest": -NEVER,
        "highest": NEVER,
    }
    if segment.relay:
        return values | RELAY
    rule = network.rule(p)
    values |= RULES[type(rule)](p)
    values["doubling"] = float(bool(segment.window.gains) and rule != "given")
    if has_potential(network, p):
        values |= _width(layout)
    return values


def _observers(layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    """(OBSERVER_FIELDS, rows) parameters, (rows,) start values."""
    rows = size_class(layout.observers, 32)
    table, kept = _table(OBSERVER_FIELDS, rows), np.zeros(rows)
    for p in layout.network.readouts:
        part, lag = layout.readouts[p.name], layout.lag[p.name]
        values = {
            **RULES[type(layout.network.rule(p))](p),
            "start_step": lag,
            "stop_step": lag + layout.schedule.steps,
            **_width(layout),
        }
        for field, value in values.items():
            table[OBSERVER_FIELDS.index(field), part] = value
        kept[part] = p.per_neuron("initial_potential")
    return table, kept


def _table(names: tuple[str, ...], size: int) -> np.ndarray:
    """Parameters of neurons that do nothing."""
    table = np.zeros((len(names), size))
    table[names.index("lowest")], table[names.index("highest")] = -NEVER, NEVER
    return table


def _width(layout: Layout) -> Parameters:
    """Ends of a potential, where it can saturate."""
    largest = layout.schedule.largest
    if not largest:
        return {"lowest": -NEVER, "highest": NEVER}
    return {"lowest": -largest - 1, "highest": largest}


# Synapses


class Entries:
    """Entries of a sparse matrix while they are collected."""

    def __init__(self):
        self.values: list[np.ndarray] = []
        self.rows: list[np.ndarray] = []
        self.columns: list[np.ndarray] = []

    def add(self, values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> None:
        """More entries."""
        self.values.append(values)
        self.rows.append(rows)
        self.columns.append(columns)

    def matrix(self, shape: tuple[int, int]) -> csr_array:
        """All of them."""
        none = [np.zeros(0, np.int64)]
        values = np.concatenate(self.values or none).astype(np.float64)
        places = np.concatenate(self.rows or none), np.concatenate(self.columns or none)
        return csr_array((values, places), shape=shape)


class Synapses:
    """The four matrices of a Plan while they are collected."""

    def __init__(self):
        self.synapses, self.windows = Entries(), Entries()
        self.read, self.counted = Entries(), Entries()


def _synapses(layout: Layout) -> Synapses:
    """All that neurons are connected by."""
    parts = Synapses()
    for c in layout.network.connections:
        if not _is_analog(layout.network, c):
            _connect(layout, parts, c)
    for (name, extra), segment in layout.segments.items():
        if segment.relay:  # hears the population, or the relay before it
            own = np.arange(segment.population.size)
            previous = layout.segments[name, extra - 1]
            parts.synapses.add(np.ones(len(own)), own + segment.first, own + previous.first)
    for i, row in enumerate(layout.rows):
        own = np.arange(row.fan_out.size)
        first = layout.segments[row.pre, 0].first
        parts.counted.add(row.fan_out, np.full(len(own), i), own + first)
    return parts


def _connect(layout: Layout, parts: Synapses, c: Connection) -> None:
    """The synapses of one connection. A weight of zero delivers nothing.

    The ledger counts it in closed form.
    """
    network = layout.network
    post = network.population(c.post)
    matrix = unroll(c, network.population(c.pre).shape, post.shape).tocoo()
    there = matrix.data != 0
    weight, row = matrix.data[there], matrix.row[there]
    column = matrix.col[there] + layout.segments[c.pre, layout.gap(c)].first
    if post.kind.is_readout:
        parts.read.add(weight, row + layout.readouts[c.post].start, column)
    else:
        entries = parts.windows if c.kind.compares else parts.synapses
        entries.add(weight, row + layout.segments[c.post, 0].first, column)


# Inputs


def _is_analog(network: SpikingNetwork, c: Connection) -> bool:
    """Whether `c` is multiplied by a host, before the first step."""
    return network.input_code.analog and network.population(c.pre).kind.is_input


def _sets_bias(network: SpikingNetwork) -> bool:
    """Whether a sample sets biases; else start values."""
    if network.input_code.analog:
        return network.code.bias_each_step
    return not network.input_code.doubles


def _samples(
    layout: Layout, inputs: np.ndarray, base: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """What each sample sets.

    Parameters
    ----------
    base : (neurons + rows,) what there is without an input.
    size : neurons, after which the rows begin.

    Returns
    -------
    (entries,) places in `base`, and (samples, entries) their values.
    """
    network = layout.network
    if not network.input_code.analog:
        places = [layout.segments[p.name, 0].first + np.arange(p.size) for p in network.inputs]
        return np.concatenate(places), inputs.astype(np.float64)

    index, values = [], []
    for name, product in _multiplied(layout, inputs).items():
        if name in layout.readouts:
            first = size + layout.readouts[name].start
        else:
            first = layout.segments[name, 0].first
        index.append(first + np.arange(product.shape[1]))
        values.append(base[index[-1]] + product)
    return np.concatenate(index), np.concatenate(values, axis=1).astype(np.float64)


def _multiplied(layout: Layout, inputs: np.ndarray) -> dict[str, np.ndarray]:
    """Population -> (samples, neurons) weighted sums of analog inputs."""
    network = layout.network
    pixels = split_inputs(network, inputs)
    products: dict[str, np.ndarray] = {}
    for c in network.connections:
        if _is_analog(network, c):
            pre, post = network.population(c.pre), network.population(c.post)
            product = (unroll(c, pre.shape, post.shape) @ pixels[c.pre].T).T
            products[c.post] = products.get(c.post, 0) + product
    return products


def events_of(layout: Layout, inputs: np.ndarray, first: int, seed: int) -> np.ndarray | None:
    """(samples, steps, inputs) worth of what encoded inputs send, from sample `first` on.

    None where they compute their own spikes.
    """
    steps = layout.schedule.steps
    found = events(layout.network, split_inputs(layout.network, inputs), steps, seed, first)
    if not found:
        return None
    parts = []
    for name, part in found.items():
        window = layout.schedule.windows[name]
        gains = np.array([window.gain(t) for t in range(steps)])
        parts.append(part.astype(np.int32) * gains[:, None])
    return np.concatenate(parts, axis=2)
