"""The bill of one device for one trace, or for counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from ...errors import DoesNotFitError, SpikewattError
from ...sim.counts.counts import Counts
from ...sim.counts.doubts import without_input
from ...sim.trace.trace import Trace
from ...sim.zeros.given import GivenZeros
from ..bill import Bill, BillWriter
from ..cards.card import Card, Quantity
from ..devices import host_and_core
from ..devices.registry import device_kind


class TooSlowError(DoesNotFitError):
    """A network that a device executes, but not within the period.

    Facts
    -----
    does_not_fit : where no device keeps the period, each device -> why it does not.
    too_slow : those of them that execute the network.
    """

    does_not_fit: Mapping[str, str] = MappingProxyType({})
    too_slow: frozenset[str] = frozenset()


def bill_of(
    work: Trace | Counts,
    card: Card,
    period_s: float | None = None,
    host: Card | None = None,
    max_cores: int | None = None,
    zeros: GivenZeros | None = None,
) -> Bill:
    """The bill of one device for a trace, or for counts.

    Parameters
    ----------
    work : Trace or Counts
    card : Card
        Of a device that computes.
    period_s : float, optional
        s, one inference per period; not charged to a kind that takes none.
    host : Card, optional
        Of a microcontroller; not charged to a kind that takes none.
    max_cores : int, optional
        Neuromorphic cores that the network may take; by default as many as it takes.
    zeros : float, mapping or ActivationZeros, optional
        Of the ANN's activations; a microcontroller then has an int8 network that skips them, too.

    Raises
    ------
    SpikewattError
        A device that does not compute, or does not price counts.
    DoesNotFitError
        The device cannot hold or execute the network, or not within the period.
    """
    kind = device_kind(card)
    if isinstance(work, Counts) and kind.computes and not kind.prices_counts:
        law = "must be devices that price counts, or a trace must be given"
        raise SpikewattError("price.devices", law, f"{card.name} is a {card.kind}")
    beside = host if kind.takes_host else None
    period = period_s if kind.takes_period else None

    writer = BillWriter()
    lines = kind.write(writer, work, card, beside, period, max_cores)
    if isinstance(work, Counts):
        lines = [*lines, *without_input(work)]
    elif zeros is not None:
        lines += kind.write_zero_skipping(writer, work, card, zeros, period)

    name = card.name
    values = {**card.values, **writer.values}
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
    """The bill of what can be done within the period.

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
        A workload that takes longer is left out, and an assumption says so.
    host : Card, optional
        Beside it.

    Raises
    ------
    TooSlowError
        A period shorter than the inference of every workload.
    """
    bill = Bill(
        name,
        card,
        values,
        tuple(writer.terms),
        tuple(f"{name}: {line}" for line in lines),
        period_s,
        dict(writer.footprints),
        host,
    )
    return bill if period_s is None else _within(bill, period_s)


def _within(bill: Bill, period_s: float) -> Bill:
    """`bill` without the workloads that take longer than the period."""
    latencies = {workload: float(bill.total(workload, "time_s")) for workload in bill.workloads}
    late = {workload: time_s for workload, time_s in latencies.items() if time_s > period_s}
    if not late:
        return bill
    if len(late) == len(latencies):
        workload, time_s = min(late.items(), key=lambda pair: pair[1])
        raise TooSlowError(
            f"price: {workload} on {bill.device!r}",
            "one inference fits into the period",
            f"{period_s:g} s",
            f">= {time_s:.3g} s",
        )
    left_out = [
        f"{bill.device}: {workload} is left out: an inference takes {time_s:.3g} s, longer than "
        f"the period of {period_s:g} s."
        for workload, time_s in late.items()
    ]
    return replace(
        bill,
        terms=tuple(term for term in bill.terms if term.workload not in late),
        assumptions=(*bill.assumptions, *left_out),
        footprints={key: size for key, size in bill.footprints.items() if key not in late},
    )


def checked_period(period_s: float | None) -> float | None:
    """`period_s`, or SpikewattError if it is no time."""
    if period_s is None:
        return None
    is_number = isinstance(period_s, int | float) and not isinstance(period_s, bool)
    if not is_number or not 0 < period_s < math.inf:
        raise SpikewattError(
            "price.period_s",
            "must be a time in seconds",
            repr(period_s),
            "> 0",
        )
    return period_s
