"""Steps for each layer by its sensitivity, under a mean."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ....models.keras_backend import import_keras
from ...network.codes import Code
from ..graph.graph import Graph
from ..graph.keras_values import before_softmax
from ..graph.nodes import Node, ReadoutNode, ReluNode
from ..options import ConversionOptions
from .clips import least_error_clips, quantised

SAMPLES = 128  # of the calibration data
BATCH = 32
SPREAD = 3  # steps above the mean that a layer may have


def steps_by_sensitivity(
    graph: Graph,
    calibration: list[np.ndarray],
    options: ConversionOptions,
    mean: float,
) -> dict[str, int]:
    """Steps of each layer, at most `mean` on average, with the least error of the outputs.

    Activations a that are rounded to what K steps carry move the outputs by about J (a_K − a). The
    expected square of that, where errors of neurons are independent, is

        E_l(K) = Σ (g (a_K − a))²,   g = Jᵀ v,   v = ±1 by chance for each output.

    Every layer begins with one step; the next one goes to the layer whose error it lowers most,
    until the mean is reached. Layers that were trained with levels keep theirs and are not counted.

    Parameters
    ----------
    graph : Graph
        What was read of the Keras model.
    calibration : list of array, (samples, *shape)
        One array per input; the first 128 samples are looked at.
    options : ConversionOptions
        Its code.
    mean : float
        Of the steps of all layers.

    Returns
    -------
    dict from name of a layer to its steps.

    References
    ----------
    Dong et al., NeurIPS 2020, arXiv:1911.03852 (mixed precision by a trace of second derivatives).
    """
    nodes = [node for node in graph.nodes if isinstance(node, ReluNode) and not node.levels]
    if not nodes:
        return {}

    most = min(int(mean) + SPREAD, options.spike_code.largest_steps)
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in nodes]
    for batch in _activations_and_slopes(graph, nodes, calibration):
        for of_node, pair in zip(found, batch, strict=True):
            of_node.append(pair)

    errors = {}
    for node, pairs in zip(nodes, found, strict=True):
        a, g = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
        errors[node.name] = _errors(a, g, options.spike_code, most)

    return spread(errors, int(mean * len(nodes) + 1e-9))


def spread(errors: Mapping[str, Sequence[float]], every: int) -> dict[str, int]:
    """`every` steps given to layers one by one, each where it lowers the error most.

    Parameters
    ----------
    errors : mapping from name to sequence of float
        The error of a layer with 1, 2, … steps.
    every : int
        Steps of all layers together; each has at least one.

    Examples
    --------
    >>> spread({"first": [9.0, 3.0, 1.0], "second": [2.0, 1.0, 0.5]}, 4)
    {'first': 3, 'second': 1}
    """
    steps = dict.fromkeys(errors, 1)
    gains: list[tuple[float, str]] = []

    def offer(name: str) -> None:
        has = steps[name]
        if has < len(errors[name]):
            heapq.heappush(gains, (errors[name][has] - errors[name][has - 1], name))

    for name in errors:
        offer(name)
    for _ in range(every - len(steps)):
        if not gains:
            break
        _, name = heapq.heappop(gains)
        steps[name] += 1
        offer(name)
    return steps


def _errors(a: np.ndarray, g: np.ndarray, code: Code, most: int) -> list[float]:
    """E(K) of a layer for K = 1 … `most`."""
    channels = a.shape[-1]
    a, g = a.reshape(-1, channels), g.reshape(-1, channels)
    found = []
    for steps in range(1, most + 1):
        levels = code.levels(steps)
        clips = least_error_clips(a, a, levels, by_channel=True)
        moved = g * (quantised(a, clips, levels) - a)
        found.append(float(np.einsum("rc,rc->", moved, moved)))
    return found


def _activations_and_slopes(
    graph: Graph, nodes: list[ReluNode], calibration: list[np.ndarray]
) -> Iterator[list[tuple[np.ndarray, np.ndarray]]]:
    """Per batch, for each node: what Keras computes, and g."""
    import tensorflow as tf

    outputs = [before_softmax(node) for node in graph.nodes if isinstance(node, ReadoutNode)]
    tensors = [node.tensor for node in nodes] + [tensor for tensor, _ in outputs]
    part = import_keras().Model(list(graph.inputs), tensors)
    random = np.random.default_rng(0)

    for start in range(0, min(SAMPLES, len(calibration[0])), BATCH):
        x = [values[start : min(start + BATCH, SAMPLES)] for values in calibration]
        with tf.GradientTape() as tape:
            found = part(x, training=False)
            ends = [
                _at_once(tf, value, dense)
                for value, (_, dense) in zip(found[len(nodes) :], outputs, strict=True)
            ]
            signs = [random.choice([-1.0, 1.0], end.shape).astype(np.float32) for end in ends]
            chance = tf.add_n(
                [tf.reduce_sum(end * sign) for end, sign in zip(ends, signs, strict=True)]
            )
        inner = found[: len(nodes)]
        slopes = tape.gradient(chance, inner, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        yield [
            (node.part_of(np.asarray(value)), _part(node, np.asarray(slope)))
            for node, value, slope in zip(nodes, inner, slopes, strict=True)
        ]


def _at_once(tf: Any, value: Any, dense: Any) -> Any:
    """The output in front of its softmax: what is the same for all classes is left out."""
    if dense is not None:
        value = tf.matmul(value, dense.kernel) + (dense.bias if dense.use_bias else 0.0)
    return value - tf.reduce_mean(value, axis=-1, keepdims=True)


def _part(node: Node, slopes: np.ndarray) -> np.ndarray:
    """(samples, *shape) the slopes of a node's own values."""
    return Node.part_of(node, slopes)
