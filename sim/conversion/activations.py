"""What Keras computes where a population will fire: the values that a conversion calibrates on and is judged by."""

from __future__ import annotations

import numpy as np

from ...models.keras_backend import import_keras
from .graph_values import Node


def activations_of(model, nodes: list[Node], x: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Name of each of `nodes` -> (samples, *shape) what Keras gives there for inputs `x`; of an output, before its softmax."""
    keras = import_keras()
    wanted, after = {}, {}
    for node in nodes:
        tensor, rest = (
            _before_softmax(keras, node.tensor) if node.kind == "readout" else (node.tensor, None)
        )
        wanted[node.name], after[node.name] = tensor, rest
    tensors = list({id(tensor): tensor for tensor in wanted.values()}.values())
    if not tensors:
        return {}
    found = keras.Model(model.inputs, tensors).predict(
        x if len(x) > 1 else x[0], batch_size=64, verbose=0
    )
    by_tensor = dict(
        zip(map(id, tensors), found if isinstance(found, list) else [found], strict=True)
    )
    values = {}
    for node in nodes:
        value, layer = by_tensor[id(wanted[node.name])], after[node.name]
        if layer is not None:
            value = value @ np.asarray(layer.kernel) + (
                np.asarray(layer.bias) if layer.use_bias else 0.0
            )
        values[node.name] = value[..., node.channels]
    return values


def _before_softmax(keras, tensor):
    """A tensor, and the Dense layer to apply to it (or None), that together give the logits of an output."""
    layer, index, _ = tensor._keras_history
    if isinstance(layer, keras.layers.Softmax):
        return _before_softmax(keras, layer._inbound_nodes[index].input_tensors[0])
    if getattr(getattr(layer, "activation", None), "__name__", "") != "softmax":
        return tensor, None
    source = layer._inbound_nodes[index].input_tensors[0]
    return (source, layer) if isinstance(layer, keras.layers.Dense) else (source, None)
