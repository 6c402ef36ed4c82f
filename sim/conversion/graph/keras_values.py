"""What Keras computes where a population will fire: a conversion is calibrated and judged by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ....models.keras_backend import import_keras
from .graph import Graph
from .nodes import Node, ReadoutNode

BATCH = 64
KEPT = 4  # models of which a part was compiled

_parts: dict[tuple[int, ...], Any] = {}


def activations_of(
    graph: Graph, nodes: Iterable[Node], x: list[np.ndarray]
) -> dict[str, np.ndarray]:
    """What Keras gives where `nodes` stand.

    Parameters
    ----------
    graph : Graph
        The model that was read.
    nodes : iterable of Node
        ReLUs and outputs of it.
    x : list of array, (samples, *shape)
        One array per input of the model.

    Returns
    -------
    dict from name of a node to array (samples, *shape) : of an output, before its softmax.
    """
    places = {node: before_softmax(node) for node in nodes}
    tensors = {id(tensor): tensor for tensor, _ in places.values()}
    if not tensors:
        return {}

    part = _part(tuple(graph.inputs), tuple(tensors.values()))
    found = _in_batches(part, x)
    by_tensor = dict(zip(tensors, found, strict=True))

    values = {}
    for node, (tensor, dense) in places.items():
        value = by_tensor[id(tensor)]
        if dense is not None:
            value = value @ np.asarray(dense.kernel)
            value = value + (np.asarray(dense.bias) if dense.use_bias else 0.0)
        values[node.name] = node.part_of(value)

    return values


def _part(inputs: tuple, outputs: tuple) -> Any:
    """The Keras model between these tensors: compiled once, however often it is converted."""
    key = tuple(map(id, (*inputs, None, *outputs)))
    if key not in _parts:
        while len(_parts) >= KEPT:
            _parts.pop(next(iter(_parts)))
        # It holds its tensors, so that none of the same identity can take their place.
        _parts[key] = import_keras().Model(list(inputs), list(outputs))
    return _parts[key]


def _in_batches(part, x: list[np.ndarray]) -> list[np.ndarray]:
    """What `predict` gives, without the data set that it makes of the samples first."""
    batches: list[list[np.ndarray]] = []
    for start in range(0, len(x[0]), BATCH):
        given = [values[start : start + BATCH] for values in x]
        found = part.predict_on_batch(given if len(given) > 1 else given[0])
        batches.append(found if isinstance(found, list) else [found])
    return [np.concatenate(values) for values in zip(*batches, strict=True)]


def before_softmax(node: Node) -> tuple[Any, Any]:
    """A tensor, and the Dense layer to apply to it (or None), that give the values of `node`."""
    if not (isinstance(node, ReadoutNode) and node.squashed):
        return node.tensor, None

    call, index, _ = node.tensor._keras_history
    layer = getattr(call, "wrapped", call)
    (source,) = call._inbound_nodes[index].input_tensors
    if isinstance(layer, import_keras().layers.Dense):
        return source, layer
    return source, None


def tensors_of(graph: Graph, tensors: list[Any], x: list[np.ndarray]) -> list[np.ndarray]:
    """(samples, …) what Keras computes at each of `tensors`.

    Call by call and on the CPU: to compile a graph takes longer, and a GPU rounds its products.
    """
    keras = import_keras()
    part = keras.Model(list(graph.inputs), tensors)

    with keras.device("cpu:0"):
        found = part(x, training=False)

    if not isinstance(found, list | tuple):
        found = [found]
    arrays = [keras.ops.convert_to_numpy(value) for value in found]
    return [array.astype(np.float64) for array in arrays]
