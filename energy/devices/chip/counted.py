"""The bill of counts, or of a trace as counts, on neuromorphic cores of either kind."""

from __future__ import annotations

from ....sim.counts.counts import Counts
from ....sim.counts.of_trace import counts_of
from ....sim.trace.trace import Trace
from ...bill import BillWriter
from ...cards.card import Card
from ...cards.neuromorphic.timing import timing_in
from .. import neuromorphic_core
from ..what_fits import raise_first
from . import bill
from .clocked import counted_activity, mapping_of
from .laws import counts_misfits, trace_misfits
from .measured import take_measured_time
from .placing import Placed, place
from .said import counted_line, events_line, time_line


def write(
    writer: BillWriter,
    work: Trace | Counts,
    card: Card,
    period_s: float | None = None,
    max_cores: int | None = None,
) -> list[str]:
    """Charge counts, or a trace of which only the counts are looked at.

    Parameters
    ----------
    writer : BillWriter
    work : Trace or Counts
    card : Card
        Of a neuromorphic core.
    period_s : float, optional
        s, one inference per period.
    max_cores : int, optional
        Cores that it may take; by default as many as it takes.

    Returns
    -------
    list of str
        The assumptions.

    Raises
    ------
    SpikewattError
        The card has no price for what the counts hold, or no width that a trace is checked against.
    DoesNotFitError
        The chip cannot hold or execute the network.
    """
    counts, placed = placed_on_chips(work, card, max_cores)
    if timing_in(card.about).counts_cycles:
        return _write_clocked(writer, counts, card, placed, period_s)

    lines = bill.write(writer, counts, card, placed)
    if period_s:
        bill.write_idle(writer, card, placed, period_s)
    return lines


def placed_on_chips(
    work: Trace | Counts, card: Card, max_cores: int | None = None
) -> tuple[Counts, Placed]:
    """Counts, those of a trace after what they do not know was looked at, and their cores.

    Raises
    ------
    SpikewattError, DoesNotFitError
        As of `write`.
    """
    if isinstance(work, Trace):
        raise_first(trace_misfits(work, card))
        work = counts_of(work)
    raise_first(counts_misfits(work, card))
    return work, place(work, card, max_cores)


def _write_clocked(
    writer: BillWriter, counts: Counts, card: Card, placed: Placed, period_s: float | None
) -> list[str]:
    """By the same equation as a trace, and with its components."""
    mapping = mapping_of(counts, card, placed)
    did, counted = counted_activity(counts, card, placed, mapping)
    neuromorphic_core.write_work(writer, did, card, mapping)
    predicted = take_measured_time(writer, counts.time_s, "clock_hz")
    neuromorphic_core.write_clock(writer, mapping)
    neuromorphic_core.write_leakage(writer, card, mapping)
    if period_s:
        neuromorphic_core.write_idle(writer, card, mapping, period_s)
    excluded = card.excludes + neuromorphic_core.HOST_EXCLUDED
    said = [counted_line(counted), events_line(counted)]
    said.append(time_line(card, counted, counts, predicted))
    return [
        neuromorphic_core.swept_line(card, mapping, did, counts.synaptic_operations, counts.steps),
        neuromorphic_core.besides_line(card, mapping, did),
        " ".join(filter(None, said)),
        f"included: {card.includes}. Not included: {excluded}.",
    ]
