"""Pools as populations: they repeat spikes, and have no weights."""

from __future__ import annotations

import numpy as np

from ....errors import SpikewattError
from ...network import connection_kinds as connections
from ...network import population as populations
from ...network.connection import Connection
from ...network.geometry import Geometry
from ...network.synapses import unroll
from ..graph.nodes import AveragePoolNode, FlipNode, MaxPoolNode
from .draft import ONE, ZERO, Draft


def add_average_pool(draft: Draft, node: AveragePoolNode) -> None:
    """Weight 1, and a threshold of the window's size: Keras leaves padding out of the average."""
    source = draft.populations[node.source.source]
    input_code = draft.options.spike_input_code
    if source.kind.is_input and (input_code.analog or input_code.worth_varies):
        where = f"convert: layer {node.name!r}"
        law = "averages spikes of worth 1"
        allowed = "a convolution in front of the pool, or input_code='if', 'poisson'"
        raise SpikewattError(where, law, f"{input_code} input", allowed)

    kind = connections.Pool()
    probe = Connection(source.name, node.name, kind, None, node.geometry)
    synapses = unroll(probe, source.shape, node.shape)
    in_window = np.diff(synapses.indptr).reshape(node.shape)
    draft.connect(node.source, node.name, kind, None, node.geometry)
    draft.add_repeating(
        node,
        populations.IntegrateAndFire(),
        in_window,
        in_window // 2,
    )


def add_max_pool(draft: Draft, node: MaxPoolNode) -> None:
    """A spike whenever the largest count of the window rises."""
    source = draft.populations[node.source.source]
    code = draft.options.spike_code
    input_code = draft.options.spike_input_code
    where = f"convert: layer {node.name!r} (MaxPooling2D)"

    if code.negative_spikes:
        law = "a spike of a max pool cannot be taken back"
        allowed = "code='rate', 'radix' or 'sync_rate', or average pooling"
        raise SpikewattError(where, law, code, allowed)
    if source.kind.is_input and not input_code.speaks(code):
        law = "pools what a ReLU gives, or an input in its own code"
        allowed = "rate with if, radix with bitplane"
        raise SpikewattError(where, law, f"input_code {str(input_code)!r}", allowed)

    draft.connect(
        node.source,
        node.name,
        connections.MaxPool(),
        None,
        node.geometry,
    )
    draft.add_repeating(node, populations.MaxPool(), ONE, ZERO)


def add_flip(draft: Draft, node: FlipNode) -> None:
    """q where the weight is positive, L − q where it is negative."""
    (term,) = node.terms
    levels = draft.populations[term.source].levels
    weights = np.where(node.negative, -1, 1)
    start = np.where(node.negative, levels, 0)
    kind: connections.ConnectionKind = connections.Identity()
    geometry = None
    if node.padding:  # neurons around that see nothing
        one = (1,) * len(node.padding)
        kind = connections.Depthwise()
        geometry = Geometry(one, one, node.padding)
        weights = weights.reshape(*one, -1, 1)

    draft.connect(term, node.name, kind, weights, geometry)
    draft.add_repeating(node, populations.IntegrateAndFire(), ONE, start)
