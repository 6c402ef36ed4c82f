"""What Keras computes where a population will fire: a conversion is calibrated and judged by it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ....models.keras_backend import import_keras
from .graph import Graph
from .nodes import Node, ReadoutNode

BATCH = 64


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
    places = {node: _before_softmax(node) for node in nodes}
    tensors = {id(tensor): tensor for tensor, _ in places.values()}
    if not tensors:
        return {}

    keras = import_keras()
    part = keras.Model(list(graph.inputs), list(tensors.values()))
    given = x if len(x) > 1 else x[0]
    found = part.predict(given, batch_size=BATCH, verbose=0)
    if not isinstance(found, list):
        found = [found]
    by_tensor = dict(zip(tensors, found, strict=True))

    values = {}
    for node, (tensor, dense) in places.items():
        value = by_tensor[id(tensor)]
        if dense is not None:
            value = value @ np.asarray(dense.kernel)
            value = value + (np.asarray(dense.bias) if dense.use_bias else 0.0)
        values[node.name] = node.part_of(value)

    return values


def _before_softmax(node: Node) -> tuple[Any, Any]:
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
