"""Tables of a price: energy and time, verdicts, break-even points, what matters most, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ...energy.devices.registry import device_kind
from ...energy.pricing.prices import Prices
from ...errors import SpikewattError
from .findings import Column, Findings, Table
from .numbers import binary, duration, is_missing, percent, three_digits, with_prefix
from .rows import merged

if TYPE_CHECKING:
    from ...sim.trace.trace import Trace

RANGES = (
    "low to high: 5th and 95th percentile that the ranges of a card imply; wins, loses: over that "
    "whole range of the ratio; average current and battery life include the time between "
    "inferences."
)
EXPLAINED = "From the first price to the second"


def price_findings(
    prices: Prices,
    trace: Trace | None = None,
    *,
    name: str = "",
    tornado: bool = False,
    explain: bool = False,
    workload: str | None = None,
) -> Findings:
    """What a price says: the price itself, who wins, what draws level, and more where asked for.

    Parameters
    ----------
    prices : Prices
        Prices of one network on one or more devices.
    trace : Trace, default None
        What was priced, for break-even points; None for a table of layers.
    name : str, default ""
        Name of the network, for the title.
    tornado : bool, default False
        Add which values matter most.
    explain : bool, default False
        Add a waterfall from the price on the first device to that on the second.
    workload : str, default None
        ``snn`` or ``int8_ann``, which `explain` compares; by default the first of each device.

    Raises
    ------
    SpikewattError
        Something to explain, and fewer than two devices that can execute the network.
    """
    title = f"{name}: price of one inference" if name else "Price of one inference"
    found = [price_table(prices, title), verdict_table(prices)]
    if trace is not None:
        found.append(break_even_table(prices, trace))
    if tornado:
        found.append(difference_table("tornado", "What matters most", prices.tornado()))
    if explain:
        found.append(difference_table("explain", EXPLAINED, _explained(prices, workload)))

    tables = tuple(table for table in found if len(table))
    return Findings(tables, tuple(prices.assumptions), prices.does_not_fit)


def components(named: Mapping[str, Prices]) -> Table:
    """Every layer and component; where networks have names, they are the first column."""
    parts = {name: Findings((Table("energy", "", prices.frame),)) for name, prices in named.items()}
    return merged(parts, "benchmark")["energy"]


def price_table(
    prices: Prices,
    title: str = "Price of one inference",
    name: str = "rows",
    battery: pd.DataFrame | None = None,
) -> Table:
    """One row per device and workload: energy of the inference alone, time, and what it takes up.

    Parameters
    ----------
    prices : Prices
        Prices; where all have a period, average current and battery life stand beside them.
    title, name : str
        Of the table.
    battery : DataFrame, default None
        Battery life, in place of that on the default battery.
    """
    frame = prices.totals(idle=False)
    if battery is None and _all_have_a_period(prices):
        battery = prices.battery_life()

    timed = {bill.device: device_kind(bill.card).has_time for bill in prices.bills}

    def time(seconds: float, device: str) -> str:
        return with_prefix(seconds, "s") if timed[device] else ""

    columns = [
        Column("device", ("device", "instead_of"), _device),
        Column("workload", ("workload",)),
        Column("energy", ("energy_j",), _prefixed("J")),
        Column("low to high", ("energy_low_j", "energy_high_j"), _low_to_high),
        Column("time", ("time_s", "device"), time),
        Column("cores", ("cores",), "{:,.0f}".format),
        Column("mm²", ("mm2",), three_digits),
        Column("memory", ("memory_bytes",), binary),
    ]
    if battery is not None:
        more = [key for key in battery.columns if key not in frame.columns]
        frame = pd.concat([frame, battery[more]], axis=1)
        columns += _battery_columns(battery)

    return Table(name, title, frame, columns)


def _device(device: str, instead_of: str) -> str:
    """A device; that of a geometry that a refusal named, with a mark."""
    return f"{device} (in place of {instead_of})" if instead_of else device


def _all_have_a_period(prices: Prices) -> bool:
    periods = [bill.period_s for bill in prices.bills]
    return bool(periods) and None not in periods


def _battery_columns(battery: pd.DataFrame) -> list[Column]:
    life = ("battery_life_s", "battery_life_low_s", "battery_life_high_s")
    return [
        Column("average current", ("average_current_a",), _prefixed("A")),
        Column(f"{battery['battery'].iloc[0]} lasts", life, _lasts),
    ]


def _lasts(middle: float, low: float, high: float) -> str:
    return f"{duration(middle)} ({duration(low)} to {duration(high)})"


def _low_to_high(low: float, high: float) -> str:
    return f"{with_prefix(low, 'J')} to {with_prefix(high, 'J')}"


def _prefixed(unit: str) -> Callable[[float], str]:
    return lambda value: with_prefix(value, unit)


def verdict_table(prices: Prices, title: str = "Verdicts") -> Table:
    """Verdicts in a few words; a reader sees the telling pairs, where there are many."""
    frame = prices.verdicts()
    columns = [
        Column("first", ("first",)),
        Column("second", ("second",)),
        Column("first / second", ("ratio",), three_digits),
        Column("5 % to 95 %", ("ratio_low", "ratio_high"), _from_to),
        Column("the first", ("verdict",)),
    ]
    if "break_even_period_s" in frame.columns:
        at_period = ("ratio_at_period", "verdict_at_period")
        columns += [
            Column(
                "equal average power at a period of", ("break_even_period_s",), _prefixed("s")
            ),
            Column("at the period asked for", at_period, _ratio_and_verdict),
        ]  # fmt: skip
    return Table(
        "verdicts",
        title,
        frame,
        columns,
        prices.verdicts(everything=False),
    )


def _from_to(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}"


def _ratio_and_verdict(ratio: float, verdict: str) -> str:
    return f"{ratio:.3g}, {verdict}"


def break_even_table(prices: Prices, trace: Trace) -> Table:
    """Break-even points, in words where nothing draws level or every simulated step stays below."""
    return break_even_shown(prices.break_evens(trace))


def break_even_shown(frame: pd.DataFrame) -> Table:
    """A frame of break-even points, for a reader."""
    columns = [
        Column("device", ("device",)),
        Column("against", ("against",)),
        Column("factor on spikes", ("device", "factor_on_spikes"), _factor),
    ]
    if "steps" in frame.columns:
        columns.append(Column("steps", ("steps", "simulated_steps"), _steps))
    title = "Break-even with the int8 network, per inference"
    return Table("break_even", title, frame, columns)


def _factor(device: str, factor: float | None) -> str:
    return "none" if factor is None or is_missing(factor) else three_digits(factor)


def _steps(steps: float, simulated: float) -> str:
    if steps == 0:
        return "none"
    if steps == simulated:
        return f"all {simulated:.0f} simulated"
    return f"{steps:.0f} of {simulated:.0f}"


def difference_table(name: str, title: str, frame: pd.DataFrame) -> Table:
    """A table whose energies get an SI prefix and whose shares a percent sign."""
    return Table(name, title, frame, [_difference(str(key)) for key in frame.columns])


def _difference(key: str) -> Column:
    title = key.removesuffix("_j").replace("_", " ")
    if key.endswith("_j"):
        return Column(title, (key,), _prefixed("J"))
    return Column(title, (key,), percent if key.startswith("share") else None)


def _explained(prices: Prices, workload: str | None) -> pd.DataFrame:
    # A core once, though it was priced beside hosts, too.
    firsts = {bill.card.name: bill.device for bill in reversed(prices.bills)}
    devices = list(reversed(firsts.values()))
    if len(devices) < 2:
        raise SpikewattError(
            "price --explain",
            "needs two devices that can execute the network",
            len(devices),
            "two or more",
        )
    return prices.explain(devices[0], devices[1], workload)
