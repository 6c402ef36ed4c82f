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
from ...sim.counts.counts import Counts
from ...sim.trace.trace import Trace
from ..bill import BillWriter
from ..cards.card import Card
from .counts_in_software import left_out
from .rule_work import RuleLayer, RuleWork, of_counts, of_trace

HIDDEN, ALL_SYNAPSES = "hidden", "synapses"


def write(writer: BillWriter, work: Trace | Counts, card: Card) -> list[str]:
    """Charge both workloads, as far as the rule prices them.

    Parameters
    ----------
    writer : BillWriter
    work : Trace or Counts
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
    done = of_counts(work) if isinstance(work, Counts) else of_trace(work)
    hidden_only = card.about["layers"] == HIDDEN
    layers = done.between_first_and_last() if hidden_only else done.layers
    if hidden_only and not layers:
        raise DoesNotFitError(
            f"rule {card.name!r}",
            "counts the layers between the first and the last",
            "none",
            "a deeper network",
        )
    _write_layers(writer, card, layers)
    _write_populations(writer, card, done)
    if card["step_time_s"].value > 0:
        writer.seconds("snn", "all", "steps", done.steps, "step_time_s")
        writer.per_second("snn", "static power", 1, "static_power_w")
    if not writer.terms:
        law = "counts synapses, of which there must be some"
        raise DoesNotFitError(f"rule {card.name!r}", law, "none")
    return _lines(card, work)


def _write_layers(writer: BillWriter, card: Card, layers: Sequence[RuleLayer]) -> None:
    """Operations of the spiking network, and MACs of the int8 network."""
    has_macs = card["energy_per_mac_j"].high > 0
    for layer in layers:
        macs = (layer.post, "multiply-accumulates")
        if layer.host_macs:
            writer.charge("snn", *macs, layer.host_macs, "energy_per_mac_j")
        else:
            operations = layer.operations[card.about["ledger"]]
            row = ("snn", layer.post, "synaptic operations")
            writer.charge(*row, operations, "energy_per_sop_j", by_spikes=True)
        if layer.macs and has_macs:
            writer.charge("int8_ann", *macs, layer.macs, "energy_per_mac_j")


def _write_populations(writer: BillWriter, card: Card, done: RuleWork) -> None:
    """Updates of the neurons, and transport of their spikes."""
    has_updates = card["energy_per_neuron_update_j"].high > 0
    has_transport = card["energy_per_spike_j"].high > 0
    for population, updates in done.updates.items():
        if has_updates:
            row = ("snn", population, "neuron updates")
            writer.charge(*row, updates, "energy_per_neuron_update_j")

        if has_transport and population in done.spikes:
            row = ("snn", population, "spike transport")
            spikes = done.spikes[population]
            writer.charge(*row, spikes, "energy_per_spike_j", by_spikes=True)


def _lines(card: Card, work: Trace | Counts) -> list[str]:
    """The assumptions."""
    all_synapses = card.about["ledger"] == ALL_SYNAPSES
    which = "all synapses" if all_synapses else "synapses of weight != 0"
    if isinstance(work, Counts):
        which = "the synapses that were counted"
    hidden_only = card.about["layers"] == HIDDEN
    where = "layers between the first and the last" if hidden_only else "all layers"
    lines = [
        f"{card.title}: a rule, not a device; operations on {which} of {where}; "
        "no mapping, no limits of a core."
    ]
    if "caution" in card.about:
        lines.append(f"{card.about['caution']}.")
    if isinstance(work, Counts):
        lines += left_out(work)
    return [*lines, f"included: {card.includes}. Not included: {card.excludes}."]
