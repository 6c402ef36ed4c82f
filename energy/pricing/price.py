"""price: Trace x parameter cards -> energy and time per layer and component, with the range that the cards imply."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import DoesNotFitError, SpikewattError
from ...sim.trace.trace import Trace
from ..bill import Bill, BillWriter, Term
from ..cards.card import Card, Quantity, load_card
from ..devices.core_mapping import map_network
from .uncertainty import estimate

if TYPE_CHECKING:
    import pandas as pd

    from ...sim.network.spiking_network import SpikingNetwork

LOWEST_CLOCK_HZ = 32_768  # of a watch crystal: below it somebody meant megahertz
COLUMNS = (
    "device",
    "workload",
    "layer",
    "component",
    "energy_j",
    "energy_low_j",
    "energy_high_j",
    "time_s",
    "cycles",
)


def price(
    trace: Trace,
    *devices: str | Card,
    network: SpikingNetwork | None = None,
    period_s: float | None = None,
    host: str | Card | None = None,
    library: str | None = None,
) -> pd.DataFrame:
    """Energy and time of one inference (mean over the samples) on each device.

    Parameters
    ----------
    devices : names of cards, paths of ``.yaml`` cards, or cards. A neuromorphic core gets the workload ``snn``; a
        microcontroller gets ``snn`` (the spiking network in software) and ``int8_ann`` (the same layers as an int8 network).
    network : if given, checked to be the one that left the trace.
    period_s : one inference per period; adds what the device uses between two inferences as components ``between inferences`` and
        ``waking``.
    host : a microcontroller beside each neuromorphic core, which does the input, an analog first layer and the read-out.
    library : int8 kernel library of the microcontrollers, in place of their cards' own.

    Returns
    -------
    DataFrame with the columns COLUMNS, one row per device, workload, layer and component; the low and high energy are the 5th and 95th
    percentile that the ranges of the card imply (rows do not add up in them: `totals` has those of the sums). ``attrs`` holds
    ``assumptions`` (lines to print with the numbers), ``bills`` (see Bill) and ``period_s``.

    Raises
    ------
    SpikewattError : unknown device, a network of another hash, a period shorter than the inference.
    DoesNotFitError : the device cannot hold or execute the network.
    """
    if not devices:
        raise SpikewattError("price.devices", "must name at least one device")
    if network is not None and network.hash != trace.network_hash:
        raise SpikewattError(
            "price.network",
            "must be the network that left the trace",
            network.hash[:12],
            f"hash {trace.network_hash[:12]}",
        )
    cards = [load_card(device) for device in devices]
    if len({card.name for card in cards}) != len(cards):
        raise SpikewattError(
            "price.devices", "must have different names", [card.name for card in cards]
        )
    beside = None if host is None else load_card(host, library)
    return frame_of(
        [bill_of(trace, card, period_of(period_s), beside, library) for card in cards], period_s
    )


def price_layers(
    table: str | Path | pd.DataFrame,
    device: str | Card,
    library: str | None = None,
    clock_hz: float | None = None,
    network: str | None = None,
    period_s: float | None = None,
) -> pd.DataFrame:
    """Energy and time of an int8 network that is given as a layer table, on a microcontroller.

    Parameters
    ----------
    table : a CSV file or frame with the columns of ``energy/data/mlperf_tiny_layers.csv``; `network` chooses one of several in it.
    library : int8 kernel library. clock_hz : in place of the card's; cycles and energy per cycle are taken not to depend on it.

    Raises
    ------
    SpikewattError : a table with wrong columns, an unknown layer, device or library. DoesNotFitError : too little flash or RAM.
    """
    from ..devices import microcontroller
    from ..kernels.layer_table import read_layers

    card, layers = load_card(device, library), read_layers(table, network)
    if card.kind != "microcontroller":
        raise SpikewattError(
            "price_layers.device", "must be a microcontroller", f"{card.name} is a {card.kind}"
        )
    if clock_hz is not None:
        card = at_clock(card, clock_hz)
    writer = BillWriter()
    lines = microcontroller.write_layers(writer, layers, card)
    if period := period_of(period_s):
        microcontroller.write_idle(writer, "int8_ann", period)
    return frame_of([finished(writer, card.name, card, card.values, lines, period)], period_s)


def at_clock(card: Card, clock_hz: float) -> Card:
    """`card` at another clock; raises SpikewattError for one below that of a watch crystal or beyond the device's own."""
    from numbers import Real

    own = card["clock_hz"]
    if (
        not isinstance(clock_hz, Real)
        or isinstance(clock_hz, bool)
        or not LOWEST_CLOCK_HZ <= clock_hz <= own.high
    ):
        law, allowed = (
            "must be a clock of the device, in hertz",
            f"{LOWEST_CLOCK_HZ:,} to {own.high:,.0f}",
        )
        raise SpikewattError(f"device {card.name!r}: clock_hz", law, repr(clock_hz), allowed)
    clock_hz = float(clock_hz)
    caution = "; ".join(
        filter(
            None,
            [
                card.about.get("caution"),
                "energy per cycle as at full clock: at 60 of 160 MHz a STM32U575 measured 9 % more",
            ],
        )
    )
    clock = replace(own, value=clock_hz, low=clock_hz, high=clock_hz, conditions="as given")
    about = card.about if clock_hz == own.value else {**card.about, "caution": caution}
    title = card.title if clock_hz == own.value else f"{card.title}, here at {clock_hz / 1e6:g} MHz"
    return replace(card, title=title, values={**card.values, "clock_hz": clock}, about=about)


def bill_of(
    trace: Trace,
    card: Card,
    period_s: float | None = None,
    host: Card | None = None,
    library: str | None = None,
) -> Bill:
    """The bill of one device for a trace; see `price`."""
    from ..devices import host_and_core as system
    from ..devices import microcontroller, neuromorphic_core
    from ..devices import published_rule as rules

    writer, period = BillWriter(), None if card.kind == "rule" else period_s
    name, values = card.name, dict(card.values)
    if card.kind == "microcontroller":
        card = card if library is None else load_card(card, library)
        values = dict(card.values)
        lines = microcontroller.write(writer, trace, card)
        if period:
            for workload in dict.fromkeys(term.workload for term in writer.terms):
                microcontroller.write_idle(writer, workload, period)
    elif card.kind == "neuromorphic_core" and "executes" in card.about:
        raise DoesNotFitError(
            f"device {card.name!r}",
            f"executes {card.about['executes']}",
            "a trace of another network",
            "`spikewatt odin`, in Python price_odin",
        )
    elif card.kind == "neuromorphic_core":
        mapping = map_network(trace, card, hosted=host is not None)
        if host is not None:
            name = f"{card.name}+{host.name}"
            values |= {system.PREFIX + key: quantity for key, quantity in host.values.items()}
            lines = system.write(writer, trace, card, host, mapping)
        else:
            lines = neuromorphic_core.write(writer, trace, card, mapping)
        if period:
            (neuromorphic_core if host is None else system).write_idle(writer, mapping, period)
    elif card.kind == "rule":
        lines = rules.write(writer, trace, card)
    else:
        raise SpikewattError(
            "price.devices", "must be devices that compute", f"{card.name} is a {card.kind}"
        )
    return finished(writer, name, card, values, lines, period)


def finished(
    writer: BillWriter,
    name: str,
    card: Card,
    values: Mapping[str, Quantity],
    lines: list[str],
    period_s: float | None,
) -> Bill:
    """The bill, once it is known that one inference fits into the period."""
    bill = Bill(
        name,
        card,
        values,
        tuple(writer.terms),
        tuple(f"{name}: {line}" for line in lines),
        period_s,
    )
    for workload in bill.workloads:
        latency_s = float(bill.total(workload, "time_s"))
        if period_s is not None and period_s < latency_s:
            raise SpikewattError(
                f"price: {workload} on {name!r}",
                "one inference fits into the period",
                f"{period_s:g} s",
                f">= {latency_s:.3g} s",
            )
    return bill


def period_of(period_s: float | None) -> float | None:
    if period_s is not None and not (isinstance(period_s, int | float) and 0 < period_s < math.inf):
        raise SpikewattError("price.period_s", "must be a time in seconds", repr(period_s), "> 0")
    return period_s


def frame_of(bills: Sequence[Bill], period_s: float | None = None) -> pd.DataFrame:
    """The price of `bills`: one row per device, workload, layer and component."""
    import pandas as pd

    rows = []
    for bill in bills:
        grouped: dict[tuple[str, str, str], list[Term]] = {}
        for term in bill.terms:
            grouped.setdefault((term.workload, term.layer, term.component), []).append(term)
        for key, terms in grouped.items():
            amounts = {
                what: float(bill.evaluate(t for t in terms if t.what == what))
                for what in ("time_s", "cycles")
            }
            energy = estimate(bill, [t for t in terms if t.what == "energy_j"])
            rows.append(
                (
                    bill.device,
                    *key,
                    energy.value,
                    energy.low,
                    energy.high,
                    amounts["time_s"],
                    amounts["cycles"],
                )
            )
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame.attrs.update(
        assumptions=[line for bill in bills for line in bill.assumptions],
        bills=list(bills),
        period_s=period_s,
    )
    return frame


def totals(frame: pd.DataFrame, idle: bool = True) -> pd.DataFrame:
    """One row per device and workload of a price: energy with its range, time and cycles; without `idle` of the inference alone."""
    import pandas as pd

    rows = []
    for bill in frame.attrs["bills"]:
        for workload in bill.workloads:
            energy = estimate(bill, bill.select(workload, idle=idle))
            amounts = [float(bill.total(workload, what)) for what in ("time_s", "cycles")]
            rows.append((bill.device, workload, energy.value, energy.low, energy.high, *amounts))
    return pd.DataFrame(rows, columns=["device", "workload", *COLUMNS[4:]])


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
        raise SpikewattError(
            "battery_life.frame", "must be priced with a period", "none", "price(…, period_s=…)"
        )
    cards: dict[str, Card] = {bill.device: bill.card for bill in frame.attrs["bills"]}
    rows = []
    for row in totals(frame).to_dict("records"):
        card = cards[row["device"]]
        power_w, low_w, high_w = (
            row[key] / period_s for key in ("energy_j", "energy_low_j", "energy_high_j")
        )
        if card.about.get("regulator") == "ldo":
            volt = card["supply_voltage_v"]
        else:
            cell_volt, efficiency = cell["voltage_v"], card["regulator_efficiency"]
            products = [
                getattr(cell_volt, end) * getattr(efficiency, end)
                for end in ("value", "low", "high")
            ]
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
