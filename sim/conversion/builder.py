"""quantise: the graph that was read, and a clip per layer, become a network of integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ...errors import SpikewattError
from ..network.connection import Connection
from ..network.encoders import unit_of
from ..network.geometry import unroll
from ..network.population import Population
from ..network.spiking_network import SpikingNetwork
from .clip_rules import Drive
from .graph import Graph
from .nodes import (
    AveragePoolNode,
    FlipNode,
    InputNode,
    MaxPoolNode,
    Node,
    PoolNode,
    ReadoutNode,
    ReluNode,
)
from .options import ConversionOptions
from .quantise import (
    common_unit,
    integer_bias,
    integer_threshold,
    integer_weights,
    least_error_unit,
    wide_enough,
)
from .terms import IdentityTerm, Term

SPIKE_NORM_STEPS = 100  # Sengupta et al. took 2,500: fewer steps may miss the largest sum
SPIKE_NORM_SAMPLES = 100
ZERO = np.asarray(0)
ONE = np.asarray(1)


def quantise(
    graph: Graph,
    clips: Mapping[str, float],
    options: ConversionOptions,
    calibration: list[np.ndarray],
    corrections: Mapping[str, np.ndarray] | None = None,
) -> SpikingNetwork:
    """Make a network of integers.

    Parameters
    ----------
    graph : Graph
        What was read of the Keras model.
    clips : mapping from name of a node to float
        λ of every node that fires, in the terms of Keras.
    options : ConversionOptions
        Bits, levels and code.
    calibration : list of array, (samples, *shape)
        One array per input: an encoder takes the unit of its events from it, and the method
        ``spike_norm`` simulates it.
    corrections : mapping from name of a node to array (channels,), default none
        What is added to its bias.

    Raises
    ------
    SpikewattError : a threshold that rounds to 0; a pool that the code or the input does not allow.
    """
    draft = _Draft(graph, clips, options, calibration, corrections or {})
    for node in graph.nodes:
        BUILDERS[type(node)](draft, node)
    return draft.network(list(draft.populations.values()))


@dataclass(eq=False)
class _Draft:
    """A network in the making."""

    graph: Graph
    clips: Mapping[str, float]
    options: ConversionOptions
    calibration: list[np.ndarray]
    corrections: Mapping[str, np.ndarray]
    populations: dict[str, Population] = field(default_factory=dict)
    connections: list[Connection] = field(default_factory=list)
    units: dict[str, np.ndarray] = field(default_factory=dict)  # (channels,) or (1,)
    counted: set[int] = field(default_factory=set)  # ids of executed layers
    output_unit: float = 1.0

    def network(self, populations: list[Population]) -> SpikingNetwork:
        """The network of `populations` and the connections so far."""
        options = self.options
        largest_input = options.input_levels if options.spike_input_code.doubles else 0
        return SpikingNetwork(
            tuple(sorted(populations, key=lambda p: p.kind != "input")),
            tuple(self.connections),
            options.code,
            options.input_unit,
            self.output_unit,
            options.weight_bits,
            self.graph.name,
            options.input_code,
            largest_input,
        )

    def add(self, population: Population, unit: np.ndarray) -> None:
        """Keep a population, one spike of which is worth `unit`, (channels,) or (1,)."""
        self.populations[population.name] = replace(population, unit=unit)
        self.units[population.name] = unit

    def connect(
        self, term: Term, post: str, kind: str, weights: np.ndarray | None, geometry=None
    ) -> None:
        """Keep the connection that `term` becomes."""
        before = sum((c.pre, c.post) == (term.source, post) for c in self.connections)
        connection = Connection(term.source, post, kind, weights, geometry, term.pooled, before + 1)
        self.connections.append(connection)

    def executed_by(self, term: Term):
        """What Keras executes for `term`: None where that is the connection as it stands.

        A layer that several connections came from is counted with the first of them.
        """
        if not term.executed:
            return None
        new = tuple(layer for layer in term.executed if id(layer) not in self.counted)
        self.counted |= {id(layer) for layer in new}
        as_it_stands = len(term.executed) == len(new) == 1 and new[0].macs == term.macs
        return None if as_it_stands else new

    def per_spike(self, term: Term) -> np.ndarray:
        """The weights of `term`, in value per spike instead of per value."""
        unit = self.units[term.source]
        return term.with_unit(np.broadcast_to(unit, (term.shape[-1],)))

    def full_scale(self, term: Term) -> np.ndarray:
        """What `term` makes of the largest value of its source, which is everywhere."""
        levels = self.populations[term.source].levels
        everywhere = np.full((1, *term.shape), float(levels))
        per_spike = replace(term, weights=self.per_spike(term))
        return per_spike.apply(everywhere)[0]

    def bias_of(self, node: Node) -> np.ndarray:
        """(*shape) what is added to `node`, in the terms of Keras."""
        bias = node.bias
        for term in node.terms:
            if term.full_scale:
                bias = bias + self.full_scale(term).reshape(node.shape)
        return np.broadcast_to(bias + self.corrections.get(node.name, 0.0), node.shape)


# Inputs.


def _input(draft: _Draft, node: InputNode) -> None:
    """An input population, by its code."""
    options, input_code = draft.options, draft.options.spike_input_code
    levels, unit = options.input_levels, options.input_unit
    full, start, limit = np.asarray(levels), ZERO, 0

    if input_code.doubles:
        full, limit = ONE, 2 ** levels.bit_length() - 1
    elif input_code.analog:
        limit = levels
    elif input_code.encoded:
        unit = options.input_max * unit_of(options.input_code, levels, _level_counts(draft))
    else:
        limit, start = options.levels_of(node), full // 2
        unit = options.input_max / max(limit, 1)

    population = Population(node.name, node.shape, "input", full, ZERO, start, limit)
    draft.add(population, np.full(node.shape[-1], unit))


def _level_counts(draft: _Draft) -> np.ndarray:
    """(levels + 1,) how often each level occurs in the calibration data, without its sign."""
    options = draft.options
    pixels = np.abs(np.concatenate([part.reshape(-1) for part in draft.calibration]))
    levels = np.round(pixels / options.input_max * options.input_levels).astype(np.int64)
    return np.bincount(levels, minlength=options.input_levels + 1)


# Sums: ReLUs and outputs.


def _relu(draft: _Draft, node: ReluNode) -> None:
    unit, bias = _connected(draft, node)
    _add_firing(draft, node, unit, bias)


def _readout(draft: _Draft, node: ReadoutNode) -> None:
    """An output that integrates; or one that fires, and a population that counts its spikes."""
    unit, bias = _connected(draft, node)
    if not draft.options.counts_output_spikes:
        draft.output_unit = float(unit[0])
        per_step, at_once = _apart(draft, bias)
        population = Population(node.name, node.shape, "readout", ONE, per_step, at_once)
        draft.add(population, unit)
        return

    _add_firing(draft, node, unit, bias)
    worth = draft.units[node.name]
    draft.output_unit = float(worth[0])
    count = _free_name(draft, f"{node.name}.count")
    draft.connections.append(Connection(node.name, count, "identity", np.ones(node.shape[-1])))
    draft.add(Population(count, node.shape, "readout", ONE, ZERO, ZERO), worth)


def _free_name(draft: _Draft, name: str) -> str:
    """`name`, or with a number where a population has it."""
    taken = {node.name for node in draft.graph.nodes} | set(draft.populations)
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}.{number}"
    return found


def _apart(draft: _Draft, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A bias as what is added at every step, and what is added at once."""
    return (bias, ZERO) if draft.options.spike_code.bias_each_step else (ZERO, bias)


def _connected(draft: _Draft, node: Node) -> tuple[np.ndarray, np.ndarray]:
    """Connect the terms of `node`; returns the unit of its weights, and its integer bias."""
    options, bias = draft.options, draft.bias_of(node)
    value_per_level = draft.clips.get(node.name, 0.0) / max(options.levels_of(node), 1)
    unit = wide_enough(_weight_unit(draft, node), bias, value_per_level)

    by_channel = np.broadcast_to(unit, (node.shape[-1],))
    for term in node.signals:
        weights = draft.per_spike(term)
        limit = None if isinstance(term, IdentityTerm) else options.largest_weight
        integers = integer_weights(weights, term.per_output_channel(by_channel), limit)
        draft.connect(term, node.name, term.kind, integers, term.geometry)
    return unit, integer_bias(bias, unit)


def _weight_unit(draft: _Draft, node: Node) -> np.ndarray:
    """(channels,) or (1,) unit of the weights into `node`: the largest over its terms."""
    options = draft.options
    one = not options.unit_per_channel or isinstance(node, ReadoutNode)
    narrow = [term for term in node.signals if not isinstance(term, IdentityTerm)]

    units = []
    for term in narrow or node.signals:  # an identity synapse is as wide as it has to be
        sizes = np.abs(draft.per_spike(term))
        sizes = sizes.reshape(-1, 1 if one else node.shape[-1])
        grid = float(draft.units[term.source].max())
        units.append(least_error_unit(sizes, grid, options.largest_weight))
    return common_unit(units)


def _add_firing(draft: _Draft, node: Node, unit: np.ndarray, bias: np.ndarray) -> None:
    """A population that fires: threshold, where it starts, and what a spike of it is worth."""
    options, method = draft.options, draft.options.rules
    per_step, at_once = _apart(draft, bias)
    levels = options.levels_of(node)

    clip = method.clip_rule.in_spikes(draft.clips[node.name], _drive(draft, node, per_step, unit))
    threshold = integer_threshold(clip / max(levels, 1), unit)
    if threshold.min() < 1:
        where, law = f"convert: layer {node.name!r}", "its threshold is at least 1"
        allowed = "more weight_bits, fewer steps, or smaller weights in this layer"
        raise SpikewattError(where, law, "0 after rounding", allowed)

    start = at_once + (threshold // 2 if method.half_start else 0)
    population = Population(
        node.name,
        node.shape,
        "integrate_and_fire",
        threshold,
        per_step,
        start,
        levels,
        method.reset,
    )
    draft.add(population, np.broadcast_to(threshold * unit, (node.shape[-1],)))


def _drive(draft: _Draft, node: Node, bias: np.ndarray, unit: np.ndarray) -> Drive:
    """What reaches `node` in one step, for the rules that ask for it."""
    largest_weights, positive_sums = [], []
    for term in node.signals:
        weights = draft.per_spike(term)
        largest = np.abs(weights).max() / draft.units[term.source].max()
        largest_weights.append(float(largest))

        inputs = tuple(range(weights.ndim - term.outputs))
        together = np.prod(term.pooled.window) if term.pooled else 1
        positive = np.maximum(weights, 0.0).sum(axis=inputs) * together
        positive_sums.append(float(positive.max()))

    positive_bias = float(np.maximum(node.bias, 0.0).max())
    simulated = partial(_simulated_drive, draft, node, bias, unit)
    return Drive(largest_weights, positive_sums, positive_bias, simulated)


def _simulated_drive(draft: _Draft, node: Node, bias: np.ndarray, unit: np.ndarray) -> float:
    """The largest sum of a step, in value, when the layers before run on calibration data."""
    from ..engines.simulate import simulate

    probe = Population(node.name, node.shape, "readout", ONE, bias, ZERO)
    network = draft.network([*draft.populations.values(), probe])
    x: Any = [part[:SPIKE_NORM_SAMPLES] for part in draft.calibration]
    trace = simulate(network, x if len(x) > 1 else x[0], "batched", SPIKE_NORM_STEPS)

    potentials = trace.outputs[..., -probe.size :]
    sums = np.diff(potentials, axis=1, prepend=0).reshape(-1, node.shape[-1])
    return float((sums.max(axis=0) * unit).max())


# Pools.


def _average_pool(draft: _Draft, node: AveragePoolNode) -> None:
    """Weight 1, and a threshold of the window's size: Keras leaves padding out of the average."""
    source, term = _pooled(draft, node)
    input_code = draft.options.spike_input_code
    if isinstance(source, InputNode) and (input_code.analog or input_code.worth_varies):
        where, law = f"convert: layer {node.name!r}", "averages spikes of worth 1"
        allowed = "a convolution in front of the pool, or input_code='if', 'poisson'"
        raise SpikewattError(where, law, f"{input_code.name} input", allowed)

    probe = Connection(term.source, node.name, "pool", None, node.geometry)
    synapses = unroll(probe, source.shape, node.shape)
    in_window = np.diff(synapses.indptr).reshape(node.shape)
    draft.connect(term, node.name, "pool", None, node.geometry)
    _add_repeating(draft, node, "integrate_and_fire", in_window, in_window // 2)


def _max_pool(draft: _Draft, node: MaxPoolNode) -> None:
    """A spike whenever the largest count of the window rises."""
    source, term = _pooled(draft, node)
    code, input_code = draft.options.spike_code, draft.options.spike_input_code
    where = f"convert: layer {node.name!r} (MaxPooling2D)"
    if code.streaming and not code.bias_each_step:
        law = "a spike of a max pool cannot be taken back"
        allowed = "code='rate', 'radix' or 'sync_rate', or average pooling"
        raise SpikewattError(where, law, code.name, allowed)

    own_code = (code.bias_each_step and input_code.integrates) or (
        code.doubles and input_code.doubles
    )
    if isinstance(source, InputNode) and not own_code:
        law = "pools what a ReLU gives, or an input in its own code"
        got = f"input_code {input_code.name!r}"
        raise SpikewattError(where, law, got, "rate with if, radix with bitplane")

    draft.connect(term, node.name, "max_pool", None, node.geometry)
    _add_repeating(draft, node, "max_pool", ONE, ZERO)


def _flip(draft: _Draft, node: FlipNode) -> None:
    """q where the weight is positive, L − q where it is negative."""
    (term,) = node.terms
    weights = np.where(node.negative, -1, 1)
    draft.connect(term, node.name, "identity", weights)
    levels = draft.populations[term.source].levels
    start = np.where(node.negative, levels, 0)
    _add_repeating(draft, node, "integrate_and_fire", ONE, start)


def _pooled(draft: _Draft, node: PoolNode) -> tuple[Node, Term]:
    term = node.source
    source = next(other for other in draft.graph.nodes if other.name == term.source)
    return source, term


def _add_repeating(
    draft: _Draft, node: Node, kind: str, threshold: np.ndarray, start: np.ndarray
) -> None:
    """A population without weights: a spike of it is worth what a spike of its source is."""
    (term,) = node.terms
    levels = draft.populations[term.source].levels
    population = Population(node.name, node.shape, kind, threshold, ZERO, start, levels)
    draft.add(population, draft.units[term.source])


BUILDERS: dict[type[Node], Callable[[_Draft, Any], None]] = {
    InputNode: _input,
    ReluNode: _relu,
    ReadoutNode: _readout,
    AveragePoolNode: _average_pool,
    MaxPoolNode: _max_pool,
    FlipNode: _flip,
}
"""Kind of node -> what makes a population of it."""
