"""Energy and time on a Cortex-M: the int8 network, and the spiking network in software.

Energy = cycles · energy per cycle · active power factor; time = cycles / clock.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import DoesNotFitError, SpikewattError
from ...sim.network.encoders import ENCODERS
from ...sim.trace.trace import LayerSummary, Trace
from ..bill import BillWriter
from ..cards.card import Card
from ..kernels.layer_table import Int8Layer, arena_bytes, flash_bytes, work

POTENTIAL_BYTES = 4  # int32 potential per neuron
CHANNEL_BYTES = 11  # int32 instead of int8 bias, and a multiplier and a shift per output channel
CODE_BYTES, STACK_BYTES = (
    65_536,
    8_192,
)  # kernels, runtime and start-up code; stack and buffers: assumed

COMPONENTS = {
    "cycles_per_mac_dense": "multiply-accumulates",
    "cycles_per_mac_conv": "multiply-accumulates",
    "cycles_per_output": "outputs",
    "cycles_per_pool_element": "pooling",
    "cycles_per_synapse_dense": "synaptic operations",
    "cycles_per_synapse_sparse": "synaptic operations",
    "cycles_per_spike": "spike handling",
    "cycles_per_neuron_update": "neuron updates",
    "cycles_per_step": "step overhead",
}
GROW_WITH_SPIKES = ("synaptic operations", "spike handling")
FROM_WORK = {
    "mac_dense": "cycles_per_mac_dense",
    "mac_conv": "cycles_per_mac_conv",
    "outputs": "cycles_per_output",
    "elements": "cycles_per_pool_element",
}


def compute(
    writer: BillWriter,
    workload: str,
    layer: str,
    component: str,
    count: float,
    key: str,
    prefix: str = "",
) -> None:
    """Charge `count` times the cycles of the card value `key`; `prefix` names the card in a system."""
    grows = component in GROW_WITH_SPIKES
    energy = (prefix + key, f"{prefix}energy_per_cycle_j", f"{prefix}active_power_factor")
    writer.charge(workload, layer, component, count, *energy, by_spikes=grows)
    writer.cycles(
        workload, layer, component, count, prefix + key, clock=f"{prefix}clock_hz", by_spikes=grows
    )


def _live_bytes(trace: Trace) -> int:
    """Largest sum of int8 activations that are needed at once, layer after layer."""
    last_use = {layer.pre: i for i, layer in enumerate(trace.layers)}
    made: dict[str, int] = {}
    most = 0
    for i, layer in enumerate(trace.layers):
        made.setdefault(layer.pre, trace.neurons[layer.pre])
        made[layer.post] = trace.neurons[layer.post]
        most = max(most, sum(size for name, size in made.items() if last_use.get(name, i) >= i))
    return most


def memory_needs(trace: Trace) -> dict[str, dict[str, int]]:
    """Workload -> flash_bytes and ram_bytes that it needs, code and stack included."""
    channels = sum(layer.post_shape[-1] for layer in trace.layers if layer.parameters)
    flash = sum(layer.parameters for layer in trace.layers) + CHANNEL_BYTES * channels + CODE_BYTES
    potentials = sum(trace.neurons.values()) * POTENTIAL_BYTES
    return {
        "snn": {"flash_bytes": flash, "ram_bytes": potentials + STACK_BYTES},
        "int8_ann": {"flash_bytes": flash, "ram_bytes": _live_bytes(trace) + STACK_BYTES},
    }


def _faults(needs: dict[str, dict[str, int]], card: Card) -> dict[str, str]:
    """Workload -> why it does not fit into flash or RAM."""
    return {
        workload: f"needs {need:,} of {card.limits[what]:,} {what}"
        for workload, amounts in needs.items()
        for what, need in amounts.items()
        if need > card.limits[what]
    }


def _ann_cycles(layer: LayerSummary) -> dict[str, float]:
    """Cycle-count key -> events of one int8 layer."""
    summed = (
        int(np.prod(layer.pre_shape)) if layer.pooled else 0
    )  # an average pool that was merged into this layer
    if layer.kind in ("pool", "max_pool", "identity"):
        return {"cycles_per_pool_element": layer.macs + summed}
    mac = "cycles_per_mac_dense" if layer.kind == "dense" else "cycles_per_mac_conv"
    return {
        mac: layer.macs,
        "cycles_per_output": layer.post_neurons,
        **({"cycles_per_pool_element": summed} if summed else {}),
    }


def _updates(trace: Trace, population: str) -> int:
    """Steps at which the neurons of a population are visited: those of its window; a read-out's at every step."""
    return trace.settings.active_steps(population)


def analog_cycles(layer: LayerSummary) -> dict[str, float]:
    """Cycle-count key -> events of an analog first layer, which multiplies once per inference."""
    return {
        "cycles_per_mac_dense" if layer.kind == "dense" else "cycles_per_mac_conv": layer.host_macs
    }


def _snn_cycles(trace: Trace, layer: LayerSummary) -> dict[str, float]:
    """Cycle-count key -> events of one spiking layer in software, mean per inference: synapses and spikes taken in."""
    if layer.host_macs:
        return analog_cycles(layer)
    synapse = "cycles_per_synapse_dense" if layer.kind == "dense" else "cycles_per_synapse_sparse"
    return {
        synapse: float(trace.sops[layer.name].sum(axis=1).mean()),
        "cycles_per_spike": float(trace.spikes[layer.pre].sum(axis=1).mean()),
    }


def _lines(first: Sequence[str], card: Card, needs: dict[str, int]) -> list[str]:
    """The assumptions: what is computed in how much memory, how sure the cycle counts are, what is included."""
    memory = (
        f"{needs['flash_bytes'] / 1024:.0f} KiB of flash ({CODE_BYTES // 1024} of code assumed) and "
        f"{needs['ram_bytes'] / 1024:.0f} KiB of RAM ({STACK_BYTES // 1024} of stack assumed) needed."
    )
    sure = [f"int8 cycle counts: {card['cycles_per_mac_conv'].source}."]
    return [
        " ".join([*first, memory]),
        " ".join(sure + ([f"{card.about['caution']}."] if "caution" in card.about else [])),
        f"included: {card.includes}. Not included: {card.excludes}.",
    ]


def write(writer: BillWriter, trace: Trace, card: Card) -> list[str]:
    """Charge both workloads to `writer`; returns the assumptions.

    Raises
    ------
    DoesNotFitError : neither workload fits.
    """
    needs = memory_needs(trace)
    faults = _faults(needs, card)
    if trace.settings.weight_bits > 8:
        faults |= dict.fromkeys(
            needs, f"weights are int8, the network's have {trace.settings.weight_bits} bits"
        )
    elif trace.settings.state_bits > 8 * POTENTIAL_BYTES:
        faults["snn"] = f"potentials are int32, this run may need {trace.settings.state_bits} bits"
    if len(faults) == 2:
        raise DoesNotFitError(
            f"device {card.name!r}",
            "the network fits",
            "; ".join(f"{w}: {faults[w]}" for w in needs),
        )

    def add(workload: str, layer: str, counts: dict[str, float]) -> None:
        for key, count in counts.items():
            if workload not in faults:
                compute(writer, workload, layer, COMPONENTS[key], count, key)

    for population, neurons in trace.neurons.items():
        visits = _updates(trace, population)
        add(
            "snn",
            population,
            {"cycles_per_neuron_update": neurons * visits, "cycles_per_step": visits},
        )
    for layer in trace.layers:
        add("snn", layer.post, _snn_cycles(trace, layer))
    for layer in trace.layers:
        add("int8_ann", layer.post, _ann_cycles(layer))
    fitting = [amounts for workload, amounts in needs.items() if workload not in faults]
    largest = {
        what: max(amounts[what] for amounts in fitting) for what in ("flash_bytes", "ram_bytes")
    }
    first = [
        f"{card.title}; int8 network by {card.about['library']} cycle counts; spiking network as an event-driven loop over int8 weights.",
        *(
            ["an encoder is taken to cost a neuron update per input and step."]
            if trace.settings.input_code in ENCODERS
            else []
        ),
        *(f"{workload} does not fit: {why}." for workload, why in faults.items()),
    ]
    return _lines(first, card, largest)


def write_layers(writer: BillWriter, layers: Sequence[Int8Layer], card: Card) -> list[str]:
    """Charge an int8 network that is given as a layer table; returns the assumptions.

    Raises
    ------
    DoesNotFitError : it needs more flash or RAM than there is. SpikewattError : no layer of it costs anything.
    """
    free = [layer.name for layer in layers if not any(work([layer]).values())]
    if len(free) == len(layers):
        raise SpikewattError(
            "layer table",
            "must have a layer that computes",
            ", ".join(free),
            "dense, convolution, add, pool …",
        )
    needs = {
        "flash_bytes": flash_bytes(layers) + CODE_BYTES,
        "ram_bytes": arena_bytes(layers) + STACK_BYTES,
    }
    if faults := _faults({"int8_ann": needs}, card):
        raise DoesNotFitError(f"device {card.name!r}", "the network fits", faults["int8_ann"])
    for layer in layers:
        for feature, count in work([layer]).items():
            if count:
                key = FROM_WORK[feature]
                compute(writer, "int8_ann", layer.name, COMPONENTS[key], count, key)
    nothing = f"; counted as nothing: {', '.join(free)}" if free else ""
    first = f"{card.title}; {card.about['library']} cycle counts; every layer as in the table, nothing pruned{nothing}."
    return _lines([first], card, needs)


def wake(writer: BillWriter, workload: str, component: str, prefix: str = "") -> None:
    """Charge one waking from sleep: the power of computing, for the time that it takes."""
    running = (f"{prefix}clock_hz", f"{prefix}energy_per_cycle_j", f"{prefix}active_power_factor")
    writer.charge(workload, "all", component, 1, f"{prefix}wake_time_s", *running)


def write_idle(writer: BillWriter, workload: str, period_s: float, prefix: str = "") -> None:
    """Charge what the microcontroller uses between inferences: asleep, and waking up once."""
    writer.charge(workload, "all", "between inferences", period_s, f"{prefix}sleep_power_w")
    writer.per_second(workload, "between inferences", -1, f"{prefix}sleep_power_w")
    wake(writer, workload, "waking", prefix)
