"""Fewer planes: of the bits of each value the most significant ones are sent, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...errors import SpikewattError, whole_number
from ..network.population import MOST_BITS, Population
from ..network.spiking_network import SpikingNetwork

WHERE = "with_planes"


def with_planes(network: SpikingNetwork, planes: int | Mapping[str, int]) -> SpikingNetwork:
    """`network`, of whose values only the first planes are sent.

    Of K planes d = K − planes are not sent. Weights and thresholds are those of all planes; values
    are rounded to multiples of 2^d and not cut, by

        v₀ += ⌊θ (2^d − 1) / 2⌋

    A core keeps one image of its memories for all numbers of planes, but for these starts; its
    controller ends a window early. A max pool sends as many planes as what it compares.

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
    if not network.code.doubles:
        law = "holds planes back of a code that sends the bits of a value"
        raise SpikewattError(WHERE, law, f"code {network.code}", "radix")

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


def mean_planes(network: SpikingNetwork) -> float:
    """Planes that the populations send which integrate and fire, mean over them; 0 without any."""
    counted = [sent_planes(p) for p in network.populations if has_planes(p)]
    return sum(counted) / max(1, len(counted))


def sent_planes(p: Population) -> int:
    """Planes that a population sends."""
    return p.planes or p.levels.bit_length()


def has_planes(p: Population) -> bool:
    """Whether a population makes values of its own, from what it integrates."""
    return p.kind.fires and not p.kind.is_input and not p.kind.compares


def _by_population(network: SpikingNetwork, planes: int | Mapping[str, int]) -> dict[str, int]:
    """Population -> planes, checked."""
    own = [p.name for p in network.populations if has_planes(p)]
    if not isinstance(planes, Mapping):
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
    return replace(p, planes=planes, initial_potential=start)


def _rounding(p: Population, planes: int):
    """⌊θ (2^d − 1) / 2⌋ of the d planes that are not sent."""
    held_back = p.levels.bit_length() - planes if planes else 0
    return p.threshold * (2**held_back - 1) // 2
