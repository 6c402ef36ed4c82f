"""Which bills can stand for a side: a core needs its host, and a rule decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...energy.bill import Bill
from ...energy.devices.registry import device_kind


def deciding(bills: Iterable[Bill]) -> set[str]:
    """Names of the devices that can stand for a side.

    A core alone can read no pixel and show no result: where it was priced with a host, too, the
    two together decide. A device whose prices have no range decides nothing.

    Parameters
    ----------
    bills : iterable of Bill
        Of one price, or of several.
    """
    bills = list(bills)
    able = can_stand(
        [bill.card.name for bill in bills],
        [bill.host is not None for bill in bills],
        [device_kind(bill.card).has_range for bill in bills],
    )
    return {bill.device for bill, stands in zip(bills, able, strict=True) if stands}


def can_stand(cores: Sequence[str], hosted: Sequence[bool], ranged: Sequence[bool]) -> list[bool]:
    """Which of several prices can stand for a side.

    Parameters
    ----------
    cores : sequence of str
        Device of each price, without its host.
    hosted : sequence of bool
        Whether a microcontroller stands beside it.
    ranged : sequence of bool
        Whether its price has a range.

    Examples
    --------
    >>> can_stand(["core", "core", "rule"], [False, True, False], [True, True, False])
    [False, True, False]
    """
    beside_a_host = {core for core, has_host in zip(cores, hosted, strict=True) if has_host}
    return [
        bool(has_range and (has_host or core not in beside_a_host))
        for core, has_host, has_range in zip(cores, hosted, ranged, strict=True)
    ]
