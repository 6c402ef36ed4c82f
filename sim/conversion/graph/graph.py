"""What a Keras model is once it was read: populations to be, and the linear paths between them.

All numbers are values in the terms of Keras; units, spikes and integers come with `quantise`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .blocks import Value
from .nodes import Node, ReadoutNode, ReluNode


def where(layer) -> str:
    """A Keras layer, as an error about it begins."""
    kind = type(layer).__name__
    return f"convert: layer {layer.name!r} ({kind})"


@dataclass(frozen=True, eq=False)
class LayerCall:
    """One call of a Keras layer, as it was read.

    Parameters
    ----------
    layer : Keras layer
        A layer that is used twice has two calls.
    tensor : Keras tensor
        What came out.
    value : list of Block
        What was read, a final softmax or sigmoid left out.
    nodes : tuple of Node
        The populations that this call became.
    squashed : str, default none
        ``softmax`` or ``sigmoid`` where one was left out.
    rectified : bool, default False
        Whether all that take it rectify, so that only values above zero were read.
    """

    layer: Any
    tensor: Any
    value: Value
    nodes: tuple[Node, ...]
    squashed: str = ""
    rectified: bool = False


@dataclass(frozen=True, eq=False)
class Graph:
    """A Keras model that was read.

    Parameters
    ----------
    nodes : tuple of Node
        Populations to be, in topological order.
    calls : tuple of LayerCall
        What was read, in order.
    inputs : tuple of Keras tensor
        Of the model.
    outputs : tuple of Keras tensor
        Of the model.
    name : str
        Of the model.
    """

    nodes: tuple[Node, ...]
    calls: tuple[LayerCall, ...]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    name: str

    @property
    def layers(self) -> tuple[ReluNode | ReadoutNode, ...]:
        """The ReLUs and outputs: where a value of Keras stands beside one of the network."""
        return tuple(node for node in self.nodes if isinstance(node, ReluNode | ReadoutNode))
