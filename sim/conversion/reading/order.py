"""The order in which the tensors of a Keras model are read, and who takes them."""

from __future__ import annotations

from typing import Any


def sources_of(tensor) -> list[Any]:
    """The tensors that went into the call which `tensor` came out of.

    They belong to the call: a layer's own `input` is that of its first call.
    """
    return list(_node_of(tensor).input_tensors)


def arguments_of(tensor) -> tuple[Any, ...]:
    """Positional arguments of the call which `tensor` came out of, then those by name."""
    arguments = _node_of(tensor).arguments
    return (*arguments.args, *arguments.kwargs.values())


def _node_of(tensor) -> Any:
    layer, index, _ = tensor._keras_history
    return layer._inbound_nodes[index]


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


def takers_of(tensors: list[Any]) -> dict[int, list[Any]]:
    """Id of a tensor -> what came out of the calls that take it, among `tensors`."""
    calls = {id(tensor): tensor for tensor in tensors}
    takers: dict[int, list[Any]] = {}

    for tensor in calls.values():
        for source in sources_of(tensor):
            takers.setdefault(id(source), []).append(tensor)

    return takers
