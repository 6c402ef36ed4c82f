"""Other people's rules: energy as a constant times an operation count, so that a paper's figure can be made again and compared.

    spiking: E_sop · operations + E_update · neurons · steps + E_spike · spikes + P_static · steps · T_step
    int8:    E_mac · MACs

Which operations a rule counts (all synapses or those of weight != 0; all layers or those between the first and the last) is in its card.
"""

from __future__ import annotations

from ...errors import DoesNotFitError
from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card


def write(writer: BillWriter, trace: Trace, card: Card) -> list[str]:
    """Charge both workloads, as far as the rule prices them; returns the assumptions.

    Raises
    ------
    DoesNotFitError : a rule that leaves out all layers of this network.
    """
    fed = [layer.post for layer in trace.layers]
    last = [
        name
        for name in trace.neurons
        if name in fed and name not in {layer.pre for layer in trace.layers}
    ]
    hidden_only = card.about["layers"] == "hidden"
    first = {layer.pre for layer in trace.layers} - set(fed)
    counted = [
        layer
        for layer in trace.layers
        if not (hidden_only and (layer.pre in first or layer.post in last))
    ]
    if not counted:
        raise DoesNotFitError(
            f"rule {card.name!r}",
            "counts the layers between the first and the last",
            "none",
            "a deeper network",
        )
    ledger = trace.ledger(card.about["ledger"])
    for layer in counted:
        macs = layer.macs if layer.kind in ("dense", "conv2d", "depthwise") else 0
        if layer.host_macs:
            writer.charge(
                "snn", layer.post, "multiply-accumulates", layer.host_macs, "energy_per_mac_j"
            )
        else:
            operations = float(ledger[layer.name].sum(axis=1).mean())
            writer.charge(
                "snn",
                layer.post,
                "synaptic operations",
                operations,
                "energy_per_sop_j",
                by_spikes=True,
            )
        if macs and card["energy_per_mac_j"].high > 0:
            writer.charge("int8_ann", layer.post, "multiply-accumulates", macs, "energy_per_mac_j")
    for population in dict.fromkeys(fed):
        if card["energy_per_neuron_update_j"].high > 0:
            updates = trace.neurons[population] * trace.steps
            writer.charge(
                "snn", population, "neuron updates", updates, "energy_per_neuron_update_j"
            )
        if population in trace.spikes and card["energy_per_spike_j"].high > 0:
            spikes = float(trace.spikes[population].sum(axis=1).mean())
            writer.charge(
                "snn", population, "spike transport", spikes, "energy_per_spike_j", by_spikes=True
            )
    if card["step_time_s"].value > 0:
        writer.seconds("snn", "all", "steps", trace.steps, "step_time_s")
        writer.per_second("snn", "static power", 1, "static_power_w")
    which = "all synapses" if card.about["ledger"] == "synapses" else "synapses of weight != 0"
    where = "layers between the first and the last" if hidden_only else "all layers"
    return [
        f"{card.title}: a rule, not a device; operations on {which} of {where}; no mapping, no limits of a core.",
        *([f"{card.about['caution']}."] if "caution" in card.about else []),
        f"included: {card.includes}. Not included: {card.excludes}.",
    ]
