"""Neurons that wake in time, or stay silent: small values are not sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import SpikewattError, whole_number
from ..network.population import MOST_BITS
from ..network.spiking_network import SpikingNetwork
from .planes import check_sends_bits, planes_of

WHERE = "with_wake"


def with_wake(
    network: SpikingNetwork, planes: int, names: str | Sequence[str] = ()
) -> SpikingNetwork:
    """`network`, in which a neuron that has not fired in its first `planes` stays silent.

    Of K bits values below 2^(K − planes) are not sent: a gate that every input sets anew, for one
    bit of memory per neuron. The reference core has none; `odin_style:neuron_gates=1` does.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    planes : int, 1 or more; a population that sends no more than these has no gate. 0 takes gates
        away.
    names : population or populations that get a gate; default all that integrate and fire.

    Raises
    ------
    SpikewattError : another code, a negative number, a population that is not there.

    Examples
    --------
    >>> with_wake(network, 2)  # doctest: +SKIP
    """
    check_sends_bits(WHERE, network)
    whole_number(f"{WHERE}.planes", "is a number of planes, or 0", planes, 0, MOST_BITS)

    own = planes_of(network)
    names = (names,) if isinstance(names, str) else tuple(names)
    for name in names:
        if name not in own:
            law = "names populations that integrate and fire"
            raise SpikewattError(WHERE, law, repr(name), ", ".join(own))

    populations = []
    for p in network.populations:
        if p.name in (names or own):
            p = replace(p, wakes_within=planes if planes < own[p.name] else 0)
        populations.append(p)
    return replace(network, populations=populations)
