"""The clip λ of every layer, from what Keras computes on the calibration data."""

from __future__ import annotations

import numpy as np

from ...errors import SpikewattError
from .clip_rules import Clip
from .graph.graph import Graph
from .graph.nodes import Node, ReadoutNode, ReluNode
from .options import ConversionOptions


def firing_nodes(graph: Graph, options: ConversionOptions) -> list[Node]:
    """The nodes that need a clip: ReLUs, and outputs that fire."""
    kinds = (ReluNode, ReadoutNode) if options.counts_output_spikes else (ReluNode,)
    return [node for node in graph.nodes if isinstance(node, kinds)]


def choose_clips(
    nodes: list[Node],
    activations: dict[str, np.ndarray],
    options: ConversionOptions,
) -> dict[str, Clip]:
    """λ of each of `nodes`.

    Parameters
    ----------
    nodes : list of Node
        The nodes that fire.
    activations : dict from name to array, (samples, *shape)
        What Keras computes there on the calibration data.
    options : ConversionOptions
        Its method, its levels, and whether each channel has a clip of its own.

    Returns
    -------
    dict from name to float, or to array (channels,) : in the terms of Keras.

    Raises
    ------
    SpikewattError : a method that needs trained clips, and a layer without one.
    """
    return {node.name: _clip(node, activations[node.name], options) for node in nodes}


def _clip(node: Node, activations: np.ndarray, options: ConversionOptions) -> Clip:
    method = options.rules
    rule = options.rules.clip_rule
    maximum = None

    if isinstance(node, ReluNode):
        maximum = node.maximum
        if node.levels and rule.keeps_trained:
            return float(maximum or 1.0)
        if rule.needs_trained and not node.levels:
            law = f"method {method.name!r} takes the clip that the layer was trained with"
            got = "a ReLU without one"
            allowed = "QCFS or KBitReLU layers"
            raise SpikewattError(f"convert: layer {node.name!r}", law, got, allowed)
    else:
        rule = rule.of_output

    def chosen(values: np.ndarray) -> float:
        values = values[values > 0].astype(np.float64)
        if not len(values):
            return 1.0  # all are silent: any clip will do
        largest = float(min(values.max(), maximum or np.inf))
        return rule.from_activations(values, largest, options.levels_of(node), method.percentile)

    if not options.clip_by_channel:
        return chosen(activations)
    by_channel = activations.reshape(-1, activations.shape[-1]).T
    return np.array([chosen(channel) for channel in by_channel])
