"""Energy and time of a spiking network on time-multiplexed crossbar cores.

Per inference, with n cores of N neurons each that share a clock f:

    E = E_sop · physical SOPs + E_update · updates + E_access · accesses + E_cycle · cycles · n + P_leak · time · n

Physical SOPs are what the hardware sweeps: N per event and core, whether mapped or not. Each step, every core first sweeps its
events, then tests all its neurons once; a barrier ends the step. A spike is an event of the next step, so a network of depth d
needs d steps more than it simulates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..sim.encoders import ENCODERS
from ..sim.trace import Trace
from .cards import Card, Quantity
from .mapping import Mapping, map_network
from .price import Item

ENDS = ("value", "low", "high")


def power_w(card: Card, clock_hz: float, sops_per_s: float) -> float:
    """Power of one core: P = P_leak + E_cycle f + E_sop r (ODIN Eq. 2), in W, at clock f in Hz and r synaptic operations per s."""
    return card["leakage_power_w"].value + card["energy_per_clock_cycle_j"].value * clock_hz + card["energy_per_sop_j"].value * sops_per_s


def idle_power_w(trace: Trace, card: Card) -> Quantity:
    """Power between inferences: all cores leak, the clock is stopped."""
    leak, n = card["leakage_power_w"], len(map_network(trace, card).cores)
    return replace(leak, value=leak.value * n, low=leak.low * n, high=leak.high * n)


def core_events(mapping: Mapping, trace: Trace) -> list[dict[str, float]]:
    """Per core: pre population -> share of its spikes that the core sweeps.

    1 where the core listens to the whole population; else axons in use / neurons, the spikes being taken as spread evenly.
    """
    return [{pre: axons / trace.neurons[pre] for pre, axons in core.axons.items()} for core in mapping.cores]


def items(trace: Trace, card: Card) -> tuple[list[Item], list[str]]:
    """Rows of the price, and the assumptions behind them."""
    mapping = map_network(trace, card)
    n, size = len(mapping.cores), mapping.neurons_per_core
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
            late = depth.get(pre, 0) + 1  # a population at depth d runs d steps behind, and is heard one step later
            events[:, late : late + trace.steps] += trace.spikes[pre] * part
        busiest = np.maximum(busiest, events)
    serial_events = float(busiest.sum(axis=1).mean())
    swept = {pre: sum(share.get(pre, 0.0) for share in shares) * float(trace.spikes[pre].sum(axis=1).mean()) for pre in trace.spikes}
    total_swept = sum(swept.values()) or 1.0
    encoded = trace.settings["input_code"] in ENCODERS
    sources = [p for p in trace.neurons if p not in depth]
    ports = {
        "input load": sum(float(trace.spikes[p].sum(axis=1).mean()) if encoded else trace.neurons[p] for p in sources),
        "read-out": sum(trace.neurons[p] for p in trace.neurons if p not in trace.spikes),
    }

    rows: list[Item] = []
    clock = card["clock_hz"]
    # All cycles in the end that makes them few (low), nominal, and many (high).
    total_cycles = {end: 0.0 for end in ENDS}

    def add(layer: str, component: str, count: float, energy: Quantity, cycles: dict[str, float] | None = None) -> None:
        cycles = cycles or dict.fromkeys(ENDS, 0.0)
        for end in ENDS:
            total_cycles[end] += cycles[end]
        rows.append(
            Item(
                "snn",
                layer,
                component,
                count * energy.value,
                count * energy.low,
                count * energy.high,
                cycles["value"] / clock.value,
                cycles["value"],
            )
        )

    def each(count: float, key: str) -> dict[str, float]:
        return {end: count * getattr(card[key], end) for end in ENDS}

    sweep = {end: getattr(card["cycles_per_event"], end) + size * getattr(card["cycles_per_sop"], end) for end in ENDS}
    for pre in swept:
        # One sweep serves all the layers that listen to it. A step's time is that of its busiest core, shared out by events.
        listeners = "+".join(layer.post for layer in trace.layers if layer.pre == pre)
        part = serial_events * swept[pre] / total_swept
        add(listeners, "synaptic operations", swept[pre] * size, card["energy_per_sop_j"], {end: part * sweep[end] for end in ENDS})
    add("all", "neuron updates", steps * n * size, card["energy_per_neuron_update_j"], each(steps * size, "cycles_per_neuron_update"))
    # All cores are reset at once; pixels and results pass one port, one after the other.
    add("all", "state reset", n * size, card["energy_per_neuron_access_j"], each(size, "cycles_per_neuron_access"))
    for component, count in ports.items():
        add("all", component, count, card["energy_per_neuron_access_j"], each(count, "cycles_per_neuron_access"))
    tick, leak = card["energy_per_clock_cycle_j"], card["leakage_power_w"]
    by_cycles = replace(tick, **{end: total_cycles[end] * getattr(tick, end) for end in ENDS})
    seconds = {
        "value": total_cycles["value"] / clock.value,
        "low": total_cycles["low"] / clock.high,
        "high": total_cycles["high"] / clock.low,
    }
    by_time = replace(leak, **{end: seconds[end] * getattr(leak, end) for end in ENDS})
    add("all", "clock", n, by_cycles)
    add("all", "leakage", n, by_time)
    physical = sum(swept.values()) * size
    existing = sum(float(counts.sum(axis=1).mean()) for counts in trace.sops.values())
    lines = [
        f"{card.title}; {mapping.describe()}; {clock.value / 1e6:g} MHz.",
        f"each event sweeps all {size} neurons of a core: {physical:,.0f} physical SOPs per inference for {existing:,.0f} "
        f"on existing synapses; {steps} steps of the core for {trace.steps} simulated.",
        *(["the events of the input are made outside of the core; making them is not included."] if encoded else []),
        *([f"{card.about['caution']}."] if "caution" in card.about else []),
        f"included: {card.includes}. Not included: {card.excludes}.",
    ]
    return rows, lines
