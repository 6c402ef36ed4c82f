"""The bill of one device for one trace."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from ...errors import SpikewattError
from ...sim.trace.trace import Trace
from ..bill import Bill, BillWriter
from ..cards.card import Card, Quantity
from ..devices import host_and_core
from ..devices.registry import device_kind


def bill_of(
    trace: Trace,
    card: Card,
    period_s: float | None = None,
    host: Card | None = None,
    max_cores: int | None = None,
) -> Bill:
    """The bill of one device for a trace.

    Parameters
    ----------
    trace : Trace
    card : Card
        Of a device that computes.
    period_s : float, optional
        s, one inference per period; not charged to a kind that takes none.
    host : Card, optional
        Of a microcontroller; not charged to a kind that takes none.
    max_cores : int, optional
        Neuromorphic cores that the network may take; by default as many as it takes.

    Raises
    ------
    SpikewattError
        A device that does not compute, or a period shorter than the inference.
    DoesNotFitError
        The device cannot hold or execute the network.
    """
    kind = device_kind(card)
    beside = host if kind.takes_host else None
    period = period_s if kind.takes_period else None

    writer = BillWriter()
    lines = kind.write(writer, trace, card, beside, period, max_cores)

    name = card.name
    values = dict(card.values)
    if beside is not None:
        name = f"{card.name}+{beside.name}"
        values |= host_and_core.values_beside(beside)
    return finished(writer, name, card, values, lines, period, beside)


def finished(
    writer: BillWriter,
    name: str,
    card: Card,
    values: Mapping[str, Quantity],
    lines: Sequence[str],
    period_s: float | None,
    host: Card | None = None,
) -> Bill:
    """The bill, once it is known that one inference fits into the period.

    Parameters
    ----------
    writer : BillWriter
        Holds the terms, and what the workloads take up.
    name : str
        Of the device.
    card : Card
    values : mapping of Quantity
        What the terms name.
    lines : sequence of str
        Assumptions; each is printed with the name of the device.
    period_s : float, optional
    host : Card, optional
        Beside it.

    Raises
    ------
    SpikewattError
        A period shorter than the inference.
    """
    assumptions = tuple(f"{name}: {line}" for line in lines)
    bill = Bill(
        name,
        card,
        values,
        tuple(writer.terms),
        assumptions,
        period_s,
        dict(writer.footprints),
        host,
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


def checked_period(period_s: float | None) -> float | None:
    """`period_s`, or SpikewattError if it is no time."""
    if period_s is None:
        return None
    if not isinstance(period_s, int | float) or not 0 < period_s < math.inf:
        raise SpikewattError(
            "price.period_s",
            "must be a time in seconds",
            repr(period_s),
            "> 0",
        )
    return period_s
