"""Our own verdicts: the prices of the devices that were named."""

from __future__ import annotations

from collections.abc import Sequence

from ...energy.bill import INT8_WORKLOADS, SPIKING, ZERO_SKIPPING
from ...energy.devices.registry import device_kind
from ...energy.pricing.prices import Prices
from ...energy.pricing.uncertainty import Side, ratio
from ..design.deciding import deciding
from .assumptions import Assumptions, Bits, Reuse, Silicon, State, Unit, WeightFetch
from .quantities.span import Span
from .rule import Ruling, Status, Verdict

NAME, ONE_CHIP = "spikewatt", "spikewatt_one_chip"


def own_rulings(prices: Prices) -> tuple[Ruling, ...]:
    """The cheapest spikes on a core against the cheapest int8 network; and both on one chip.

    Parameters
    ----------
    prices : Prices

    Returns
    -------
    tuple of Ruling
        Of a core, where one was priced, and of the microcontroller whose int8 network takes the
        least, where spikes were priced on it; none where int8 was not priced.
    """
    int8 = _cheapest(prices, INT8_WORKLOADS)
    if int8 is None:
        return ()
    cores = {bill.device for bill in prices.bills if device_kind(bill.card).places_neurons}
    found = []
    if on_a_core := _cheapest(prices, (SPIKING,), cores):
        found.append(_ruling(NAME, "our price", on_a_core, int8))
    if in_software := _cheapest(prices, (SPIKING,), {int8[0].device}):
        found.append(_ruling(ONE_CHIP, "our price, one chip", in_software, int8))
    return tuple(found)


def _ruling(name: str, said: str, spiking: Side, int8: Side) -> Ruling:
    """One side against the other, over the whole range of the ratio."""
    found = ratio(spiking, int8)
    verdict, depends_on = Verdict.OPEN, "what is known of the devices"
    if found.high < 1:
        verdict, depends_on = Verdict.WINS, ""
    elif found.low > 1:
        verdict, depends_on = Verdict.LOSES, ""
    skipping = " that skips zeros" if int8[1] == ZERO_SKIPPING else ""
    where = f"{spiking[0].device} / {int8[0].device}{skipping}"
    return Ruling(
        name,
        said,
        f"energy{_of_a_period(spiking)}, {where}",
        Span(found.low, found.high),
        Span.of(1.0),
        verdict,
        depends_on,
        _assumptions(spiking, int8),
        "Σ counts · card, spiking / the same of int8 < 1",
        Status.OURS,
        f"prices of {where}, 5 % to 95 %",
    )


def _of_a_period(side: Side) -> str:
    """What is compared, where more than the inference counts."""
    period_s = side[0].period_s
    return "" if period_s is None else f" in a period of {period_s:g} s"


def _assumptions(spiking: Side, int8: Side) -> Assumptions:
    same = spiking[0].card.name == int8[0].card.name
    return Assumptions(
        Unit.JOULES,
        WeightFetch.CARD,
        Reuse.LIBRARY,
        Bits.NOT_MATCHED,
        State.BOTH,
        Silicon.ONE if same else Silicon.TWO,
    )


def _cheapest(
    prices: Prices, workloads: Sequence[str], among: set[str] | None = None
) -> Side | None:
    """The side that uses the least, of those that can decide."""
    names = deciding(prices.bills)
    if among is not None:
        names &= among
    able = [
        (bill, workload)
        for bill in prices.bills
        for workload in workloads
        if bill.device in names and workload in bill.workloads
    ]
    return min(able, key=lambda side: float(side[0].total(side[1])), default=None)
