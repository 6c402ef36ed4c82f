"""price_dynamic: what a run costs whose samples go different ways, as one bill per device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...errors import DoesNotFitError, SpikewattError
from ...sim.staged.dynamic_trace import DynamicTrace, undivided
from ...sim.trace.guard import check_trace
from ...sim.trace.trace import Trace
from ..bill import SPIKING, Bill, BillWriter, Term
from ..cards.card import Card
from ..footprint import Footprint
from ..pricing.bills import bill_of
from ..pricing.order import NONE, Order, PerDevice, TextPerDevice, ordered
from ..pricing.prices import Prices
from .memory import footprint_of
from .monitor import write_monitor

WHERE = "price_dynamic"
LEAKAGE = "leakage"
MOST_GEOMETRIES = 4  # that refusals name one after the other


def price_dynamic(
    work: DynamicTrace | Trace,
    *devices: str | Card,
    host: str | Card | None = NONE,
    library: TextPerDevice = None,
    clock_hz: PerDevice = None,
    supply_v: PerDevice = None,
    regulator: TextPerDevice = None,
    skip_unfit: bool = False,
    max_cores: int | None = None,
) -> Prices:
    """Energy and time of one inference, mean over the samples of all parts.

    With the share w of the samples that went through a part, and what a trace of it costs,

        E = Σ w · E(part) + E(monitor),    t = Σ w · t(part) + t(monitor)

    Memories lie beside each other where parts do not share their weights; on cores those that wait
    leak, too. The int8 network beside the spiking one is that of the last part.

    Parameters
    ----------
    work : DynamicTrace
        Of `run_staged`, `run_early_exit` or `run_monitored`; or a trace, which is one part.
    *devices, library, clock_hz, supply_v, regulator, skip_unfit
        As of `price`.
    host : str, Card or None, default none
        A microcontroller that stands beside each core.
    max_cores : int, optional
        Default as many as it takes.

    Raises
    ------
    SpikewattError
        As `price`.
    DoesNotFitError
        A device that cannot hold or execute one of the parts, or all of them together, unless
        `skip_unfit`; the line is that of the part.

    Examples
    --------
    >>> price_dynamic(run_staged(staged, x_test), "stm32l4r5").totals()  # doctest: +SKIP
    """
    work = checked_work(WHERE, work)
    if not devices:
        raise SpikewattError(f"{WHERE}.devices", "must name at least one device")
    order = ordered(devices, host, library, clock_hz, supply_v, regulator)

    bills: list[Bill] = []
    does_not_fit: dict[str, str] = {}
    for asked_for, card in order.devices.items():
        for beside in order.beside(card):
            name = asked_for if beside is None else f"{asked_for}+{beside.name}"
            try:
                bills.append(_in_some_geometry(work, order, asked_for, card, beside, max_cores))
            except DoesNotFitError as error:
                if not skip_unfit:
                    raise
                does_not_fit[name] = str(error)
    return Prices(tuple(bills), None, does_not_fit)


def checked_work(where: str, work: object) -> DynamicTrace:
    """The parts of a run, whose traces agree with themselves."""
    if isinstance(work, Trace):
        work = undivided(work)
    if not isinstance(work, DynamicTrace):
        law = "must be of run_staged, run_early_exit, run_monitored or simulate"
        raise SpikewattError(where, law, type(work).__name__)
    for i, part in enumerate(work.parts):
        check_trace(f"{where}: part {i}", part.trace)
    return work


def _in_some_geometry(
    work: DynamicTrace,
    order: Order,
    asked_for: str,
    card: Card,
    host: Card | None,
    max_cores: int | None,
) -> Bill:
    """The bill on the device, or on the geometry that a refusal of a part names."""
    for _ in range(MOST_GEOMETRIES):
        try:
            bill = merged_bill(work, card, host, max_cores)
        except DoesNotFitError as error:
            if error.instead is None:
                raise
            card = order.in_its_place(asked_for, error.instead)
            continue
        return bill if card.name == order.devices[asked_for].name else _said(bill, asked_for)
    return merged_bill(work, card, host, max_cores)


def _said(bill: Bill, asked_for: str) -> Bill:
    return replace(bill, instead_of=asked_for)


def merged_bill(
    work: DynamicTrace,
    card: Card,
    host: Card | None = None,
    max_cores: int | None = None,
    footprint: Footprint | None = None,
) -> Bill:
    """One bill of all parts on one device.

    Parameters
    ----------
    work, card, host, max_cores
        As of `price_dynamic`.
    footprint : Footprint, optional
        Of the whole run, where `work` is some of it; by default what its own parts take up.

    Raises
    ------
    DoesNotFitError
        As `price_dynamic`.
    """
    bills = [bill_of(part.trace, card, None, host, max_cores) for part in work.parts]
    for bill in bills:
        _check_spiking(bill)
    if footprint is None:
        footprint = footprint_of(work, bills, card)
    cores = footprint.cores if footprint else None

    terms: list[Term] = []
    for part, bill in zip(work.parts, bills, strict=True):
        share = len(part.samples) / work.samples
        terms += _scaled(bill, share, cores)
    terms += [term for term in bills[-1].terms if term.workload != SPIKING]

    writer = BillWriter()
    lines = [_parts_line(work)]
    updates = float(work.monitor_updates().mean())
    if updates:
        lines.append(write_monitor(writer, card, updates, cores))
    if not work.shares_weights:
        lines.append(_memories_line(footprint))

    last = bills[-1]
    footprints = dict(last.footprints)
    if footprint is not None:
        footprints[SPIKING] = footprint
    own = tuple(f"{last.device}: {line}" for line in lines)
    return replace(
        last,
        terms=tuple(_added(terms)) + tuple(writer.terms),
        values={**last.values, **writer.values},
        assumptions=(*own, *_assumptions(bills)),
        footprints=footprints,
    )


def _check_spiking(bill: Bill) -> None:
    """Raise where a device holds the int8 network, and not the spiking one."""
    if SPIKING in bill.workloads:
        return
    begins = f"{SPIKING} does not fit: "
    reasons = [text.partition(begins)[2] for text in bill.assumptions if begins in text]
    why = reasons[0].partition(". ")[0].rstrip(".") if reasons else "no spiking network"
    raise DoesNotFitError(f"device {bill.device!r}", "the network fits", f"{SPIKING}: {why}")


def _scaled(bill: Bill, share: float, cores: int | None) -> list[Term]:
    """What the spiking network does in a share of the inferences, while all `cores` leak."""
    own: Footprint | None = bill.footprints.get(SPIKING)
    leaking = cores / own.cores if cores and own and own.cores else 1.0
    return [
        replace(
            term,
            count=term.count * share * (leaking if term.component == LEAKAGE else 1.0),
        )
        for term in bill.terms
        if term.workload == SPIKING
    ]


def _added(terms: Sequence[Term]) -> list[Term]:
    """Terms of the same row and powers as one."""
    found: dict[Term, float] = {}
    for term in terms:
        key = replace(term, count=0.0)
        found[key] = found.get(key, 0.0) + term.count
    return [replace(term, count=count) for term, count in found.items()]


def _assumptions(bills: Sequence[Bill]) -> list[str]:
    """Those of all parts; where they differ, of the first and of the last."""
    first, last = bills[0], bills[-1]
    found = []
    for line in first.assumptions:
        same = line in last.assumptions
        found.append(line if same else _of_part(first, line, 1))
    more = [line for line in last.assumptions if line not in first.assumptions]
    return [*found, *[_of_part(last, line, len(bills)) for line in more]]


def _of_part(bill: Bill, line: str, number: int) -> str:
    begins = f"{bill.device}: "
    return f"{begins}part {number}: {line.removeprefix(begins)}"


def _parts_line(work: DynamicTrace) -> str:
    sizes = [len(part.samples) / work.samples for part in work.parts]
    shown = ", ".join(f"{size:.1%}" for size in sizes[:6])
    more = ", …" if len(sizes) > 6 else ""
    return f"mean over {len(sizes)} parts of the run, which {shown}{more} of the samples took."


def _memories_line(footprint: Footprint | None) -> str:
    where = "memories lie beside each other"
    if footprint is not None and footprint.cores:
        where = f"{footprint.cores} cores hold them side by side, and leak all the time"
    return f"the stages have weights of their own: {where}."
