"""What parts of a run take up together: one memory, or one for each network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from ...errors import DoesNotFitError
from ...sim.staged.dynamic_trace import DynamicTrace
from ...sim.trace.trace import Trace
from ..bill import SPIKING, Bill
from ..cards.card import Card
from ..devices.core.mapping import map_network
from ..devices.registry import device_kind
from ..devices.software_limits import SoftwareNeed, why_not
from ..devices.software_work import CODE_BYTES, POTENTIAL_BYTES, software_needs
from ..footprint import Footprint


def footprint_of(work: DynamicTrace, bills: Sequence[Bill], card: Card) -> Footprint | None:
    """What the spiking networks of all parts take up on one device; None where nobody knows.

    Where they share their weights that of the largest, and starting potentials for each set beside
    the first: of a core one word per neuron, of a microcontroller one per channel. Else the sum,
    with what no sample reached: cores are not loaded anew between two stages.

    Parameters
    ----------
    work : DynamicTrace
    bills : sequence of Bill
        Of the parts, in their order.
    card : Card

    Raises
    ------
    DoesNotFitError
        Each fits by itself, and all together do not.
    """
    found = [bill.footprints.get(SPIKING) for bill in bills]
    if any(each is None for each in found):
        return None
    kind = device_kind(card)
    if kind.runs_kernels:
        need = _need(work)
        if why := why_not(need, card):
            law = "holds all stages at once"
            raise DoesNotFitError(f"device {card.name!r}", law, why)
        return Footprint(need.memory_bytes)

    footprints = [each for each in found if each is not None]
    if work.shares_weights:
        most = max(footprints, key=lambda each: (each.cores or 0, each.memory_bytes or 0))
        if most.memory_bytes is None:
            return most
        starts = work.extra_starts * _start_bytes(work.parts[0].trace)
        return replace(most, memory_bytes=most.memory_bytes + starts)
    if work.unreached and not kind.maps_traces(card):
        return None
    unreached = [map_network(plan, card).footprint(card) for plan in work.unreached]
    return _sum([*_different(work, footprints), *unreached])


def _different(work: DynamicTrace, footprints: Sequence[Footprint]) -> list[Footprint]:
    """One for each network."""
    by_network = {
        part.trace.network_hash: own for part, own in zip(work.parts, footprints, strict=True)
    }
    return list(by_network.values())


def _sum(footprints: Sequence[Footprint]) -> Footprint:
    """Side by side; an area only where each has one."""
    memories = [each.memory_bytes for each in footprints]
    cores = [each.cores for each in footprints]
    areas = [each.area_m2 for each in footprints]
    area = None
    if None not in areas:
        first, total = areas[0], sum(each.value for each in areas if each)
        area = first.scaled(total / first.value) if first and first.value else first
    return Footprint(
        None if None in memories else sum(m for m in memories if m is not None),
        None if None in cores else sum(c for c in cores if c is not None),
        area,
    )


def _start_bytes(trace: Trace) -> int:
    """A starting potential for each neuron that integrates."""
    neurons = sum(trace.neurons[name] for name in _integrating(trace))
    return ceil(neurons * trace.settings.state_bits / 8)


def _integrating(trace: Trace) -> list[str]:
    return list(dict.fromkeys(layer.post for layer in trace.layers if not layer.post_kind.compares))


def _need(work: DynamicTrace) -> SoftwareNeed:
    """Code once; weights once or for each network; potentials of the network that runs."""
    ran = {p.trace.network_hash: p.trace for p in work.parts}
    needs = [software_needs(each)[SPIKING] for each in (*ran.values(), *work.unreached)]
    flash = [need.flash_bytes - CODE_BYTES for need in needs]
    weights = sum(flash)
    if work.shares_weights:
        trace = work.parts[0].trace
        channels = {layer.post: layer.post_shape[-1] for layer in trace.layers}
        starts = sum(channels[name] for name in _integrating(trace)) * POTENTIAL_BYTES
        weights = max(flash) + work.extra_starts * starts
    return SoftwareNeed(
        CODE_BYTES + weights,
        max(need.ram_bytes for need in needs),
        max(need.weight_bits for need in needs),
        max(need.state_bits for need in needs),
        any(need.gated for need in needs),
    )
