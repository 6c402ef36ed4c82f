"""Which bills can stand for a side: a core needs its host, and a rule decides nothing."""

from __future__ import annotations

from collections.abc import Iterable

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
    hosted = {bill.card.name for bill in bills if has_host(bill)}
    return {
        bill.device
        for bill in bills
        if device_kind(bill.card).has_range and (has_host(bill) or bill.card.name not in hosted)
    }


def has_host(bill: Bill) -> bool:
    """Whether a microcontroller stands beside the core."""
    return bill.device != bill.card.name
