"""Energy and time of a spiking network on time-multiplexed crossbar cores.

Per inference, with n cores of N neurons each that share a clock f:

    E = E_sop · physical SOPs + E_update · updates + E_access · accesses
        + E_cycle · cycles · n + P_leak · time · n

and of more than one core, which sit in a mesh (`cores.mesh`),

        + E_route · hops + E_router · cycles · n + P_router · time · n

Physical SOPs are what the hardware sweeps: N per event and core, whether mapped or not, or with
zero skipping the weights that are not 0. Each step, every core first sweeps its events, then
tests all its neurons once; a barrier ends the step. Links take no part of that time over: what the
busiest link carries, and the barrier's way across the mesh, are added to it.

A card may say more: which neurons are updated (`cards.neuromorphic.updates`), what an update costs
whose neuron fires, an event besides its operations, a spike that is sent, and what the chips and
the processors beside them draw:

    E += E_event · events + (E_active - E_update) · active updates + E_spike · spikes
        + (P_chip + P_companion) · chips · time
"""

from __future__ import annotations

from collections.abc import Iterable

from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card
from ..cores.mesh import Mesh
from .core import power
from .core.activity import Activity, activity
from .core.count import chips_for
from .core.mapping import Mapping
from .core.updates import EVENT, SPIKE, write_updates
from .sentences import in_a_row

HOST_EXCLUDED = (
    ", the host that writes pixels and reads results beyond the core's own memory accesses"
)


def power_w(card: Card, clock_hz: float, sops_per_s: float) -> float:
    """Power of one core: P = P_leak + E_cycle f + E_sop r (ODIN Eq. 2), in W.

    Frenkel et al., IEEE TBioCAS 13(1), 2019, doi:10.1109/TBCAS.2018.2880425.

    Parameters
    ----------
    card : Card
    clock_hz : float
        f, Hz.
    sops_per_s : float
        r, synaptic operations per second.

    Examples
    --------
    >>> from spikewatt.energy.cards.load import load_card
    >>> f"{power_w(load_card('odin'), 75e6, 37.5e6) * 1e6:.0f} µW"
    '477 µW'
    """
    return (
        card["leakage_power_w"].value
        + card["energy_per_clock_cycle_j"].value * clock_hz
        + card["energy_per_sop_j"].value * sops_per_s
    )


def core_cycles(card: Card, neurons: int, events: float, steps: float, spikes: float) -> float:
    """Cycles of one core, without waiting for a receiver.

    events (c_event + N c_sop) + steps (c_step + N c_update) + spikes c_spike

    Parameters
    ----------
    card : Card
    neurons : int
        N of the core, mapped or not.
    events, steps, spikes : float
        Events swept, steps and spikes sent.
    """
    sweep = neurons * card["cycles_per_sop"].value
    update = neurons * card["cycles_per_neuron_update"].value
    per_event = card["cycles_per_event"].value + sweep
    per_step = card["cycles_per_step"].value + update
    per_spike = card["cycles_per_output_spike"].value
    return events * per_event + steps * per_step + spikes * per_spike


def write(
    writer: BillWriter, trace: Trace, card: Card, mapping: Mapping, hosted: bool = False
) -> list[str]:
    """Charge the spiking network, mapped as `mapping`, to `writer`.

    Parameters
    ----------
    writer : BillWriter
    trace : Trace
    card : Card
    mapping : Mapping
    hosted : bool, default False
        The assumptions are then silent about a host.

    Returns
    -------
    list of str
        The assumptions.
    """
    did = activity(trace, card, mapping)
    write_work(writer, did, card, mapping)
    write_clock(writer, mapping)
    write_leakage(writer, card, mapping)

    besides = []
    if trace.settings.input_code.encoded and not hosted:
        besides.append(
            "the events of the input are made outside of the core; making them is not included."
        )
    operations = trace.mean_operations()
    excluded = _excluded_beside_host(card) if hosted else card.excludes + HOST_EXCLUDED
    return [
        swept_line(card, mapping, did, operations, trace.steps),
        besides_line(card, mapping, did, besides),
        f"included: {card.includes}. Not included: {excluded}.",
    ]


def write_work(writer: BillWriter, did: Activity, card: Card, mapping: Mapping) -> None:
    """Charge what the cores do, without what their clock and leakage take meanwhile.

    Parameters
    ----------
    writer : BillWriter
    did : Activity
    card : Card
    mapping : Mapping
    """
    cores, size = len(mapping.cores), mapping.neurons_per_core
    writer.footprints["snn"] = mapping.footprint(card)
    _write_sweeps(writer, did, card)
    _write_links(writer, did)
    _write_updates(writer, did, card)
    _write_ports(writer, did, cores, size)


def write_clock(writer: BillWriter, mapping: Mapping) -> None:
    """Charge the clock of cores and routers for all cycles so far."""
    cores = len(mapping.cores)
    writer.per_cycle("snn", "clock", cores, "energy_per_clock_cycle_j")
    if cores > 1:
        writer.per_cycle("snn", "routing", cores, "energy_per_router_cycle_j")


def write_idle(writer: BillWriter, card: Card, mapping: Mapping, period_s: float) -> None:
    """Charge what the cores use between inferences: they leak, the clock is stopped."""
    power.write_idle(writer, card, len(mapping.cores), chips_of(card, mapping), period_s)


def write_waiting(writer: BillWriter, cores: int, since: int) -> None:
    """Charge the clock of cores and routers for the time charged from term `since` on."""
    ticking = ("energy_per_clock_cycle_j", "energy_per_router_cycle_j")
    components = ("clock", "routing") if cores > 1 else ("clock",)
    for component, key in zip(components, ticking, strict=False):
        writer.per_second("snn", component, cores, "clock_hz", key, since=since)


def write_leakage(writer: BillWriter, card: Card, mapping: Mapping, since: int = 0) -> None:
    """Charge what cores, routers and chips leak in the time charged from term `since` on."""
    power.write_draws(writer, card, len(mapping.cores), chips_of(card, mapping), since)


def chips_of(card: Card, mapping: Mapping) -> int:
    """Chips that the cores of a mapping are on."""
    return chips_for(len(mapping.cores), card)


def _write_sweeps(writer: BillWriter, did: Activity, card: Card) -> None:
    """Synaptic operations.

    One sweep serves all the layers that listen to a population. A step's time is that of its
    busiest core, shared out by events.
    """
    all_events = did.events or 1.0
    for pre, events in did.swept.items():
        row = ("snn", did.listeners[pre], "synaptic operations")

        operations = did.physical[pre]
        writer.charge(*row, operations, "energy_per_sop_j", by_spikes=True)

        serial_events = did.serial_events * events / all_events
        per_event = operations / events if events else 0.0
        serial_operations = serial_events * per_event
        writer.cycles(*row, serial_events, "cycles_per_event", by_spikes=True)
        writer.cycles(*row, serial_operations, "cycles_per_sop", by_spikes=True)
        if EVENT in card.values:
            writer.charge("snn", did.listeners[pre], "events", events, EVENT, by_spikes=True)


def _write_updates(writer: BillWriter, did: Activity, card: Card) -> None:
    """The test of neurons at each step, and the spikes that it sends."""
    row = ("snn", "all", "neuron updates")
    grows = did.updates.rule.grows_with_spikes
    write_updates(writer, "all", did.updates, card)
    writer.cycles(*row, did.updates.serial, "cycles_per_neuron_update", by_spikes=grows)
    writer.cycles(*row, did.steps, "cycles_per_step")

    row = ("snn", "all", "output spikes")
    if SPIKE in card.values:
        writer.charge(*row, did.sent, SPIKE, by_spikes=True)
    writer.cycles(*row, did.serial_spikes, "cycles_per_output_spike", by_spikes=True)


def _write_ports(writer: BillWriter, did: Activity, cores: int, size: int) -> None:
    """All cores are reset at once; pixels and results pass one port, one after the other."""
    accesses_and_serial = {
        "state reset": (cores * size, size),
        "input load": (did.inputs, did.inputs),
        "read-out": (did.results, did.results),
    }
    for component, (accesses, serial) in accesses_and_serial.items():
        writer.charge("snn", "all", component, accesses, "energy_per_neuron_access_j")
        writer.cycles("snn", "all", component, serial, "cycles_per_neuron_access")


def _write_links(writer: BillWriter, did: Activity) -> None:
    """Events and values that cross the mesh, the busiest link, and the barrier of each step."""
    if did.links is None:
        return
    row = ("snn", "all", "routing")
    writer.charge(*row, did.links.spike_hops, "energy_per_routed_event_j", by_spikes=True)
    writer.charge(*row, did.links.value_hops, "energy_per_routed_event_j")
    writer.cycles(*row, did.serial_hops, "cycles_per_routed_event", by_spikes=True)
    writer.cycles(*row, did.links.ways, "cycles_per_hop")


def _about_links(did: Activity, cores: int) -> list[str]:
    """How events travel, where there is more than one core."""
    if did.links is None:
        return []
    mesh = Mesh(cores)
    hops = did.links.spike_hops + did.links.value_hops
    return [
        f"the cores are a mesh of {mesh.columns} x {mesh.rows}, filled row by row; {hops:,.0f} "
        "hops per inference, an event to each core that listens; links, routers and the barrier of "
        "each step are assumed, with wide ranges."
    ]


def swept_line(card: Card, mapping: Mapping, did: Activity, operations: float, steps: int) -> str:
    """The assumption of what is swept, for so many operations on existing synapses."""
    sweeps = f"each event sweeps all {mapping.neurons_per_core} neurons of a core"
    if card.limits["zero_skipping"]:
        sweeps = "each event meets the weights that are not 0"
    if did.updates.rule.by_layer:
        sweeps += f"; {did.updates.rule.said}"
    clock_mhz = card["clock_hz"].value / 1e6
    return (
        f"{card.title}; {mapping.describe()}; {clock_mhz:g} MHz; "
        f"{sweeps}: {did.operations:,.0f} physical SOPs per inference "
        f"for {operations:,.0f} on existing synapses; "
        f"{did.steps} steps of the core for {steps} simulated."
    )


def besides_line(card: Card, mapping: Mapping, did: Activity, more: Iterable[str] = ()) -> str:
    """The assumption of what is loaded once, how events travel, and what else is to be known."""
    besides = [mapping.loading(card), *_about_links(did, len(mapping.cores)), *more]
    if "caution" in card.about:
        besides.append(f"{card.about['caution']}.")
    return in_a_row(besides)


def _excluded_beside_host(card: Card) -> str:
    """What a card leaves out, but the loss of its regulator, which a system is charged for."""
    parts = card.excludes.split("; ")
    return "; ".join(part for part in parts if not part.startswith("the regulator's loss"))
