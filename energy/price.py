"""price: Trace x parameter cards -> energy and time per layer and component, with the range that the cards imply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SpikewattError
from ..sim.trace import Trace
from .cards import Card, load_card

if TYPE_CHECKING:
    import pandas as pd

    from ..sim.network import SpikingNetwork

COLUMNS = ("device", "workload", "layer", "component", "energy_j", "energy_low_j", "energy_high_j", "time_s", "cycles")


@dataclass(frozen=True)
class Item:
    """One row of a price: energy with its range, time and cycles, per inference."""

    workload: str
    layer: str
    component: str
    energy_j: float
    energy_low_j: float
    energy_high_j: float
    time_s: float = 0.0
    cycles: float = 0.0


def price(trace: Trace, *devices: str | Card, network: SpikingNetwork | None = None, period_s: float | None = None) -> pd.DataFrame:
    """Energy and time of one inference (mean over the samples) on each device.

    Parameters
    ----------
    devices : names of cards, paths of ``.yaml`` cards, or cards. A neuromorphic core gets the workload ``snn``; a
        microcontroller gets ``snn`` (the spiking network in software) and ``int8_ann`` (the same layers as an int8 network).
    network : if given, checked to be the one that left the trace.
    period_s : one inference per period; adds what the device uses between two inferences as component ``between inferences``.

    Returns
    -------
    DataFrame with the columns COLUMNS, one row per device, workload, layer and component. The low (high) energy has every
    value of the card at its low (high) end at once. ``attrs["assumptions"]`` holds the lines to print with the numbers.

    Raises
    ------
    SpikewattError : unknown device, a network of another hash, a period shorter than the inference.
    DoesNotFitError : the device cannot hold or execute the network.
    """
    import pandas as pd

    from . import microcontroller, neuromorphic_core

    if not devices:
        raise SpikewattError("price.devices", "must name at least one device")
    if network is not None and network.hash != trace.network_hash:
        raise SpikewattError(
            "price.network", "must be the network that left the trace", network.hash[:12], f"hash {trace.network_hash[:12]}"
        )
    models = {"neuromorphic_core": neuromorphic_core.items, "microcontroller": microcontroller.items}
    rows, assumptions = [], []
    for card in map(load_card, devices):
        if card.kind not in models:
            raise SpikewattError("price.devices", "must be devices that compute", f"{card.name} is a {card.kind}", ", ".join(models))
        items, lines = models[card.kind](trace, card)
        idle = neuromorphic_core.idle_power_w(trace, card) if card.kind == "neuromorphic_core" else card["sleep_power_w"]
        for workload in dict.fromkeys(item.workload for item in items):
            latency_s = sum(item.time_s for item in items if item.workload == workload)
            if period_s is None:
                continue
            if period_s < latency_s:
                raise SpikewattError(
                    f"price: {workload} on {card.name!r}", "one inference fits into the period", f"{period_s:g} s", f">= {latency_s:.3g} s"
                )
            rest_s = period_s - latency_s
            items.append(Item(workload, "all", "between inferences", idle.value * rest_s, idle.low * rest_s, idle.high * rest_s))
        rows += [{"device": card.name, **vars(item)} for item in items]
        assumptions += [f"{card.name}: {line}" for line in lines]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs["assumptions"] = assumptions
    return frame


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per device and workload: the sums of energy, time and cycles."""
    return frame.groupby(["device", "workload"], sort=False)[list(COLUMNS[4:])].sum().reset_index()


def battery_life(frame: pd.DataFrame, period_s: float, battery: str | Card = "cr2032") -> pd.DataFrame:
    """Average power, battery current and battery life at one inference per `period_s`, per device and workload.

    The current from the battery is P / V_supply for an LDO part (the surplus voltage is lost) and P / (efficiency V_battery)
    behind a converter. `frame` must have been priced with the same `period_s`.
    """
    cell = load_card(battery)
    table = totals(frame)
    rows = []
    for row in table.itertuples(index=False):
        card = load_card(str(row.device))
        power_w, low_w, high_w = (float(e) / period_s for e in (row.energy_j, row.energy_low_j, row.energy_high_j))  # type: ignore[arg-type]
        efficiency = card["regulator_efficiency"]
        if card.about.get("regulator") == "ldo":
            ampere_per_watt, low, high = (
                1 / v for v in (card["supply_voltage_v"].value, card["supply_voltage_v"].high, card["supply_voltage_v"].low)
            )
        else:
            voltage = cell["voltage_v"]
            ampere_per_watt, low, high = (
                1 / (voltage.value * efficiency.value),
                1 / (voltage.high * efficiency.high),
                1 / (voltage.low * efficiency.low),
            )
        capacity = cell["capacity_c"]
        rows.append(
            {
                "device": row.device,
                "workload": row.workload,
                "period_s": period_s,
                "average_power_w": power_w,
                "average_current_a": power_w * ampere_per_watt,
                "battery": cell.name,
                "battery_life_s": capacity.value / (power_w * ampere_per_watt),
                "battery_life_low_s": capacity.low / (high_w * high),
                "battery_life_high_s": capacity.high / (low_w * low),
            }
        )
    import pandas as pd

    return pd.DataFrame(rows)
