"""Power of the chips while networks run: measured energy over measured latency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .measured import sources_of
from .stack_fit import ERROR_COLUMNS

if TYPE_CHECKING:
    import pandas as pd


def fit_power(rows: pd.DataFrame) -> tuple[dict[str, dict], pd.DataFrame]:
    """Power of each chip and supply, and how well it is known.

    power = energy / latency of each row; energy per cycle = power / clock.

    Parameters
    ----------
    rows : DataFrame
        As of `measured.read_measured`; those without an energy are left out.

    Returns
    -------
    chips : dict
        ``"stm32l4r5 1.8 V"`` -> power_w and energy_per_cycle_j as {value, low, high}, clock_hz,
        supply_voltage_v (None if the rows do not state it) and where they come from. The value
        is the mean over stacks, low and high the smallest and largest row.
    table : DataFrame
        As of `leave_one_out`, measured and predicted in W: the mean power of the other networks
        on the same board and software.
    """
    known = rows[rows["energy_j"].notna()]
    known = known.assign(power_w=known["energy_j"] / known["latency_s"])

    chips = {}
    conditions = ["chip", "supply_v", "clock_hz"]
    for (chip, supply_v, clock_hz), group in known.groupby(conditions, dropna=False):
        if np.isnan(supply_v):
            name = f"{chip}, supply not stated"
            chips[name] = _chip(group, None, clock_hz)
        else:
            name = f"{chip} {supply_v:g} V"
            chips[name] = _chip(group, supply_v, clock_hz)
    return chips, _left_out(known)


def _chip(group: pd.DataFrame, supply_v: float | None, clock_hz: float) -> dict[str, Any]:
    """Mean, smallest and largest power of the rows of one chip at one supply."""
    power = {
        "value": group.groupby("library")["power_w"].mean().mean(),
        "low": group["power_w"].min(),
        "high": group["power_w"].max(),
    }
    return {
        "core": group["core"].iloc[0],
        "clock_hz": clock_hz,
        "supply_voltage_v": supply_v,
        "power_w": power,
        "energy_per_cycle_j": {end: value / clock_hz for end, value in power.items()},
        "rows": len(group),
        "libraries": sorted(set(group["library"])),
        "sources": sources_of(group),
    }


def _left_out(known: pd.DataFrame) -> pd.DataFrame:
    """The power of each row, predicted by the other networks of its stack."""
    import pandas as pd

    table = []
    for (library, core), stack in known.groupby(["library", "core"]):
        for row in stack.itertuples():
            others = stack["network"] != row.network
            predicted = stack.loc[others, "power_w"].mean()
            error = predicted / row.power_w - 1
            table.append((library, core, row.network, row.power_w, predicted, error, False))
    return pd.DataFrame(table, columns=ERROR_COLUMNS)
