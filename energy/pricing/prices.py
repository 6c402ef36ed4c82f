"""Prices: what one inference costs on each device, and what can be said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ...errors import SpikewattError
from ..bill import WHAT, Bill, Term
from .battery import battery_life
from .boundaries import boundary_line
from .in_brief import in_brief
from .uncertainty import Side, estimate
from .verdicts import break_evens, side_of, tornadoes, verdicts, workloads
from .waterfall import explain

if TYPE_CHECKING:
    import pandas as pd

    from ...sim.counts.counts import Counts
    from ...sim.trace.trace import Trace
    from ..cards.card import Card

ENERGIES = ("energy_j", "energy_low_j", "energy_high_j")
TIMES = ("time_s", "time_low_s", "time_high_s")
AMOUNTS = (*ENERGIES, *TIMES, "cycles")
COLUMNS = ("device", "workload", "layer", "component", *AMOUNTS)
SIZES = ("cores", "mm2", "memory_bytes")
TOTAL_COLUMNS = ("device", "workload", *AMOUNTS, *SIZES, "instead_of")
SHOWN = 4  # workloads in a repr


@dataclass(frozen=True, eq=False, repr=False)
class Prices:
    """Energy and time of one inference on each device, from the bills of the devices.

    Parameters
    ----------
    bills : tuple of Bill
        One per device.
    period_s : float, optional
        One inference per so many seconds, where what is used between them is charged.
    does_not_fit : mapping of str
        Device -> why it cannot hold or execute the network.
    accuracy : float, optional
        Share of right answers of these very inferences, where it was measured on the device.
    too_slow : frozenset of str, default ()
        Those of `does_not_fit` that execute the network, but not within the period.

    Examples
    --------
    >>> from spikewatt.energy.layer_tables.layer_table import LAYERS
    >>> from spikewatt.energy.pricing.price import price_layers
    >>> prices = price_layers(LAYERS, "stm32l4r5", network="KWS")
    >>> prices
    Prices(stm32l4r5 int8_ann 0.0046 J)
    >>> list(prices.totals()["workload"])
    ['int8_ann']
    """

    bills: tuple[Bill, ...]
    period_s: float | None = None
    does_not_fit: Mapping[str, str] = field(default_factory=dict)
    accuracy: float | None = None
    too_slow: frozenset[str] = frozenset()

    @classmethod
    def joined(cls, parts: Sequence[Prices]) -> Prices:
        """All bills and refusals of `parts` as one; they have one period.

        Raises
        ------
        SpikewattError
            None, another period, or a device that is in two of them.
        """
        periods = {part.period_s for part in parts}
        if len(periods) != 1:
            found = sorted(map(str, periods))
            raise SpikewattError("Prices.joined", "prices have one period", found)

        bills: list[Bill] = []
        refused: dict[str, str] = {}
        for part in parts:
            bills.extend(part.bills)
            refused.update(part.does_not_fit)

        names = [bill.device for bill in bills]
        if len(set(names)) < len(names):
            raise SpikewattError("Prices.joined", "devices must have different names", names)
        too_slow = frozenset[str]().union(*(part.too_slow for part in parts))
        return cls(tuple(bills), periods.pop(), refused, too_slow=too_slow)

    def __repr__(self) -> str:
        shown = []
        for bill, workload in self.workloads[:SHOWN]:
            energy_j = float(bill.total(workload))
            shown.append(f"{bill.device} {workload} {energy_j:.3g} J")

        more = len(self.workloads) - SHOWN
        if more > 0:
            shown.append(f"{more} more")
        if self.period_s is not None:
            shown.append(f"period {self.period_s:g} s")
        if self.does_not_fit:
            shown.append(f"does not fit {', '.join(self.does_not_fit)}")
        return f"Prices({'; '.join(shown)})"

    def _repr_html_(self) -> str:
        """The totals, as a notebook shows them."""
        return self.totals().to_html(index=False, float_format="{:.4g}".format)

    @property
    def workloads(self) -> list[Side]:
        """Every (bill, workload)."""
        return workloads(self.bills)

    @property
    def assumptions(self) -> list[str]:
        """Lines to print with the numbers; of a system what is not said of its core alone."""
        lines: list[str] = []
        said: dict[str, set[str]] = {}
        for bill in self.bills:
            of_the_core = said.setdefault(bill.card.name, set())
            for line in bill.assumptions:
                text = line.removeprefix(f"{bill.device}: ")
                if text not in of_the_core:
                    lines.append(line)
            if bill.host is None:
                of_the_core |= {line.removeprefix(f"{bill.device}: ") for line in bill.assumptions}
        return [*lines, *boundary_line([bill.card for bill in self.bills])]

    @property
    def in_brief(self) -> list[str]:
        """The same in short lines: what is counted, what is not, how sure the values are."""
        return in_brief(self.bills)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per device, workload, layer and component; columns COLUMNS.

        Low and high are the 5th and 95th percentile that the ranges of the card imply, of
        energy and of time. Rows do not add up in them: `totals` has those of the sums.
        """
        import pandas as pd

        rows = [row for bill in self.bills for row in _rows(bill)]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def bill(self, device: str) -> Bill:
        """The bill of a device; a core that was priced beside a host alone, by its own name, too.

        Raises
        ------
        SpikewattError
            No such device was priced.
        """
        called_so = [bill for bill in self.bills if bill.device == device]
        beside_a_host = [bill for bill in self.bills if bill.card.name == device]
        for bill in called_so or beside_a_host:
            return bill
        raise SpikewattError(
            "Prices.bill",
            "must name a device that was priced",
            repr(device),
            ", ".join(bill.device for bill in self.bills),
        )

    def totals(self, idle: bool = True) -> pd.DataFrame:
        """One row per device and workload: energy and time with ranges, cycles, and what it takes.

        What a kind of device does not have (cores and mm² of a microcontroller, everything of a
        rule) is missing, not zero. Memory of a microcontroller: flash and RAM. A geometry that was
        named by a refusal says in `instead_of` of which device, else "".

        Parameters
        ----------
        idle : bool, default True
            Whether what is used between inferences counts.
        """
        import pandas as pd

        rows = []
        for bill, workload in self.workloads:
            terms = {what: bill.select(workload, what) for what in WHAT}
            terms["energy_j"] = bill.select(workload, "energy_j", idle)
            sizes = _sizes(bill, workload)
            rows.append((bill.device, workload, *_amounts(bill, terms), *sizes, bill.instead_of))
        return pd.DataFrame(rows, columns=list(TOTAL_COLUMNS))

    def verdicts(self, everything: bool = True) -> pd.DataFrame:
        """Who uses less energy, pair by pair; see `verdicts.verdicts`."""
        return verdicts(self.bills, self.period_s, everything)

    def battery_life(self, battery: str | Card = "cr2032") -> pd.DataFrame:
        """Average power, battery current and battery life; see `battery.battery_life`."""
        return battery_life(self.bills, self.period_s, self.totals(), battery)

    def tornado(self, rows: int = 5) -> pd.DataFrame:
        """The `rows` measurements that matter most, per device and workload."""
        return tornadoes(self.bills, rows)

    def break_evens(self, work: Trace | Counts) -> pd.DataFrame:
        """What draws level with the int8 networks, for prices of `work`; see `verdicts`."""
        return break_evens(work, self.bills)

    def explain(self, first: str, second: str, workload: str | None = None) -> pd.DataFrame:
        """Why the prices of two devices differ, step by step; see `waterfall.explain`.

        Parameters
        ----------
        first, second : str
            Devices; a system by the name of its core.
        workload : str, optional
            ``snn`` or ``int8_ann``; by default the first that each of them has.

        Raises
        ------
        SpikewattError
            No such device was priced, or not with this workload.
        """
        sides = [side_of(self.bill(device), workload) for device in (first, second)]
        return explain(*sides)


def _sizes(bill: Bill, workload: str) -> tuple[float | None, ...]:
    """Cores, mm² and bytes of memory that a workload takes up, None where nothing is known."""
    footprint = bill.footprints.get(workload)
    if footprint is None:
        return (None,) * len(SIZES)
    area = footprint.area_m2
    return footprint.cores, None if area is None else area.value * 1e6, footprint.memory_bytes


def _rows(bill: Bill) -> Iterable[tuple]:
    """One row per workload, layer and component, with the columns COLUMNS."""
    grouped: dict[tuple[str, str, str], dict[str, list[Term]]] = {}
    for term in bill.terms:
        row = (term.workload, term.layer, term.component)
        by_what = grouped.setdefault(row, {what: [] for what in WHAT})
        by_what[term.what].append(term)

    for row, terms in grouped.items():
        yield (bill.device, *row, *_amounts(bill, terms))


def _amounts(bill: Bill, terms: Mapping[str, Sequence[Term]]) -> tuple[float, ...]:
    """AMOUNTS of `terms`, which are sorted by what they are of."""
    energy = estimate(bill, terms["energy_j"])
    time = estimate(bill, terms["time_s"])
    cycles = float(bill.evaluate(terms["cycles"]))
    return (energy.value, energy.low, energy.high, time.value, time.low, time.high, cycles)
