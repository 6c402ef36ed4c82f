"""Spikes or product: what is faster on this machine, measured on the connection itself.

The cost of spikes grows with their number, that of a product does not. Both are timed when a
network is laid out, for some microseconds; the integers are the same either way.
"""

from __future__ import annotations

import ctypes

from .compiled import kernel

TIMES = 5  # of which the shortest counts: others may use the machine
SHARE = 0.1  # of the neurons, that fire while their cost is taken


def spikes_of_equal_cost(head: ctypes.Structure, connection: int, neurons: int) -> int:
    """Spikes of a step that take as long as the product does.

    Parameters
    ----------
    head : the network, as the kernel reads it.
    connection : number of the connection.
    neurons : of its pre population.
    """
    spikes = max(1, int(SHARE * neurons))
    seconds = measured(head, connection, spikes)
    return int(spikes * measured(head, connection, 0) / seconds)


def measured(head: ctypes.Structure, connection: int, spikes: int) -> float:
    """Seconds that `spikes` of a connection take in one step; with none, its product."""
    library = kernel()
    library.measured.restype = ctypes.c_double
    found = library.measured(ctypes.byref(head), connection, spikes, TIMES)
    return max(found, 1e-9)
