"""Energy and time on a Cortex-M: the int8 network, and the spiking network in software.

Energy = cycles · energy per cycle · active power factor; time = cycles / clock.
"""

from __future__ import annotations

import numpy as np

from ..errors import DoesNotFitError
from ..sim.encoders import ENCODERS
from ..sim.trace import LayerSummary, Trace
from .cards import Card
from .price import Item

POTENTIAL_BYTES = 4  # int32 potential per neuron


def _memory_faults(trace: Trace, card: Card) -> dict[str, str]:
    """Workload -> why it does not fit into flash or RAM."""
    flash = sum(layer.parameters for layer in trace.layers)
    arena = max(int(np.prod(layer.pre_shape)) + layer.post_neurons for layer in trace.layers)  # int8 input and output of one layer
    potentials = sum(trace.neurons.values()) * POTENTIAL_BYTES
    faults: dict[str, str] = {}
    for workload, ram in (("snn", potentials), ("int8_ann", arena)):
        for what, need in (("flash_bytes", flash), ("ram_bytes", ram)):
            if need > card.limits[what]:
                faults[workload] = f"needs {need:,} of {card.limits[what]:,} {what}"
    if trace.settings["weight_bits"] > 8:
        for workload in ("snn", "int8_ann"):
            faults[workload] = f"weights are int8, the network's have {trace.settings['weight_bits']} bits"
    elif trace.settings["state_bits"] > 8 * POTENTIAL_BYTES:
        faults["snn"] = f"potentials are int32, this run may need {trace.settings['state_bits']} bits"
    return faults


def _ann_cycles(layer: LayerSummary) -> dict[str, float]:
    """Cycle-count key -> events of one int8 layer."""
    summed = int(np.prod(layer.pre_shape)) if layer.pooled else 0  # an average pool that was merged into this layer
    if layer.kind in ("pool", "max_pool", "identity"):
        return {"cycles_per_pool_element": layer.macs + summed}
    mac = "cycles_per_mac_dense" if layer.kind == "dense" else "cycles_per_mac_conv"
    return {mac: layer.macs, "cycles_per_output": layer.post_neurons, **({"cycles_per_pool_element": summed} if summed else {})}


def _updates(trace: Trace, population: str) -> int:
    """Steps at which the neurons of a population are visited: those of its window; a read-out's at every step."""
    start, stop = trace.settings["windows"].get(population, (0, trace.steps))
    return stop - start


def _snn_cycles(trace: Trace, layer: LayerSummary) -> dict[str, float]:
    """Cycle-count key -> events of one spiking layer in software, mean per inference: synapses and spikes taken in."""
    if layer.host_macs:
        return {"cycles_per_mac_dense" if layer.kind == "dense" else "cycles_per_mac_conv": layer.host_macs}
    synapse = "cycles_per_synapse_dense" if layer.kind == "dense" else "cycles_per_synapse_sparse"
    return {
        synapse: float(trace.sops[layer.name].sum(axis=1).mean()),
        "cycles_per_spike": float(trace.spikes[layer.pre].sum(axis=1).mean()),
    }


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


def items(trace: Trace, card: Card) -> tuple[list[Item], list[str]]:
    """Rows of the price for both workloads, and the assumptions behind them."""
    faults = _memory_faults(trace, card)
    if len(faults) == 2:
        raise DoesNotFitError(f"device {card.name!r}", "the network fits", "; ".join(f"{w}: {why}" for w, why in faults.items()))
    clock, energy, factor = card["clock_hz"].value, card["energy_per_cycle_j"], card["active_power_factor"]
    rows = []

    def add(workload: str, layer: str, counts: dict[str, float]) -> None:
        if workload in faults:
            return
        for key, count in counts.items():
            cost = card[key]
            rows.append(
                Item(
                    workload,
                    layer,
                    COMPONENTS[key],
                    count * cost.value * energy.value * factor.value,
                    count * cost.low * energy.low * factor.low,
                    count * cost.high * energy.high * factor.high,
                    count * cost.value / clock,
                    count * cost.value,
                )
            )

    for population, neurons in trace.neurons.items():
        visits = _updates(trace, population)
        add("snn", population, {"cycles_per_neuron_update": neurons * visits, "cycles_per_step": visits})
    for layer in trace.layers:
        add("snn", layer.post, _snn_cycles(trace, layer))
    for layer in trace.layers:
        add("int8_ann", layer.post, _ann_cycles(layer))
    lines = [
        f"{card.title}; int8 network by {card.about['library']} cycle counts; spiking network as an event-driven loop over int8 weights.",
        *(["an encoder is taken to cost a neuron update per input and step."] if trace.settings["input_code"] in ENCODERS else []),
        *(f"{workload} does not fit: {why}." for workload, why in faults.items()),
        *([f"{card.about['caution']}."] if "caution" in card.about else []),
        f"included: {card.includes}. Not included: {card.excludes}.",
    ]
    return rows, lines
