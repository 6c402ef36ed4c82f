"""Other people's rules: energy as a constant times an operation count.

So that a paper's figure can be made again and compared:

    spiking: E_sop · operations + E_update · neurons · steps + E_spike · spikes
             + P_static · steps · T_step
    int8:    E_mac · MACs

Which operations a rule counts (all synapses or those of weight != 0; all layers or those between
the first and the last) is in its card.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import DoesNotFitError
from ...sim.trace.layer_summary import LayerSummary
from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card

HIDDEN, ALL_SYNAPSES = "hidden", "synapses"


def write(writer: BillWriter, trace: Trace, card: Card) -> list[str]:
    """Charge both workloads, as far as the rule prices them.

    Parameters
    ----------
    writer : BillWriter
    trace : Trace
    card : Card

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    DoesNotFitError
        A rule that leaves out all layers of this network.
    """
    layers = counted_layers(trace, card)
    if not layers:
        raise DoesNotFitError(
            f"rule {card.name!r}",
            "counts the layers between the first and the last",
            "none",
            "a deeper network",
        )
    _write_layers(writer, trace, card, layers)
    _write_populations(writer, trace, card)
    if card["step_time_s"].value > 0:
        writer.seconds("snn", "all", "steps", trace.steps, "step_time_s")
        writer.per_second("snn", "static power", 1, "static_power_w")
    return _lines(card)


def counted_layers(trace: Trace, card: Card) -> list[LayerSummary]:
    """The layers that the rule counts: all, or those between the first and the last."""
    if card.about["layers"] != HIDDEN:
        return list(trace.layers)
    fed = {layer.post for layer in trace.layers}
    heard = {layer.pre for layer in trace.layers}
    between = fed & heard
    return [layer for layer in trace.layers if layer.pre in between and layer.post in between]


def _write_layers(
    writer: BillWriter, trace: Trace, card: Card, layers: Sequence[LayerSummary]
) -> None:
    """Operations of the spiking network, and MACs of the int8 network."""
    has_macs = card["energy_per_mac_j"].high > 0
    for layer in layers:
        macs = (layer.post, "multiply-accumulates")
        if layer.host_macs:
            writer.charge("snn", *macs, layer.host_macs, "energy_per_mac_j")
        else:
            operations = trace.mean_operations(layer.name, card.about["ledger"])
            row = ("snn", layer.post, "synaptic operations")
            writer.charge(*row, operations, "energy_per_sop_j", by_spikes=True)
        if layer.kind.multiplies and layer.macs and has_macs:
            writer.charge("int8_ann", *macs, layer.macs, "energy_per_mac_j")


def _write_populations(writer: BillWriter, trace: Trace, card: Card) -> None:
    """Updates of the neurons, and transport of their spikes."""
    has_updates = card["energy_per_neuron_update_j"].high > 0
    has_transport = card["energy_per_spike_j"].high > 0
    fed = dict.fromkeys(layer.post for layer in trace.layers)
    for population in fed:
        if has_updates:
            row = ("snn", population, "neuron updates")
            updates = trace.neurons[population] * trace.steps
            writer.charge(*row, updates, "energy_per_neuron_update_j")

        if has_transport and population in trace.spikes:
            row = ("snn", population, "spike transport")
            spikes = trace.mean_spikes(population)
            writer.charge(*row, spikes, "energy_per_spike_j", by_spikes=True)


def _lines(card: Card) -> list[str]:
    """The assumptions."""
    all_synapses = card.about["ledger"] == ALL_SYNAPSES
    which = "all synapses" if all_synapses else "synapses of weight != 0"
    hidden_only = card.about["layers"] == HIDDEN
    where = "layers between the first and the last" if hidden_only else "all layers"
    lines = [
        f"{card.title}: a rule, not a device; operations on {which} of {where}; "
        "no mapping, no limits of a core."
    ]
    if "caution" in card.about:
        lines.append(f"{card.about['caution']}.")
    return [*lines, f"included: {card.includes}. Not included: {card.excludes}."]
