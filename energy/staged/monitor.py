"""What watching costs: a value that is read and compared, charged as an update of a neuron."""

from __future__ import annotations

from ..bill import SPIKING, BillWriter
from ..cards.card import Card
from ..devices import microcontroller
from ..devices.registry import device_kind

MONITOR = "monitor"
UPDATE, UPDATE_CYCLES = "energy_per_neuron_update_j", "cycles_per_neuron_update"


def write_monitor(writer: BillWriter, card: Card, updates: float, cores: int | None) -> str:
    """Charge so many neuron updates per inference, one after the other.

    On a core besides E_update the clock and the leakage of all cores meanwhile; on a
    microcontroller the cycles of an update. A rule, and a chip whose card has no update, price
    nothing, and the line says so.

    Parameters
    ----------
    writer : BillWriter
    card : Card
    updates : float
        Margins: n outputs are n updates. Activity: one per spike that is counted.
    cores : int, optional
        That leak and tick meanwhile.

    Returns
    -------
    str
        The assumption.
    """
    row, kind = (SPIKING, "all", MONITOR), device_kind(card)
    said = f"watching takes {updates:,.1f} reads and comparisons per inference"
    if kind.runs_kernels:
        microcontroller.compute(writer, *row, updates, UPDATE_CYCLES)
    elif kind.places_neurons and UPDATE in card.values:
        writer.charge(*row, updates, UPDATE)
        if kind.maps_traces(card):
            writer.cycles(*row, updates, UPDATE_CYCLES)
            writer.per_cycle(SPIKING, MONITOR, cores or 1, "energy_per_clock_cycle_j")
            writer.per_second(SPIKING, MONITOR, cores or 1, "leakage_power_w")
    else:
        return f"{said}, which this device does not price."
    return f"{said}, each charged as the update of a neuron."
