"""Energy and time of a spiking network on time-multiplexed crossbar cores.

Per inference, with n cores of N neurons each that share a clock f:

    E = E_sop · physical SOPs + E_update · updates + E_access · accesses + E_route · routed events
        + E_cycle · cycles · n + P_leak · time · n

Physical SOPs are what the hardware sweeps: N per event and core, whether mapped or not, or with zero skipping the weights that are
not 0. Each step, every core first sweeps its events, then tests all its neurons once; a barrier ends the step. A spike is an event
of the next step, so a network of depth d needs d steps more than it simulates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...sim.network.encoders import ENCODERS
from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card
from .core_mapping import Mapping


def power_w(card: Card, clock_hz: float, sops_per_s: float) -> float:
    """Power of one core: P = P_leak + E_cycle f + E_sop r (ODIN Eq. 2), in W, at clock f in Hz and r synaptic operations per s."""
    return (
        card["leakage_power_w"].value
        + card["energy_per_clock_cycle_j"].value * clock_hz
        + card["energy_per_sop_j"].value * sops_per_s
    )


def core_cycles(card: Card, neurons: int, events: float, steps: float, spikes: float) -> float:
    """Cycles of one core: events (c_event + N c_sop) + steps (c_step + N c_update) + spikes c_spike; without waiting for a receiver."""
    per_event = card["cycles_per_event"].value + neurons * card["cycles_per_sop"].value
    per_step = card["cycles_per_step"].value + neurons * card["cycles_per_neuron_update"].value
    return events * per_event + steps * per_step + spikes * card["cycles_per_output_spike"].value


def core_events(mapping: Mapping, trace: Trace) -> list[dict[str, float]]:
    """Per core: pre population -> how often it sweeps each of its spikes, on average.

    1 where the core listens to the whole population; else axons in use / neurons, the spikes being taken as spread evenly. More than 1
    where axons are doubled because a core has one sign per axon.
    """
    return [
        {pre: axons / trace.neurons[pre] for pre, axons in core.axons.items()}
        for core in mapping.cores
    ]


@dataclass(frozen=True)
class Activity:
    """What the cores do in one inference, mean over the samples.

    Parameters
    ----------
    swept : pre population -> events swept, over all cores. serial_events : events of the busiest core of each step, summed.
    routed_events : events that leave the core of their neuron, and those of pixels none. physical : pre -> physical SOPs.
    serial_spikes : spikes that the busiest core of each step sends, summed.
    steps : steps of the cores, those of the pipeline included. inputs, results : values written before and read after.
    """

    swept: dict[str, float]
    serial_events: float
    serial_spikes: float
    routed_events: float
    physical: dict[str, float]
    steps: int
    inputs: float
    results: float


def activity(trace: Trace, card: Card, mapping: Mapping) -> Activity:
    """Count the events of the cores from the spikes of a trace."""
    depth: dict[str, int] = {}
    for layer in trace.layers:
        depth[layer.post] = max(depth.get(layer.post, 0), depth.get(layer.pre, 0) + 1)
    steps = trace.steps + max(depth.values())
    shares = core_events(mapping, trace)
    # Time: each step lasts as long as its busiest core. Cores that sweep the same events need to be looked at once.
    busiest = np.zeros((trace.samples, steps))
    for share in {tuple(sorted(s.items())) for s in shares}:
        events = np.zeros_like(busiest)
        for pre, part in share:
            if pre in trace.spikes:
                late = (
                    depth.get(pre, 0) + 1
                )  # a population at depth d runs d steps behind, and is heard one step later
                events[:, late : late + trace.steps] += trace.spikes[pre] * part
        busiest = np.maximum(busiest, events)
    firing = np.zeros((trace.samples, trace.steps))
    for core in mapping.cores:
        parts = [
            trace.spikes[name] * ((last - first) / trace.neurons[name])
            for name, first, last in core.residents
            if name in trace.spikes
        ]
        firing = np.maximum(firing, sum(parts, np.zeros_like(firing)))
    spikes = {pre: float(counts.sum(axis=1).mean()) for pre, counts in trace.spikes.items()}
    swept = {
        pre: sum(share.get(pre, 0.0) for share in shares) * count for pre, count in spikes.items()
    }
    local = dict.fromkeys(
        spikes, 0.0
    )  # share of (event, core) pairs where the spike is the core's own
    for core, share in zip(mapping.cores, shares, strict=True):
        for population, first, last in core.residents:
            if population in spikes:
                local[population] += (
                    share.get(population, 0.0) * (last - first) / trace.neurons[population]
                )
    physical = {pre: count * mapping.neurons_per_core for pre, count in swept.items()}
    if card.limits["zero_skipping"]:
        ledger = trace.ledger("nonzero")
        physical = {
            pre: sum(
                float(ledger[layer.name].sum(axis=1).mean())
                for layer in trace.layers
                if layer.pre == pre
            )
            for pre in swept
        }
    encoded = trace.settings.input_code in ENCODERS
    analog = trace.settings.input_code == "analog"
    sources = [population for population in trace.neurons if population not in depth]
    inputs = sum(spikes[p] if encoded else trace.neurons[p] for p in sources)
    if analog:  # the host writes what its layer yields as the bias of the neurons behind it
        inputs = sum(layer.post_neurons for layer in trace.layers if layer.host_macs)
    return Activity(
        swept,
        float(busiest.sum(axis=1).mean()),
        float(firing.sum(axis=1).mean()),
        sum(
            swept[pre] - spikes[pre] * local[pre]
            for pre in swept
            if pre not in sources or not encoded
        ),
        physical,
        steps,
        inputs,
        sum(trace.neurons[p] for p in trace.neurons if p not in trace.spikes and p not in sources),
    )


HOST_EXCLUDED = (
    ", the host that writes pixels and reads results beyond the core's own memory accesses"
)


def write(
    writer: BillWriter, trace: Trace, card: Card, mapping: Mapping, hosted: bool = False
) -> list[str]:
    """Charge the spiking network, mapped as `mapping`, to `writer`; returns the assumptions, which are silent about a host if `hosted`."""
    n, size = len(mapping.cores), mapping.neurons_per_core
    did = activity(trace, card, mapping)
    total_swept = sum(did.swept.values()) or 1.0
    for pre in did.swept:
        # One sweep serves all the layers that listen to it. A step's time is that of its busiest core, shared out by events.
        listeners = "+".join(layer.post for layer in trace.layers if layer.pre == pre)
        row = ("snn", listeners, "synaptic operations")
        writer.charge(*row, did.physical[pre], "energy_per_sop_j", by_spikes=True)
        serial = did.serial_events * did.swept[pre] / total_swept
        per_event = did.physical[pre] / did.swept[pre] if did.swept[pre] else 0.0
        writer.cycles(*row, serial, "cycles_per_event", by_spikes=True)
        writer.cycles(*row, serial * per_event, "cycles_per_sop", by_spikes=True)
    if did.routed_events:
        writer.charge(
            "snn", "all", "routing", did.routed_events, "energy_per_routed_event_j", by_spikes=True
        )
    updates = ("snn", "all", "neuron updates")
    writer.charge(*updates, did.steps * n * size, "energy_per_neuron_update_j")
    writer.cycles(*updates, did.steps * size, "cycles_per_neuron_update")
    writer.cycles(*updates, did.steps, "cycles_per_step")
    writer.cycles(
        "snn", "all", "output spikes", did.serial_spikes, "cycles_per_output_spike", by_spikes=True
    )
    # All cores are reset at once; pixels and results pass one port, one after the other.
    ports = {
        "state reset": (n * size, size),
        "input load": (did.inputs, did.inputs),
        "read-out": (did.results, did.results),
    }
    for component, (accesses, serial) in ports.items():
        writer.charge("snn", "all", component, accesses, "energy_per_neuron_access_j")
        writer.cycles("snn", "all", component, serial, "cycles_per_neuron_access")
    writer.per_cycle("snn", "clock", n, "energy_per_clock_cycle_j")
    writer.per_second("snn", "leakage", n, "leakage_power_w")
    encoded = trace.settings.input_code in ENCODERS
    existing = sum(float(counts.sum(axis=1).mean()) for counts in trace.sops.values())
    all_neurons = f"each event sweeps all {size} neurons of a core"
    sweeps = (
        "each event meets the weights that are not 0"
        if card.limits["zero_skipping"]
        else all_neurons
    )
    outside = (
        ["the events of the input are made outside of the core; making them is not included."]
        if encoded
        else []
    )
    return [
        f"{card.title}; {mapping.describe()}; {card['clock_hz'].value / 1e6:g} MHz; {sweeps}: {sum(did.physical.values()):,.0f} physical "
        f"SOPs per inference for {existing:,.0f} on existing synapses; {did.steps} steps of the core for {trace.steps} simulated.",
        " ".join(
            [
                mapping.loading(card),
                *outside,
                *([f"{card.about['caution']}."] if "caution" in card.about else []),
            ]
        ),
        f"included: {card.includes}. Not included: {card.excludes}{'' if hosted else HOST_EXCLUDED}.",
    ]


def write_idle(writer: BillWriter, mapping: Mapping, period_s: float) -> None:
    """Charge what the cores use between inferences: they leak, the clock is stopped."""
    n = len(mapping.cores)
    writer.charge("snn", "all", "between inferences", n * period_s, "leakage_power_w")
    writer.per_second("snn", "between inferences", -n, "leakage_power_w")
