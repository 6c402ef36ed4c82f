"""Tables of a price: energy and time, verdicts, break-even points, what matters most, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from ...energy.bill import INT8, ZERO_SKIPPING
from ...energy.devices.registry import device_kind
from ...energy.pricing.prices import TIMES, Prices
from ...errors import SpikewattError
from ...sim.counts.counts import Counts
from .findings import Column, Findings, Table
from .numbers import is_missing, three_digits
from .priced.components import component_table
from .rows import merged
from .sentence import energy_sentence
from .times import time_columns
from .units import AMPERES, BINARY_BYTES, JOULES, LASTING, PERCENT, PLAIN, SECONDS

if TYPE_CHECKING:
    from ...sim.trace.trace import Trace

RANGES = (
    "low to high: 5th and 95th percentile that the ranges of a card imply; wins, loses: over that "
    "whole range of the ratio; average current and battery life include the time between "
    "inferences."
)
SIZES = (
    Column("cores", ("cores",), "{:,.0f}".format, leave_out=2, number=True),
    Column("mm²", ("mm2",), unit=PLAIN, leave_out=5),
    Column("memory", ("memory_bytes",), unit=BINARY_BYTES, leave_out=7),
)
REFUSED = "not compared"  # in the place of a verdict, where accuracies differ
EXPLAINED = "From the first price to the second"
IN_FULL = "Every assumption, at length: --assumptions, or --json"


def price_findings(
    prices: Prices,
    work: Trace | Counts | None = None,
    *,
    name: str = "",
    tornado: bool = False,
    explain: bool = False,
    workload: str | None = None,
    by_component: bool = False,
) -> Findings:
    """What a price says: the price itself, who wins, what draws level, and more where asked for.

    Parameters
    ----------
    prices : Prices
        Prices of one network on one or more devices.
    work : Trace or Counts, default None
        What was priced, for break-even points; None for a table of layers.
    name : str, default ""
        Name of the network, for the title.
    tornado : bool, default False
        Add which values matter most.
    explain : bool, default False
        Add a waterfall from the price on the first device to that on the second.
    workload : str, default None
        ``snn`` or ``int8_ann``, which `explain` compares; by default the first of each device.
    by_component : bool, default False
        Add where the energy goes; of counts it is always there.

    Raises
    ------
    SpikewattError
        Something to explain, and fewer than two devices that can execute the network.
    """
    title = f"{name}: price of one inference" if name else "Price of one inference"
    found = [price_table(prices, title)]
    if by_component or isinstance(work, Counts):
        found.append(component_table(prices))
    found.append(verdict_table(prices))
    if work is not None:
        found.append(break_even_table(prices, work))
    if tornado:
        found.append(difference_table("tornado", "What matters most", prices.tornado()))
    if explain:
        found.append(difference_table("explain", EXPLAINED, _explained(prices, workload)))

    tables = tuple(table for table in found if len(table))
    return Findings(
        tables,
        (*prices.assumptions, *_without_zeros(prices, work)),
        prices.does_not_fit,
        sentence=energy_sentence(prices),
        in_brief=(*prices.in_brief, IN_FULL),
        notes=_only_of_traces(prices) if isinstance(work, Counts) else (),
    )


def _only_of_traces(prices: Prices) -> tuple[str, ...]:
    """What counts do not say, and is therefore missing beside prices of them."""
    if not any(device_kind(bill.card).places_neurons for bill in prices.bills):
        return ()
    return (
        "Prices of counts: cores alone, without a host, and no number of steps at which they draw "
        "level with int8: counts do not say what a host would do, nor what fewer steps would.",
    )


def _without_zeros(prices: Prices, work: Trace | Counts | None) -> list[str]:
    """How an int8 network that skips zeros gets a price, where it could have one."""
    priced = {workload for _, workload in prices.workloads}
    if work is None or isinstance(work, Counts) or INT8 not in priced or ZERO_SKIPPING in priced:
        return []
    if not any(bill.card.kind.runs_kernels for bill in prices.bills):
        return []
    return [
        f"{ZERO_SKIPPING} is not priced: --zeros with a share or with zeros.json of a run, in "
        "Python zeros=activation_zeros(model, x, bits=8), says how many activations are zero."
    ]


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
    if battery is not None:
        more = [key for key in battery.columns if key not in frame.columns]
        frame = pd.concat([frame, battery[more]], axis=1)

    shown = _timed(frame, prices)
    columns = [
        Column("device", ("device", "instead_of"), _device),
        Column("workload", ("workload",)),
        Column("energy", ("energy_j",), unit=JOULES),
        Column("low to high", ("energy_low_j", "energy_high_j"), unit=JOULES, leave_out=1),
        *time_columns(shown, leave_out=3),
        *(column for column in SIZES if frame[column.keys[0]].notna().any()),
    ]
    if battery is not None:
        columns += _battery_columns(battery)
    return Table(name, title, frame, columns, brief=shown)


def _timed(frame: pd.DataFrame, prices: Prices) -> pd.DataFrame:
    """`frame` without the times of devices that have none."""
    timed = {bill.device: device_kind(bill.card).has_time for bill in prices.bills}
    has_time = frame["device"].map(timed)
    return frame.assign(**{key: frame[key].where(has_time) for key in TIMES})


def _device(device: str, instead_of: str) -> str:
    """A device; that of a geometry that a refusal named, with a mark."""
    return f"{device} (in place of {instead_of})" if instead_of else device


def _all_have_a_period(prices: Prices) -> bool:
    periods = [bill.period_s for bill in prices.bills]
    return bool(periods) and None not in periods


def _battery_columns(battery: pd.DataFrame) -> list[Column]:
    life = ("battery_life_s", "battery_life_low_s", "battery_life_high_s")
    lasts = f"{battery['battery'].iloc[0]} lasts"
    return [
        Column("average current", ("average_current_a",), unit=AMPERES, leave_out=8),
        Column(lasts, life, unit=LASTING, leave_out=6),
    ]


def verdict_table(
    prices: Prices, title: str = "Verdicts", beyond: Mapping[str, float] | None = None
) -> Table:
    """Verdicts in a few words; a reader sees the telling pairs, where there are many.

    Parameters
    ----------
    prices : Prices
    title : str
    beyond : mapping, default None
        Workload -> points of percent by which it is less accurate than Keras, where that is too
        many: it is told neither that it wins nor that it loses.
    """
    beyond = beyond or {}
    frame = _refused(prices.verdicts(), beyond)
    for workload, loss in beyond.items():
        title += f"; {workload} is {loss:.1f} points less accurate than Keras, and {REFUSED}"
    columns = [
        Column("first", ("first",)),
        Column("second", ("second",)),
        Column("ratio", ("ratio",), unit=PLAIN),
        Column("5 % to 95 %", ("ratio_low", "ratio_high"), unit=PLAIN, leave_out=2),
        Column("the first", ("verdict",)),
    ]
    if "break_even_period_s" in frame.columns:
        period = ("break_even_period_s",)
        at_period = ("ratio_at_period", "verdict_at_period")
        columns += [
            Column("equal power at a period of", period, unit=SECONDS, leave_out=3),
            Column("at the period asked for", at_period, _ratio_and_verdict, leave_out=1),
        ]
    return Table(
        "verdicts",
        title,
        frame,
        columns,
        _refused(prices.verdicts(everything=False), beyond),
    )


def _refused(frame: pd.DataFrame, beyond: Mapping[str, float]) -> pd.DataFrame:
    """Verdicts without those on networks of other accuracy."""
    if not len(frame) or not beyond:
        return frame
    workloads = frame[["first", "second"]].map(_accurate_as)
    mask = workloads.isin(list(beyond)).any(axis=1)
    # Two that are beyond alike, as spikes on two devices, can still be compared.
    mask &= workloads["first"] != workloads["second"]
    words = [key for key in ("verdict", "verdict_at_period") if key in frame.columns]
    found = frame.copy()
    found.loc[mask, words] = REFUSED
    return found


def _accurate_as(side: str) -> str:
    """The workload whose accuracy a side has: to skip zeros changes none."""
    workload = side.rsplit(" ", 1)[-1]
    return INT8 if workload == ZERO_SKIPPING else workload


def _ratio_and_verdict(ratio: float, verdict: str) -> str:
    return f"{verdict}, {ratio:.3g}"


def break_even_table(prices: Prices, work: Trace | Counts) -> Table:
    """Break-even points, in words where nothing draws level or every simulated step stays below."""
    return break_even_shown(prices.break_evens(work))


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
    """A table of energies, and of shares in percent."""
    columns = [_difference(str(key), place) for place, key in enumerate(frame.columns)]
    return Table(name, title, frame, columns)


def _difference(key: str, place: int) -> Column:
    """Energies stay where there is no room, and the first column."""
    title = key.removesuffix("_j").replace("_", " ")
    if key.endswith("_j"):
        return Column(title, (key,), unit=JOULES)
    if key.startswith("share"):
        return Column(title, (key,), unit=PERCENT)
    return Column(title, (key,), leave_out=place)


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
