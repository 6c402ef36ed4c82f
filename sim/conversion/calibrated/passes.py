"""Calibration data on its way through a network in the making, in Keras' terms and in levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from ...network.connection import Connection
from ...network.population import Population
from ..graph.nodes import Node
from ..graph.terms import Term
from ..integers.draft import Draft

BATCH = 64  # samples together

Arrays = Mapping[str, np.ndarray]


def summed(node: Node, weights: Iterable[np.ndarray], bias: np.ndarray, values: Arrays):
    """(samples, *shape) float32 Σ W x + b.

    Parameters
    ----------
    node : Node
        Its terms say how values are connected.
    weights : iterable of array
        Of each of its signals.
    bias : array
        Broadcasts to its shape.
    values : mapping from name of a node to array (samples, *shape)
        Of its sources.
    """
    paths = [
        (term.source, _operator(term, node), numbers.astype(np.float32))
        for term, numbers in zip(node.signals, weights, strict=True)
    ]
    bias = np.broadcast_to(bias, node.shape).astype(np.float32)
    samples = len(values[paths[0][0]]) if paths else len(next(iter(values.values())))
    found = np.empty((samples, *node.shape), np.float32)

    for start in range(0, samples, BATCH):
        batch = slice(start, start + BATCH)
        total = found[batch]
        total[:] = bias
        for source, operator, numbers in paths:
            seen = operator.before(values[source][batch].astype(np.float32))
            part = operator.apply(operator, seen, numbers)
            total += np.asarray(part).reshape(total.shape)

    return found


def _operator(term: Term, node: Node):
    """What computes `term` with any weights."""
    from ...engines.batched.operators import Operator

    shape = np.zeros(term.weights.shape, np.int8)
    connection = Connection(term.source, node.name, term.kind, shape, term.geometry, term.pooled)
    return Operator.between(connection, term.shape, node.shape, np.float32)


def in_keras(node: Node, values: Arrays) -> np.ndarray:
    """(samples, *shape) float32 what reaches `node` where nothing is quantised."""
    return summed(node, [term.weights for term in node.signals], node.bias, values)


def in_spikes(draft: Draft, node: Node, levels: Arrays) -> np.ndarray:
    """(samples, *shape) float32 what reaches `node` from the `levels` of the populations so far.

    In the terms of Keras, with weights that are not rounded.
    """
    weights = [draft.per_spike(term) for term in node.signals]
    return summed(node, weights, draft.bias_of(node), levels)


def input_levels(draft: Draft, name: str, x: np.ndarray) -> np.ndarray:
    """(samples, *shape) what an input population sends for inputs `x`."""
    p = draft.populations[name]
    pixels = np.round(x / draft.options.input_unit)
    if draft.options.spike_input_code.integrates:
        pixels = (p.levels * pixels + p.initial_potential) // p.threshold
    return pixels.reshape(len(x), *p.shape).astype(np.float32)


def sent_levels(draft: Draft, name: str, levels: Arrays) -> np.ndarray:
    """(samples, *shape) the levels q that a population sends: as an exact code computes them.

        q = clip(floor((Σ W q + v₀) / θ), 0, L);  of a max pool the largest of the window

    Sums are float32, exact up to 2^24.
    """
    from ...engines.batched.operators import Operator

    p = draft.populations[name]
    incoming = [c for c in draft.connections if c.post == name]
    operators = [
        (c.pre, Operator.between(c, draft.populations[c.pre].shape, p.shape, np.float32))
        for c in incoming
    ]
    samples = len(levels[incoming[0].pre])
    found = np.empty((samples, *p.shape), np.min_scalar_type(p.levels))

    for start in range(0, samples, BATCH):
        batch = slice(start, start + BATCH)
        sums = [
            np.asarray(operator(levels[pre][batch].astype(np.float32))).reshape(-1, *p.shape)
            for pre, operator in operators
        ]
        found[batch] = _of_sums(p, sums)

    return found


def _of_sums(p: Population, sums: list[np.ndarray]) -> np.ndarray:
    if p.kind.compares:
        (largest,) = sums
        return largest
    potential = sum(sums) + p.initial_potential
    return np.clip(np.floor(potential / p.threshold), 0, p.levels)
