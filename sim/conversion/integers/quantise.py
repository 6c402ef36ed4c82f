"""quantise: the graph that was read, and a clip per layer, become a network of integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...network.spiking_network import SpikingNetwork
from ..clip_rules import Clip
from ..graph.graph import Graph
from ..graph.nodes import (
    AveragePoolNode,
    FlipNode,
    HalfNode,
    InputNode,
    MaxPoolNode,
    Node,
    ReadoutNode,
    ReluNode,
)
from ..options import ConversionOptions
from .draft import Draft
from .inputs import add_input
from .pools import add_average_pool, add_flip, add_max_pool
from .sums import add_readout, add_relu


def quantise(
    graph: Graph,
    clips: Mapping[str, Clip],
    options: ConversionOptions,
    calibration: list[np.ndarray],
    corrections: Mapping[str, np.ndarray] | None = None,
) -> SpikingNetwork:
    """Make a network of integers.

    Parameters
    ----------
    graph : Graph
        What was read of the Keras model.
    clips : mapping from name of a node to float or array (channels,)
        λ of every node that fires, in the terms of Keras.
    options : ConversionOptions
        Bits, levels and code.
    calibration : list of array, (samples, *shape)
        One array per input: an encoder takes the value of its events from it, and the method
        ``spike_norm`` simulates it.
    corrections : mapping from name of a node to array (channels,), default none
        What is added to its bias.

    Raises
    ------
    SpikewattError : weights of a layer that all round to 0; a pool that the code or the input does
        not allow.
    """
    draft = Draft(graph, clips, options, calibration, corrections or {})
    for node in graph.nodes:
        POPULATIONS[type(node)](draft, node)
    return draft.network()


POPULATIONS: dict[type[Node], Callable[[Draft, Any], None]] = {
    InputNode: add_input,
    ReluNode: add_relu,
    HalfNode: add_relu,
    ReadoutNode: add_readout,
    AveragePoolNode: add_average_pool,
    MaxPoolNode: add_max_pool,
    FlipNode: add_flip,
}
"""Kind of node -> what makes a population of it, and its connections."""
