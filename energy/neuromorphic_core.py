"""Energy and time of a spiking network on time-multiplexed crossbar cores.

Per inference, with n cores of N neurons each that share a clock f:

    E = E_sop · physical SOPs + E_update · updates + E_access · accesses + E_cycle · cycles · n + P_leak · time · n

Physical SOPs are what the hardware sweeps: N per event and core, whether mapped or not. Each step, every core first sweeps its
events, then tests all its neurons once; a barrier ends the step. A spike is an event of the next step, so a network of depth d
needs d steps more than it simulates.
"""

from __future__ import annotations

import numpy as np

from ..sim.trace import Trace
from .cards import Card, Quantity
from .mapping import Mapping, map_network
from .price import Item


def power_w(card: Card, clock_hz: float, sops_per_s: float) -> float:
    """Power of one core: P = P_leak + E_cycle f + E_sop r (ODIN Eq. 2), in W, at clock f in Hz and r synaptic operations per s."""
    return card["leakage_power_w"].value + card["energy_per_clock_cycle_j"].value * clock_hz + card["energy_per_sop_j"].value * sops_per_s


def idle_power_w(trace: Trace, card: Card) -> Quantity:
    """Power between inferences: all cores leak, the clock is stopped."""
    leak, n = card["leakage_power_w"], len(map_network(trace, card).cores)
    return Quantity(leak.value * n, leak.low * n, leak.high * n, leak.status, leak.conditions, leak.source)


def core_events(mapping: Mapping, trace: Trace) -> list[dict[str, float]]:
    """Per core: pre population -> share of its spikes that the core sweeps.

    1 where the core listens to the whole population; else axons in use / neurons, the spikes being taken as spread evenly.
    """
    return [{pre: axons / trace.neurons[pre] for pre, axons in core.axons.items()} for core in mapping.cores]


def items(trace: Trace, card: Card) -> tuple[list[Item], list[str]]:
    """Rows of the price, and the assumptions behind them."""
    mapping = map_network(trace, card)
    n, size = len(mapping.cores), mapping.neurons_per_core
    readout = trace.layers[-1].post
    steps = trace.steps + len({layer.post for layer in trace.layers})

    cycles_per_event = card["cycles_per_event"].value + size * card["cycles_per_sop"].value
    sweep_cycles = size * card["cycles_per_neuron_update"].value
    shares = core_events(mapping, trace)
    # Time: each step lasts as long as its busiest core. Cores that sweep the same events need to be looked at once.
    busiest = np.zeros((trace.samples, trace.steps))
    for share in {tuple(sorted(s.items())) for s in shares}:
        busiest = np.maximum(busiest, sum((trace.spikes[pre] * part for pre, part in share), np.zeros_like(busiest)))
    event_cycles = float(busiest.sum(axis=1).mean()) * cycles_per_event
    accesses = {"state reset": n * size, "input load": trace.neurons[trace.layers[0].pre], "read-out": trace.neurons[readout]}

    rows: list[Item] = []
    clock = card["clock_hz"].value

    def add(layer: str, component: str, count: float, energy: Quantity, cycles: float) -> None:
        rows.append(Item("snn", layer, component, count * energy.value, count * energy.low, count * energy.high, cycles / clock, cycles))

    swept = {pre: sum(share.get(pre, 0.0) for share in shares) * float(trace.spikes[pre].sum(axis=1).mean()) for pre in trace.spikes}
    total_swept = sum(swept.values()) or 1.0
    for pre in swept:
        # One sweep serves all the layers that listen to it. A step's time is that of its busiest core, shared out by events.
        listeners = "+".join(layer.post for layer in trace.layers if layer.pre == pre)
        add(listeners, "synaptic operations", swept[pre] * size, card["energy_per_sop_j"], event_cycles * swept[pre] / total_swept)
    add("all", "neuron updates", steps * n * size, card["energy_per_neuron_update_j"], steps * sweep_cycles)
    for component, count in accesses.items():
        # All cores are reset at once; pixels and results pass one port, one after the other.
        cycles = (count / n if component == "state reset" else count) * card["cycles_per_neuron_access"].value
        add("all", component, count, card["energy_per_neuron_access_j"], cycles)
    cycles = sum(row.cycles for row in rows)
    add("all", "clock", cycles * n, card["energy_per_clock_cycle_j"], 0.0)
    leak = card["leakage_power_w"]
    add("all", "leakage", cycles / clock * n, leak, 0.0)
    physical = sum(swept.values()) * size
    existing = sum(float(counts.sum(axis=1).mean()) for counts in trace.sops.values())
    lines = [
        f"{card.title}; {mapping.describe()}; {clock / 1e6:g} MHz.",
        f"each event sweeps all {size} neurons of a core: {physical:,.0f} physical SOPs per inference for {existing:,.0f} "
        f"on existing synapses; {steps} steps of the core for {trace.steps} simulated.",
        *([f"{card.about['caution']}."] if "caution" in card.about else []),
        f"included: {card.includes}. Not included: {card.excludes}.",
    ]
    return rows, lines
