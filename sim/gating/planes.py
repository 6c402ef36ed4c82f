"""Fewer planes: of the bits of each value the most significant ones are sent, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...errors import SpikewattError, whole_number
from ..network.codes import CODES, names_of
from ..network.population import MOST_BITS, Population
from ..network.spiking_network import SpikingNetwork

WHERE = "with_planes"


def with_planes(network: SpikingNetwork, planes: int | Mapping[str, int]) -> SpikingNetwork:
    """`network`, of whose values only the first planes are sent.

    Of K planes d = K − planes are not sent. Weights and thresholds are those of all planes; values
    are rounded to multiples of 2^d and not cut, by

        v₀ += ⌊θ (2^d − 1) / 2⌋

    A core keeps one image of its memories for all numbers of planes, but for these starts; its
    controller ends a window early. A max pool sends as many planes as what it compares. Who waits
    for all planes that are sent waits for nothing: such a gate (`with_wake`) is taken away.

    Parameters
    ----------
    network : SpikingNetwork, under radix.
    planes : int, of each population that integrates and fires; or population -> planes, where
        others keep theirs. Inputs may be named, too: the bits of a pixel are cut, not rounded. As
        many as there are bits, or more, are all.

    Raises
    ------
    SpikewattError : another code, a number below 1, a population that is not there or sends nothing
        of its own.

    >>> from spikewatt.sim.network.connection import Connection
    >>> pixels = Population("input", (2,), "input", 1, 0, 0, levels=255)
    >>> hidden = Population("hidden", (2,), "integrate_and_fire", 100, 0, 50, levels=63)
    >>> classes = Population("output", (2,), "readout", 1, 0, 0)
    >>> arrows = [Connection("input", "hidden", "dense", [[1, 2], [3, 4]]),
    ...           Connection("hidden", "output", "dense", [[1, -1], [-1, 1]])]
    >>> network = SpikingNetwork([pixels, hidden, classes], arrows, "radix", 1 / 255, 1.0, 8,
    ...                          input_code="bitplane")
    >>> fewer = with_planes(network, 4).population("hidden")
    >>> fewer.planes, int(fewer.initial_potential)
    (4, 200)
    """
    check_sends_bits(WHERE, network)
    wanted = _by_population(network, planes)
    populations: list[Population] = []
    sent: dict[str, int] = {}
    for p in network.populations:
        if p.kind.compares:
            (source,) = network.incoming(p.name)
            new = replace(p, planes=sent[source.pre])
        else:
            new = _fewer(p, wanted.get(p.name, p.planes))
        sent[p.name] = new.planes
        populations.append(new)
    return replace(network, populations=populations)


def check_sends_bits(where: str, network: object) -> None:
    """Raise SpikewattError for what is no network of a code that sends the bits of a value."""
    if not isinstance(network, SpikingNetwork):
        raise SpikewattError(where, "must be a SpikingNetwork", type(network).__name__)
    if not network.code.doubles:
        law = "is for a code that sends the bits of a value"
        able = names_of(code for code in CODES.values() if code.doubles)
        raise SpikewattError(where, law, f"code {network.code}", able)


def planes_of(network: SpikingNetwork) -> dict[str, int]:
    """Population -> planes that it sends, of those that integrate and fire."""
    return {p.name: sent_planes(p) for p in network.populations if has_planes(p)}


def mean_planes(network: SpikingNetwork) -> float:
    """Planes that the populations send which integrate and fire, mean over them; 0 without any.

    Under ``sync_rate`` the bits of what they count.
    """
    counted = planes_of(network).values()
    return sum(counted) / max(1, len(counted))


def sent_planes(p: Population) -> int:
    """Planes that a population sends."""
    return p.planes or p.levels.bit_length()


def has_planes(p: Population) -> bool:
    """Whether a population makes values of its own, from what it integrates."""
    return p.kind.fires and not p.kind.is_input and not p.kind.compares


def _by_population(network: SpikingNetwork, planes: int | Mapping[str, int]) -> dict[str, int]:
    """Population -> planes, checked."""
    own = planes_of(network)
    if not isinstance(planes, Mapping):
        whole_number(WHERE, "is a number of planes", planes, 1, MOST_BITS)
        planes = dict.fromkeys(own, planes)

    inputs = [p.name for p in network.inputs] if network.input_code.doubles else []
    allowed = [*own, *inputs]
    for name, number in planes.items():
        if name not in allowed:
            law = "names populations that send bits of their own"
            raise SpikewattError(WHERE, law, repr(name), ", ".join(allowed))
        law = "is a number of planes"
        whole_number(f"{WHERE}: {name!r}", law, number, 1, MOST_BITS)
    return dict(planes)


def _fewer(p: Population, planes: int) -> Population:
    """`p` with so many planes in place of those that it sends now; 0 for all."""
    bits = p.levels.bit_length()
    planes = 0 if planes >= bits else planes
    if planes == p.planes:
        return p
    if p.kind.is_input:
        return replace(p, planes=planes)
    start = p.initial_potential - _rounding(p, p.planes) + _rounding(p, planes)
    waits = p.wakes_within if p.wakes_within < (planes or bits) else 0
    return replace(p, planes=planes, initial_potential=start, wakes_within=waits)


def _rounding(p: Population, planes: int):
    """⌊θ (2^d − 1) / 2⌋ of the d planes that are not sent."""
    held_back = p.levels.bit_length() - planes if planes else 0
    return p.threshold * (2**held_back - 1) // 2
