"""Price of a network that ran on the twin of ODIN: its own counts, to the cycle.

    E = E_sop · 256 P + E_update · neurons that a reset updates + E_access · bytes read + E_cycle · cycles + P_leak · time
    cycles = 5 N + 2 + 513 P + 6 S + cycles of the reset + cycles of the read-out

N external events, P events served, S spikes that leave the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SpikewattError
from ...sim.odin.counts import OdinCounts
from ..bill import BillWriter
from ..cards.card import Card, load_card
from ..devices.neuromorphic_core import HOST_EXCLUDED
from .price import finished, frame_of, period_of

if TYPE_CHECKING:
    import pandas as pd

# Of the public RTL (ChFrenkel/ODIN 1781931), simulated: see rtl_ref/README.md.
EVENT_CYCLES, LAST_CYCLES = 5, 2


def price_odin(
    counts: OdinCounts,
    device: str | Card = "odin",
    period_s: float | None = None,
    accuracy: float | None = None,
) -> pd.DataFrame:
    """Energy and time of one inference (mean over the samples), as `price`; with the accuracy that the device reached in `attrs`.

    Raises
    ------
    SpikewattError : a device that is not ODIN, a period shorter than the inference.
    """
    card = load_card(device)
    if "executes" not in card.about:
        raise SpikewattError("price_odin.device", "must be ODIN itself", card.name, "odin")
    mean, writer = counts.mean(), BillWriter()

    def cycles(component: str, count: float, *keys: str, by_spikes: bool = False) -> None:
        writer.cycles("snn", "all", component, count, *keys, by_spikes=by_spikes)

    writer.charge(
        "snn",
        "all",
        "synaptic operations",
        mean["synaptic_operations"],
        "energy_per_sop_j",
        by_spikes=True,
    )
    cycles("synaptic operations", mean["popped_events"], "cycles_per_event", by_spikes=True)
    cycles("synaptic operations", mean["synaptic_operations"], "cycles_per_sop", by_spikes=True)
    used = float((counts.external_events > 0).mean())
    cycles(
        "input load", EVENT_CYCLES * mean["external_events"] + LAST_CYCLES * used, by_spikes=True
    )
    cycles("output spikes", mean["spikes"], "cycles_per_output_spike", by_spikes=True)
    writer.charge("snn", "all", "state reset", mean["reset_updates"], "energy_per_neuron_update_j")
    cycles("state reset", mean["reset_cycles"])
    writer.charge("snn", "all", "read-out", mean["readout_reads"], "energy_per_neuron_access_j")
    cycles("read-out", float(counts.readout_cycles.mean()))
    writer.per_cycle("snn", "clock", 1, "energy_per_clock_cycle_j")
    writer.per_second("snn", "leakage", 1, "leakage_power_w")
    if period := period_of(period_s):
        writer.charge("snn", "all", "between inferences", period, "leakage_power_w")
        writer.per_second("snn", "between inferences", -1, "leakage_power_w")
    reached = (
        ""
        if accuracy is None
        else f"accuracy {accuracy * 100:.2f} % on the twin, of these very inferences; "
    )
    lines = [
        f"{card.title}; one core; {card['clock_hz'].value / 1e6:g} MHz; {reached}{mean['external_events']:,.1f} events from the host, "
        f"{mean['spikes']:,.1f} spikes, {mean['synaptic_operations']:,.0f} physical SOPs per inference, {mean['dropped']:.2g} lost.",
        f"no steps: {mean['time_references']:,.0f} time references clear the potentials behind each inference. {card.about['caution']}.",
        f"included: {card.includes}. Not included: {card.excludes}{HOST_EXCLUDED}.",
    ]
    frame = frame_of([finished(writer, card.name, card, card.values, lines, period)], period_s)
    frame.attrs["accuracy"] = accuracy
    return frame
