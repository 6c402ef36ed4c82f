"""Battery life: what a device draws on average, and how long a cell lasts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...errors import SpikewattError
from ..bill import Bill
from ..cards.card import ENDS, Card
from ..cards.load import load_card
from ..devices.host_and_core import paid_by_host
from ..devices.registry import device_kind

if TYPE_CHECKING:
    import pandas as pd

Ends = dict[str, float]  # value, low, high
COLUMNS = (
    "device",
    "workload",
    "period_s",
    "average_power_w",
    "average_current_a",
    "battery",
    "battery_life_s",
    "battery_life_low_s",
    "battery_life_high_s",
)


def battery_life(
    bills: Iterable[Bill],
    period_s: float | None,
    totals: pd.DataFrame,
    battery: str | Card = "cr2032",
) -> pd.DataFrame:
    """Average power, battery current and battery life, per device and workload.

    The current from the battery is P / V_supply for an LDO part (the surplus voltage is lost) and
    P / (efficiency V_battery) behind a converter. In a system each part draws its own, and the loss
    of the converter of the cores is in their energy already.

    Parameters
    ----------
    bills : iterable of Bill
    period_s : float
        One inference per so many seconds.
    totals : DataFrame
        As of `Prices.totals`.
    battery : str or Card, default "cr2032"

    Raises
    ------
    SpikewattError
        Prices without a period, or `battery` is none.
    """
    import pandas as pd

    cell = load_card(battery)
    if not device_kind(cell).supplies:
        raise SpikewattError(
            "battery_life.battery",
            "must be a battery",
            cell.name,
            "cr2032",
        )
    if period_s is None:
        raise SpikewattError(
            "battery_life.frame", "must be priced with a period", "none", "price(…, period_s=…)"
        )
    by_name = {bill.device: bill for bill in bills}
    rows = [
        _row(total, by_name[total["device"]], cell, period_s) for total in totals.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(total: dict[str, Any], bill: Bill, cell: Card, period_s: float) -> dict[str, Any]:
    """One device and workload on the cell; of a device that has no period nothing is known.

    Nor is it of a chip whose card names no converter between a cell and its supply.
    """
    if not device_kind(bill.card).takes_period or not _lives_on_a_cell(bill.card):
        return {"device": total["device"], "workload": total["workload"], "battery": cell.name}
    charge = cell["capacity_c"]
    if bill.host is None:
        volt = _drawn_at(bill.card, cell)
    else:
        volt = _drawn_together(bill, bill.host, total["workload"], cell)
    power_w = total["energy_j"] / period_s
    low_w, high_w = total["energy_low_j"] / period_s, total["energy_high_j"] / period_s
    return {
        "device": total["device"],
        "workload": total["workload"],
        "period_s": period_s,
        "average_power_w": power_w,
        "average_current_a": power_w / volt["value"],
        "battery": cell.name,
        "battery_life_s": charge.value * volt["value"] / power_w,
        "battery_life_low_s": charge.low * volt["low"] / high_w,
        "battery_life_high_s": charge.high * volt["high"] / low_w,
    }


def _lives_on_a_cell(card: Card) -> bool:
    """Whether the card says how its supply is made from a cell."""
    return "regulator" in card.about or "regulator_efficiency" in card.values


def _drawn_at(card: Card, cell: Card) -> Ends:
    """The voltage at which a charge from the cell does work, with its range."""
    if card.about.get("regulator") == "ldo":
        supply = card["supply_voltage_v"]
        return {end: getattr(supply, end) for end in ENDS}
    voltage, efficiency = cell["voltage_v"], card["regulator_efficiency"]
    return {end: getattr(voltage, end) * getattr(efficiency, end) for end in ENDS}


def _drawn_together(bill: Bill, host: Card, workload: str, cell: Card) -> Ends:
    """That of a system: E / V = E_host / V_host + E_cores / V_cell."""
    terms = bill.select(workload)
    of_the_host = float(bill.evaluate(term for term in terms if paid_by_host(term)))
    share = of_the_host / float(bill.evaluate(terms))
    of_host, of_cores = _drawn_at(host, cell), cell["voltage_v"]
    return {end: 1 / (share / of_host[end] + (1 - share) / getattr(of_cores, end)) for end in ENDS}
