"""Price of a network that ran on the twin of ODIN or tinyODIN: its own counts, to the cycle.

    E = E_sop · n P + E_update · neurons that a reset updates + E_access · bytes read
        + E_cycle · cycles + P_leak · time
    cycles = 5 N + 2 + (c + 2 n) P + 6 S + cycles of the reset + cycles of the read-out

N external events, P events served with sweeps of n neurons (on ODIN all 256, c = 1; on tinyODIN
those in use, c = 2), S spikes that leave the core.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import SpikewattError
from ...models.odin.chips import CHIPS
from ...sim.odin.counts import OdinCounts
from ..bill import BillWriter
from ..cards.card import Card
from ..cards.load import load_card
from ..cores.area import footprint_of
from ..devices.neuromorphic_core import HOST_EXCLUDED
from .bills import checked_period, finished
from .prices import Prices

# Of the public RTL (ChFrenkel/ODIN 1781931), simulated: see rtl_ref/README.md.
EVENT_CYCLES, LAST_CYCLES = 5, 2


def price_odin(
    counts: OdinCounts,
    device: str | Card | None = None,
    period_s: float | None = None,
    accuracy: float | None = None,
) -> Prices:
    """Energy and time of one inference (mean over the samples) on ODIN itself, or tinyODIN.

    Parameters
    ----------
    counts : OdinCounts
        What the twin counted.
    device : str or Card, optional
        By default the card of the chip that the counts are of.
    period_s : float, optional
        One inference per period; adds what the chip uses between two inferences.
    accuracy : float, optional
        Share of right answers of these very inferences on the twin, 0 to 1; printed with the
        price.

    Raises
    ------
    SpikewattError
        A device that is no chip of ODIN's kind, or not the one of the counts; a period shorter than
        the inference.

    Examples
    --------
    >>> import numpy as np
    >>> from spikewatt import OdinNetwork, run_odin
    >>> layers, thresholds = [np.array([[7, -2], [0, 5]])], [np.array([9, 9])]
    >>> network = OdinNetwork(layers, thresholds, "rate", "potential", input_levels=2)
    >>> run = run_odin(network, np.array([[255, 0]], np.uint8))
    >>> price_odin(run.counts)
    Prices(odin snn 1.52e-08 J)
    """
    card = load_card(counts.chip.name if device is None else device)
    if "executes" not in card.about:
        raise SpikewattError(
            "price_odin.device",
            "must be ODIN itself, or tinyODIN",
            card.name,
            "odin, tinyodin",
        )
    if card.name in CHIPS and card.name != counts.chip.name:
        law = "must be the chip that the counts are of"
        raise SpikewattError("price_odin.device", law, card.name, counts.chip.name)

    period, mean, writer = checked_period(period_s), counts.mean(), BillWriter()
    _write_inference(writer, counts, mean)
    writer.footprints["snn"] = footprint_of(card)
    if period:
        _write_idle(writer, period)
    lines = _lines(card, mean, accuracy)
    bill = finished(writer, card.name, card, card.values, lines, period)
    return Prices((bill,), period, accuracy=accuracy)


def _write_inference(writer: BillWriter, counts: OdinCounts, mean: Mapping[str, float]) -> None:
    """Charge one inference, with the reset before and the read-out after it."""

    def charge(component: str, count: float, key: str, by_spikes: bool = False) -> None:
        writer.charge("snn", "all", component, count, key, by_spikes=by_spikes)

    def cycles(component: str, count: float, *keys: str, by_spikes: bool = False) -> None:
        writer.cycles("snn", "all", component, count, *keys, by_spikes=by_spikes)

    served, operations = mean["popped_events"], mean["synaptic_operations"]
    charge("synaptic operations", operations, "energy_per_sop_j", by_spikes=True)
    cycles("synaptic operations", served, "cycles_per_event", by_spikes=True)
    cycles("synaptic operations", operations, "cycles_per_sop", by_spikes=True)

    with_an_event = float((counts.external_events > 0).mean())
    loading = EVENT_CYCLES * mean["external_events"] + LAST_CYCLES * with_an_event
    cycles("input load", loading, by_spikes=True)
    cycles("output spikes", mean["spikes"], "cycles_per_output_spike", by_spikes=True)

    charge("state reset", mean["reset_updates"], "energy_per_neuron_update_j")
    cycles("state reset", mean["reset_cycles"])
    charge("read-out", mean["readout_reads"], "energy_per_neuron_access_j")
    cycles("read-out", float(counts.readout_cycles.mean()))

    writer.per_cycle("snn", "clock", 1, "energy_per_clock_cycle_j")
    writer.per_second("snn", "leakage", 1, "leakage_power_w")


def _write_idle(writer: BillWriter, period_s: float) -> None:
    """Charge the leakage of the rest of the period."""
    writer.over_period("snn", period_s, 1, "leakage_power_w")
    writer.per_second("snn", "between inferences", -1, "leakage_power_w")


def _lines(card: Card, mean: Mapping[str, float], accuracy: float | None) -> list[str]:
    """The assumptions."""
    reached = ""
    if accuracy is not None:
        reached = f"accuracy {accuracy * 100:.2f} % on the twin, of these very inferences; "
    return [
        f"{card.title}; one core; {card['clock_hz'].value / 1e6:g} MHz; {reached}"
        f"{mean['external_events']:,.1f} events from the host, {mean['spikes']:,.1f} spikes, "
        f"{mean['synaptic_operations']:,.0f} physical SOPs per inference, "
        f"{mean['dropped']:.2g} lost.",
        f"no steps: {mean['time_references']:,.0f} time references clear the potentials after "
        f"each inference. {card.about.get('caution', 'no caution given')}.",
        f"included: {card.includes}. Not included: {card.excludes}{HOST_EXCLUDED}.",
    ]
