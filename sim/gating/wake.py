"""Neurons that wake in time, or stay silent: small values are not sent."""

from __future__ import annotations

from dataclasses import replace

from ...errors import SpikewattError, whole_number
from ..network.population import MOST_BITS
from ..network.spiking_network import SpikingNetwork
from .planes import has_planes, sent_planes

WHERE = "with_wake"


def with_wake(network: SpikingNetwork, planes: int, names: tuple[str, ...] = ()) -> SpikingNetwork:
    """`network`, in which a neuron that has not fired in its first `planes` stays silent.

    Of K bits values below 2^(K − planes) are not sent: a gate that every input sets anew, for one
    bit of memory per neuron. The reference core has none; `odin_style:neuron_gates=1` does.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    planes : int, 1 or more; a population that sends no more than these keeps as it is. 0 takes
        gates away.
    names : populations that get a gate; default all that integrate and fire.

    Raises
    ------
    SpikewattError : another code, a negative number, a population that is not there.

    Examples
    --------
    >>> with_wake(network, 2)  # doctest: +SKIP
    """
    if not network.code.doubles:
        law = "gates a code that sends the bits of a value"
        raise SpikewattError(WHERE, law, f"code {network.code}", "radix")
    whole_number(f"{WHERE}.planes", "is a number of planes, or 0", planes, 0, MOST_BITS)

    own = [p.name for p in network.populations if has_planes(p)]
    for name in names:
        if name not in own:
            law = "names populations that integrate and fire"
            raise SpikewattError(WHERE, law, repr(name), ", ".join(own))

    populations = []
    for p in network.populations:
        asked = has_planes(p) and (not names or p.name in names)
        waits = planes if planes < sent_planes(p) else 0
        populations.append(replace(p, wakes_within=waits) if asked else p)
    return replace(network, populations=populations)
