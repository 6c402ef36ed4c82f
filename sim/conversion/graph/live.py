"""Dead channels of a graph that was read: what computes them need not be computed.

A channel is dead if it is the same for every input, because all weights that lead to it are zero
or come from dead channels; or if it leads to dead channels only. A compiler folds such constants
into the biases after them, and drops what computes them and what they multiply. Of a layer
between populations with i inputs and o outputs, i' and o' of them alive, i' · o' / (i · o) of the
multiply-accumulates are left: single weights of zero are multiplied, as is an input channel that
no output gives a weight.

A weight is zero where its int8 is: the weights of an output channel are quantised by their own
largest size, or as numbers up to 5e-7 where all are smaller, as TensorFlow Lite's converter does.
"""

from __future__ import annotations

import weakref
from collections import defaultdict
from functools import singledispatch

import numpy as np

from .graph import Graph
from .nodes import Node, ReadoutNode
from .terms import DenseTerm, DepthwiseTerm, GroupedTerm, IdentityTerm, Term

INT8_MOST = 127
# The least half range that TensorFlow Lite's converter quantises a channel by: half of
# kNearZeroTolerance, to which ExpandVerySmallRange widens smaller ranges.
LEAST_RANGE = 0.5e-6


def live_macs(graph: Graph) -> dict[int, int]:
    """Multiply-accumulates that are left of each layer that Keras executes, by its ``id``.

    Where several layers were merged into one path, the first is counted by its inputs, the last by
    its outputs, and channels between them as alive.

    Parameters
    ----------
    graph : Graph
        As `reading.reader.read` returns it.

    Returns
    -------
    dict
        ``id`` of an `ExecutedLayer` of the graph's terms -> int, at most its ``macs``.
    """
    found = _found.get(graph)
    if found is None:
        found = _found[graph] = _live_macs(graph)
    return found


_found: weakref.WeakKeyDictionary[Graph, dict[int, int]] = weakref.WeakKeyDictionary()


def _live_macs(graph: Graph) -> dict[int, int]:
    alive = live_channels(graph)
    shares: dict[int, dict[str, tuple[float, float]]] = defaultdict(dict)
    layers = {}
    for node in graph.nodes:
        for term in node.signals:
            inputs, outputs = alive[term.source], alive[node.name]
            last = len(term.executed) - 1
            for place, layer in enumerate(term.executed):
                layers[id(layer)] = layer
                first, ends = place == 0, place == last
                kept, every = _pairs(term, inputs if first else None, outputs if ends else None)
                # Blocks of one sum are added; nodes that take the same layer see the same part.
                so_far, of_all = shares[id(layer)].get(node.name, (0.0, 0.0))
                shares[id(layer)][node.name] = (so_far + kept, of_all + every)

    left = {}
    for key, by_node in shares.items():
        share = max(kept / pairs if pairs else 1.0 for kept, pairs in by_node.values())
        left[key] = round(layers[key].macs * share)
    return left


def live_channels(graph: Graph) -> dict[str, np.ndarray]:
    """Name of a node -> bool (channels,), which of its channels are alive."""
    varies: dict[str, np.ndarray] = {}
    for node in graph.nodes:
        varies[node.name] = _varies(node, varies)

    alive = {node.name: np.zeros(node.shape[-1], bool) for node in graph.nodes}
    for node in reversed(graph.nodes):
        needed = alive[node.name] | isinstance(node, ReadoutNode)
        alive[node.name] = varies[node.name] & needed
        for term in node.signals:
            leads = reaches(term, quantised=False)
            alive[term.source] |= leads[:, alive[node.name]].any(axis=1)
    return alive


def _varies(node: Node, varies: dict[str, np.ndarray]) -> np.ndarray:
    """(channels,) which of them depend on the input of the network."""
    if not node.terms:
        return np.ones(node.shape[-1], bool)

    found = np.zeros(node.shape[-1], bool)
    for term in node.signals:
        leads = reaches(term, quantised=True)
        found |= leads[varies[term.source]].any(axis=0)
    return found


def _pairs(
    term: Term, inputs: np.ndarray | None, outputs: np.ndarray | None
) -> tuple[float, float]:
    """Products of an input channel and an output channel: those alive, and all; None: all are."""
    exist = reaches(term, quantised=False)
    every = float(exist.sum())
    if inputs is not None:
        exist = exist & inputs[:, None]
    if outputs is not None:
        exist = exist & outputs
    weight = term.macs / every if every else 0.0
    return exist.sum() * weight, every * weight


def reaches(term: Term, quantised: bool) -> np.ndarray:
    """(channels in, channels out) which channel has weights to which.

    Parameters
    ----------
    term : Term
    quantised : bool
        Only weights that are not zero as int8; else all that are stored.
    """
    weights = term.weights
    size = as_int8(term) if quantised else np.broadcast_to(True, weights.shape)
    return _by_channel(term, size)


def as_int8(term: Term) -> np.ndarray:
    """|weights| as int8, by the largest of each output channel; halves are 1."""
    size = np.abs(term.weights)
    largest = size.max(axis=summed_axes(term), keepdims=True, initial=0.0)
    scale = np.maximum(largest, LEAST_RANGE) / INT8_MOST
    return np.floor(size / scale + 0.5)


def summed_axes(term: Term) -> tuple[int, ...]:
    """Axes of the weights over which an output channel is summed."""
    outputs = _output_axes(term)
    return tuple(axis for axis in range(term.weights.ndim) if axis not in outputs)


@singledispatch
def _output_axes(term: Term) -> tuple[int, ...]:
    """Axes of the weights that tell output channels apart."""
    return (term.weights.ndim - 1,)


@_output_axes.register
def _(term: DepthwiseTerm) -> tuple[int, ...]:
    return (term.weights.ndim - 2, term.weights.ndim - 1)


@singledispatch
def _by_channel(term: Term, size: np.ndarray) -> np.ndarray:
    """A window over all channels: its taps together."""
    return np.asarray(size.reshape(-1, *size.shape[-2:]).any(axis=0))


@_by_channel.register
def _(term: IdentityTerm, size: np.ndarray) -> np.ndarray:
    return np.diag(np.asarray(size.reshape(-1, size.shape[-1]).any(axis=0)))


@_by_channel.register
def _(term: DenseTerm, size: np.ndarray) -> np.ndarray:
    channels = term.seen_shape[-1]
    return np.asarray(size.reshape(-1, channels, size.shape[-1]).any(axis=0))


@_by_channel.register
def _(term: DepthwiseTerm, size: np.ndarray) -> np.ndarray:
    channels, multiplier = size.shape[-2:]
    found = np.asarray(size.reshape(-1, channels, multiplier).any(axis=0))
    own = np.repeat(np.eye(channels, dtype=bool), multiplier, axis=1)
    return own & found.reshape(-1)


@_by_channel.register
def _(term: GroupedTerm, size: np.ndarray) -> np.ndarray:
    inside, outputs = size.shape[-2:]
    channels = term.seen_shape[-1]
    groups = channels // inside
    found = np.asarray(size.reshape(-1, inside, outputs).any(axis=0))
    result = np.zeros((channels, outputs), bool)
    each = outputs // groups
    for group in range(groups):
        rows = slice(group * inside, (group + 1) * inside)
        columns = slice(group * each, (group + 1) * each)
        result[rows, columns] = found[:, columns]
    return result
