"""Which Keras layers can be read, and by what: the one list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....errors import SpikewattError
from ....models.keras_backend import import_keras
from ..graph.blocks import Value
from ..graph.graph import where
from ..graph.nodes import Node
from .functions import FUNCTIONS
from .rules import ReadingRules


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a layer that is to be read.

    Parameters
    ----------
    layer : Keras layer
        What is called.
    tensor : Keras tensor
        What comes out.
    sources : list of Keras tensor
        What goes in: of this call, where the layer's own `input` is that of its first one.
    inputs : list of Value
        What was read of `sources`.
    rules : ReadingRules
        What the codes ask for.
    add : function
        Takes a name and a function that makes a node of it; keeps the node under that name, or
        under a numbered one where it is taken. Returns the node.
    nodes : dict from name to Node
        All nodes so far.
    final : bool
        Whether a softmax may be left out.
    """

    layer: Any
    tensor: Any
    sources: list[Any]
    inputs: list[Value]
    rules: ReadingRules
    add: Callable[[str, Callable[[str], Node]], Node]
    nodes: dict[str, Node]
    final: bool

    @property
    def value(self) -> Value:
        """The only input."""
        (value,) = self.inputs
        return value

    def refused(self, law: str, got: object, allowed: object = None) -> SpikewattError:
        """The error about this layer; without `allowed`, it lists the supported layers."""
        if allowed is None:
            allowed = supported_layers()
        return SpikewattError(where(self.layer), law, got, allowed)


Reader = Callable[[Call], Value]
"""Takes a call, returns what comes out of it."""

READERS: dict[str, Reader] = {}
"""Name of a class in `keras.layers`, or of a quantised layer of this package -> its reader."""


def reads(*names: str) -> Callable[[Reader], Reader]:
    """Register a reader for the Keras layers called `names`."""

    def register(reader: Reader) -> Reader:
        for name in names:
            READERS[name] = reader
        return reader

    return register


def reader_of(layer) -> Reader | None:
    """The reader of a layer, by its class: a subclass may compute something else."""
    from ....models import quantised_layers

    name = type(layer).__name__
    kind = type(layer)
    known = (
        getattr(import_keras().layers, name, None),
        getattr(quantised_layers, name, None),
    )

    return READERS.get(name) if kind in known else None


def supported_layers() -> str:
    """The Keras layers and activation functions that `convert` reads, as text.

    >>> supported_layers().split(", ")[:3]
    ['Activation', 'Add', 'AveragePooling1D']
    """
    layers = ", ".join(sorted(READERS))
    inside = ", ".join(function.name for function in FUNCTIONS if not function.normalises)
    at_end = ", ".join(function.name for function in FUNCTIONS if function.normalises)

    return f"{layers}; activations {inside} and (at an output) {at_end}"
