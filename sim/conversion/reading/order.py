"""The order in which the tensors of a Keras model are read, and who takes them."""

from __future__ import annotations

from typing import Any


def sources_of(tensor) -> list[Any]:
    """The tensors that went into the call which `tensor` came out of.

    They belong to the call: a layer's own `input` is that of its first call.
    """
    layer, index, _ = tensor._keras_history
    return list(layer._inbound_nodes[index].input_tensors)


def path_to(output, inputs: list[Any]) -> list[Any]:
    """The tensors that `output` needs, and itself, each after those that it needs in turn.

    Parameters
    ----------
    output : Keras tensor
        Of the model.
    inputs : list of Keras tensor
        Of the model; they are left out.
    """
    found: list[Any] = []
    seen = {id(tensor) for tensor in inputs}
    if id(output) in seen:
        return found

    # Depth first with a stack of our own: deep networks exceed the one of Python.
    seen.add(id(output))
    waiting = [(output, iter(sources_of(output)))]

    while waiting:
        tensor, sources = waiting[-1]
        new = next((source for source in sources if id(source) not in seen), None)
        if new is None:
            found.append(tensor)
            waiting.pop()
        else:
            seen.add(id(new))
            waiting.append((new, iter(sources_of(new))))

    return found


def takers_of(tensors: list[Any]) -> dict[int, list[str]]:
    """Id of a tensor -> the names of the layers that take it, in the calls that made `tensors`."""
    calls = {id(tensor): tensor for tensor in tensors}
    takers: dict[int, list[str]] = {}

    for tensor in calls.values():
        layer = tensor._keras_history[0]
        for source in sources_of(tensor):
            takers.setdefault(id(source), []).append(layer.name)

    return takers
