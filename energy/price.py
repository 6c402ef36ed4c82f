"""price: Trace x parameter cards -> energy and time per layer and component, with the range that the cards imply."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
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
    value of the card at its low (high) end at once; the pause between two inferences is what the nominal time leaves.
    ``attrs`` holds ``assumptions`` (lines to print with the numbers), ``cards`` and ``period_s``.

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
    if period_s is not None and not (isinstance(period_s, int | float) and 0 < period_s < math.inf):
        raise SpikewattError("price.period_s", "must be a time in seconds", repr(period_s), "> 0")
    cards = [load_card(device) for device in devices]
    if len({card.name for card in cards}) != len(cards):
        raise SpikewattError("price.devices", "must have different names", [card.name for card in cards])
    rows, assumptions = [], []
    for card in cards:
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
    frame.attrs.update(assumptions=assumptions, cards=cards, period_s=period_s)
    return frame


def totals(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per device and workload: the sums of energy, time and cycles."""
    return frame.groupby(["device", "workload"], sort=False)[list(COLUMNS[4:])].sum().reset_index()


def battery_life(frame: pd.DataFrame, battery: str | Card = "cr2032") -> pd.DataFrame:
    """Average power, battery current and battery life, per device and workload of a price with a period.

    The current from the battery is P / V_supply for an LDO part (the surplus voltage is lost) and P / (efficiency V_battery)
    behind a converter.

    Raises
    ------
    SpikewattError : `frame` was priced without `period_s`, or `battery` is none.
    """
    import pandas as pd

    cell, period_s = load_card(battery), frame.attrs.get("period_s")
    if cell.kind != "battery":
        raise SpikewattError("battery_life.battery", "must be a battery", cell.name, "cr2032")
    if period_s is None:
        raise SpikewattError("battery_life.frame", "must be priced with a period", "none", "price(…, period_s=…)")
    cards: dict[str, Card] = {card.name: card for card in frame.attrs["cards"]}
    rows = []
    for row in totals(frame).to_dict("records"):
        card = cards[row["device"]]
        power_w, low_w, high_w = (row[key] / period_s for key in ("energy_j", "energy_low_j", "energy_high_j"))
        if card.about.get("regulator") == "ldo":
            volt = card["supply_voltage_v"]
        else:
            cell_volt, efficiency = cell["voltage_v"], card["regulator_efficiency"]
            products = [getattr(cell_volt, end) * getattr(efficiency, end) for end in ("value", "low", "high")]
            volt = replace(cell_volt, value=products[0], low=products[1], high=products[2])
        charge = cell["capacity_c"]
        rows.append(
            {
                "device": row["device"],
                "workload": row["workload"],
                "period_s": period_s,
                "average_power_w": power_w,
                "average_current_a": power_w / volt.value,
                "battery": cell.name,
                "battery_life_s": charge.value * volt.value / power_w,
                "battery_life_low_s": charge.low * volt.low / high_w,
                "battery_life_high_s": charge.high * volt.high / low_w,
            }
        )
    return pd.DataFrame(rows)
