"""The explicit synapse matrix of a connection.

Every synapse that exists, weights of zero included.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from .connection import Connection
from .connection_kinds import Pool, Synapses

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Shape = tuple[int, ...]


def unroll(connection: Connection, pre_shape: Shape, post_shape: Shape) -> csr_array:
    """(post size, pre size) int64 matrix with one stored entry per synapse; pools have weight 1.

    >>> unroll(Connection("a", "b", "dense", [[1, 0], [2, 3]]), (2,), (2,)).toarray().tolist()
    [[1, 2], [0, 3]]
    """
    from scipy.sparse import csr_array

    seen = connection.seen(pre_shape)
    synapses = connection.kind.synapses(
        connection.weights,
        connection.geometry,
        seen,
        post_shape,
    )
    if connection.pooled is not None:
        members = Pool().synapses(None, connection.pooled, pre_shape, seen)
        synapses = _spread(synapses, members)

    # Rows by post neuron, and within a row by pre neuron. Rows begin where those before end.
    weight, post, pre = synapses
    order = np.lexsort((pre, post))
    size = prod(post_shape)
    per_row = np.bincount(post, minlength=size)
    starts = np.concatenate([[0], np.cumsum(per_row)])
    entries = (weight[order], pre[order], starts)
    return csr_array(entries, shape=(size, prod(pre_shape)))


def _spread(synapses: Synapses, members: Synapses) -> Synapses:
    """Each synapse of a pooled neuron becomes one of every neuron in its window.

    `members` are (1, pooled neuron, neuron in its window). Two windows of two neurons each, 0: (0,
    1) and 1: (2, 3), and the synapses 0 -> a and 1 -> b give 0 -> a, 1 -> a, 2 -> b, 3 -> b. A
    product of sparse matrices would drop zeros.
    """
    weight, post, pre = synapses
    _, pooled, member = members
    order = np.argsort(pooled, kind="stable")
    pooled, member = pooled[order], member[order]

    # Members of the pooled neuron of each synapse: where they begin, and how many they are.
    first = np.searchsorted(pooled, pre)
    after = np.searchsorted(pooled, pre, side="right")
    repeat = after - first

    # 0, 1, … within each run of a pooled neuron's members, shifted to where the run begins.
    run_start = np.cumsum(repeat) - repeat
    within = np.arange(repeat.sum()) - np.repeat(run_start, repeat)
    at = within + np.repeat(first, repeat)
    return (
        np.repeat(weight, repeat),
        np.repeat(post, repeat),
        member[at],
    )
