"""Models inside of models: their layers stand in the graph of the outer one."""

from __future__ import annotations

from typing import Any

from ....models.keras_backend import import_keras
from .order import path_to


def inlined(model) -> tuple[list[Any], list[Any]]:
    """Inputs and outputs of a graph in which no layer is a model.

    The layers of the user are left as they are: where a model is nested, every call stands in the
    new graph as an operation of its own, whose `wrapped` is the layer.

    Parameters
    ----------
    model : Keras model
        Sequential or functional, built.
    """
    if not any(_is_model(layer) for layer in model.layers):
        return list(model.inputs), list(model.outputs)

    keras = import_keras()
    inputs = [keras.Input(batch_shape=t.shape, dtype=t.dtype) for t in model.inputs]
    return inputs, _rebuilt(model, inputs)


def _is_model(layer) -> bool:
    """Whether a layer is a graph of layers, and not code of its own."""
    kind = type(layer)
    graph = kind.__name__ in ("Functional", "Sequential")
    return graph and kind.__module__.startswith("keras.src.")


def _rebuilt(model, inputs: list[Any]) -> list[Any]:
    """What the layers of `model` give for `inputs`, each call of them wrapped."""
    new = {id(old): tensor for old, tensor in zip(model.inputs, inputs, strict=True)}

    for output in model.outputs:
        for tensor in path_to(output, model.inputs):
            if id(tensor) not in new:
                _call(tensor, new)

    return [new[id(output)] for output in model.outputs]


def _call(tensor, new: dict[int, Any]) -> None:
    """Call again what `tensor` came out of, on the new tensors; keeps what comes out."""
    layer, index, _ = tensor._keras_history
    node = layer._inbound_nodes[index]

    if _is_model(layer):
        given = [new[id(source)] for source in node.input_tensors]
        found = _rebuilt(layer, given)
    else:
        args, kwargs = _filled(node.arguments.args, new), _filled(node.arguments.kwargs, new)
        found = _wrapper(layer)(*args, **kwargs)

    outputs = found if isinstance(found, list | tuple) else [found]
    for old, tensor_now in zip(node.outputs, outputs, strict=True):
        new[id(old)] = tensor_now


def _filled(structure, new: dict[int, Any]):
    """`structure` with the new tensors in the place of the old ones."""
    if isinstance(structure, dict):
        return {key: _filled(value, new) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)(_filled(value, new) for value in structure)
    return new.get(id(structure), structure)


def _wrapper(layer):
    """An operation that calls `layer`, so that no node is added to the layer itself."""
    keras = import_keras()

    class Wrapped(keras.Operation):
        """One call of a layer of a nested model."""

        def __init__(self):
            super().__init__(name=f"{layer.name}_{id(self)}")
            self.wrapped = layer

        def call(self, *args, **kwargs):
            if getattr(layer, "_call_has_training_arg", False):
                kwargs["training"] = False
            return layer(*args, **kwargs)

    return Wrapped()


def layer_of(tensor) -> Any:
    """The layer or operation that `tensor` came out of."""
    layer = tensor._keras_history[0]
    return getattr(layer, "wrapped", layer)
