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
        Whether a softmax or sigmoid may be left out.
    takers_of : function
        Takes a Keras tensor, returns what came out of the calls that take it.
    settle : function
        Takes the position of an input and a value; every later call that takes that tensor gets
        this value of it.
    reshape : function
        Takes the name of a node and a shape; gives that node its shape where nothing has taken it
        yet and its order allows it, and returns it; else returns None.
    rectifies : function
        Takes a Keras tensor, returns whether all that take it rectify it.
    arguments : tuple
        Positional arguments of the call, constants included.
    """

    layer: Any
    tensor: Any
    sources: list[Any]
    inputs: list[Value]
    rules: ReadingRules
    add: Callable[[str, Callable[[str], Node]], Node]
    nodes: dict[str, Node]
    final: bool
    takers_of: Callable[[Any], list[Any]]
    settle: Callable[[int, Value], None]
    reshape: Callable[[str, tuple[int, ...]], Node | None] = lambda name, shape: None
    rectifies: Callable[[Any], bool] = lambda tensor: False
    arguments: tuple[Any, ...] = ()

    @property
    def value(self) -> Value:
        """The only input."""
        (value,) = self.inputs
        return value

    @property
    def rectified(self) -> bool:
        """Whether all that take the result rectify it."""
        return self.rectifies(self.tensor)

    def refused(
        self,
        law: str,
        got: object = None,
        allowed: object = None,
        hint: str | None = None,
    ) -> SpikewattError:
        """The error about this layer."""
        return SpikewattError(where(self.layer), law, got, allowed, hint)


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


OPERATIONS: dict[str, Reader] = {}
"""Name of an operation of `keras.ops`, which an operator or a function leaves in a graph."""


def reads_operation(*names: str) -> Callable[[Reader], Reader]:
    """Register a reader for the operations of `keras.ops` called `names`."""

    def register(reader: Reader) -> Reader:
        for name in names:
            OPERATIONS[name] = reader
        return reader

    return register


def is_keras_layer(layer) -> bool:
    """Whether the class of a layer is one of Keras, or of this package, and no subclass."""
    from ....models import quantised_layers

    name = type(layer).__name__
    known = (
        getattr(import_keras().layers, name, None),
        getattr(quantised_layers, name, None),
    )
    return type(layer) in known


def is_operation(layer) -> bool:
    """Whether it is an operation of Keras, such as `a + b` leaves in a graph."""
    from_keras = type(layer).__module__.startswith("keras.src.")
    return from_keras and not isinstance(layer, import_keras().layers.Layer)


def reader_of(layer) -> Reader | None:
    """The reader of a layer, by its class: a subclass may compute something else."""
    name = type(layer).__name__
    if is_operation(layer):
        return OPERATIONS.get(name)
    return READERS.get(name) if is_keras_layer(layer) else None
